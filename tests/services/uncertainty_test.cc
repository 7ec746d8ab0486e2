#include "services/coordinator/statistics/uncertainty.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using Table = std::vector<std::vector<double>>;

v1::Counts CountsOf(std::uint64_t successes, std::uint64_t trials) {
  v1::Counts counts;
  counts.set_successes(successes);
  counts.set_trials(trials);
  return counts;
}

// None of n: the posterior's distribution function is 1 - (1 - x)^(n + 1).
TEST(PosteriorQuantileTest, IsThatOfTheBetaDistribution) {
  EXPECT_NEAR(PosteriorQuantile(CountsOf(0, 9), 0.5), 1 - std::pow(0.5, 0.1), 1e-12);
  EXPECT_NEAR(PosteriorQuantile(CountsOf(9, 9), 0.5), std::pow(0.5, 0.1), 1e-12);
  EXPECT_NEAR(PosteriorQuantile(CountsOf(50, 100), 0.5), 0.5, 1e-12);
  // Normal approximation of a large sample: mean 0.3, standard deviation 0.000458.
  EXPECT_NEAR(PosteriorQuantile(CountsOf(300'000, 1'000'000), 0.975), 0.3 + 1.96 * 0.000458, 2e-6);
}

TEST(UncertaintyTest, SeparatesWhatAddsUp) {
  // reach = rate effect (0, 10, 20) + luck (0, 2)
  const v1::Uncertainty found = UncertaintyOf({{0, 2}, {10, 12}, {20, 22}});
  EXPECT_DOUBLE_EQ(found.mean(), 11);
  EXPECT_DOUBLE_EQ(found.ignorance(), 10);
  EXPECT_DOUBLE_EQ(found.luck(), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(found.ignorance_share(), 100.0 / 102);
  EXPECT_EQ(found.middle95().low(), 0);
  EXPECT_EQ(found.middle95().high(), 22);
  EXPECT_EQ(found.mean_middle95().low(), 1);
  EXPECT_EQ(found.mean_middle95().high(), 21);
}

TEST(UncertaintyTest, ARateWithoutEffectLeavesLuckAlone) {
  const v1::Uncertainty found = UncertaintyOf({{1, 5, 9}, {1, 5, 9}});
  EXPECT_EQ(found.ignorance(), 0);
  EXPECT_EQ(found.ignorance_share(), 0);
  EXPECT_DOUBLE_EQ(found.luck(), 4);
}

TEST(UncertaintyTest, LuckThatDiffersByValueIsLuck) {
  // Means by value and by replica are equal: all there is comes from both together.
  const v1::Uncertainty found = UncertaintyOf({{0, 2}, {2, 0}});
  EXPECT_EQ(found.ignorance(), 0);
  EXPECT_DOUBLE_EQ(found.luck(), 2);
}

TEST(UncertaintyTest, NothingVaries) {
  const v1::Uncertainty found = UncertaintyOf({{3, 3}, {3, 3}});
  EXPECT_EQ(found.luck(), 0);
  EXPECT_EQ(found.ignorance_share(), 0);
}

TEST(UncertaintyTest, TheMiddleLeavesOutAFortiethAtEachEnd) {
  Table reach(2);
  for (int i = 0; i < 40; ++i) {
    reach[0].push_back(i);
    reach[1].push_back(40 + i);
  }
  const v1::Uncertainty found = UncertaintyOf(reach);
  EXPECT_EQ(found.middle95().low(), 2);
  EXPECT_EQ(found.middle95().high(), 77);
}

}  // namespace
}  // namespace lawine
