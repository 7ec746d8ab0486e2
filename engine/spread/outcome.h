// What a run found: exact counts per step and replica, and the digest.
#ifndef LAWINE_ENGINE_SPREAD_OUTCOME_H_
#define LAWINE_ENGINE_SPREAD_OUTCOME_H_

#include <cstdint>
#include <vector>

#include "engine/base/digest.h"

namespace lawine {

// Counts of one step, exact. For steps after 0, deliveries = first_receipts + duplicates; step 0 holds the
// seed members as first receipts and forwards, without deliveries.
struct StepCounts {
  std::uint32_t step = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t first_receipts = 0;
  std::uint64_t forwards = 0;

  std::uint64_t duplicates() const { return step == 0 ? 0 : deliveries - first_receipts; }
  friend bool operator==(const StepCounts&, const StepCounts&) = default;
};

enum class StopReason : std::uint8_t {
  kNothingPending = 1,
  kMaxSteps = 2,
};

// One replica. `steps` are the whole graph's; `digest` and `unreached_without_followees` are sums over the
// shards that report (all shards, once parts are added).
struct LaneOutcome {
  std::uint32_t replica = 0;
  StopReason stop = StopReason::kNothingPending;
  std::vector<StepCounts> steps;
  Digest digest;
  std::uint64_t unreached_without_followees = 0;
  friend bool operator==(const LaneOutcome&, const LaneOutcome&) = default;
};

inline constexpr std::uint32_t kNoStep = 0xFFFFFFFFu;

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_OUTCOME_H_
