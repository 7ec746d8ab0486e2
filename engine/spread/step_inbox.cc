#include "engine/spread/step_inbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/message_events.h"

namespace lawine {
namespace {

absl::Status Mismatch(const FrameView& frame, const std::string& what) {
  return absl::DataLossError(
      absl::StrCat("shard ", frame.header.from.value, ", step ", frame.header.key.step, ": ", what));
}

// Sorts: frames arrive in any order, nearly always in theirs.
template <class Event>
bool EachOnce(std::vector<Event>& events) {
  if (!std::is_sorted(events.begin(), events.end())) std::sort(events.begin(), events.end());
  return std::adjacent_find(events.begin(), events.end()) == events.end();
}

}  // namespace

template <class Events>
StepInboxOf<Events>::StepInboxOf(const PartitionMap& partition, std::vector<bool> remote, std::uint64_t run,
                                 std::uint32_t attempt)
    : partition_(partition),
      remote_(std::move(remote)),
      remote_count_(static_cast<std::uint32_t>(std::count(remote_.begin(), remote_.end(), true))),
      run_(run),
      attempt_(attempt) {
  LAWINE_CHECK(remote_.size() == partition_.shards_count());
}

template <class Events>
absl::Status StepInboxOf<Events>::Await(StepKey key) {
  MutexLock lock(mutex_);
  if (next_.key.has_value() && *next_.key != key) {
    return absl::DataLossError(absl::StrCat("expected frames of step ", key.step, " of replica ", key.replica,
                                            ", found some of step ", next_.key->step, " of replica ",
                                            next_.key->replica, ": workers disagree about the run"));
  }
  current_ = std::exchange(next_, Slot());
  current_.key = key;
  current_.shards.resize(remote_.size());
  return absl::OkStatus();
}

template <class Events>
absl::Status StepInboxOf<Events>::Receive(const FrameView& frame) {
  if (frame.header.run != run_ || frame.header.attempt != attempt_) return absl::OkStatus();
  const std::uint32_t from = frame.header.from.value;
  if (from >= remote_.size() || !remote_[from]) {
    return absl::InvalidArgumentError(
        absl::StrCat("a frame claims to come from shard ", from, ", which is not remote"));
  }
  MutexLock lock(mutex_);
  LAWINE_ASSIGN_OR_RETURN(Slot* const slot, SlotFor(frame.header.key));
  return slot == nullptr ? absl::OkStatus() : Add(frame, *slot);
}

// Null for steps that are over.
template <class Events>
auto StepInboxOf<Events>::SlotFor(StepKey key) -> absl::StatusOr<Slot*> {
  if (current_.key.has_value() && key <= *current_.key) return key == *current_.key ? &current_ : nullptr;
  if (next_.key.has_value() && *next_.key != key) {
    return absl::DataLossError(absl::StrCat("a frame of step ", key.step, " of replica ", key.replica,
                                            " came while step ", next_.key->step, " is still open"));
  }
  next_.key = key;
  next_.shards.resize(remote_.size());
  return &next_;
}

template <class Events>
absl::Status StepInboxOf<Events>::Add(const FrameView& frame, Slot& slot) {
  if (slot.shards.empty()) return absl::OkStatus();  // taken already: a late duplicate
  Step& shard = slot.shards[frame.header.from.value];
  const bool was_complete = shard.marker.has_value() && shard.frames_count == shard.frames_announced;
  if (was_complete) return absl::OkStatus();  // a duplicate
  if (frame.header.kind == Events::kKind) {
    LAWINE_RETURN_IF_ERROR(AddEvents(frame, shard));
  } else if (frame.header.kind != FrameKind::kMarker) {
    return Mismatch(frame, "events of another kind than the run's");
  } else if (!shard.marker.has_value()) {
    LAWINE_ASSIGN_OR_RETURN(shard.marker, DecodeMarkerPayload(frame.payload));
    shard.frames_announced = frame.header.sequence;
  }
  if (!shard.marker.has_value() || shard.frames_count < shard.frames_announced) return absl::OkStatus();
  if (shard.frames_seen.size() > shard.frames_announced || shard.events.size() != shard.marker->events_sent) {
    return Mismatch(frame,
                    absl::StrCat("sent ", shard.frames_announced, " frames and ", shard.marker->events_sent,
                                 " events, received ", shard.frames_count, " and ", shard.events.size()));
  }
  if (!EachOnce(shard.events)) return Mismatch(frame, "a member forwards a message twice");
  ++slot.complete_count;
  return absl::OkStatus();
}

template <class Events>
absl::Status StepInboxOf<Events>::AddEvents(const FrameView& frame, Step& shard) {
  const std::uint32_t sequence = frame.header.sequence;
  const MemberRange range = partition_.range(frame.header.from);
  const bool repeated = sequence < shard.frames_seen.size() && shard.frames_seen[sequence];
  if (repeated) return absl::OkStatus();
  // No event comes twice in a step, and at least one with each frame.
  const std::uint64_t events_max = Events::EventsMax(range);
  if (sequence >= events_max || frame.header.events_count > events_max - shard.events.size()) {
    return Mismatch(frame, "more events than the shard can have in a step");
  }
  LAWINE_RETURN_IF_ERROR(Events::Decode(frame.payload, range, frame.header.events_count, shard.events));
  shard.frames_seen.resize(std::max<std::size_t>(shard.frames_seen.size(), sequence + 1));
  shard.frames_seen[sequence] = true;
  ++shard.frames_count;
  return absl::OkStatus();
}

template <class Events>
bool StepInboxOf<Events>::Complete() const {
  MutexLock lock(mutex_);
  return current_.complete_count == remote_count_;
}

template <class Events>
bool StepInboxOf<Events>::CheckpointAsked() const {
  MutexLock lock(mutex_);
  LAWINE_CHECK(current_.complete_count == remote_count_);
  return std::any_of(current_.shards.begin(), current_.shards.end(),
                     [](const Step& shard) { return shard.marker.has_value() && shard.marker->checkpoint; });
}

template <class Events>
auto StepInboxOf<Events>::Take() -> std::vector<Step> {
  MutexLock lock(mutex_);
  LAWINE_CHECK(current_.complete_count == remote_count_);
  return std::exchange(current_.shards, {});
}

template class StepInboxOf<MemberEvents>;
template class StepInboxOf<MessageEvents>;

}  // namespace lawine
