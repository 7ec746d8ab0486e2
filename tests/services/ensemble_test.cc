#include "services/coordinator/statistics/ensemble.h"

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using Values = std::vector<std::uint64_t>;

TEST(DistributionOf, TwoValues) {
  const v1::Distribution d = DistributionOf(Values{2, 4});
  EXPECT_DOUBLE_EQ(d.mean(), 3);
  EXPECT_DOUBLE_EQ(d.standard_deviation(), 1.4142135623730951);
  // t of one degree of freedom is 12.7062: the half width is 12.7062 * sqrt(2) / sqrt(2).
  EXPECT_NEAR(d.ci95().low(), 3 - 12.7062, 1e-4);
  EXPECT_NEAR(d.ci95().high(), 3 + 12.7062, 1e-4);
  EXPECT_EQ(d.min(), 2u);
  EXPECT_EQ(d.max(), 4u);
  EXPECT_EQ(d.quantiles().p50(), 2u) << "nearest rank: the first of two";
}

// Student's sleep data (1908), extra hours with the second drug, in tenths and shifted by an hour: mean 2.33,
// standard deviation 2.002249, 95% interval 0.8976775 to 3.7623225.
TEST(DistributionOf, StudentsOwnSample) {
  const v1::Distribution d = DistributionOf(Values{9, 11, 18, 21, 26, 29, 44, 54, 56, 65});
  EXPECT_DOUBLE_EQ(d.mean(), 33.3);
  EXPECT_NEAR(d.standard_deviation(), 20.02249, 1e-5);
  EXPECT_NEAR(d.ci95().low(), 18.976775, 1e-5);
  EXPECT_NEAR(d.ci95().high(), 47.623225, 1e-5);
}

TEST(DistributionOf, QuantilesAreByNearestRank) {
  Values values(100);
  std::iota(values.begin(), values.end(), 1);
  const v1::Quantiles q = DistributionOf(values).quantiles();
  EXPECT_EQ(q.p05(), 5u);
  EXPECT_EQ(q.p25(), 25u);
  EXPECT_EQ(q.p50(), 50u);
  EXPECT_EQ(q.p75(), 75u);
  EXPECT_EQ(q.p95(), 95u);
  values.push_back(101);
  EXPECT_EQ(DistributionOf(values).quantiles().p05(), 6u);
  EXPECT_EQ(DistributionOf(values).quantiles().p95(), 96u);
}

// 1 to 100: the deviation is sqrt(100 * 101 / 12), t of 99 degrees 1.984217.
TEST(DistributionOf, ManyValues) {
  Values values(100);
  std::iota(values.begin(), values.end(), 1);
  const v1::Distribution d = DistributionOf(values);
  EXPECT_DOUBLE_EQ(d.mean(), 50.5);
  EXPECT_NEAR(d.standard_deviation(), 29.011492, 1e-6);
  EXPECT_NEAR(d.ci95().high() - d.mean(), 1.984217 * 2.9011492, 1e-4);
}

TEST(DistributionOf, EqualValuesHaveNoInterval) {
  const v1::Distribution d = DistributionOf(Values(1000, 7));
  EXPECT_EQ(d.mean(), 7);
  EXPECT_EQ(d.standard_deviation(), 0);
  EXPECT_EQ(d.ci95().low(), 7);
  EXPECT_EQ(d.ci95().high(), 7);
}

TEST(DistributionOf, LargeCountsAreSummedExactly) {
  const std::uint64_t large = 1ull << 63;
  EXPECT_EQ(DistributionOf(Values{large, large, large}).mean(), 0x1p63);
}

std::string Text(const std::vector<v1::HistogramBin>& bins) {
  std::string text;
  for (const v1::HistogramBin& bin : bins) {
    absl::StrAppend(&text, text.empty() ? "" : " ", bin.first(), "-", bin.last(), ":", bin.replicas());
  }
  return text;
}

TEST(HistogramOf, FewCountsHaveABinEach) {
  EXPECT_EQ(Text(HistogramOf(Values{5})), "5-5:1");
  EXPECT_EQ(Text(HistogramOf(Values{0, 0, 2})), "0-0:2 1-1:0 2-2:1");
}

TEST(HistogramOf, EqualBinsHaveRoundEdges) {
  EXPECT_EQ(Text(HistogramOf(Values{17, 18, 19, 60})).substr(0, 22), "15-19:3 20-24:0 25-29:");
  const auto bins = HistogramOf(Values{5'900'123, 5'900'500, 5'912'345});
  EXPECT_EQ(Text({bins.front()}), "5900000-5900999:2");
  EXPECT_EQ(Text({bins.back()}), "5912000-5912999:1");
}

