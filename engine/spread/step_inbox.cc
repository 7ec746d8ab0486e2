#include "engine/spread/step_inbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/event_codec.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

absl::Status Mismatch(const FrameView& frame, const std::string& what) {
  return absl::DataLossError(
      absl::StrCat("shard ", frame.header.from.value, ", step ", frame.header.key.step, ": ", what));
}

// Sorts: frames arrive in any order, nearly always in theirs.
bool EachOnce(std::vector<MemberId>& events) {
  if (!std::is_sorted(events.begin(), events.end())) std::sort(events.begin(), events.end());
  return std::adjacent_find(events.begin(), events.end()) == events.end();
}

}  // namespace

StepInbox::StepInbox(const PartitionMap& partition, std::vector<bool> remote, std::uint64_t run,
                     std::uint32_t attempt)
    : partition_(partition),
      remote_(std::move(remote)),
      remote_count_(static_cast<std::uint32_t>(std::count(remote_.begin(), remote_.end(), true))),
      run_(run),
      attempt_(attempt) {
  LAWINE_CHECK(remote_.size() == partition_.shards_count());
}

absl::Status StepInbox::Await(StepKey key) {
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

absl::Status StepInbox::Receive(std::string_view bytes) {
  LAWINE_ASSIGN_OR_RETURN(const FrameView frame, DecodeFrame(bytes));
  return Receive(frame);
}

absl::Status StepInbox::Receive(const FrameView& frame) {
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
absl::StatusOr<StepInbox::Slot*> StepInbox::SlotFor(StepKey key) {
  if (current_.key.has_value() && key <= *current_.key) return key == *current_.key ? &current_ : nullptr;
  if (next_.key.has_value() && *next_.key != key) {
    return absl::DataLossError(absl::StrCat("a frame of step ", key.step, " of replica ", key.replica,
                                            " came while step ", next_.key->step, " is still open"));
  }
  next_.key = key;
  next_.shards.resize(remote_.size());
  return &next_;
}

absl::Status StepInbox::Add(const FrameView& frame, Slot& slot) {
  if (slot.shards.empty()) return absl::OkStatus();  // taken already: a late duplicate
  ShardStep& shard = slot.shards[frame.header.from.value];
  const bool was_complete = shard.marker.has_value() && shard.frames_count == shard.frames_announced;
  if (was_complete) return absl::OkStatus();  // a duplicate
  if (frame.header.kind == FrameKind::kEvents) {
    LAWINE_RETURN_IF_ERROR(AddEvents(frame, shard));
  } else if (!shard.marker.has_value()) {
    LAWINE_ASSIGN_OR_RETURN(shard.marker, DecodeMarkerPayload(frame.payload));
    shard.frames_announced = frame.header.sequence;
  }
  if (!shard.marker.has_value() || shard.frames_count < shard.frames_announced) return absl::OkStatus();
  if (shard.frames_seen.size() > shard.frames_announced || shard.events.size() != shard.marker->events_sent ||
      shard.events.size() != shard.marker->forwards) {
    return Mismatch(frame,
                    absl::StrCat("sent ", shard.frames_announced, " frames and ", shard.marker->events_sent,
                                 " events for ", shard.marker->forwards, " forwards, received ",
                                 shard.frames_count, " and ", shard.events.size()));
  }
  if (!EachOnce(shard.events)) return Mismatch(frame, "a member forwards twice");
  ++slot.complete_count;
  return absl::OkStatus();
}

absl::Status StepInbox::AddEvents(const FrameView& frame, ShardStep& shard) {
  const std::uint32_t sequence = frame.header.sequence;
  const MemberRange range = partition_.range(frame.header.from);
  const bool repeated = sequence < shard.frames_seen.size() && shard.frames_seen[sequence];
  if (repeated) return absl::OkStatus();
  // A shard sends each member at most once a step, and at least one event a frame.
  if (sequence >= range.count || frame.header.events_count > range.count - shard.events.size()) {
    return Mismatch(frame, "more events than the shard has members");
  }
  LAWINE_RETURN_IF_ERROR(DecodeEvents(frame.payload, range, frame.header.events_count, shard.events));
  shard.frames_seen.resize(std::max<std::size_t>(shard.frames_seen.size(), sequence + 1));
  shard.frames_seen[sequence] = true;
  ++shard.frames_count;
  return absl::OkStatus();
}

bool StepInbox::Complete() const {
  MutexLock lock(mutex_);
  return current_.complete_count == remote_count_;
}

std::vector<ShardStep> StepInbox::Take() {
  MutexLock lock(mutex_);
  LAWINE_CHECK(current_.complete_count == remote_count_);
  return std::exchange(current_.shards, {});
}

}  // namespace lawine
