// Runs that wait for their turn.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_QUEUE_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_QUEUE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/coordinator/runs/run_entry.h"
#include "services/coordinator/runs/run_options.h"

namespace lawine {

// Runs that are paused: they take memory, and may wait for ever.
struct PausedRuns {
  std::size_t runs = 0;
  std::size_t of_owner = 0;
  std::uint64_t scenario_bytes = 0;
};

// First come, first served, but for who has as many going on as they may. One thread at a time.
class RunQueue {
 public:
  using Entry = std::shared_ptr<RunEntry>;
  static constexpr std::size_t kRunsMax = 10'000;

  // `options` must outlive it.
  explicit RunQueue(const RunsOptions& options) : options_(options) {}

  // Keeps room for one that is about to be added. RESOURCE_EXHAUSTED when there is none, beside those that
  // are `paused`: of that size, or of that owner.
  absl::Status Reserve(const Entry& entry, const PausedRuns& paused);
  void GiveUp(const Entry& entry) { std::erase(coming_, entry); }
  // The least number of those that have room and are not added yet; none without.
  std::optional<std::uint64_t> FirstComing() const;
  // Puts it at the end, in its room if it has one. Those whose turn is near keep their plans.
  void Add(const Entry& entry);
  // False when it is not here.
  bool Remove(const Entry& entry) { return std::erase(entries_, entry) > 0; }
  // The first whose owner may have one more going on; it goes on until Over. Null when there is none.
  Entry TakeNext();
  void Over(const RunEntry& entry);

  std::size_t size() const { return entries_.size(); }
  // From 1; 0 when it is not here.
  std::uint32_t PlaceOf(const RunEntry& entry) const;

 private:
  absl::Status CheckRoom(const RunEntry& entry, const PausedRuns& paused) const;

  const RunsOptions& options_;
  std::deque<Entry> entries_;
  std::vector<Entry> coming_;                      // have room, and are not added yet
  std::map<std::string, std::uint32_t> going_on_;  // by owner
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_QUEUE_H_
