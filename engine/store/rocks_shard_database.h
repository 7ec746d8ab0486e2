// The database of one open shard, which is opened again when a write that failed has left it refusing all
// others. Internal to the store on RocksDB.
#ifndef LAWINE_ENGINE_STORE_ROCKS_SHARD_DATABASE_H_
#define LAWINE_ENGINE_STORE_ROCKS_SHARD_DATABASE_H_

#include <rocksdb/db.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/store/rocks_database.h"

namespace lawine {

// After a failed write of its log RocksDB takes no other, whatever it is told, until it is opened again; what
// is there can be read. So the next write opens it again, once nobody reads. Thread-safe.
class ShardDatabase {
 public:
  // What one call reads or writes; it is not opened again before that is gone.
  struct Use {
    std::shared_ptr<RocksDatabase> database;
    const rocksdb::Snapshot* snapshot = nullptr;
  };

  ShardDatabase(std::string path, const RocksShared& shared, std::unique_ptr<RocksDatabase> opened)
      : path_(std::move(path)), shared_(shared), database_(std::move(opened)) {}

  // `reader` is of this version of the graph, the stored one, and sees what there is now until it leaves.
  void Enter(const void* reader, std::uint64_t graph_version);
  void Leave(const void* reader);

  // REQUIRES: `user` has entered, and has no other use in this thread.
  absl::StatusOr<Use> ToRead(const void* user);
  // UNAVAILABLE while it must be opened again and others read for long, or a version that was folded since:
  // that would be lost to them. RESOURCE_EXHAUSTED when the disk is still full.
  absl::StatusOr<Use> ToWrite(const void* user);
  // A write of `use` has failed.
  void NoteFailure(const Use& use);

 private:
  struct View {
    std::uint64_t graph_version = 0;
    const rocksdb::Snapshot* snapshot = nullptr;  // null: what there is
    bool lost = false;                            // what is stored is of another version
  };
  void AwaitOpening() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Use> UseOf(const void* user) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckNoneEarlier() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Close() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OpenToRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ShowViews() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const RocksShared shared_;
  Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<RocksDatabase> database_ ABSL_GUARDED_BY(mutex_);  // null: it could not be opened again
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;                      // the next write opens it again
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;                     // who comes waits
  std::map<const void*, View> views_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_ROCKS_SHARD_DATABASE_H_
