// Errors on the wire: absl::Status inside, grpc::Status with google.rpc details outside.
#ifndef LAWINE_SERVICES_COMMON_ERRORS_H_
#define LAWINE_SERVICES_COMMON_ERRORS_H_

#include <grpcpp/support/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace lawine {

// INVALID_ARGUMENT about one field of a request. `path` is the field's path in the public message.
absl::Status FieldError(std::string_view path, std::string_view description);

// `status` about one field of a request, with its code: a value that is well but cannot be taken now. Where
// it is about a field already, it is about this one instead.
absl::Status AboutField(std::string_view path, const absl::Status& status);

// `status` about a field of a part of the request, as one about the request: `prefix` is the path of the
// part. Other statuses stay as they are.
absl::Status InPart(std::string_view prefix, const absl::Status& status);

// The path of the field that `status` is about; empty where it is about none.
std::string FieldOf(const absl::Status& status);

// `status` of what was done with a file that the caller sends: where that is damaged, the request is wrong.
absl::Status OfCallersFile(const absl::Status& status);

// `status` with a machine-readable reason (UPPER_SNAKE_CASE) for ErrorInfo.
absl::Status WithReason(absl::Status status, std::string_view reason);

// The reason where a run cannot begin at a checkpoint, but could at an earlier one.
inline constexpr char kCheckpointLost[] = "CHECKPOINT_LOST";

// What WithReason said, or the usual reason of the code.
std::string ReasonOf(const absl::Status& status);

// `status` with when to try again.
absl::Status WithRetry(absl::Status status, absl::Duration delay);

// ABORTED, with when to try again: an earlier call of `what`, "this request", has not ended.
absl::Status StillGoingOn(std::string_view what);

// RESOURCE_EXHAUSTED, with when to try again: a call is refused because others go on.
absl::Status Busy(std::string_view why);

// Carries code, message, ErrorInfo (reason, domain "lawine"), BadRequest (fields) and RetryInfo across. Texts
// longer than clients take are cut.
grpc::Status ToGrpc(const absl::Status& status);
absl::Status FromGrpc(const grpc::Status& status);
// An error with the id of its request, to look for in the log; OK as it is.
grpc::Status WithRequestId(const grpc::Status& status, const std::string& request_id);

// What a received status says beside its message: "field: description" for each field, empty without.
std::vector<std::string> FieldViolations(const grpc::Status& status);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_ERRORS_H_
