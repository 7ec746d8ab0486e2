// What the process says to its caller. Documented in `lawine --help`.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_EXIT_CODE_H_
#define LAWINE_SERVICES_CLI_CONNECTION_EXIT_CODE_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace lawine::cli {

enum class ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kUnavailable = 4,
  kInterrupted = 130,
};

ExitCode ExitCodeOf(const absl::Status& status);

// What a call ended with, the refused fields in the message, a line each.
absl::Status FromCall(const grpc::Status& status);

// A text of the cluster's, which names fields and calls of its API, with flags and commands in their place.
std::string InOwnWords(const std::string& text);

// `status` with a line added that says what to do. OK stays OK.
absl::Status WithAdvice(const absl::Status& status, const std::string& advice);

// "error: ..." on standard error. Nothing for OK and for an empty message.
void PrintError(const absl::Status& status);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_EXIT_CODE_H_
