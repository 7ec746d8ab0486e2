// What other shards have sent for the step being waited for, and for the one after it.
//
// Frames may come in any order and more than once. A step is complete when every remote shard's marker is
// here with all the frames and events it announces: sent = received, checked per step and shard. No shard
// can be more than one step ahead, because it too waits for everyone's markers; so two steps are held, and
// a frame for any other is refused. Memory is bounded by the members of the remote shards, twice.
#ifndef LAWINE_ENGINE_SPREAD_STEP_INBOX_H_
#define LAWINE_ENGINE_SPREAD_STEP_INBOX_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "engine/graph/partition.h"
#include "engine/spread/frame.h"

namespace lawine {

// One remote shard's part of a step.
struct ShardStep {
  std::vector<MemberId> events;
  std::vector<bool> frames_seen;
  std::uint32_t frames_count = 0;
  std::uint32_t frames_announced = 0;
  std::optional<Marker> marker;
};

// Thread-safe.
class StepInbox {
 public:
  // `remote[s]` says whether shard s is elsewhere. The partition map must outlive the inbox.
  StepInbox(const PartitionMap& partition, std::vector<bool> remote, std::uint64_t run,
            std::uint32_t attempt);

  // Waits for `key` from now on: frames of earlier steps are late duplicates and dropped.
  // REQUIRES: key is later than any awaited before. Fails if a frame of another later step is here.
  absl::Status Await(StepKey key);

  // DATA_LOSS or INVALID_ARGUMENT for a frame that is garbled, from nowhere, too far ahead, or at odds with
  // its marker. The inbox is then unusable: the run must fail.
  absl::Status Receive(std::string_view frame);
  absl::Status Receive(const FrameView& frame);

  bool Complete() const;
  // The awaited step's parts, by shard (empty parts for local ones). REQUIRES: Complete().
  std::vector<ShardStep> Take();

 private:
  struct Slot {
    std::optional<StepKey> key;
    std::vector<ShardStep> shards;
    std::uint32_t complete_count = 0;
  };
  absl::StatusOr<Slot*> SlotFor(StepKey key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Add(const FrameView& frame, Slot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AddEvents(const FrameView& frame, ShardStep& shard);

  const PartitionMap& partition_;
  const std::vector<bool> remote_;
  const std::uint32_t remote_count_;
  const std::uint64_t run_;
  const std::uint32_t attempt_;
  mutable Mutex mutex_;
  Slot current_ ABSL_GUARDED_BY(mutex_);
  Slot next_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_STEP_INBOX_H_
