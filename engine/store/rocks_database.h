// One RocksDB database of one shard, and what all under a root share. Internal to the store on RocksDB.
#ifndef LAWINE_ENGINE_STORE_ROCKS_DATABASE_H_
#define LAWINE_ENGINE_STORE_ROCKS_DATABASE_H_

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/write_buffer_manager.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/store/rocks_status.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_manifest.h"

namespace lawine {

enum Family { kDefault, kFollowers, kMembers, kKeys, kManifest, kCheckpoints, kChanges, kFamiliesCount };
inline constexpr const char* kFamilyNames[kFamiliesCount] = {"default",  "followers",   "members", "keys",
                                                             "manifest", "checkpoints", "changes"};
inline constexpr const char* kManifestKey = "shard";
// What names of tables begin with before they are ingested.
inline constexpr char kRunStateFile[] = "run-";
inline constexpr char kFoldFile[] = "fold-";
// Of the changes of one version.
std::string VersionKey(std::uint64_t graph_version);
// REQUIRES: key.size() == 8.
std::uint64_t FromVersionKey(const rocksdb::Slice& key);

inline constexpr RocksContent kShard{.name = "shard", .repair = "restore it or load it again"};

// Everything shared by the databases under one root.
class RocksShared {
 public:
  explicit RocksShared(const RocksOptions& options);
  rocksdb::Options DatabaseOptions() const;

 private:
  rocksdb::Env* const env_;
  const std::shared_ptr<rocksdb::Cache> cache_;
  const std::shared_ptr<rocksdb::WriteBufferManager> write_buffers_;
};

// An open database and its column families. Thread-safe.
class RocksDatabase {
 public:
  static absl::StatusOr<std::unique_ptr<RocksDatabase>> Open(const std::string& path,
                                                             const RocksShared& shared, bool create);
  // Writes nothing, not even to disk; what is in the log is read into memory. REQUIRES: one that has been
  // open.
  static absl::StatusOr<std::unique_ptr<RocksDatabase>> OpenToRead(const std::string& path,
                                                                   const RocksShared& shared);
  ~RocksDatabase();

  bool read_only() const { return read_only_; }
  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(Family f) { return handles_[f]; }
  // The shard's, in `path`. DATA_LOSS when there is none, else as DecodeManifest.
  absl::StatusOr<ShardManifest> Manifest(const std::string& path) const;
  // Names of the files with what was flushed or ingested, but for checkpoints; none of them ever goes.
  std::vector<std::string> Tables() const;

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  bool read_only_ = false;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_ROCKS_DATABASE_H_
