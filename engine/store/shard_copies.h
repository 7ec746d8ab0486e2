// Copies of shards: the files of one as of a moment, and files as they arrive somewhere else. Nothing here
// knows what is in the files; what makes them a shard again is in shard_arrivals.h.
#ifndef LAWINE_ENGINE_STORE_SHARD_COPIES_H_
#define LAWINE_ENGINE_STORE_SHARD_COPIES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/store/plain_file.h"

namespace lawine {

struct ShardFile {
  std::string name;
  std::uint64_t size = 0;
  std::uint32_t crc32c = 0;  // of the whole file
  friend bool operator==(const ShardFile&, const ShardFile&) = default;
};

inline constexpr std::size_t kShardFilesMax = 100'000;
inline constexpr std::uint64_t kShardFileBytesMax = 1ull << 48;  // of all files of a shard
// INVALID_ARGUMENT unless names are plain, each is there once, and files and bytes are no more than these:
// lists come from elsewhere.
absl::Status CheckShardFiles(const std::vector<ShardFile>& files);
std::uint64_t BytesOf(const std::vector<ShardFile>& files);

// A directory with the files of a shard as of one moment; they stay what they are whatever becomes of the
// shard. The directory goes with this. Thread-safe.
class ShardCheckpoint {
 public:
  // Takes `directory` over. Checksums that the shard has of its tables (file_checksums.h) are believed, so
  // that a copy of a table that was damaged since does not pass for a good one; of other files they are taken
  // now.
  static absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Of(const std::string& directory);
  ~ShardCheckpoint();
  ShardCheckpoint(const ShardCheckpoint&) = delete;
  ShardCheckpoint& operator=(const ShardCheckpoint&) = delete;

  const std::vector<ShardFile>& files() const { return files_; }  // by name
  // Fewer bytes only at the end of the file. REQUIRES: file < files().size().
  absl::StatusOr<std::string> Read(std::size_t file, std::uint64_t from, std::size_t count) const;

 private:
  explicit ShardCheckpoint(std::string directory) : directory_(std::move(directory)) {}
  absl::Status List();

  const std::string directory_;
  std::vector<ShardFile> files_;
};

// Files that arrive in a directory, one after another. What is there already, from an earlier arrival that
// was broken off at any moment, need not come again: whole files are kept, and the first part of one. Not
// thread-safe.
//
//   while (const auto next = arrival->next()) arrival->Append(bytes from next->offset on);
//   arrival->Finish();
class ShardArrival {
 public:
  // Makes `directory` if it is missing; files there that are not among `files` are removed.
  static absl::StatusOr<std::unique_ptr<ShardArrival>> Begin(const std::string& directory,
                                                             const std::vector<ShardFile>& files);

  struct Place {
    std::size_t file = 0;
    std::uint64_t offset = 0;
  };
  // Where the next bytes belong; none when all are there.
  std::optional<Place> next() const;
  // Bytes of the file that next() names, from its offset on. When it is whole its checksum is compared, and
  // it is made durable: DATA_LOSS when the checksum is another; where an earlier arrival had part in it, the
  // file is only asked for again. INVALID_ARGUMENT for bytes beyond its end. RESOURCE_EXHAUSTED when the disk
  // is full, UNAVAILABLE when it fails: bytes may come again then, from where next() says.
  absl::Status Append(std::string_view bytes);
  // Makes everything durable. REQUIRES: next() is none.
  absl::Status Finish();

  std::uint64_t bytes_arrived() const { return bytes_arrived_; }
  std::uint64_t bytes_total() const { return BytesOf(files_); }

 private:
  enum class State { kMissing, kPartly, kWhole };
  ShardArrival(std::string directory, std::vector<ShardFile> files)
      : directory_(std::move(directory)), files_(std::move(files)), states_(files_.size(), State::kMissing) {}
  std::string PathOf(std::size_t file) const { return directory_ + "/" + files_[file].name; }
  absl::Status LookAtWhatIsThere();
  absl::Status LookAt(std::size_t file, const std::vector<ShardFile>& known);
  absl::Status OpenNext();
  absl::Status GoOn();
  absl::Status CheckWhole();

  const std::string directory_;
  const std::vector<ShardFile> files_;
  std::vector<State> states_;
  std::size_t at_ = 0;  // files before it are whole
  std::uint64_t offset_ = 0;
  std::uint32_t crc_ = 0;            // of what came in this arrival
  bool from_the_first_ = false;      // of the file at_, all came in this arrival
  std::unique_ptr<PlainFile> open_;  // the file at_, once bytes of it came
  std::uint64_t bytes_arrived_ = 0;
};

// True once Finish has returned, or MarkArrived.
absl::StatusOr<bool> HasArrived(const std::string& directory);
// After it HasArrived is false. Call before anything in `directory` is changed.
absl::Status ForgetArrived(const std::string& directory);
// Makes what is in `directory` durable as arrived: files of `known` are believed to be as there, without
// being read again, by an arrival that begins later.
absl::Status MarkArrived(const std::string& directory, const std::vector<ShardFile>& known);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_COPIES_H_
