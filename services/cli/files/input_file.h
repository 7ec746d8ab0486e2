// Files that commands are given to read.
#ifndef LAWINE_SERVICES_CLI_FILES_INPUT_FILE_H_
#define LAWINE_SERVICES_CLI_FILES_INPUT_FILE_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "services/cli/scenarios/scenario_library.h"
#include "services/common/process.h"

namespace lawine::cli {

// Its content; "-" is standard input, and the name of a scenario of the library stands for it where there is
// no such file. NOT_FOUND when there is neither.
inline absl::StatusOr<std::string> ReadInput(const std::string& file) {
  absl::StatusOr<std::string> text = ReadFile(file == "-" ? "/dev/stdin" : file);
  const LibraryScenario* const scenario = FindLibraryScenario(file);
  if (!absl::IsNotFound(text.status()) || scenario == nullptr) return text;
  return std::string(scenario->text);
}

// What was read from it; a failure says what it is and where.
template <class Value>
absl::StatusOr<Value> InFile(const std::string& what, const std::string& file, absl::StatusOr<Value> read) {
  if (read.ok()) return read;
  return absl::Status(read.status().code(), absl::StrCat(what, " ", file == "-" ? "on standard input" : file,
                                                         ":\n", read.status().message()));
}

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_FILES_INPUT_FILE_H_
