// Bytes that are appended and read again by the process that wrote them: in memory while they are few,
// beyond that in a file without a name, which goes away with its owner however that ends.
#ifndef LAWINE_ENGINE_BASE_SPILL_FILE_H_
#define LAWINE_ENGINE_BASE_SPILL_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace lawine {

// Where things go that do not fit the memory they are given.
struct SpillOptions {
  std::string directory = {};               // made if missing; empty: everything stays in memory
  std::uint64_t memory_bytes = ~0ull >> 1;  // about
};

// Reads may go on at the same time while nothing is appended.
class SpillFile {
 public:
  explicit SpillFile(SpillOptions options) : options_(std::move(options)) {}
  ~SpillFile();
  SpillFile(SpillFile&& other) noexcept;
  SpillFile& operator=(SpillFile&& other) noexcept;

  // RESOURCE_EXHAUSTED when the disk is full, UNAVAILABLE when the directory cannot be written. The bytes are
  // part of the file even then, in memory: they must not come again, and the next Append tries to write them.
  absl::Status Append(std::string_view bytes);
  // Replaces `bytes`. DATA_LOSS when the file has become shorter. REQUIRES: offset + count <= size().
  absl::Status Read(std::uint64_t offset, std::size_t count, std::string& bytes) const;

  std::uint64_t size() const { return file_bytes_ + tail_.size(); }
  bool on_disk() const { return file_ >= 0; }

 private:
  absl::Status Open();
  absl::Status WriteTail();
  absl::Status Failed(const char* action, int error) const;

  SpillOptions options_;
  int file_ = -1;
  std::uint64_t file_bytes_ = 0;
  std::string tail_;  // what stands after file_bytes_
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_SPILL_FILE_H_
