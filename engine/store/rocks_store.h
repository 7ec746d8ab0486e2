// The storage seam on RocksDB: one database per (graph, shard) directory.
//
//   ROOT/<graph>/shard-0003/           complete
//   ROOT/<graph>/shard-0003.loading/   a load in progress, or the remains of one
//   ROOT/<graph>/shard-0003.deleting/  was deleted, and its files are on their way
//   ROOT/<graph>/shard-0003.arriving/  a copy on its way, see shard_arrivals.h
//
// Column families: followers (big-endian block index -> follower block), members (big-endian block index
// -> member block), keys (the same -> key block), manifest ("shard" -> manifest text), checkpoints (of
// runs, see rocks_run_states.cc), changes (big-endian graph version, 64 bits -> change record).
//
// A load writes sorted SST files and ingests them; nothing goes through the write-ahead log but the
// manifest, which is synced last. The files' checksums are written beside them (file_checksums.h), and the
// finished directory is renamed into place.
//
// A change is one write, synced. Folding ingests files that hold the blocks that changed and the manifest,
// all at once; what is read meanwhile is a snapshot. Checksums of the new files are added last. After a write
// that failed the database is opened again (rocks_shard_database.h).
#ifndef LAWINE_ENGINE_STORE_ROCKS_STORE_H_
#define LAWINE_ENGINE_STORE_ROCKS_STORE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/store/shard_store.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace lawine {

struct RocksOptions {
  // Shared by all shards under the root. Hydrated runs hardly read blocks twice, so small is enough.
  std::size_t block_cache_bytes = 64u << 20;
  std::size_t write_buffer_bytes = 32u << 20;
  rocksdb::Env* env = nullptr;  // the machine's, unless a test has one of its own
};

// What follows a shard's name in those of directories that are none.
inline constexpr char kLoadingMark[] = ".loading";
inline constexpr char kDeletingMark[] = ".deleting";

// Where a complete shard is: ROOT/<graph>/shard-0003.
std::string ShardDirectory(const std::string& root, const ShardName& name);

// Makes ROOT if it is missing. Thread-safe. One process at a time may have a shard open.
absl::StatusOr<std::unique_ptr<ShardStorage>> OpenRocksStorage(const std::string& root,
                                                               const RocksOptions& options);

// Opens shard `name` in `directory`, which need not be below a root. Errors as ShardStorage::Open.
absl::StatusOr<std::unique_ptr<StoredShard>> OpenRocksShard(const std::string& directory,
                                                            const ShardName& name);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_ROCKS_STORE_H_
