// What a refusal must look like.
#ifndef LAWINE_TESTS_CLUSTER_REFUSAL_H_
#define LAWINE_TESTS_CLUSTER_REFUSAL_H_

#include <string>

#include "gmock/gmock.h"
#include "tests/cluster/client.h"

namespace lawine {

// An error with this code, a machine-readable reason, and a message that contains `words`.
MATCHER_P2(IsRefused, code, words, "") {
  *result_listener << Text(arg);
  return arg.error_code() == code && !DetailsOf(arg).reason.empty() &&
         arg.error_message().find(words) != std::string::npos;
}

// How a call ends that was going on when its process was killed, or a process that works for it: what gRPC
// makes of a connection that breaks may also be UNKNOWN or CANCELLED. Its message contains `words`.
MATCHER_P(IsBrokenOff, words, "") {
  *result_listener << Text(arg);
  const grpc::StatusCode code = arg.error_code();
  return (code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::UNKNOWN ||
          code == grpc::StatusCode::CANCELLED) &&
         arg.error_message().find(words) != std::string::npos;
}

// INVALID_ARGUMENT that names the field in its details and `words` in its message.
MATCHER_P2(IsBadField, field, words, "") {
  *result_listener << Text(arg);
  const ErrorDetails details = DetailsOf(arg);
  return arg.error_code() == grpc::StatusCode::INVALID_ARGUMENT && !details.reason.empty() &&
         details.field == field && arg.error_message().find(words) != std::string::npos;
}

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_REFUSAL_H_
