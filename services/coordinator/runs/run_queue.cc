#include "services/coordinator/runs/run_queue.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

absl::Status NoRoom(const std::string& why, const char* reason) {
  constexpr absl::Duration kRetry = absl::Seconds(10);
  return WithRetry(WithReason(absl::ResourceExhaustedError(why), reason), kRetry);
}

}  // namespace

absl::Status RunQueue::Reserve(const Entry& entry, const PausedRuns& paused) {
  const absl::Status room = CheckRoom(*entry, paused);
  if (room.ok()) coming_.push_back(entry);
  return room;
}

absl::Status RunQueue::CheckRoom(const RunEntry& entry, const PausedRuns& paused) const {
  std::size_t runs = paused.runs, queued_of_owner = 0;
  std::uint64_t bytes = paused.scenario_bytes;
  const auto count = [&](const Entry& other) {
    ++runs;
    bytes += other->scenario_bytes;
    queued_of_owner += other->owner == entry.owner ? 1 : 0;
  };
  std::for_each(entries_.begin(), entries_.end(), count);
  std::for_each(coming_.begin(), coming_.end(), count);
  if (runs >= kRunsMax) {
    return NoRoom(
        absl::StrCat(kRunsMax, " runs are queued or paused already: try again later, or cancel some"),
        "QUEUE_FULL");
  }
  if (bytes > 0 && bytes + entry.scenario_bytes > options_.queued_bytes_max) {
    return NoRoom(
        absl::StrCat("scenarios of runs that are queued or paused take ", bytes, " bytes already, of ",
                     options_.queued_bytes_max, ": try again later, or cancel some"),
        "QUEUE_FULL");
  }
  const std::uint32_t most = LimitsOf(options_, entry.owner).runs_queued;
  if (most == 0 || queued_of_owner + paused.of_owner < most) return absl::OkStatus();
  return NoRoom(
      absl::StrCat("token '", entry.owner, "' has ", queued_of_owner, " runs queued and ", paused.of_owner,
                   " paused, as many as it may: wait until some have begun, or cancel one"),
      "RUN_QUOTA");
}

std::optional<std::uint64_t> RunQueue::FirstComing() const {
  const auto first = std::min_element(coming_.begin(), coming_.end(),
                                      [](const Entry& a, const Entry& b) { return a->run_id < b->run_id; });
  return first == coming_.end() ? std::nullopt : std::optional((*first)->run_id);
}

void RunQueue::Add(const Entry& entry) {
  GiveUp(entry);
  // A plan is many times larger than its scenario. Who waits longer gets it made again.
  if (entries_.size() >= options_.at_once_max) entry->plan.reset();
  entries_.push_back(entry);
}

RunQueue::Entry RunQueue::TakeNext() {
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const std::uint32_t most = LimitsOf(options_, (*it)->owner).runs_at_once;
    std::uint32_t& going_on = going_on_[(*it)->owner];
    if (most > 0 && going_on >= most) continue;
    ++going_on;
    Entry entry = *it;
    entries_.erase(it);
    return entry;
  }
  return nullptr;
}

void RunQueue::Over(const RunEntry& entry) {
  if (--going_on_[entry.owner] == 0) going_on_.erase(entry.owner);
}

std::uint32_t RunQueue::PlaceOf(const RunEntry& entry) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&entry](const Entry& other) { return other.get() == &entry; });
  return found == entries_.end() ? 0 : static_cast<std::uint32_t>(found - entries_.begin()) + 1;
}

}  // namespace lawine