TEST(HistogramOf, BinsDoubleWhereMostAreFarBelowTheLargest) {
  EXPECT_EQ(Text(HistogramOf(Values{1, 1, 1, 3, 3, 100})),
            "1-1:3 2-3:2 4-7:0 8-15:0 16-31:0 32-63:0 64-127:1");
  EXPECT_EQ(Text(HistogramOf(Values{0, 0, 0, 40})), "0-0:3 1-1:0 2-3:0 4-7:0 8-15:0 16-31:0 32-63:1");
  const auto widest = HistogramOf(Values{0, ~0ull});
  EXPECT_EQ(widest.size(), 65u);
  EXPECT_EQ(widest.back().last(), ~0ull);
}

TEST(HistogramOf, HasEveryReplicaOnceInNotTooManyBins) {
  for (const std::uint64_t factor : {1ull, 7ull, 1'000ull, 123'457ull}) {
    for (std::uint64_t count = 1; count <= 200; ++count) {
      Values values(count);
      for (std::uint64_t i = 0; i < count; ++i) values[i] = i * factor;
      const auto bins = HistogramOf(values);
      std::uint64_t replicas = 0;
      for (const auto& bin : bins) replicas += bin.replicas();
      ASSERT_EQ(replicas, count);
      ASSERT_LE(bins.size(), 21u);
    }
  }
}

LaneOutcome Lane(std::uint64_t reach, StopReason stop = StopReason::kNothingPending) {
  LaneOutcome lane;
  lane.stop = stop;
  lane.last_step = static_cast<std::uint32_t>(reach / 10);
  lane.deliveries = reach * 3;
  lane.reach = reach;
  lane.duplicates = reach * 2;
  lane.forwards = reach / 2;
  return lane;
}

TEST(MakeEnsemble, SeesEachMeasure) {
  const std::vector<LaneOutcome> lanes = {Lane(30), Lane(10), Lane(80)};
  const v1::Ensemble ensemble = MakeEnsemble(lanes, 100);
  EXPECT_EQ(ensemble.replicas(), 3u);
  const v1::EnsembleMeasures& measures = ensemble.measures();
  EXPECT_EQ(measures.reach().quantiles().p50(), 30u);
  EXPECT_EQ(measures.deliveries().quantiles().p50(), 90u);
  EXPECT_EQ(measures.duplicates().quantiles().p50(), 60u);
  EXPECT_EQ(measures.forwards().quantiles().p50(), 15u);
  EXPECT_EQ(measures.steps().quantiles().p50(), 3u);
  EXPECT_EQ(ensemble.histogram().steps_size(), 8);
  EXPECT_EQ(ensemble.histogram().reach(0).first(), 10u);
}

TEST(MakeEnsemble, TellsWhenMostWasReachedAndWhatSomeReplicaHas) {
  std::vector<LaneOutcome> lanes = {Lane(30), Lane(10), Lane(80)};
  for (std::uint32_t i = 0; i < 3; ++i) {
    lanes[i].half_step = i;
    lanes[i].nine_tenths_step = 2 * i;
  }
  v1::Ensemble ensemble = MakeEnsemble(lanes, 100);
  EXPECT_EQ(ensemble.measures().steps_to_half().quantiles().p50(), 1u);
  EXPECT_EQ(ensemble.measures().steps_to_90().max(), 4u);
  EXPECT_FALSE(ensemble.measures().has_people());
  lanes[1].people = 7;
  ensemble = MakeEnsemble(lanes, 100);
  EXPECT_EQ(ensemble.measures().people().max(), 7u);
  EXPECT_FALSE(ensemble.measures().has_follows());
}

LaneOutcome CostlyLane(std::uint64_t cost, std::uint64_t reach) {
  LaneOutcome lane = Lane(reach);
  lane.cost = cost;
  return lane;
}

