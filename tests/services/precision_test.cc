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

std::vector<LaneOutcome> Lanes(const std::vector<std::uint64_t>& reaches) {
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
  const auto precision = PrecisionOf(lanes, wanted);
  EXPECT_NEAR(precision.half_width(), 14.323225, 1e-5);
  EXPECT_NEAR(precision.relative_half_width(), 14.323225 / 33.3, 1e-6);
  EXPECT_TRUE(precision.met());
  wanted.set_half_width(14.32);
  EXPECT_FALSE(PrecisionOf(lanes, wanted).met());
  wanted.set_relative_half_width(0.431);
  EXPECT_TRUE(PrecisionOf(lanes, wanted).met());
  wanted.set_relative_half_width(0.43);
  EXPECT_FALSE(PrecisionOf(lanes, wanted).met());
  wanted.set_measure("deliveries");
  EXPECT_NEAR(PrecisionOf(lanes, wanted).half_width(), 143.23225, 1e-4);
}

// One in twenty replicas takes off, and none of the first 32 did.
TEST(PrecisionTest, ReplicasThatAreAlikeSayLittleOfRarerOnes) {
  v1::UntilPrecision wanted;
  wanted.set_measure("reach");
  wanted.set_relative_half_width(0.05);
  const auto met = [&wanted](std::size_t replicas, bool coins = true, std::uint64_t reach = 300) {
    return PrecisionOf(Lanes(std::vector<std::uint64_t>(replicas, reach)), wanted, coins).met();
  };
  EXPECT_FALSE(met(32));
  EXPECT_FALSE(met(59)) << "3 in 59 is more than 5%";
  EXPECT_TRUE(met(60));
  EXPECT_TRUE(met(32, false)) << "without coins they are alike for ever";
  wanted.set_half_width(15);  // of 300
  EXPECT_FALSE(met(59));
  EXPECT_TRUE(met(60));
  EXPECT_FALSE(met(1000, true, 0)) << "nothing can be a part of nothing";
  EXPECT_EQ(AlikeText(32), "Nothing varied in 32 replicas: outcomes rarer than 3 in 32 may not have come.");
}

TEST(PrecisionTest, NothingAtAllHasNoParts) {
  v1::UntilPrecision wanted;
  wanted.set_measure("deliveries");
  wanted.set_relative_half_width(0.01);
  const auto precision = PrecisionOf(Lanes({0, 0, 0}), wanted, false);
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
