// Deliveries under way to a shard, where links have delays.
//
// A forward of a member with a large audience would put a delivery in the queue for each follower. But
// deliveries need only be counted at the step they arrive, and of each receiver only the first one matters,
// and the first one seen: so there are counters by step, and one place in the queue for each earlier arrival
// than was known. An entry that was overtaken stays, and is passed over.
#ifndef LAWINE_ENGINE_SPREAD_ARRIVALS_H_
#define LAWINE_ENGINE_SPREAD_ARRIVALS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "engine/spread/outcome.h"
#include "engine/spread/state_codec.h"

namespace lawine {

class Arrivals {
 public:
  // What arrives at one step.
  struct Due {
    std::uint64_t deliveries = 0;
    std::uint64_t seen = 0;
    std::vector<std::uint32_t> first;       // members whose first delivery it is, each once
    std::vector<std::uint32_t> first_seen;  // members whose first delivery seen it is, each once
  };

  Arrivals() = default;
  // For local ids below `members_count`.
  explicit Arrivals(std::uint32_t members_count)
      : first_(members_count, kNoStep), first_seen_(members_count, kNoStep) {}

  void Add(std::uint32_t step, std::uint32_t receiver, bool seen) {
    Due& due = due_[step];
    ++due.deliveries;
    if (step < first_[receiver]) {
      first_[receiver] = step;
      due.first.push_back(receiver);
    }
    if (!seen) return;
    ++due.seen;
    if (step >= first_seen_[receiver]) return;
    first_seen_[receiver] = step;
    due.first_seen.push_back(receiver);
  }

  // What arrives at `step`: nothing before it may be left.
  Due Take(std::uint32_t step) {
    const auto it = due_.find(step);
    if (it == due_.end()) return {};
    Due due = std::move(it->second);
    due_.erase(it);
    std::erase_if(due.first, [&](std::uint32_t member) { return first_[member] != step; });
    std::erase_if(due.first_seen, [&](std::uint32_t member) { return first_seen_[member] != step; });
    return due;
  }
  // See ShardProcess.
  void SaveTo(StateWriter& out) const;
  void LoadFrom(std::uint32_t step, StateReader& in);

  std::uint32_t next_step() const { return due_.empty() ? kNoStep : due_.begin()->first; }

 private:
  std::vector<std::uint32_t> first_;       // step of each receiver's first delivery known
  std::vector<std::uint32_t> first_seen_;  // the same of those seen
  std::map<std::uint32_t, Due> due_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_ARRIVALS_H_
