// Ids that callers give their requests, so that one that is made again does nothing again.
#ifndef LAWINE_SERVICES_COMMON_REQUEST_ID_H_
#define LAWINE_SERVICES_COMMON_REQUEST_ID_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/coin.h"
#include "engine/base/limits.h"
#include "services/common/errors.h"

namespace lawine {

// INVALID_ARGUMENT names `field`.
inline absl::Status CheckRequestId(const std::string& request_id, const char* field = "request_id") {
  if (request_id.size() <= limits::kRequestIdBytesMax) return absl::OkStatus();
  return FieldError(field, absl::StrCat("expected at most ", limits::kRequestIdBytesMax, " bytes, found ",
                                        request_id.size()));
}

// Of what is asked for, not of the id it is asked for with: tells a request that is repeated from another
// with the same id. Never 0.
template <class Request>
std::uint64_t RequestHash(Request request) {
  request.clear_request_id();
  std::uint64_t h = 0;
  for (const char c : request.SerializeAsString()) h = hash::Absorb(h, static_cast<unsigned char>(c));
  return h | 1;
}

// Whether a request with the id is the one that was noted. What versions without hashes noted, 0, may be any.
inline bool IsNotedRequest(std::uint64_t noted_hash, std::uint64_t request_hash) {
  return noted_hash == 0 || noted_hash == request_hash;
}

// INVALID_ARGUMENT: the id was used for another `what`, "run".
inline absl::Status RequestIdUsed(const char* what) {
  return FieldError("request_id", absl::StrCat("was used for another ", what, ": expected a new one"));
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_REQUEST_ID_H_
