// Ids that callers give their requests, so that one that is made again does nothing again.
#ifndef LAWINE_SERVICES_COMMON_REQUEST_ID_H_
#define LAWINE_SERVICES_COMMON_REQUEST_ID_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "services/common/errors.h"

namespace lawine {

// INVALID_ARGUMENT names `field`.
inline absl::Status CheckRequestId(const std::string& request_id, const char* field = "request_id") {
  if (request_id.size() <= limits::kRequestIdBytesMax) return absl::OkStatus();
  return FieldError(field, absl::StrCat("expected at most ", limits::kRequestIdBytesMax, " bytes, found ",
                                        request_id.size()));
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_REQUEST_ID_H_
