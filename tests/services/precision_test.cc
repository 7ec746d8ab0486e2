#include "services/coordinator/statistics/precision.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/scenario_json.h"
#include "services/coordinator/plan/scenario_plan.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

v1::Scenario Read(const std::string& fields) {
  const auto scenario = ParseScenarioJson(R"({"graph": "g", )" + fields + "}");
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  return scenario.value_or(v1::Scenario());
}

std::string Refusal(const std::string& fields) {
  const auto complete = CompleteScenario(Read(fields));
  EXPECT_EQ(complete.status().code(), absl::StatusCode::kInvalidArgument) << fields;
  return std::string(complete.status().message());
}

using Reaches = std::vector<std::uint64_t>;

std::vector<LaneOutcome> Lanes(const Reaches& reaches) {
  std::vector<LaneOutcome> lanes;
  for (const std::uint64_t reach : reaches) {
    lanes.emplace_back().reach = reach;
    lanes.back().deliveries = 10 * reach;
  }
  return lanes;
}

TEST(PrecisionTest, IsLookedAtAfterDoublingBlocks) {
  std::vector<std::uint32_t> looks;
  for (std::uint32_t made = 0; made < 1000;) looks.push_back(made = NextLook(made, 1000));
  EXPECT_THAT(looks, testing::ElementsAre(32, 64, 128, 256, 512, 1000));
  EXPECT_EQ(NextLook(0, 33), 32u);
  EXPECT_EQ(NextLook(32, 33), 33u);
}

// Student's sample of tests/services/ensemble_test.cc: mean 33.3, interval 18.976775 to 47.623225.
TEST(PrecisionTest, ComparesTheHalfWidthWithWhatWasAsked) {
  const auto lanes = Lanes({9, 11, 18, 21, 26, 29, 44, 54, 56, 65});
  v1::UntilPrecision wanted;
  wanted.set_measure("reach");
  wanted.set_half_width(14.33);
  const auto precision = PrecisionOf(lanes, wanted, {.members = 100});
  EXPECT_NEAR(precision.half_width(), 14.323225, 1e-5);
  EXPECT_NEAR(precision.relative_half_width(), 14.323225 / 33.3, 1e-6);
  EXPECT_TRUE(precision.met());
  wanted.set_half_width(14.32);
  EXPECT_FALSE(PrecisionOf(lanes, wanted, {.members = 100}).met());
  wanted.set_relative_half_width(0.431);
  EXPECT_TRUE(PrecisionOf(lanes, wanted, {.members = 100}).met());
  wanted.set_relative_half_width(0.43);
  EXPECT_FALSE(PrecisionOf(lanes, wanted, {.members = 100}).met());
  wanted.set_measure("deliveries");
  EXPECT_NEAR(PrecisionOf(lanes, wanted, {.members = 100}).half_width(), 143.23225, 1e-4);
}

