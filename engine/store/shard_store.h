// The storage seam: one shard's blocks, whatever keeps them. RocksDB behind it in processes
// (rocks_store.h), plain memory in tests and benchmarks (memory_store.h).
#ifndef LAWINE_ENGINE_STORE_SHARD_STORE_H_
#define LAWINE_ENGINE_STORE_SHARD_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/store/shard_copies.h"
#include "engine/store/shard_manifest.h"

namespace lawine {

// Called with ascending block indices. An error ends the scan and is returned by it.
using BlockVisitor = absl::FunctionRef<absl::Status(std::uint32_t block, std::string_view bytes)>;

// Called with ascending graph versions, as BlockVisitor.
using ChangeVisitor = absl::FunctionRef<absl::Status(std::uint64_t graph_version, std::string_view bytes)>;

// A complete shard at one version of its graph; what is written later does not show. Thread-safe.
class ShardReader {
 public:
  virtual ~ShardReader() = default;
  virtual const ShardManifest& manifest() const = 0;
  // Visits the stored follower blocks in [first, end). Blocks without links are not stored.
  virtual absl::Status ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const = 0;
  // Visits the member blocks in [first, end); block 0 starts at the range's first member.
  virtual absl::Status ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const = 0;
  // Visits the key blocks in [first, end), see ShardManifest::keys_listed; block 0 starts at member 0.
  virtual absl::Status ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const = 0;
  // Visits the change records (change_record.h) that follow the manifest's version, all that there are now.
  virtual absl::Status ScanChanges(ChangeVisitor visit) const = 0;
  virtual std::uint64_t disk_bytes() const = 0;
  // Reads all files that the shard was built of and compares them with their checksums; returns their bytes.
  // DATA_LOSS names a file that is another.
  virtual absl::StatusOr<std::uint64_t> CheckFiles() const = 0;
  // Its files as of now. UNIMPLEMENTED where it has none.
  virtual absl::StatusOr<std::unique_ptr<ShardCheckpoint>> Checkpoint() const = 0;
};

// What folding puts in the place of what is stored: the manifest of `changed`, and its blocks of these
// indices, ascending. Those that it does not have go.
struct FoldedShard {
  std::shared_ptr<const ShardReader> changed;
  std::vector<std::uint32_t> followers = {};
  std::vector<std::uint32_t> members = {};
  std::vector<std::uint32_t> keys = {};
};

// A step of a run.
struct RunStep {
  std::uint64_t run_id = 0;
  std::uint32_t step = 0;
  friend auto operator<=>(const RunStep&, const RunStep&) = default;
};

class StoredShard;

// What folding puts there, written beside what is stored, which is as it was. Destroyed without Commit, it
// leaves nothing behind.
class PreparedFold {
 public:
  virtual ~PreparedFold() = default;
  // A write, of the shard that it was prepared by, which is still there. Makes everything durable at once, or
  // nothing, and returns the shard as it then is; records up to the manifest's version are gone. Readers that
  // are open go on reading what was. Call once.
  virtual absl::StatusOr<std::unique_ptr<StoredShard>> Commit() = 0;
};

// An open shard as it is stored. Thread-safe, but for one writer at a time. A write that fails may have
// happened or not, and reading goes on; later ones are tried again, and told UNAVAILABLE while readers of
// before keep the store from being opened again.
class StoredShard : public ShardReader {
 public:
  // Makes a record durable, in the place of what is there of this version and later ones: it survives lost
  // power when this returns. Readers that are open do not see it.
  virtual absl::Status WriteChange(std::uint64_t graph_version, std::string_view bytes) = 0;
  // Reads and writes block by block: one is in memory at a time. Thread-safe also beside a writer, but for
  // one fold at a time.
  virtual absl::StatusOr<std::unique_ptr<PreparedFold>> PrepareFold(const FoldedShard& folded) = 0;

  // What runs have come to on the shard, bytes that mean nothing to the store; of no version of the graph.
  // Thread-safe also beside a writer, but for one run's at a time.
  // Makes it durable, in the place of what is there of that step.
  virtual absl::Status WriteRunState(const RunStep& of, std::string_view bytes) = 0;
  // NOT_FOUND when there is none, DATA_LOSS when it is damaged.
  virtual absl::StatusOr<std::string> ReadRunState(const RunStep& of) const = 0;
  virtual absl::StatusOr<std::vector<RunStep>> RunStates() const = 0;  // ascending
  virtual absl::Status DropRunState(const RunStep& of) = 0;            // OK when there is none
};

// Writes blocks in ascending order. Not thread-safe; several sinks may be in use at once.
class BlockSink {
 public:
  virtual ~BlockSink() = default;
  virtual absl::Status Add(std::uint32_t block, std::string_view bytes) = 0;
  // Call once, last.
  virtual absl::Status Finish() = 0;
};

// One bulk load of one shard. Destroyed without Commit, it leaves nothing behind.
class ShardWriter {
 public:
  virtual ~ShardWriter() = default;
  // Thread-safe. Block ranges of different sinks must not overlap.
  virtual absl::StatusOr<std::unique_ptr<BlockSink>> NewFollowerSink() = 0;
  virtual absl::StatusOr<std::unique_ptr<BlockSink>> NewMemberSink() = 0;
  virtual absl::StatusOr<std::unique_ptr<BlockSink>> NewKeySink() = 0;
  // Makes everything durable, the manifest last: after it the shard opens, before it it never does.
  // REQUIRES: all sinks finished.
  virtual absl::Status Commit(const ShardManifest& manifest) = 0;
};

struct ShardName {
  std::string graph;
  ShardIndex shard;
  friend auto operator<=>(const ShardName&, const ShardName&) = default;
};

// Whether what could not be opened or written for this reason may be later: the disk was full, a file could
// not be read, or no more could be open. Neither damage passes, nor what does not belong here.
inline bool MayPass(const absl::Status& reason) {
  return absl::IsResourceExhausted(reason) || absl::IsUnavailable(reason);
}

// All shards under one root. Thread-safe.
class ShardStorage {
 public:
  virtual ~ShardStorage() = default;
  // ALREADY_EXISTS when the shard is there; remains of an unfinished load are removed.
  virtual absl::StatusOr<std::unique_ptr<ShardWriter>> Create(const ShardName& name) = 0;
  // NOT_FOUND, DATA_LOSS (damaged or half-written) or FAILED_PRECONDITION (foreign, other format, in use);
  // messages say where.
  virtual absl::StatusOr<std::unique_ptr<StoredShard>> Open(const ShardName& name) = 0;
  // Ascending, complete or not.
  virtual absl::StatusOr<std::vector<ShardName>> List() = 0;
  // REQUIRES: not open.
  virtual absl::Status Delete(const ShardName& name) = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_STORE_H_
