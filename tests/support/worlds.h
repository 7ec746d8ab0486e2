// Exact expectations: all luck that a model can have, one world after the other.
//
//   const double reach = Expected([&](const CoinName&) { return OneOrOther(p); },
//                                 [&](Luck& luck) { return Reach(JudgeModel(graph, spec, luck)); });
#ifndef LAWINE_TESTS_SUPPORT_WORLDS_H_
#define LAWINE_TESTS_SUPPORT_WORLDS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/probability.h"
#include "tests/support/luck.h"

namespace lawine {

// A value of a coin that stands for all that have the same effect.
struct CoinOutcome {
  std::uint64_t coin = 0;
  double probability = 0;
};

// One outcome for each interval between 0, the bounds and 1. REQUIRES: bounds ascend strictly, 0 and 1
// excepted.
std::vector<CoinOutcome> OutcomesBetween(const std::vector<Threshold>& bounds);
// Passing p, or not; only one where p is 0 or 1.
std::vector<CoinOutcome> PassingOrNot(Threshold p);

// What each coin can be. Their probabilities add up to 1.
using Outcomes = std::function<std::vector<CoinOutcome>(const CoinName&)>;
// Only coins that are asked for branch. REQUIRES: `value` is a function of its luck.
double Expected(const Outcomes& outcomes, const std::function<double(Luck&)>& value);

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_WORLDS_H_
