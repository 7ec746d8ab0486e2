// Files by their system calls, with errors as statuses that say where.
#ifndef LAWINE_ENGINE_STORE_PLAIN_FILE_H_
#define LAWINE_ENGINE_STORE_PLAIN_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"

namespace lawine {

// OK without an error; a full disk is RESOURCE_EXHAUSTED, everything else UNAVAILABLE.
absl::Status FromErrorCode(const std::error_code& error, const std::string& path);
// The last system call's failure.
absl::Status FileFailed(const std::string& path);
// Whether there is anything of this name; an error when that cannot be told.
absl::StatusOr<bool> Exists(const std::string& path);
// What `directory` holds, ascending, without "." and "..". NOT_FOUND when there is no such directory.
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& directory);
// Makes renames inside `directory` durable.
absl::Status SyncDirectory(const std::string& directory);

// An open file. Closes it.
class PlainFile {
 public:
  // `flags` as of open(2); errno tells why it is not opened.
  PlainFile(const std::string& path, int flags);
  ~PlainFile();
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  bool opened() const { return file_ >= 0; }
  absl::StatusOr<std::uint64_t> Size() const;
  // Fewer bytes only at the end of the file.
  absl::StatusOr<std::string> Read(std::uint64_t from, std::size_t count) const;
  // CRC-32C of [from, end).
  absl::StatusOr<std::uint32_t> ChecksumOf(std::uint64_t from, std::uint64_t end) const;
  // From byte `at` of the file on. After an error any part of it may be there.
  absl::Status Write(std::string_view bytes, std::uint64_t at) const;
  absl::Status Sync() const;

 private:
  const std::string path_;
  const int file_;
};

// The whole file, of at most `bytes_max`. NOT_FOUND when there is none, DATA_LOSS when it is larger.
absl::StatusOr<std::string> ReadPlainFile(const std::string& path, std::size_t bytes_max);
// Replaces the file; it is durable when this returns, its name is once the directory is synced.
absl::Status WritePlainFile(const std::string& path, std::string_view bytes);
// Puts a file in the place of what is there: whatever fails or dies, `path` is the one or the other. Durable
// when this returns. Uses PATH.part.
absl::Status ReplacePlainFile(const std::string& path, std::string_view bytes);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_PLAIN_FILE_H_
