// A whole graph as one file: the files of all its shards, one after another. Written and read as a stream.
//
// Format, version 2. First the 8 bytes "LAWINE-G" and the version, u32. Then records, each: kind, u8; size of
// the payload, u32; payload; CRC-32C of kind, size and payload, u32. In this order:
//
//   'G'  the graph: name, sized; digest, u64 high, u64 low; shards, varint; bytes of all files, varint;
//        graph version, varint; digest of the graph as it was made, u64 high, u64 low
//   of each shard, ascending from 0:
//     'S'  the shard: number, varint; files, varint; of each: name, sized; size, varint; CRC-32C, u32
//     'D'  as many as it takes: the bytes of its files, in the order of the list; at most 1 MiB each
//   'E'  the end: bytes of all files that came, varint
//
// A payload has at most 16 MiB (kGraphFilePayloadMax). Integers as in base/bytes.h. Nothing follows the end.
// In version 1, which is read too, the head ends after the bytes of all files: it is of graphs that have
// never changed.
#ifndef LAWINE_ENGINE_STORE_GRAPH_FILE_H_
#define LAWINE_ENGINE_STORE_GRAPH_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/digest.h"
#include "engine/base/ids.h"
#include "engine/store/shard_copies.h"

namespace lawine {

inline constexpr std::size_t kGraphFileDataMax = 1u << 20;
// Of any record. The longest list of files fits.
inline constexpr std::uint32_t kGraphFilePayloadMax = 16u << 20;

struct GraphFileHead {
  std::string name;
  Digest digest = {};  // at its version
  std::uint32_t shards = 0;
  std::uint64_t bytes = 0;  // of all files of all shards
  std::uint64_t graph_version = 1;
  Digest made_digest = {};  // of the graph as it was made
  friend bool operator==(const GraphFileHead&, const GraphFileHead&) = default;
};

// What is written, in the order of the format.
std::string EncodeGraphFileHead(const GraphFileHead& head);
std::string EncodeGraphFileShard(ShardIndex shard, const std::vector<ShardFile>& files);
// REQUIRES: at most kGraphFileDataMax bytes, not none.
std::string EncodeGraphFileData(std::string_view bytes);
std::string EncodeGraphFileEnd(std::uint64_t bytes);

// Told what is in a file, in order. An error ends the reading and is returned by it.
class GraphFileVisitor {
 public:
  virtual ~GraphFileVisitor() = default;
  virtual absl::Status OnHead(const GraphFileHead& head) = 0;
  virtual absl::Status OnShard(ShardIndex shard, const std::vector<ShardFile>& files) = 0;
  // Further bytes of the shard's files.
  virtual absl::Status OnData(std::string_view bytes) = 0;
  // All bytes of the shard have come.
  virtual absl::Status OnShardEnd(ShardIndex shard) = 0;
};

// Reads a file that comes in parts of any size. Keeps one record in memory at most.
class GraphFileReader {
 public:
  explicit GraphFileReader(GraphFileVisitor& visitor) : visitor_(visitor) {}

  // DATA_LOSS says at which byte the file is damaged, FAILED_PRECONDITION that it is none, or of another
  // version.
  absl::Status Append(std::string_view bytes);
  // No more comes: DATA_LOSS unless the end has.
  absl::Status Finish() const;

  std::uint64_t bytes_taken() const { return at_ + buffer_.size(); }

 private:
  absl::Status TakeStart();
  absl::Status TakeRecord(std::uint8_t kind, std::string_view payload);
  absl::Status TakeHead(std::string_view payload);
  absl::Status TakeShard(std::string_view payload);
  absl::Status TakeData(std::string_view payload);
  absl::Status TakeEnd(std::string_view payload);
  absl::Status EndShardIfWhole();
  absl::Status Damaged(std::string_view what) const;

  enum class Expects { kStart, kHead, kShard, kData, kEnd, kNothing };
  GraphFileVisitor& visitor_;
  Expects expects_ = Expects::kStart;
  std::uint32_t version_ = 0;  // of the format
  std::string buffer_;
  std::uint64_t at_ = 0;  // of the file: where buffer_ begins
  GraphFileHead head_;
  std::uint32_t shard_ = 0;       // the next one, or the one whose data come
  std::uint64_t shard_left_ = 0;  // of its bytes
  std::uint64_t bytes_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_GRAPH_FILE_H_
