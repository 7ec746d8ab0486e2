// Files that commands are given to read.
#ifndef LAWINE_SERVICES_CLI_INPUT_FILE_H_
#define LAWINE_SERVICES_CLI_INPUT_FILE_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/common/process.h"

namespace lawine::cli {

// Its content; "-" is standard input. NOT_FOUND when it is not there.
inline absl::StatusOr<std::string> ReadInput(const std::string& file) {
  return ReadFile(file == "-" ? "/dev/stdin" : file);
}

// What was read from it; a failure says what it is and where.
template <class Value>
absl::StatusOr<Value> InFile(const std::string& what, const std::string& file, absl::StatusOr<Value> read) {
  if (read.ok()) return read;
  return absl::Status(read.status().code(), absl::StrCat(what, " ", file == "-" ? "on standard input" : file,
                                                         ":\n", read.status().message()));
}

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_INPUT_FILE_H_
