// Inboxes of the replicas in flight, and of those that other workers have begun before this one. For traffic
// the same of waves of messages: a wave takes the place of a replica in frames and here.
//
// Workers begin replicas in order and have at most `lanes` in flight. Ending one takes the markers of all
// workers, so whatever another worker has ended has begun here: it can be at most `lanes` replicas ahead.
// A frame for a later one is refused. So there are at most twice `lanes` inboxes, those of replicas that
// have not begun with one step each.
#ifndef LAWINE_ENGINE_SPREAD_LANE_INBOXES_H_
#define LAWINE_ENGINE_SPREAD_LANE_INBOXES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/graph/partition.h"
#include "engine/spread/step_inbox.h"
#include "engine/store/shard_image.h"

namespace lawine {

// Which run's frames to expect, of which replicas, how many of them in flight.
struct LaneFrames {
  std::uint64_t run = 0;
  std::uint32_t attempt = 1;
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  std::uint32_t lanes = 1;
};

// Thread-safe.
template <class Events>
class LaneInboxesOf {
 public:
  using Inbox = StepInboxOf<Events>;

  // `remote[s]` says whether shard s is elsewhere. The partition must outlive the inboxes.
  LaneInboxesOf(const LaneFrames& frames, const PartitionMap& partition, std::vector<bool> remote);

  // The inbox of the next replica, which begins now.
  std::shared_ptr<Inbox> Begin(std::uint32_t replica);
  // What still comes for it are late duplicates.
  void End(std::uint32_t replica);

  // As StepInbox::Receive, of what DecodeFrame accepts; frames of ended replicas, other runs and other
  // attempts are dropped.
  absl::Status Receive(std::string_view frame);

 private:
  absl::StatusOr<std::shared_ptr<Inbox>> Find(const FrameHeader& header);
  const std::shared_ptr<Inbox>& InboxOf(std::uint32_t replica) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const LaneFrames frames_;
  const PartitionMap& partition_;
  const std::vector<bool> remote_;
  Mutex mutex_;
  std::uint32_t begun_end_ ABSL_GUARDED_BY(mutex_);  // replicas before this one have begun
  std::map<std::uint32_t, std::shared_ptr<Inbox>> inboxes_ ABSL_GUARDED_BY(mutex_);
};

// Which shards of a graph are elsewhere, when `local` are here.
std::vector<bool> RemoteShards(const PartitionMap& partition, const std::vector<const ShardImage*>& local);

using LaneInboxes = LaneInboxesOf<MemberEvents>;

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LANE_INBOXES_H_
