// Inboxes of the replicas in flight, and of those that other workers have begun before this one.
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
#include "engine/spread/run_spec.h"
#include "engine/spread/step_inbox.h"

namespace lawine {

// Thread-safe.
class LaneInboxes {
 public:
  // `remote[s]` says whether shard s is elsewhere. Spec and partition must outlive the inboxes.
  LaneInboxes(const RunSpec& spec, const PartitionMap& partition, std::vector<bool> remote);

  // The inbox of the next replica, which begins now.
  std::shared_ptr<StepInbox> Begin(std::uint32_t replica);
  // What still comes for it are late duplicates.
  void End(std::uint32_t replica);

  // As StepInbox::Receive; frames of ended replicas, other runs and other attempts are dropped.
  absl::Status Receive(std::string_view frame);

 private:
  absl::StatusOr<std::shared_ptr<StepInbox>> Find(const FrameHeader& header);
  const std::shared_ptr<StepInbox>& InboxOf(std::uint32_t replica) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const RunSpec& spec_;
  const PartitionMap& partition_;
  const std::vector<bool> remote_;
  Mutex mutex_;
  std::uint32_t begun_end_ ABSL_GUARDED_BY(mutex_);  // replicas before this one have begun
  std::map<std::uint32_t, std::shared_ptr<StepInbox>> inboxes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LANE_INBOXES_H_
