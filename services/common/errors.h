// Errors on the wire: absl::Status inside, grpc::Status with google.rpc details outside.
#ifndef LAWINE_SERVICES_COMMON_ERRORS_H_
#define LAWINE_SERVICES_COMMON_ERRORS_H_

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace lawine {

// INVALID_ARGUMENT about one field of a request. `path` is the field's path in the public message.
absl::Status FieldError(std::string_view path, std::string_view description);

// `status` about a field of a part of the request, as one about the request: `prefix` is the path of the
// part. Other statuses stay as they are.
absl::Status InPart(std::string_view prefix, const absl::Status& status);

// `status` with a machine-readable reason (UPPER_SNAKE_CASE) for ErrorInfo.
absl::Status WithReason(absl::Status status, std::string_view reason);

// Carries code, message, ErrorInfo (reason, domain "lawine") and BadRequest (fields) across.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);

// What a received status says beside its message: "field: description" for each field, empty without.
std::vector<std::string> FieldViolations(const grpc::Status& status);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_ERRORS_H_
