#include "services/cli/files/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"
#include "services/common/process.h"

namespace lawine::cli {
namespace {

absl::Status FileError(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

// What holds nothing that could be lost, and what is open already under another name.
bool IsWrittenAsItIs(const std::string& path) {
  if (path.starts_with("/dev/std") || path.starts_with("/dev/fd/") || path.starts_with("/proc/")) return true;
  struct stat found = {};
  if (stat(path.c_str(), &found) == 0) return !S_ISREG(found.st_mode);
  const bool leads_nowhere = lstat(path.c_str(), &found) == 0;
  return leads_nowhere || path.empty();
}

// Absolute, where links lead, as far as it is there.
std::filesystem::path Resolved(const std::string& path) {
  std::error_code error;
  std::filesystem::path resolved = std::filesystem::absolute(path, error);
  if (!error) resolved = std::filesystem::weakly_canonical(resolved, error);
  return error ? std::filesystem::path(path) : resolved;
}

}  // namespace

absl::StatusOr<OutputFile> OutputFile::Create(const std::string& path) {
  if (path == "-") {
    return absl::InvalidArgumentError(
        "expected the name of a file, found '-': for standard output give /dev/stdout");
  }
  if (!IsWrittenAsItIs(path)) return CreateBeside(path);
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return FileError(path);
  return OutputFile(path, file);
}

absl::StatusOr<OutputFile> OutputFile::CreateBeside(const std::string& path) {
  const std::string target = Resolved(path).string();
  struct stat earlier = {};
  const bool replaces = stat(target.c_str(), &earlier) == 0;
  if (replaces && access(target.c_str(), W_OK) != 0) return FileError(path);
  std::random_device entropy;
  const std::string part = absl::StrCat(target, ".part-", absl::Hex(entropy()));
  const int descriptor = open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return FileError(path);
  auto unfinished = std::make_unique<UnfinishedFile>(part);
  std::FILE* const file = fdopen(descriptor, "wb");
  if (file == nullptr) return FileError(path);
  OutputFile output(path, file);
  if (replaces && fchmod(descriptor, earlier.st_mode & 07777) != 0) return FileError(path);
  output.target_ = target;
  output.part_ = std::move(unfinished);
  return output;
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
  if (!kept) return FileError(path_);
  if (part_ == nullptr) return absl::OkStatus();
  const absl::Status renamed = RenameDurably(part_->path(), target_);
  if (renamed.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("cannot write ", renamed.message()));
}

absl::Status CheckDistinct(const std::vector<std::pair<std::string, std::string>>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto& [flag, path] = outputs[i];
      const auto& [earlier_flag, earlier_path] = outputs[j];
      if (path.empty() || earlier_path.empty() || IsWrittenAsItIs(path)) continue;
      if (Resolved(path) != Resolved(earlier_path)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(earlier_flag, ", ", flag, ": expected a file for each, found ", path, " for both"));
    }
  }
  return absl::OkStatus();
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace lawine::cli
