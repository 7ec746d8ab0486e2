#include "services/coordinator/statistics/uncertainty.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using Table = std::vector<std::vector<double>>;

// None of n: the posterior's distribution function is 1 - (1 - x)^(n + 1).
TEST(PosteriorQuantileTest, IsThatOfTheBetaDistribution) {
  EXPECT_NEAR(PosteriorQuantile(0, 9, 0.5), 1 - std::pow(0.5, 0.1), 1e-12);
  EXPECT_NEAR(PosteriorQuantile(9, 9, 0.5), std::pow(0.5, 0.1), 1e-12);
  EXPECT_NEAR(PosteriorQuantile(50, 100, 0.5), 0.5, 1e-12);
  // Normal approximation of a large sample: mean 0.3, standard deviation 0.000458.
  EXPECT_NEAR(PosteriorQuantile(300'000, 1'000'000, 0.975), 0.3 + 1.96 * 0.000458, 2e-6);
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

// Of a rate that does nothing the share is below 0 as often as above; only their sum may be cut.
TEST(LuckAndIgnoranceTest, RatesThatDoNothingAddUpToNothing) {
  TestRandom random(7);
  constexpr int kRepeats = 200;
  double sum = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    std::vector<double> values;
    std::vector<RateByReplica> rates(3);
    for (int i = 0; i < 100; ++i) {
      values.push_back(static_cast<double>(random.Below(1000)));
      for (RateByReplica& rate : rates) rate.drawn.push_back(static_cast<double>(random.Below(1'000'000)));
    }
    sum += LuckAndIgnoranceOf(values, rates).ignorance_share();
  }
  // Each is known to 0.1, their sum to 0.17: cut at 0 that makes 0.07 on average. Cut one by one they make
  // 0.12.
  EXPECT_LT(sum / kRepeats, 0.095);
  const v1::LuckAndIgnorance opposite =
      LuckAndIgnoranceOf(std::vector<double>{0, 1, 0, 1},
                         {{.field = "a", .drawn = {1, 3, 2, 4}}, {.field = "b", .drawn = {1, 2, 3, 4}}});
  EXPECT_EQ(opposite.rates(0).share(), 0.5);
  EXPECT_EQ(opposite.rates(1).share(), 0);
  EXPECT_EQ(opposite.ignorance_share(), 0) << "0.5 and -0.5";
}

// Values are the draws, 30 more and 30 less in turn.
TEST(LuckAndIgnoranceTest, SeparatesWhatTheRateDoesFromLuck) {
  std::vector<double> values, drawn, shuffled;
  for (int i = 0; i < 1000; ++i) {
    drawn.push_back((i * 7919) % 1000);
    shuffled.push_back((i * 104729) % 997);
    values.push_back(drawn.back() + ((i * 7919) % 2 == 0 ? 30.0 : -30.0));
  }
  const v1::LuckAndIgnorance found = LuckAndIgnoranceOf(values, {{.field = "rate", .drawn = drawn}});
  const double variance = 1000.0 * 1000 / 12 + 900;
  const double without = (59.0 * 59 + 61.0 * 61) / 4;  // neighbours differ by 1 and 60
  EXPECT_NEAR(found.ignorance_share(), 1 - without / variance, 1e-3);
  EXPECT_NEAR(found.luck(), std::sqrt(without), 0.5);
  ASSERT_EQ(found.rates_size(), 1);
  EXPECT_EQ(found.rates(0).field(), "rate");
  EXPECT_EQ(found.rates(0).share(), found.ignorance_share());
  const v1::LuckAndIgnorance other = LuckAndIgnoranceOf(values, {{.field = "other", .drawn = shuffled}});
  EXPECT_LT(other.ignorance_share(), 4 / std::sqrt(1000.0)) << "a rate that does nothing";
}

TEST(LuckAndIgnoranceTest, TwoRatesAddUp) {
  TestRandom random(1);
  std::vector<double> values, first, second;
  for (int i = 0; i < 10'000; ++i) {
    first.push_back(static_cast<double>(random.Below(1'000'000)));
    second.push_back(static_cast<double>(random.Below(1'000'000)));
    values.push_back(2 * first.back() + second.back());
  }
  const v1::LuckAndIgnorance found =
      LuckAndIgnoranceOf(values, {{.field = "first", .drawn = first}, {.field = "second", .drawn = second}});
  // Known to about one in the square root of the replicas.
  EXPECT_NEAR(found.rates(0).share(), 0.8, 0.04);
  EXPECT_NEAR(found.rates(1).share(), 0.2, 0.04);
  EXPECT_NEAR(found.ignorance_share(), 1, 0.06);
}

TEST(LuckAndIgnoranceTest, NothingVaries) {
  const v1::LuckAndIgnorance found =
      LuckAndIgnoranceOf(std::vector<double>{3, 3}, {{.field = "rate", .drawn = {1, 2}}});
  EXPECT_EQ(found.luck(), 0);
  EXPECT_EQ(found.ignorance_share(), 0);
}

}  // namespace
}  // namespace lawine
