#include "services/coordinator/what_if/break_even.h"

#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

v1::BreakEven Wanted(double from, double to) {
  v1::BreakEven wanted;
  wanted.set_variant("b");
  wanted.set_field("model.forward.probability");
  wanted.set_from(from);
  wanted.set_to(to);
  return wanted;
}

// A line that crosses zero at `zero`, known to +/- 1.
v1::BreakEvenResult OfLine(double from, double to, double slope, double zero, bool whole = false) {
  std::set<double> asked;
  const auto result =
      FindBreakEven(Wanted(from, to), whole, [&](double value) -> absl::StatusOr<DifferenceEstimate> {
        EXPECT_TRUE(asked.insert(value).second) << value << " is asked twice";
        EXPECT_GE(value, from);
        EXPECT_LE(value, to);
        return DifferenceEstimate{.mean = slope * (value - zero), .half_width = 1};
      });
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_LE(asked.size(), BreakEvenTrialsMax(Wanted(from, to), whole));
  return *result;
}

TEST(BreakEvenTest, FindsTheChangeOfSignAndItsInterval) {
  for (const double slope : {10.0, -10.0}) {
    const auto result = OfLine(0, 4, slope, 1.3);
    ASSERT_TRUE(result.found());
    EXPECT_LE(result.precision(), 4.0 / 2048);
    EXPECT_NEAR(result.value(), 1.3, result.precision());
    EXPECT_NEAR(result.ci95().low(), 1.2, result.precision());
    EXPECT_NEAR(result.ci95().high(), 1.4, result.precision());
    for (int i = 1; i < result.trials_size(); ++i) {
      EXPECT_LT(result.trials(i - 1).value(), result.trials(i).value());
    }
  }
}

TEST(BreakEvenTest, TheIntervalEndsWithTheRange) {
  const auto result = OfLine(0, 4, 1, 0.5);
  EXPECT_EQ(result.ci95().low(), 0);
  EXPECT_NEAR(result.ci95().high(), 1.5, result.precision());
}

TEST(BreakEvenTest, AmongWholeNumbersItIsTheFirstThatDoesAsWell) {
  const auto result = OfLine(1, 1'000'000, 1, 777.5, true);
  ASSERT_TRUE(result.found());
  EXPECT_EQ(result.value(), 778);
  for (const auto& trial : result.trials()) EXPECT_EQ(trial.value(), std::floor(trial.value()));
}

TEST(BreakEvenTest, SaysWhenThereIsNone) {
  const auto result = OfLine(2, 4, 10, 1.3);
  EXPECT_FALSE(result.found());
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(result.trials_size(), 2);
  EXPECT_EQ(
      BreakEvenAnswer(result, "a", "reach"),
      "No break-even: b reaches more than a both where model.forward.probability is 2 and where it is 4.");
}

// The budget of a call has so many runs of it, and no more.
TEST(BreakEvenTest, TriesNoMoreThanItTakes) {
  EXPECT_EQ(BreakEvenTrialsMax(Wanted(0, 1), false), 32u);
  EXPECT_EQ(BreakEvenTrialsMax(Wanted(3, 10), true), 11u);
  for (const double to : {2.0, 3.0, 8.0, 1000.0, 4294967295.0}) {
    for (const double zero : {1.5, 2.0, to - 0.5}) OfLine(1, to, 0.3, zero, true);
  }
}

v1::BreakEvenResult OfEnds(const DifferenceEstimate& first, const DifferenceEstimate& last) {
  return *FindBreakEven(Wanted(0, 4), false, [&](double value) -> absl::StatusOr<DifferenceEstimate> {
    return value == 0 ? first : value == 4 ? last : DifferenceEstimate{.mean = 0, .half_width = 1};
  });
}

TEST(BreakEvenTest, AFieldThatDoesNothingBreaksEvenNowhere) {
  const auto result = OfEnds({}, {});
  EXPECT_FALSE(result.found());
  EXPECT_EQ(result.trials_size(), 2);
  EXPECT_EQ(BreakEvenAnswer(result, "a", "reach"),
            "No break-even: b and a are alike at both ends, where model.forward.probability is 0 and 4.");
}

TEST(BreakEvenTest, SaysWhenNeitherEndIsToldFromTheBase) {
  constexpr const char* kUntold = "But at neither end is a difference told: more replicas may tell.";
  const auto answer = [](double first, double last) {
    return BreakEvenAnswer(OfEnds({.mean = first, .half_width = 1}, {.mean = last, .half_width = 1}), "a",
                           "reach");
  };
  EXPECT_THAT(answer(-0.5, 0.5), testing::HasSubstr(kUntold));
  EXPECT_THAT(answer(0.2, 0.5), testing::HasSubstr(kUntold));
  EXPECT_THAT(answer(-2, 0.5), testing::Not(testing::HasSubstr(kUntold)));
  EXPECT_THAT(answer(-0.5, 2), testing::Not(testing::HasSubstr(kUntold)));
}

TEST(BreakEvenTest, FailuresAreToldOn) {
  const auto result = FindBreakEven(Wanted(0, 1), false, [](double) -> absl::StatusOr<DifferenceEstimate> {
    return absl::UnavailableError("gone");
  });
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace lawine
