// Files that commands are given to read.
#ifndef LAWINE_SERVICES_CLI_FILES_INPUT_FILE_H_
#define LAWINE_SERVICES_CLI_FILES_INPUT_FILE_H_

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
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
  if (absl::IsNotFound(text.status()) && scenario != nullptr) return std::string(scenario->text);
  if (text.ok() || absl::IsNotFound(text.status())) return text;
  return absl::FailedPreconditionError(absl::StrCat("cannot read ", text.status().message()));
}

struct FileCloser {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
using OpenedFile = std::unique_ptr<std::FILE, FileCloser>;

// To be read in parts; "-" is standard input. NOT_FOUND, FAILED_PRECONDITION where it cannot be opened.
inline absl::StatusOr<OpenedFile> OpenInput(const std::string& name) {
  OpenedFile file(name == "-" ? stdin : std::fopen(name.c_str(), "rb"));
  if (file != nullptr) return file;
  const std::string text = absl::StrCat("cannot read ", name, ": ", std::strerror(errno));
  return errno == ENOENT ? absl::NotFoundError(text) : absl::FailedPreconditionError(text);
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
