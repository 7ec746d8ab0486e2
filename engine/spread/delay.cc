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

std::uint64_t Rhythm::StepAfter(std::uint64_t step, std::uint32_t amount) const {
  if (activity.empty()) return step + amount;
  const auto day = std::accumulate(activity.begin(), activity.end(), std::uint64_t{0});
  LAWINE_CHECK(day > 0);
  if (amount == 0) return step;
  // Whole days at once, but the last one.
  const std::uint64_t days = (amount - 1) / day;
  std::uint64_t left = amount - days * day;
  step += days * activity.size();
  while (true) {
    ++step;
    const std::uint64_t offered = activity[(first + step) % activity.size()];
    if (offered >= left) return step;
    left -= offered;
  }
}

}  // namespace lawine
