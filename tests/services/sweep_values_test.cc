#include "services/coordinator/what_if/sweep_values.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using Values = std::vector<double>;
using ::testing::ElementsAre;

Values ValuesOf(double from, double to, std::uint32_t points, v1::SweepScale scale, bool whole = false) {
  v1::Sweep sweep;
  sweep.set_from(from);
  sweep.set_to(to);
  sweep.set_points(points);
  sweep.set_scale(scale);
  return SweepValues(sweep, whole);
}

TEST(SweepValuesTest, AreSpacedAsAsked) {
  EXPECT_THAT(ValuesOf(0, 1, 5, v1::SWEEP_SCALE_LINEAR), ElementsAre(0, 0.25, 0.5, 0.75, 1));
  EXPECT_THAT(ValuesOf(0.001, 10, 5, v1::SWEEP_SCALE_LOG), ElementsAre(0.001, 0.01, 0.1, 1, 10));
  EXPECT_THAT(ValuesOf(0.1, 0.7, 2, v1::SWEEP_SCALE_LINEAR), ElementsAre(0.1, 0.7));
  EXPECT_THAT(ValuesOf(0.1, 0.7, 3, v1::SWEEP_SCALE_LINEAR), ElementsAre(0.1, 0.4, 0.7));
}

TEST(SweepValuesTest, WholeNumbersComeOnceEach) {
  EXPECT_THAT(ValuesOf(1, 4, 10, v1::SWEEP_SCALE_LINEAR, true), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(ValuesOf(1, 1000, 4, v1::SWEEP_SCALE_LOG, true), ElementsAre(1, 10, 100, 1000));
}

TEST(VariabilityTest, IsDeviationOverMean) {
  EXPECT_DOUBLE_EQ(VariabilityOf(Values{1, 3}), std::sqrt(2.0) / 2);
  EXPECT_EQ(VariabilityOf(Values{24, 24, 24}), 0);
  EXPECT_EQ(VariabilityOf(Values{0, 0}), 0);
}

// At value v one replica in `large[v]` reaches 1000 members and the others 1.
std::vector<Values> Reaches(const std::vector<int>& large) {
  std::vector<Values> reach;
  for (const int every : large) {
    Values& replicas = reach.emplace_back();
    for (int i = 0; i < 200; ++i) replicas.push_back(every > 0 && i % every == 0 ? 1000 : 1);
  }
  return reach;
}

TEST(CriticalTest, IsWhereReplicasDifferMostForItsMean) {
  const Values values = {0.01, 0.02, 0.03, 0.04, 0.05};
  // None is large, then few, then most.
  const auto critical = FindCritical(values, Reaches({0, 0, 40, 4, 1}), false, 1);
  ASSERT_TRUE(critical.found());
  EXPECT_EQ(critical.value(), 0.03);
  // Five large ones in two hundred: a sample has none of them once in e^5, so the third value is it in 95% of
  // all.
  EXPECT_DOUBLE_EQ(critical.ci95().low(), 0.025);
  EXPECT_DOUBLE_EQ(critical.ci95().high(), 0.035);
  // On a log scale half the way is a factor.
  const auto log_critical = FindCritical(values, Reaches({0, 0, 40, 4, 1}), true, 1);
  EXPECT_DOUBLE_EQ(log_critical.ci95().high(), std::sqrt(0.03 * 0.04));
}

TEST(CriticalTest, IsNotSaidToBeAtAnEnd) {
  EXPECT_FALSE(FindCritical(Values{1, 2, 3}, Reaches({40, 4, 1}), false, 1).found());
  EXPECT_FALSE(FindCritical(Values{1, 2, 3}, Reaches({0, 0, 40}), false, 1).found());
  EXPECT_FALSE(FindCritical(Values{1, 2, 3}, Reaches({1, 1, 1}), false, 1).found());
}

TEST(CriticalTest, DoubtWidensTheInterval) {
  const Values values = {1, 2, 3, 4, 5, 6};
  // Two in two hundred against four: samples do not agree.
  const auto critical = FindCritical(values, Reaches({0, 100, 50, 4, 2, 1}), false, 1);
  ASSERT_TRUE(critical.found());
  EXPECT_EQ(critical.value(), 2);
  EXPECT_EQ(critical.ci95().low(), 1.5);
  EXPECT_GE(critical.ci95().high(), 3.5);
}

TEST(CriticalTest, DependsOnNothingButItsArguments) {
  const Values values = {1, 2, 3, 4, 5, 6};
  const auto reach = Reaches({0, 100, 50, 4, 2, 1});
  EXPECT_EQ(FindCritical(values, reach, false, 7).SerializeAsString(),
            FindCritical(values, reach, false, 7).SerializeAsString());
}

}  // namespace
}  // namespace lawine
