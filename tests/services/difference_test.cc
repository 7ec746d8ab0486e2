#include "services/coordinator/what_if/difference.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/statistics/statistics.h"

namespace lawine {
namespace {

using Reaches = std::vector<std::uint64_t>;

// Replicas that reach everybody they reach at step 1.
ComparedRun RunOf(const std::string& name, const Reaches& reaches, const std::string& digest = "d") {
  ComparedRun run{.name = name, .graph_digest = digest, .lanes = {}, .kept_steps = {}};
  for (const std::uint64_t reach : reaches) {
    const StepCounts first{.step = 0, .deliveries = 0, .first_receipts = 1, .forwards = 1};
    const StepCounts second{.step = 1, .deliveries = reach + 4, .first_receipts = reach - 1, .forwards = 0};
    LaneOutcome& lane = run.lanes.emplace_back();
    lane.Add(first);
    lane.Add(second);
    run.kept_steps.push_back({first, second});
  }
  return run;
}

std::uint64_t NeverOfBoth(const ComparedRun& of, const ComparedRun& against) {
  return std::max(NeverOf(of.lanes), NeverOf(against.lanes));
}

// Two runs and no others.
v1::Difference Differ(const ComparedRun& of, const ComparedRun& against,
                      const std::string& measure = "reach") {
  v1::Difference difference = MakeDifference(of, against, measure, NeverOfBoth(of, against));
  AddStepDifferences(of, against, difference);
  return difference;
}

TEST(DifferenceTest, PairsReplicasByHand) {
  const auto d = Differ(RunOf("b", {12, 15, 9, 20}), RunOf("a", {10, 11, 9, 22}));
  // Differences 2, 4, 0, -2: mean 1, deviation sqrt(20 / 3), t of 3 degrees 3.182446.
  EXPECT_TRUE(d.paired());
  EXPECT_EQ(d.replicas(), 4u);
  const auto& reach = d.measures().reach();
  EXPECT_DOUBLE_EQ(reach.mean(), 1);
  EXPECT_NEAR(reach.standard_deviation(), std::sqrt(20.0 / 3), 1e-12);
  EXPECT_NEAR(reach.ci95().high() - 1, 3.182446 * std::sqrt(20.0 / 3) / 2, 1e-6);
  EXPECT_NEAR(1 - reach.ci95().low(), 3.182446 * std::sqrt(20.0 / 3) / 2, 1e-6);
  EXPECT_EQ(reach.more(), 2u);
  EXPECT_EQ(reach.less(), 1u);
  EXPECT_EQ(reach.same(), 1u);
  EXPECT_EQ(d.measures().steps().same(), 4u);
  EXPECT_FALSE(d.measures().steps().has_unpaired_replicas());
  EXPECT_EQ(d.answer(),
            "Between b and a no difference can be told: +1.0 members [-3.1 to 5.1]; b reaches more in 2 of 4 "
            "paired replicas, a in 1.");
}

TEST(DifferenceTest, CountsWhatAnUnpairedComparisonWouldNeed) {
  const auto d = Differ(RunOf("b", {101, 203, 301, 399}), RunOf("a", {100, 200, 300, 400}));
  const auto& reach = d.measures().reach();
  const double half_width = (reach.ci95().high() - reach.ci95().low()) / 2;
  // Sums of squares 49,208 and 50,000 of three degrees of freedom each.
  const auto replicas = static_cast<double>(reach.unpaired_replicas());
  EXPECT_NEAR(1.96 * std::sqrt((49'208.0 + 50'000.0) / 3 / replicas), half_width, 0.002);
}

TEST(DifferenceTest, StepsOfAReplicaThatHasEndedAreNothingAndItsReachStays) {
  ComparedRun longer = RunOf("b", {5, 5});
  for (auto& steps : longer.kept_steps) {
    steps.push_back({.step = 2, .deliveries = 7, .first_receipts = 3, .forwards = 2});
  }
  const auto d = Differ(longer, RunOf("a", {4, 4}));
  ASSERT_EQ(d.steps_size(), 3);
  EXPECT_EQ(d.steps(0).reach().mean(), 0);
  EXPECT_EQ(d.steps(1).reach().mean(), 1);
  EXPECT_EQ(d.steps(2).reach().mean(), 4);
  EXPECT_EQ(d.steps(2).first_receipts().mean(), 3);
  EXPECT_EQ(d.steps(2).deliveries().mean(), 7);
  EXPECT_EQ(d.steps(2).forwards().mean(), 2);
}

// With delays there are steps at which nothing happens; they are not kept.
TEST(DifferenceTest, StepsThatAreLeftOutAreNothingToo) {
  ComparedRun late = RunOf("b", {5, 5});
  for (auto& steps : late.kept_steps) steps[1].step = 3;
  const auto d = Differ(late, RunOf("a", {4, 4}));
  ASSERT_EQ(d.steps_size(), 4);
  EXPECT_EQ(d.steps(1).reach().mean(), -3);
  EXPECT_EQ(d.steps(1).deliveries().mean(), -8);
  EXPECT_EQ(d.steps(2).reach().mean(), -3);
  EXPECT_EQ(d.steps(3).reach().mean(), 1);
  EXPECT_EQ(d.steps(3).deliveries().mean(), 9);
}

// A message may be the first of one scenario and not of another, and steps are kept of first ones.
TEST(DifferenceTest, StepsThatOneSideDidNotKeepAreNotCompared) {
  ComparedRun without = RunOf("b", {5, 5});
  without.kept_steps.clear();
  for (const auto& d : {Differ(without, RunOf("a", {4, 4})), Differ(RunOf("a", {4, 4}), without)}) {
    EXPECT_EQ(d.steps_size(), 0);
    EXPECT_EQ(std::abs(d.measures().reach().mean()), 1);
  }
}

// Replicas that end at these steps, and of which monitors got it at `sighting`.
ComparedRun SeenRun(const std::string& name,
                    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& ends) {
  ComparedRun run{.name = name, .graph_digest = "d", .lanes = {}, .kept_steps = {}};
  for (const auto& [last, sighting] : ends) {
    LaneOutcome& lane = run.lanes.emplace_back();
    lane.last_step = last;
    lane.first_sighting = sighting;
    lane.monitors = sighting == kNoStep ? 0 : 1;
    lane.first_step = 0;
  }
  return run;
}

// A message that dies at step 1 is not seen before one that lives to step 9 and is seen at step 5.
TEST(DifferenceTest, NeverIsLaterThanAnyStepOfWhatIsCompared) {
  const ComparedRun lives = SeenRun("lives", {{9, 5}, {9, kNoStep}});
  const ComparedRun dies = SeenRun("dies", {{7, 6}, {1, kNoStep}});
  const auto d = Differ(dies, lives, "first_sighting");
  EXPECT_EQ(d.measures().first_sighting().mean(), 0.5);
  EXPECT_EQ(d.measures().first_sighting().less(), 0u);
  EXPECT_EQ(d.measures().first_sighting().same(), 1u);
  EXPECT_THAT(ValuesOf(dies.lanes, MeasureOf("first_sighting")), testing::ElementsAre(6, 8));
  EXPECT_THAT(ValuesOf(dies.lanes, MeasureOf("first_sighting"), 10), testing::ElementsAre(6, 10));
}

TEST(DifferenceTest, WhoIsSeenLessOftenIsNotRankedByWhen) {
  const ComparedRun often = SeenRun("often", {{9, 5}, {9, 6}, {9, 7}});
  const ComparedRun seldom = SeenRun("seldom", {{9, 1}, {9, kNoStep}, {9, kNoStep}});
  const std::string expected =
      "seldom and often cannot be ranked by first_sighting: no monitor got it in 2 of 3 replicas of seldom, "
      "in 0 of often.";
  EXPECT_EQ(Differ(often, seldom, "first_sighting").answer(), expected);
  EXPECT_EQ(Differ(seldom, often, "first_sighting").answer(), expected);
  EXPECT_THAT(Differ(often, seldom, "steps").answer(), testing::HasSubstr("are alike"));
}

ComparedRun CostlyRun(const std::string& name, std::uint64_t cost, const Reaches& reaches) {
  ComparedRun run{.name = name, .graph_digest = "d", .lanes = {}, .kept_steps = {}};
  for (const std::uint64_t reach : reaches) {
    run.lanes.emplace_back().reach = reach;
    run.lanes.back().cost = cost;
    if (reach > 0) run.lanes.back().first_step = 0;
  }
  return run;
}

// 100 units for 1,609 members on average are 62.2 a thousand, 400 for 3,683 are 108.6; the mean of the
// replicas' ratios says 250.4 and 111.6: that the other one costs less.
TEST(DifferenceTest, CostOfAThousandIsAllCostOverAllReach) {
  Reaches of_one, of_four;
  for (int i = 0; i < 10; ++i) {
    of_one.insert(of_one.end(), {305, 305, 305, 5521});
    of_four.insert(of_four.end(), {3000, 3200, 4000, 4532});
  }
  const ComparedRun base = CostlyRun("base", 100, of_one);
  const ComparedRun four = CostlyRun("four", 400, of_four);
  const auto d = Differ(four, base, "cost_per_thousand");
  const auto& found = d.measures().cost_per_thousand();
  EXPECT_NEAR(found.mean(), 400'000.0 / 3683 - 100'000.0 / 1609, 1e-9);
  EXPECT_EQ(found.more(), 10u) << "their own ratios, replica by replica";
  EXPECT_EQ(found.less(), 30u);
  EXPECT_THAT(d.answer(), testing::HasSubstr("four costs more for a thousand reached than base in 10 of 40 "
                                             "paired replicas, base in 30: +46.5 units"));
  EXPECT_EQ(EstimateDifference(four.lanes, base.lanes, "cost_per_thousand", true, 0).mean, found.mean());
}

// Pairs are subtracted after both ratios are linearised. Ratios 200 and 100; replicas' values, by hand, 800/3
// and 400/3, 400/3 and 200/3.
TEST(DifferenceTest, RatiosAreComparedByTheirLinearisedReplicas) {
  const auto d = Differ(CostlyRun("b", 3, {10, 20}), CostlyRun("a", 3, {20, 40}), "cost_per_thousand");
  const auto& found = d.measures().cost_per_thousand();
  EXPECT_NEAR(found.mean(), 100, 1e-9);
  // Differences 400/3 and 200/3: deviation sqrt(2) * 100/3, t of one degree 12.706205.
  EXPECT_NEAR(found.standard_deviation(), std::sqrt(2.0) * 100 / 3, 1e-9);
  EXPECT_NEAR(found.ci95().high(), 100 + 12.706205 * 100 / 3, 1e-4);
  EXPECT_EQ(found.more(), 2u);
}

TEST(DifferenceTest, ReplicasThatReachNobodyCountTheirCost) {
  const auto d = Differ(CostlyRun("b", 30, {0, 600}), CostlyRun("a", 10, {200, 300}), "cost_per_thousand");
  EXPECT_NEAR(d.measures().cost_per_thousand().mean(), 100 - 40, 1e-9);
  EXPECT_EQ(d.measures().cost_per_thousand().more(), 2u) << "infinite, and 50 against 33.3";
  const auto never = Differ(CostlyRun("b", 30, {0, 0}), CostlyRun("a", 10, {200, 300}), "cost_per_thousand");
  EXPECT_EQ(never.answer(),
            "By cost_per_thousand nothing can be ranked: b reaches nobody in all 2 replicas.");
  EXPECT_FALSE(never.measures().has_cost_per_thousand());
}

TEST(DifferenceTest, SaysWhoseMessageNeverStarts) {
  const ComparedRun never = CostlyRun("b", 0, {0, 0});
  EXPECT_EQ(NeverStartsText(never), "b never starts: nobody gets its message in any of 2 replicas.");
  EXPECT_EQ(NeverStartsText(CostlyRun("a", 0, {0, 1})), "");
  EXPECT_THAT(Differ(never, CostlyRun("a", 0, {9, 9})).answer(),
              testing::EndsWith("b never starts: nobody gets its message in any of 2 replicas."));
}

TEST(DifferenceTest, SharesAreToldInPercent) {
  ComparedRun more = RunOf("b", {5, 5}), less = RunOf("a", {5, 5});
  for (ComparedRun* run : {&more, &less}) {
    for (LaneOutcome& lane : run->lanes) lane.target_members = 1000;
  }
  more.lanes[0].target_reach = more.lanes[1].target_reach = 930;
  less.lanes[0].target_reach = less.lanes[1].target_reach = 880;
  EXPECT_THAT(Differ(more, less, "target_share").answer(),
              testing::HasSubstr("+5.0 percentage points of the target [5.0 to 5.0]"));
  EXPECT_EQ(MeanWithUnit("target_share", 929'980), "93.0% of the target");
  EXPECT_EQ(MeanWithUnit("reach", 1234), "1,234 members");
  EXPECT_EQ(MeanText("cost_per_thousand", 0.345), "0.345");
}

// The other side would count as 2^32 - 1 steps.
TEST(DifferenceTest, WhatOnlyOneSideTellsIsNoDifference) {
  ComparedRun asked = RunOf("b", {5, 6});
  for (LaneOutcome& lane : asked.lanes) lane.percent_step = 1;
  EXPECT_FALSE(Differ(asked, RunOf("a", {5, 6})).measures().has_steps_to_percent());
  EXPECT_TRUE(Differ(asked, asked).measures().has_steps_to_percent());
}

TEST(DifferenceTest, ThoseThatSayTheOppositeAreNamed) {
  // A mean of +62 although two of six say otherwise.
  const auto d = Differ(RunOf("B", {110, 109, 108, 111, 9, 8}), RunOf("A", {10, 10, 10, 10, 10, 10}));
  EXPECT_EQ(d.measures().reach().less(), 2u);
  v1::Difference told = d;
  told.mutable_measures()->mutable_reach()->mutable_ci95()->set_low(10);
  EXPECT_THAT(AnswerOf(told, "reach"),
              testing::HasSubstr("B reaches more than A in 4 of 6 paired replicas, A in 2: +65"));
}

TEST(DifferenceTest, GraphsThatDifferAreUnpairedAndSaidSo) {
  const auto d = Differ(RunOf("b", {12, 14}, "e"), RunOf("a", {2, 4}, "d"));
  EXPECT_FALSE(d.paired());
  EXPECT_FALSE(d.measures().reach().has_more());
  EXPECT_FALSE(d.measures().reach().has_unpaired_replicas());
  // Variances 2 and 2, two replicas each: t of 2 degrees is 4.302653, and the deviation sqrt(2).
  EXPECT_NEAR(d.measures().reach().ci95().high(), 10 + 4.302653 * std::sqrt(2.0), 1e-6);
  EXPECT_THAT(d.answer(), testing::HasSubstr("b reaches more than a: +10.0 members"));
  EXPECT_THAT(d.answer(), testing::HasSubstr("unpaired"));
}

TEST(DifferenceTest, AnswersInOneSentence) {
  const auto answer = [](const Reaches& of, const Reaches& against, const std::string& measure = "reach") {
    return Differ(RunOf("B", of), RunOf("A", against), measure).answer();
  };
  EXPECT_EQ(answer({1110, 1210, 1310}, {10, 10, 10}),
            "B reaches more than A in 3 of 3 paired replicas: +1,200 members [952 to 1,448].");
  EXPECT_EQ(answer({10, 10, 10}, {1110, 1210, 1310}),
            "B reaches fewer than A in 3 of 3 paired replicas: -1,200 members [-1,448 to -952].");
  EXPECT_EQ(answer({7, 8}, {7, 8}), "B and A are alike in all 2 paired replicas.");
  EXPECT_EQ(answer({110, 210, 310}, {100, 200, 300}, "deliveries"),
            "B is delivered more often than A in 3 of 3 paired replicas: +10.0 deliveries [10.0 to 10.0].");
}

// As where a rate is a little higher: nothing differs in most pairs, and a few take off.
TEST(DifferenceTest, SaysWhereItsIntervalIsRough) {
  Reaches of(60, 10), against(60, 10);
  for (std::size_t i = 0; i < 20; ++i) of[i] = 12 + i;
  of[0] = 90;
  const auto d = Differ(RunOf("B", of), RunOf("A", against));
  EXPECT_TRUE(d.measures().reach().rough());
  EXPECT_THAT(d.answer(),
              testing::EndsWith("]. In 40 of 60 pairs nothing differs: the interval is rough, more "
                                "replicas make it better."));
  for (std::size_t i = 20; i < 60; ++i) of[i] = 11;
  EXPECT_THAT(Differ(RunOf("B", of), RunOf("A", against)).answer(),
              testing::EndsWith("]. A few pairs differ far more than the others: the interval is rough, more "
                                "replicas make it better."));
  EXPECT_FALSE(Differ(RunOf("B", {12, 13, 14}), RunOf("A", {1, 1, 1})).measures().reach().rough());
}

// Names are fields of the contract and have words; a measure without would end the coordinator.
TEST(Measures, HaveFieldsAndWords) {
  std::set<std::string> units_and_verbs;
  for (const Measure& measure : Measures()) {
    EXPECT_NE(v1::EnsembleMeasures::descriptor()->FindFieldByName(measure.name), nullptr) << measure.name;
    EXPECT_NE(v1::EnsembleHistograms::descriptor()->FindFieldByName(measure.name), nullptr) << measure.name;
    EXPECT_NE(v1::MeasureDifferences::descriptor()->FindFieldByName(measure.name), nullptr) << measure.name;
    EXPECT_TRUE(units_and_verbs.insert(WordsOf(measure.name).more).second) << measure.name;
  }
  EXPECT_EQ(Measures().size(), static_cast<std::size_t>(v1::EnsembleMeasures::descriptor()->field_count()));
}

TEST(Measures, OfGoalsAndCosts) {
  const auto value = [](const char* name, const LaneOutcome& lane) { return MeasureOf(name).value_of(lane); };
  LaneOutcome lane;
  lane.last_step = 9;
  lane.reach = 400;
  lane.target_reach = 25;
  lane.target_members = 100;
  lane.cost = 30;
  EXPECT_EQ(value("target_share", lane), 250'000u);
  EXPECT_TRUE(LessIsBetter("cost_per_thousand"));
  EXPECT_FALSE(LessIsBetter("target_share"));
}

}  // namespace
}  // namespace lawine