// 5 units for 14,500 members on average.
TEST(MakeEnsemble, CostOfAThousandIsNotRounded) {
  const std::vector<LaneOutcome> lanes = {CostlyLane(5, 9'000), CostlyLane(5, 20'000)};
  const v1::Ensemble ensemble = MakeEnsemble(lanes, 100'000);
  const v1::Distribution& thousand = ensemble.measures().cost_per_thousand();
  EXPECT_NEAR(thousand.mean(), 5 / 14.5, 1e-12);
  // Linearised: 5/14.5 +/- 5/14.5 * 5500/14500.
  EXPECT_NEAR(thousand.standard_deviation(), std::sqrt(2.0) * 5 / 14.5 * 5.5 / 14.5, 1e-12);
  EXPECT_NEAR(thousand.ci95().high(), 5 / 14.5 * (1 + 12.706205 * 5.5 / 14.5), 1e-6);
  EXPECT_EQ(thousand.max(), 1u) << "0.56, to the nearest";
}

TEST(MakeEnsemble, CostOfAThousandIsRatioOfMeansAlsoWhereSomeReachNobody) {
  const std::vector<LaneOutcome> lanes = {CostlyLane(100, 0), CostlyLane(100, 305), CostlyLane(100, 6131)};
  const v1::Ensemble ensemble = MakeEnsemble(lanes, 100'000);
  const v1::Distribution& thousand = ensemble.measures().cost_per_thousand();
  EXPECT_NEAR(thousand.mean(), 300'000.0 / 6436, 1e-9);
  EXPECT_EQ(thousand.min(), 16u);
  EXPECT_EQ(thousand.max(), 328u);
  const std::vector<LaneOutcome> nobody = {CostlyLane(100, 0), CostlyLane(100, 0)};
  EXPECT_FALSE(MakeEnsemble(nobody, 100'000).measures().has_cost_per_thousand());
}

// Rounding errors would be an interval.
TEST(MakeEnsemble, CostOfAThousandOfReplicasThatAreAlikeHasNoInterval) {
  const std::vector<LaneOutcome> lanes(7, CostlyLane(5, 14'503));
  const v1::Ensemble ensemble = MakeEnsemble(lanes, 100'000);
  const v1::Distribution& thousand = ensemble.measures().cost_per_thousand();
  EXPECT_EQ(thousand.standard_deviation(), 0);
  EXPECT_EQ(thousand.ci95().low(), thousand.mean());
}

TEST(MakeEnsemble, DiesOutBelowFivePercentUnlessItWasCutShort) {
  const std::vector<LaneOutcome> lanes = {Lane(1), Lane(5), Lane(6), Lane(1, StopReason::kMaxSteps)};
  const v1::Ensemble ensemble = MakeEnsemble(lanes, 101);
  EXPECT_EQ(ensemble.dying_out_below(), 6u) << "5.05 members, rounded up";
  EXPECT_EQ(ensemble.dying_out_share(), 0.5);
}

// Else a message that nobody passes on would have survived.
TEST(MakeEnsemble, DiesOutBelowMoreThanTheFirstAudienceGives) {
  const std::vector<LaneOutcome> lanes = {Lane(301), Lane(400), Lane(351)};
  const v1::Ensemble ensemble = MakeEnsemble(lanes, 1'000, 301);
  EXPECT_EQ(ensemble.dying_out_below(), 351u);
  EXPECT_NEAR(ensemble.dying_out_share(), 1.0 / 3, 1e-12);
  EXPECT_EQ(MakeEnsemble(lanes, 1'000, 49).dying_out_below(), 50u);
  const v1::Ensemble untold = MakeEnsemble(lanes, 1'000, 950);
  EXPECT_EQ(untold.dying_out_below(), 0u);
  EXPECT_EQ(untold.dying_out_share(), 0);
}

TEST(AddSteps, KeepsWhatAnEndedReplicaHasReached) {
  const std::vector<std::vector<StepCounts>> kept = {
      {{.step = 0, .first_receipts = 1}, {.step = 2, .deliveries = 9, .first_receipts = 4, .forwards = 2}},
      {{.step = 0, .first_receipts = 1}},
      {{.step = 0, .first_receipts = 1}, {.step = 1, .deliveries = 3, .first_receipts = 3}}};
  v1::Ensemble ensemble;
  AddSteps(kept, ensemble);
  ASSERT_EQ(ensemble.steps_size(), 3);
  const v1::EnsembleStep& last = ensemble.steps(2);
  EXPECT_EQ(last.step(), 2u);
  EXPECT_EQ(last.reach().min(), 1u);
  EXPECT_EQ(last.reach().quantiles().p50(), 4u);
  EXPECT_EQ(last.reach().max(), 5u);
  EXPECT_DOUBLE_EQ(last.deliveries().mean(), 3);
  EXPECT_EQ(last.forwards().max(), 2u);
  EXPECT_DOUBLE_EQ(ensemble.steps(1).first_receipts().mean(), 1);
}

TEST(AddSteps, OfNothingKeptAddsNothing) {
  v1::Ensemble ensemble;
  AddSteps({}, ensemble);
  EXPECT_EQ(ensemble.steps_size(), 0);
}

}  // namespace
}  // namespace lawine
