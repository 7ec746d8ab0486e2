// Delays as integers: tables of thresholds, and the daily rhythm that may stretch them.
#ifndef LAWINE_ENGINE_SPREAD_DELAY_H_
#define LAWINE_ENGINE_SPREAD_DELAY_H_

#include <cstdint>
#include <vector>

#include "engine/base/probability.h"

namespace lawine {

// A distribution over 0, 1, 2, ...: a coin's delay is the first k whose cumulative[k] it passes.
struct DelayTable {
  std::vector<Threshold> cumulative;  // ascending, the last one 1; empty: always 0

  bool empty() const { return cumulative.empty(); }
  std::uint32_t Delay(std::uint64_t coin) const;
};

// How often something happens over a day: activity[step mod its size]. Delays then count activity, not steps.
struct Rhythm {
  std::vector<std::uint32_t> activity;  // not all 0; empty: no rhythm
  std::uint32_t first = 0;              // place of step 0
};

// A rhythm to ask of many delays: its day is added up once.
class RhythmSteps {
 public:
  // The rhythm must outlive it.
  explicit RhythmSteps(const Rhythm& rhythm);

  // The first step s >= step such that steps step + 1 .. s have an activity of `amount` together.
  std::uint64_t After(std::uint64_t step, std::uint32_t amount) const;

 private:
  const Rhythm& rhythm_;
  const std::uint64_t day_;  // activity of one
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_DELAY_H_
