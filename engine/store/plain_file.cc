#include "engine/store/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/crc32c.h"
#include "engine/base/status_macros.h"

namespace lawine {

namespace fs = std::filesystem;

absl::Status FromErrorCode(const std::error_code& error, const std::string& path) {
  if (!error) return absl::OkStatus();
  const bool full = error == std::errc::no_space_on_device || error.value() == EDQUOT;
  const std::string text = absl::StrCat(path, ": ", full ? "the disk is full" : error.message());
  return full ? absl::ResourceExhaustedError(text) : absl::UnavailableError(text);
}

absl::Status FileFailed(const std::string& path) {
  return FromErrorCode({errno, std::generic_category()}, path);
}

absl::StatusOr<bool> Exists(const std::string& path) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  if (type == fs::file_type::not_found) return false;
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, path));
  return true;
}

absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& directory) {
  std::error_code error;
  fs::directory_iterator at(directory, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) {
    return absl::NotFoundError(absl::StrCat(directory, ": no such directory"));
  }
  std::vector<std::string> names;
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, directory));
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status SyncDirectory(const std::string& directory) {
  const PlainFile opened(directory, O_RDONLY | O_DIRECTORY);
  return opened.opened() ? opened.Sync() : FileFailed(directory);
}

PlainFile::PlainFile(const std::string& path, int flags)
    : path_(path), file_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {}

PlainFile::~PlainFile() {
  if (file_ >= 0) close(file_);
}

absl::StatusOr<std::uint64_t> PlainFile::Size() const {
  struct stat found = {};
  if (fstat(file_, &found) != 0) return FileFailed(path_);
  return static_cast<std::uint64_t>(found.st_size);
}

absl::StatusOr<std::string> PlainFile::Read(std::uint64_t from, std::size_t count) const {
  std::string bytes(count, '\0');
  std::size_t at = 0;
  while (at < count) {
    const ssize_t got = pread(file_, bytes.data() + at, count - at, static_cast<off_t>(from + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileFailed(path_);
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  bytes.resize(at);
  return bytes;
}

absl::StatusOr<std::uint32_t> PlainFile::ChecksumOf(std::uint64_t from, std::uint64_t end) const {
  constexpr std::uint64_t kPart = 4u << 20;
  std::uint32_t crc = 0;
  for (std::uint64_t at = from; at < end;) {
    LAWINE_ASSIGN_OR_RETURN(const std::string bytes,
                            Read(at, static_cast<std::size_t>(std::min(kPart, end - at))));
    if (bytes.empty()) break;
    crc = Crc32c(bytes, crc);
    at += bytes.size();
  }
  return crc;
}

absl::Status PlainFile::Write(std::string_view bytes, std::uint64_t at) const {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FileFailed(path_);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    at += static_cast<std::uint64_t>(put);
  }
  return absl::OkStatus();
}

absl::Status PlainFile::Sync() const { return fsync(file_) == 0 ? absl::OkStatus() : FileFailed(path_); }

absl::StatusOr<std::string> ReadPlainFile(const std::string& path, std::size_t bytes_max) {
  const PlainFile file(path, O_RDONLY);
  if (!file.opened() && errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  if (!file.opened()) return FileFailed(path);
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t size, file.Size());
  if (size <= bytes_max) return file.Read(0, static_cast<std::size_t>(size));
  return absl::DataLossError(absl::StrCat(path, ": expected at most ", bytes_max, " bytes, found ", size));
}

absl::Status WritePlainFile(const std::string& path, std::string_view bytes) {
  const PlainFile file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.opened()) return FileFailed(path);
  LAWINE_RETURN_IF_ERROR(file.Write(bytes, 0));
  return file.Sync();
}

absl::Status ReplacePlainFile(const std::string& path, std::string_view bytes) {
  const std::string part = path + ".part";
  LAWINE_RETURN_IF_ERROR(WritePlainFile(part, bytes));
  std::error_code error;
  fs::rename(part, path, error);
  LAWINE_RETURN_IF_ERROR(FromErrorCode(error, path));
  const fs::path directory = fs::path(path).parent_path();
  return SyncDirectory(directory.empty() ? "." : directory.string());
}

}  // namespace lawine
