// What other shards have sent for the step being waited for, and for the one after it.
//
// Frames may come in any order and more than once. A step is complete when every remote shard's marker is
// here with all the frames and events it announces: sent = received, checked per step and shard. No shard
// can be more than one step ahead, because it too waits for everyone's markers; so two steps are held, and
// a frame for any other is refused. Memory is bounded by twice what an event code allows a shard and step:
// for members the members of the remote shards.
//
// An event code says what events are, how frames hold them, and how many a shard can send in a step:
//
//   using Event                                       ordered; no event comes twice in a step
//   static constexpr FrameKind kKind                  of its frames
//   static std::uint64_t EventsMax(MemberRange)       of a step
//   static absl::Status Decode(payload, range, events count, std::vector<Event>&)
#ifndef LAWINE_ENGINE_SPREAD_STEP_INBOX_H_
#define LAWINE_ENGINE_SPREAD_STEP_INBOX_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/event_codec.h"
#include "engine/base/mutex.h"
#include "engine/graph/partition.h"
#include "engine/spread/frame.h"

namespace lawine {

// Members that forward the one message of a run.
struct MemberEvents {
  using Event = MemberId;
  static constexpr FrameKind kKind = FrameKind::kEvents;
  static std::uint64_t EventsMax(MemberRange range) { return range.count; }
  static absl::Status Decode(std::string_view payload, MemberRange range, std::uint32_t events_count,
                             std::vector<MemberId>& events) {
    return DecodeEvents(payload, range, events_count, events);
  }
};

// One remote shard's part of a step.
template <class Event>
struct ShardStepOf {
  std::vector<Event> events;
  std::vector<bool> frames_seen;
  std::uint32_t frames_count = 0;
  std::uint32_t frames_announced = 0;
  std::optional<Marker> marker;
};

using ShardStep = ShardStepOf<MemberId>;

// Thread-safe.
template <class Events>
class StepInboxOf {
 public:
  using Step = ShardStepOf<typename Events::Event>;

  // `remote[s]` says whether shard s is elsewhere. The partition map must outlive the inbox.
  StepInboxOf(const PartitionMap& partition, std::vector<bool> remote, std::uint64_t run,
              std::uint32_t attempt);

  // Waits for `key` from now on: frames of earlier steps are late duplicates and dropped.
  // REQUIRES: key is later than any awaited before. Fails if a frame of another later step is here.
  absl::Status Await(StepKey key);

  // DATA_LOSS or INVALID_ARGUMENT for a frame whose payload is garbled, from nowhere, too far ahead, or at
  // odds with its marker. The inbox is then unusable: the run must fail.
  absl::Status Receive(const FrameView& frame);

  bool Complete() const;
  // Whether a marker of the awaited step asks for a checkpoint. REQUIRES: Complete(), and not taken yet.
  bool CheckpointAsked() const;
  // The awaited step's parts, by shard (empty parts for local ones). REQUIRES: Complete().
  std::vector<Step> Take();

 private:
  struct Slot {
    std::optional<StepKey> key;
    std::vector<Step> shards;
    std::uint32_t complete_count = 0;
  };
  absl::StatusOr<Slot*> SlotFor(StepKey key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Add(const FrameView& frame, Slot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status AddEvents(const FrameView& frame, Step& shard);

  const PartitionMap& partition_;
  const std::vector<bool> remote_;
  const std::uint32_t remote_count_;
  const std::uint64_t run_;
  const std::uint32_t attempt_;
  mutable Mutex mutex_;
  Slot current_ ABSL_GUARDED_BY(mutex_);
  Slot next_ ABSL_GUARDED_BY(mutex_);
};

using StepInbox = StepInboxOf<MemberEvents>;

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_STEP_INBOX_H_
