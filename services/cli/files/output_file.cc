#include "services/cli/files/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"

namespace lawine::cli {
namespace {

absl::Status FileError(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<OutputFile> OutputFile::Create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return FileError(path);
  return OutputFile(path, file);
}

absl::StatusOr<std::optional<OutputFile>> OutputFile::CreateIfNamed(const std::string& path) {
  if (path.empty()) return std::nullopt;
  LAWINE_ASSIGN_OR_RETURN(OutputFile file, Create(path));
  return std::optional(std::move(file));
}

absl::Status OutputFile::Write(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
  return written ? absl::OkStatus() : FileError(path_);
}

absl::Status OutputFile::Finish() {
  if (std::fflush(file_.get()) != 0) return FileError(path_);
  // Pipes and terminals have nothing to sync, and say so.
  const bool kept = fsync(fileno(file_.get())) == 0 || errno == EINVAL || errno == ENOTSUP;
  return kept ? absl::OkStatus() : FileError(path_);
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace lawine::cli
