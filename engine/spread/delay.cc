#include "engine/spread/delay.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"

namespace lawine {

std::uint32_t DelayTable::Delay(std::uint64_t coin) const {
  const auto first = std::partition_point(cumulative.begin(), cumulative.end(),
                                          [coin](Threshold t) { return !t.Passes(coin); });
  return static_cast<std::uint32_t>(first - cumulative.begin());
}

RhythmSteps::RhythmSteps(const Rhythm& rhythm)
    : rhythm_(rhythm),
      day_(std::accumulate(rhythm.activity.begin(), rhythm.activity.end(), std::uint64_t{0})) {
  LAWINE_CHECK(rhythm.activity.empty() || day_ > 0);
}

std::uint64_t RhythmSteps::After(std::uint64_t step, std::uint32_t amount) const {
  const std::vector<std::uint32_t>& activity = rhythm_.activity;
  if (activity.empty()) return step + amount;
  if (amount == 0) return step;
  // Whole days at once, but the last one.
  const std::uint64_t days = (amount - 1) / day_;
  std::uint64_t left = amount - days * day_;
  step += days * activity.size();
  while (true) {
    ++step;
    const std::uint64_t offered = activity[(rhythm_.first + step) % activity.size()];
    if (offered >= left) return step;
    left -= offered;
  }
}

}  // namespace lawine
