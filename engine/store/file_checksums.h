// Checksums of a shard's table files, taken when they are written: as it is built, and as it is folded. What
// RocksDB reads of a file before it looks at its own checksums can end the process where the library is
// packaged with assertions: so files are looked at first.
//
// Format of the file CHECKSUMS, version 1: text. First the line "lawine-files 1"; a line "NAME SIZE WHOLE
// END" for each file, CRC-32C of all bytes and of the last kEndBytes (or all) in 8 hex digits each; last the
// line "crc32c <8 hex digits>" over everything before it.
#ifndef LAWINE_ENGINE_STORE_FILE_CHECKSUMS_H_
#define LAWINE_ENGINE_STORE_FILE_CHECKSUMS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace lawine {

inline constexpr char kChecksumsFile[] = "CHECKSUMS";
inline constexpr std::size_t kChecksumsBytesMax = 1u << 24;
// Where tables have their index, properties and footer. Blocks before it are checked when they are read.
inline constexpr std::size_t kEndBytes = 1u << 20;

struct FileChecksum {
  std::string name;
  std::uint64_t size = 0;
  std::uint32_t whole = 0;
  std::uint32_t end = 0;
};

std::string EncodeChecksums(const std::vector<FileChecksum>& files);
// DATA_LOSS when damaged, FAILED_PRECONDITION for another format version.
absl::StatusOr<std::vector<FileChecksum>> DecodeChecksums(std::string_view text);

// Reads all table files of `directory` and writes its CHECKSUMS, synced.
absl::Status WriteChecksums(const std::string& directory);
// Takes from its CHECKSUMS what is not among `tables`, all that the shard has and keeps: others may go.
absl::Status KeepChecksums(const std::string& directory, const std::vector<std::string>& tables);
// The same, and reads those of `tables` that it does not have and adds them, but for what is gone; what it
// has is kept as it is. Nothing where there is no CHECKSUMS: who knows whether older tables are sound.
absl::Status AddChecksums(const std::string& directory, const std::vector<std::string>& tables);

// The checksums that `directory` has; none where it has no CHECKSUMS (a shard of an earlier version).
absl::StatusOr<std::vector<FileChecksum>> ReadChecksums(const std::string& directory);

// Reads all of them. DATA_LOSS, naming the file, what was expected and what was found, unless all are as when
// they were built. Other files are not looked at. Returns the bytes read.
absl::StatusOr<std::uint64_t> CheckFiles(const std::string& directory);
// The same of what RocksDB reads when it opens a shard, and of the files that are there: RocksDB refuses a
// shard that lacks a table of its own. Others are no loss: earlier versions listed checkpoints of runs, which
// go.
absl::StatusOr<std::uint64_t> CheckEnds(const std::string& directory);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_FILE_CHECKSUMS_H_
