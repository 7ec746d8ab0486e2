// What a run found: exact counts by step and by replica, and digests.
#ifndef LAWINE_ENGINE_SPREAD_OUTCOME_H_
#define LAWINE_ENGINE_SPREAD_OUTCOME_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/coin.h"
#include "engine/base/digest.h"

namespace lawine {

inline constexpr std::uint32_t kNoStep = 0xFFFFFFFFu;

// Counts of one step, exact: deliveries + injected + cross_posts = first_receipts + duplicates. Seed members
// are injected at step 0.
struct StepCounts {
  std::uint32_t step = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t first_receipts = 0;  // injected members too
  std::uint64_t forwards = 0;        // members that begin to act
  std::uint64_t acting = 0;          // members whose links are tried at the next step
  std::uint64_t injected = 0;
  std::uint64_t ignored = 0;      // injections into members that had a receipt, are removed or away
  std::uint64_t seen = 0;         // deliveries; counted where they may be overlooked
  std::uint64_t recoveries = 0;   // of epidemics
  std::uint64_t monitors = 0;     // monitors among the first receipts
  std::uint64_t cross_posts = 0;  // members whose owner posts it in another network; first receipts too
  std::uint64_t unfollows = 0;    // links dropped because of the message
  std::uint64_t follows = 0;      // links to its author because of it
  std::uint64_t present = 0;      // members that are there; only where members come or go

  std::uint64_t duplicates() const { return deliveries + injected + cross_posts - first_receipts; }
  friend bool operator==(const StepCounts&, const StepCounts&) = default;
};

enum class StopReason : std::uint8_t {
  kNothingPending = 1,
  kMaxSteps = 2,
};

// Adds the same step of another replica, or of another part of the graph.
inline void AddTo(const StepCounts& counts, StepCounts& sum) {
  sum.step = counts.step;
  sum.deliveries += counts.deliveries;
  sum.first_receipts += counts.first_receipts;
  sum.forwards += counts.forwards;
  sum.acting += counts.acting;
  sum.injected += counts.injected;
  sum.ignored += counts.ignored;
  sum.seen += counts.seen;
  sum.recoveries += counts.recoveries;
  sum.monitors += counts.monitors;
  sum.cross_posts += counts.cross_posts;
  sum.unfollows += counts.unfollows;
  sum.follows += counts.follows;
  sum.present += counts.present;
}

// Adds the steps of one replica, or of some, to sums by step.
inline void AddTo(const StepCounts& counts, std::vector<StepCounts>& sums) {
  while (sums.size() <= counts.step) sums.push_back({.step = static_cast<std::uint32_t>(sums.size())});
  AddTo(counts, sums[counts.step]);
}

// One replica: sums over its steps, so that ten thousand of them take little room. All are the whole graph's
// but `digest`, `unreached_without_followees`, `people` and `target_reach`, which are sums over the shards
// that report (all shards, once parts are added).
struct LaneOutcome {
  std::uint32_t replica = 0;
  std::uint32_t last_step = 0;
  StopReason stop = StopReason::kNothingPending;
  std::uint32_t percent_step = kNoStep;  // at which RunSpec::steps_to_percent of the reach was there
  std::uint64_t deliveries = 0;
  std::uint64_t reach = 0;  // seed members included
  std::uint64_t duplicates = 0;
  std::uint64_t forwards = 0;
  std::uint64_t steps_fingerprint = 0;  // depends on every count of every step, in order
  Digest digest;
  std::uint64_t unreached_without_followees = 0;
  std::uint64_t people = 0;  // persons with an account that it reached; only where people are counted
  std::uint64_t follows = 0;
  std::uint64_t unfollows = 0;
  std::uint64_t target_reach = 0;          // members of the spec's target that it reached
  std::uint64_t monitors = 0;              // monitors that received it
  std::uint32_t first_sighting = kNoStep;  // at which the first of them did
  std::uint32_t first_step = kNoStep;      // at which the first receipt was
  // Not counted, but known to whoever planned the run; 0 at workers.
  std::uint64_t target_members = 0;
  std::uint64_t cost = 0;
  std::uint64_t positive_reach = 0;  // of all positive messages of the replica; only where there are several
  std::uint64_t negative_reach = 0;
  std::uint32_t half_step = 0;         // at which half of the reach was there, rounded up
  std::uint32_t nine_tenths_step = 0;  // and 90% of it

  // Steps come in order, from 0.
  void Add(const StepCounts& counts) {
    last_step = counts.step;
    deliveries += counts.deliveries;
    reach += counts.first_receipts;
    duplicates += counts.duplicates();
    forwards += counts.forwards;
    follows += counts.follows;
    unfollows += counts.unfollows;
    monitors += counts.monitors;
    if (counts.monitors > 0) first_sighting = std::min(first_sighting, counts.step);
    if (counts.first_receipts > 0) first_step = std::min(first_step, counts.step);
    for (const std::uint64_t value :
         {std::uint64_t{counts.step}, counts.deliveries, counts.first_receipts, counts.forwards,
          counts.acting, counts.injected, counts.ignored, counts.seen, counts.recoveries, counts.monitors,
          counts.cross_posts, counts.unfollows, counts.follows, counts.present}) {
      steps_fingerprint = hash::Absorb(steps_fingerprint, value);
    }
  }
  friend bool operator==(const LaneOutcome&, const LaneOutcome&) = default;
};
static_assert(sizeof(LaneOutcome) <= 176, "memory of an ensemble is counted in these");

// Members reached through a step.
struct ReachAt {
  std::uint32_t step = 0;
  std::uint64_t reach = 0;
};

// The first step through which `percent` of all that are ever reached are reached, rounded up; 0 where nobody
// is. `reach` ascends. REQUIRES: percent <= 100.
inline std::uint32_t StepOfShare(std::span<const ReachAt> reach, std::uint64_t percent) {
  if (reach.empty()) return 0;
  const auto short_of = [&](const ReachAt& at) { return at.reach * 100 < reach.back().reach * percent; };
  return std::partition_point(reach.begin(), reach.end(), short_of)->step;
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_OUTCOME_H_
