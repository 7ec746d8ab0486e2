// One shard that a worker holds: as it is stored, and at the versions of its graph that were asked for
// lately.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_HELD_SHARD_H_
#define LAWINE_SERVICES_WORKER_SHARDS_HELD_SHARD_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/store/shard_image.h"
#include "engine/store/shard_log.h"
#include "engine/store/shard_store.h"

namespace lawine {

// A shard at one version. Parts are null until somebody wants them.
struct ShardAtVersion {
  std::uint64_t graph_version = 0;
  std::shared_ptr<const ShardReader> reader = {};
  std::shared_ptr<const ShardDelta> delta = {};  // null at the stored version
  std::shared_ptr<const ShardMembers> members = {};
  std::shared_ptr<const ShardImage> image = {};
};

// What is known of one shard directory.
struct HeldShardState {
  ShardName name;
  absl::Status status;     // why it cannot be used
  ShardManifest manifest;  // as it is stored; only when it can
  GraphInfo graph;         // at the last version there is
  std::weak_ptr<const ShardLog> log;
  std::uint64_t disk_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t links_in_memory = 0;
  // It is in memory, but not whole: of its links some are read from disk, or all are known from one side
  // only.
  bool partly_in_memory = false;
};
bool PartlyInMemory(const ShardImage& image);
ShardAtVersion WithoutImage(ShardAtVersion at);

// A shard that is held no more, as long as others may still read its files. Not thread-safe.
class LeftShard {
 public:
  LeftShard(std::shared_ptr<ShardLog> log, std::set<std::shared_ptr<const ShardReader>> readers)
      : log_(std::move(log)), readers_(std::move(readers)) {}

  // Once it is false the files may be deleted, as soon as this is gone.
  bool InUse();

 private:
  std::shared_ptr<ShardLog> log_;
  std::set<std::shared_ptr<const ShardReader>> readers_;
};

// A shard at a version whose members are not in memory, apart from the shard that is held: to be read while
// others use that one.
struct UnreadShard {
  std::shared_ptr<const ShardLog> log;
  ShardAtVersion stored;  // as all here without its image, which shows who uses the shard
  std::uint64_t graph_version = 0;
};
struct ReadShard {
  ShardAtVersion stored;
  ShardAtVersion at;  // the version that was wanted; it may be the stored one
};
// With members. As ShardLog::DeltaOf when there is no such version. Waits for the disk.
absl::StatusOr<ReadShard> Read(const UnreadShard& unread);

// Not thread-safe: ShardHost guards it. Waits for no disk.
class HeldShard {
 public:
  // What `storage` says of the shard.
  // It waits for the disk.
  static HeldShard Open(ShardStorage& storage, const ShardName& name);

  const absl::Status& status() const { return status_; }
  // REQUIRES for all below: status() is OK.
  const std::shared_ptr<ShardLog>& log() const { return log_; }
  // The shard at a version (0: the last) if its members are in memory; null when they are not, or there is no
  // such version. What it points to holds until the next call.
  ShardAtVersion* Find(std::uint64_t graph_version);
  // What it takes to read it, where Find is null.
  UnreadShard Unread(std::uint64_t graph_version) const;
  // Keeps what was read; false when the shard is another one by now, which is to be read.
  bool Keep(const ReadShard& read);
  // Whether reading may have failed because the shard was folded meanwhile, and is to be read again.
  bool Outdated(const UnreadShard& unread);
  // As it is stored; members and image as far as they are in memory.
  ShardAtVersion& stored() { return stored_; }
  const ShardAtVersion& stored() const { return stored_; }

  // One that is in memory, of any version; null without.
  const ShardImage* AnyImage() const;
  bool InUse() const;
  std::uint64_t ResidentBytes() const;
  // REQUIRES: !InUse().
  void DropFromMemory();
  // Drops images that nobody uses, and keeps members.
  void DropIdleImages();
  // The shard was folded: what is in memory stays with those who use it.
  void Restart();
  // Lets go of all of it. REQUIRES: !InUse(), and nothing but destruction follows.
  LeftShard Leave();

 private:
  static constexpr std::size_t kVersionsMax = 4;  // beside the stored one; more while runs use all

  absl::Status status_;
  std::shared_ptr<ShardLog> log_;
  ShardAtVersion stored_;
  std::deque<ShardAtVersion> changed_;                     // last used last
  std::vector<std::weak_ptr<const ShardReader>> earlier_;  // of before it was folded
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_HELD_SHARD_H_
