// The shards a worker holds: opened from disk, brought into memory when needed, dropped when memory is.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_SHARD_HOST_H_
#define LAWINE_SERVICES_WORKER_SHARDS_SHARD_HOST_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "engine/store/shard_image.h"
#include "engine/store/shard_log.h"
#include "engine/store/shard_store.h"
#include "services/worker/shards/held_shard.h"

namespace lawine {

using Images = std::vector<std::shared_ptr<const ShardImage>>;
using MembersByShard = std::vector<std::shared_ptr<const ShardMembers>>;

// Thread-safe.
class ShardHost {
 public:
  // Opens every shard of `storage`; those that fail are kept with the reason. Where that may pass, as a full
  // disk, they are tried again by OpenAgain, and by each call that needs them. Members and links in memory
  // take at most `memory_limit_bytes`: of graphs that need more, links stay on disk.
  ShardHost(std::unique_ptr<ShardStorage> storage, std::optional<std::uint64_t> memory_limit_bytes,
            Executor& executor);

  void OpenAgain();
  // Why shards could not be listed, and so are not there; OK when they could. Waits for no disk.
  absl::Status Listing() const;

  // INVALID_ARGUMENT when not even the members of a graph that is here fit the limit.
  absl::Status CheckMemoryLimit() const;
  std::vector<HeldShardState> List() const;
  // The same without waiting for a disk: while shards are being opened or deleted, what it was before.
  std::vector<HeldShardState> LastList() const;

  struct Acquired {
    Images images;  // by shard number; keep them as long as they are used
    double load_seconds = 0;
  };
  // All of this worker's shards of `graph` at a version (0: the last), in memory. NOT_FOUND without any; what
  // List says of one that is damaged; FAILED_PRECONDITION when there is no such version; RESOURCE_EXHAUSTED
  // when there is not enough memory even after dropping idle images: with a limit, not enough for its
  // members.
  absl::StatusOr<Acquired> Acquire(const std::string& graph, std::uint64_t graph_version);

  // Members of all of this worker's shards of `graph`; quick also when the links are not in memory. Errors as
  // Acquire.
  absl::StatusOr<MembersByShard> Members(const std::string& graph, std::uint64_t graph_version);
  // The same as they are stored.
  absl::StatusOr<MembersByShard> StoredMembers(const std::string& graph);

  // A reader of one shard, for what images and members do not hold. Where the version was folded into a later
  // one, of that: names and profiles stay as they are.
  absl::StatusOr<std::shared_ptr<const ShardReader>> Reader(const ShardName& name,
                                                            std::uint64_t graph_version);

  // The changes of one shard, and of all.
  absl::StatusOr<std::shared_ptr<ShardLog>> Log(const ShardName& name);
  absl::StatusOr<std::vector<std::pair<ShardIndex, std::shared_ptr<ShardLog>>>> Logs(
      const std::string& graph);
  // Folds all of this worker's shards of `graph` until it is `gone`; returns how many blocks were replaced.
  absl::StatusOr<std::uint64_t> Fold(const std::string& graph, std::uint64_t graph_version,
                                     const std::function<bool()>& gone);

  // UNAVAILABLE while a shard of this name that was dropped is still being read, or deleted: try again.
  absl::Status CheckNotLeft(const ShardName& name);
  // As ShardStorage::Create, and UNAVAILABLE as CheckNotLeft.
  absl::StatusOr<std::unique_ptr<ShardWriter>> Create(const ShardName& name);
  // Opens a shard that was just loaded. UNAVAILABLE as CheckNotLeft.
  absl::Status Adopt(const ShardName& name);
  // Deletes one shard of the graph that was made with this digest; OK when it is not here.
  // FAILED_PRECONDITION while runs use it, or when it is of another graph. What somebody still reads is
  // deleted by a later DeleteLeft, which may take a while.
  absl::Status DropShard(const ShardName& name, const std::string& graph_digest);
  void DeleteLeft();
  // Deletes one that is damaged; OK when there is none.
  absl::Status DropDamaged(const ShardName& name);
  // RESOURCE_EXHAUSTED when the memory limit would not let this worker hold a further shard.
  absl::Status CheckRoomFor(const ShardManifest& manifest) const;
  // Deletes all shards of `graph` from disk, as DropShard. FAILED_PRECONDITION while runs use them.
  absl::StatusOr<std::uint32_t> Drop(const std::string& graph);

 private:
  void OpenShard(const ShardName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lists shards and opens those that are neither held nor left.
  void OpenAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Opens one that could not be where the reason may have passed. Why it cannot be used now.
  absl::Status Usable(const ShardName& name, HeldShard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Holds it no more; deletes it unless somebody still reads it. REQUIRES: it is held, and not in use by
  // runs.
  absl::Status Leave(const ShardName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<HeldShardState> ListLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Acquired> InMemory(const std::string& graph, std::uint64_t graph_version);
  // A shard whose links are to be brought into memory: as they are stored where all fit, else at the version
  // that is wanted.
  struct Missing {
    ShardName name;
    ShardAtVersion stored;
    ShardAtVersion wanted;
    ImageBytes bytes;
  };
  // Such shards, and what their links may take there.
  struct Room {
    std::vector<Missing> missing;
    std::uint64_t links_bytes_max = ~std::uint64_t{0};
  };
  absl::StatusOr<Room> MakeRoom(const std::string& graph, std::uint64_t graph_version);
  void DropIdleUntil(const std::string& graph, std::uint64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::uint64_t FreeBytes(const std::string& graph) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status HydrateAll(const std::string& graph, Room room);
  absl::Status Layer(const std::string& graph, std::uint64_t graph_version);
  absl::Status Keep(const ShardName& name, const ShardAtVersion& at, std::shared_ptr<const ShardImage> image);
  // A shard at the version that version_of(it) says, its members in memory, and without
  // its image. Errors as Find, and as Read.
  using VersionOf = absl::FunctionRef<std::uint64_t(const HeldShard&)>;
  absl::StatusOr<ShardAtVersion> At(const ShardName& name, VersionOf version_of);
  absl::StatusOr<MembersByShard> MembersAt(const std::string& graph, VersionOf version_of);
  absl::StatusOr<HeldShard*> Find(const ShardName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // All of the graph's, or why there are none.
  absl::StatusOr<std::vector<HeldShard*>> Held(const std::string& graph)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<ShardStorage> storage_;
  const std::optional<std::uint64_t> memory_limit_bytes_;
  Executor& executor_;
  Mutex loading_;   // one graph's links are brought into memory at a time; taken before mutex_
  Mutex reading_;   // one shard's members are read at a time; taken after loading_, before mutex_
  Mutex deleting_;  // one deletes what was left at a time; taken before mutex_
  mutable Mutex mutex_;
  std::map<ShardName, HeldShard> shards_ ABSL_GUARDED_BY(mutex_);
  // Dropped, and to be deleted when nobody reads them any more; here until they are.
  std::map<ShardName, LeftShard> left_ ABSL_GUARDED_BY(mutex_);
  mutable Mutex listed_mutex_;  // taken after mutex_, or alone
  mutable std::vector<HeldShardState> listed_ ABSL_GUARDED_BY(listed_mutex_);
  absl::Status listing_ ABSL_GUARDED_BY(listed_mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_SHARD_HOST_H_