// A link that carries in one of fifty replicas, and then to a thousand: on average 21.02 have it, most
// often 1.
TEST(PrecisionTest, ReplicasThatAreAlikeMayMissTheLargeOnes) {
  v1::UntilPrecision wanted;
  wanted.set_measure("reach");
  wanted.set_relative_half_width(0.2);
  const auto alike = PrecisionOf(Lanes(Reaches(32, 1)), wanted, {.members = 1'002});
  EXPECT_FALSE(alike.met());
  EXPECT_NEAR(alike.half_width(), 3.0 / 32 * 1'001, 1e-9);
  EXPECT_GT(alike.half_width(), 21.02 - 1) << "the true mean is inside";
  EXPECT_EQ(alike.remark(),
            "In all 32 replicas reach is the same: outcomes rarer than 3 in 32 may not have come.");
  EXPECT_FALSE(PrecisionOf(Lanes(Reaches(10'000, 1)), wanted, {.members = 1'002}).met());
  Reaches two_of_64(64, 1);
  two_of_64[9] = two_of_64[31] = 2;
  const auto few = PrecisionOf(Lanes(two_of_64), wanted, {.members = 1'002});
  EXPECT_FALSE(few.met()) << "Student's interval is 1.03 +/- 0.05";
  EXPECT_NEAR(few.half_width(), 6.3 / 64 * (1'002 - 1.03125), 1e-9);
  EXPECT_THAT(few.remark(), HasSubstr("In all but 2 of 64 replicas reach is the same: too few differ"));
}

// Less than what all reach so far may come, too.
TEST(PrecisionTest, ReplicasThatAreAlikeAreEnoughWhereNothingFarOffIsPossible) {
  v1::UntilPrecision wanted;
  wanted.set_measure("reach");
  wanted.set_relative_half_width(0.05);
  const auto met = [&wanted](std::size_t replicas, const PossibleReplicas& possible) {
    return PrecisionOf(Lanes(Reaches(replicas, 300)), wanted, possible).met();
  };
  EXPECT_FALSE(met(59, {.members = 400})) << "3 in 59 is more than 5%";
  EXPECT_TRUE(met(60, {.members = 400}));
  EXPECT_FALSE(met(60, {.members = 700}));
  EXPECT_TRUE(met(32, {.coins = false, .members = 700})) << "without coins they are alike for ever";
  wanted.set_half_width(15);
  EXPECT_FALSE(met(59, {.members = 400}));
  EXPECT_TRUE(met(60, {.members = 400}));
}

TEST(PrecisionTest, WhatNothingBoundsIsNotKnownFromReplicasThatAreAlike) {
  v1::UntilPrecision wanted;
  wanted.set_measure("deliveries");
  wanted.set_half_width(1'000);
  const auto precision = PrecisionOf(Lanes(Reaches(10'000, 2)), wanted, {.members = 4});
  EXPECT_FALSE(precision.met());
  EXPECT_EQ(precision.half_width(), 0);
  EXPECT_THAT(precision.remark(), HasSubstr("In all 10000 replicas deliveries is the same"));
  wanted.set_measure("forwards");
  EXPECT_TRUE(PrecisionOf(Lanes(Reaches(32, 2)), wanted, {.members = 900}).met());
  EXPECT_FALSE(PrecisionOf(Lanes(Reaches(32, 2)), wanted, {.members = 900, .forward_once = false}).met());
}

TEST(PrecisionTest, FiveThatDifferMakeAnInterval) {
  Reaches reaches(64, 10);
  for (std::size_t i = 0; i < 5; ++i) reaches[i] = 11;
  v1::UntilPrecision wanted;
  wanted.set_measure("reach");
  wanted.set_relative_half_width(0.01);
  const auto precision = PrecisionOf(Lanes(reaches), wanted, {.members = 1'000'000});
  EXPECT_TRUE(precision.met());
  EXPECT_EQ(precision.remark(), "");
  reaches[0] = 10;
  EXPECT_FALSE(PrecisionOf(Lanes(reaches), wanted, {.members = 1'000'000}).met());
}

TEST(PrecisionTest, ValuesThatAreAllDifferentAreNotAlike) {
  const Measure& reach = MeasureOf("reach");
  EXPECT_FALSE(FewDifferIn(std::vector<double>{1, 2, 3}, reach, {.members = 9}).has_value());
  EXPECT_TRUE(FewDifferIn(std::vector<double>{1, 1, 3}, reach, {.members = 9}).has_value());
}

// One that differs may do so in either direction.
TEST(PrecisionTest, DifferencesAreBoundedOnBothSides) {
  const auto few = FewDifferIn(std::vector<double>(30, -4.0), MeasureOf("reach"), {.members = 100}, true);
  ASSERT_TRUE(few.has_value());
  EXPECT_NEAR(*few->half_width, 3.0 / 30 * 104, 1e-9);
}

TEST(PrecisionTest, NothingAtAllHasNoParts) {
  v1::UntilPrecision wanted;
  wanted.set_measure("deliveries");
  wanted.set_relative_half_width(0.01);
  const auto precision = PrecisionOf(Lanes({0, 0, 0}), wanted, {.coins = false});
  EXPECT_TRUE(precision.met());
  EXPECT_FALSE(precision.has_relative_half_width());
}

TEST(PrecisionTest, FillsDefaults) {
  const auto full = CompleteScenario(Read(R"("until_precision": {"half_width": 5})"));
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->until_precision().measure(), "reach");
  EXPECT_EQ(full->replicas(), 10'000u);
  const auto later = CompleteScenario(Read(R"("first_replica": 9000, "until_precision": {"half_width": 5})"));
  EXPECT_EQ(later->replicas(), 1'000u);
}

TEST(PrecisionTest, RefusesWhatMakesNoSense) {
  EXPECT_THAT(Refusal(R"("until_precision": {"measure": "raech", "half_width": 1})"),
              HasSubstr("until_precision.measure: expected one of reach"));
  EXPECT_THAT(Refusal(R"("until_precision": {"half_width": 0})"), HasSubstr("expected more than 0, found 0"));
  EXPECT_THAT(Refusal(R"("until_precision": {"relative_half_width": 1})"), HasSubstr("less than 1, found 1"));
  EXPECT_THAT(Refusal(R"("replicas": 31, "until_precision": {"half_width": 1})"),
              HasSubstr("replicas: expected at least 32"));
  v1::Scenario empty;
  empty.set_graph("g");
  empty.mutable_until_precision();
  EXPECT_THAT(std::string(CompleteScenario(empty).status().message()),
              HasSubstr("until_precision: expected"));
  EXPECT_THAT(
      std::string(ParseScenarioJson(R"({"until_precision": {"measure": "reach"}})").status().message()),
      HasSubstr("until_precision: partial"));
}

}  // namespace
}  // namespace lawine
