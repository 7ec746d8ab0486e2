// Delays that cannot be worked out are refused, with their path.
#include "services/coordinator/plan/delay_plan.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<DelayPlan> Gamma(double mean, double shape) {
  v1::Delay delay;
  delay.mutable_gamma()->set_mean(mean);
  delay.mutable_gamma()->set_shape(shape);
  return PlanDelay(delay, 0, "d");
}

std::string Refusal(const absl::StatusOr<DelayPlan>& plan) {
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(plan.status().message());
}

std::uint64_t AtMost(const DelayPlan& plan, std::size_t steps) {
  return plan.table.cumulative[std::min(steps, plan.table.cumulative.size() - 1)].fixed();
}

TEST(DelayPlanTest, GammasThatAreNoNumbersAreRefused) {
  EXPECT_THAT(Refusal(Gamma(3, 1e308)), HasSubstr("d.gamma.shape: expected 1e-06 to 1e+06, found 1e+308"));
  EXPECT_THAT(Refusal(Gamma(1e-308, 2)), HasSubstr("d.gamma.mean: expected steps, 1e-06 or more"));
  EXPECT_THAT(Refusal(Gamma(3, 5e-324)), HasSubstr("d.gamma.shape: expected 1e-06 to 1e+06"));
  v1::Delay exponential;
  exponential.mutable_exponential()->set_mean(1e-308);
  EXPECT_THAT(Refusal(PlanDelay(exponential, 0, "d")), HasSubstr("d.exponential.mean: expected steps"));
}

// With a large shape it is its mean; with a small mean it is nothing.
TEST(DelayPlanTest, GammasAtTheLimitsAreWhatTheyShouldBe) {
  const auto narrow = Gamma(3, 1e6);
  ASSERT_TRUE(narrow.ok()) << narrow.status();
  EXPECT_EQ(AtMost(*narrow, 2), 0u);
  EXPECT_EQ(AtMost(*narrow, 3), Threshold::kOne);
  const auto short_one = Gamma(1e-6, 1e6);
  ASSERT_TRUE(short_one.ok()) << short_one.status();
  EXPECT_EQ(AtMost(*short_one, 0), Threshold::kOne);
  const auto rare = Gamma(1e-6, 1e-6);
  ASSERT_TRUE(rare.ok()) << rare.status();
  EXPECT_GE(static_cast<double>(AtMost(*rare, 0)), 0.9999 * static_cast<double>(Threshold::kOne));
}

}  // namespace
}  // namespace lawine
