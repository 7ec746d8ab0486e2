// What a run is expected to take, and what is refused for it.
#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/coordinator/plan/scenario_plan.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

// hyves-300: 6 million members, 1.8 thousand million links.
RunPlan Plan(double probability, std::uint32_t replicas) {
  RunPlan plan;
  plan.graph.mutable_info()->add_boundaries(0);
  plan.graph.mutable_info()->add_boundaries(6'000'000);
  plan.graph.mutable_info()->set_links(1'800'000'000);
  plan.spec.forward = Threshold::FromProbability(probability).value();
  plan.spec.replicas = replicas;
  plan.spec.lanes = LanesFor(6'000'000, replicas);
  plan.seed_members.emplace_back().set_audience(300);
  plan.estimate = EstimateRun(plan);
  return plan;
}

TEST(Estimate, GrowsWithReplicas) {
  EXPECT_NEAR(static_cast<double>(Plan(0.1, 1).estimate.deliveries()), 180e6, 2e6);
  EXPECT_NEAR(static_cast<double>(Plan(0.1, 1'000).estimate.deliveries()), 180e9, 2e9);
  EXPECT_NEAR(static_cast<double>(Plan(0.1, 1).estimate.forwards()), 600e3, 10e3);
  EXPECT_NEAR(Plan(0.1, 1'000).estimate.seconds(), 1000 * Plan(0.1, 1).estimate.seconds(), 1e-6);
  EXPECT_TRUE(Plan(0.0001, 100).estimate.small());
  EXPECT_FALSE(Plan(0.1, 100).estimate.small());
}

TEST(Estimate, MemoryDoesNotGrowWithReplicas) {
  EXPECT_EQ(Plan(0.1, 100).estimate.memory_bytes(), Plan(0.1, 10'000).estimate.memory_bytes());
}

TEST(Estimate, ReceiptsAreKeptOfEveryMessage) {
  RunPlan plan = Plan(0.1, 1);
  ModelSpec model;
  model.messages.resize(3);
  for (MessageSpec& message : model.messages) message.injections = {{.step = 0, .members = {MemberId(0)}}};
  plan.spec.model = std::make_shared<const ModelSpec>(model);
  const double before = static_cast<double>(EstimateRun(plan).memory_bytes());
  plan.spec.record_receipts = true;
  EXPECT_NEAR(static_cast<double>(EstimateRun(plan).memory_bytes()) - before, 6e6 * 8 * 3, 1e3);
}

// A hundredth of 6 million members get a link and its return at each of 10 steps, in every lane.
TEST(Estimate, CountsTheLinksThatGrow) {
  RunPlan plan = Plan(0.1, 1);
  plan.spec.max_steps = 10;
  ModelSpec model;
  MessageSpec& message = model.messages.emplace_back();
  message.injections = {{.step = 0, .members = {MemberId(0)}}};
  const auto bytes = [&plan, &model] {
    plan.spec.model = std::make_shared<const ModelSpec>(model);
    return static_cast<double>(EstimateRun(plan).memory_bytes());
  };
  const double before = bytes();
  model.growth.emplace().new_links = Threshold::FromProbability(0.01).value();
  EXPECT_NEAR(bytes() - before, 6e6 * 0.01 * 2 * 10 * limits::kChangedLinkBytes * plan.spec.lanes, 1e3);
  model.growth->mutual = false;
  EXPECT_NEAR(bytes() - before, 6e6 * 0.01 * 10 * limits::kChangedLinkBytes * plan.spec.lanes, 1e3);
  plan.spec.max_steps = limits::kStepsMax;
  const double most = static_cast<double>(limits::kChangedLinksMax * limits::kChangedLinkBytes);
  EXPECT_NEAR(bytes() - before, most * plan.spec.lanes, 1e3) << "more is refused while it runs";
}

// 64 epidemics that never end, 10,000 times over, on a graph of 10^12 links.
TEST(Estimate, OfFarTooMuchIsFarTooMuch) {
  RunPlan plan = Plan(1, 10'000);
  plan.graph.mutable_info()->set_links(1'000'000'000'000);
  ModelSpec model;
  model.messages.resize(64);
  for (MessageSpec& message : model.messages) {
    message.injections = {{.step = 0, .members = {MemberId(0)}}};
    message.epidemic = Epidemic{.recovery = Threshold(), .susceptible_again = true, .onset = {}};
  }
  plan.spec.model = std::make_shared<const ModelSpec>(model);
  plan.estimate = EstimateRun(plan);
  EXPECT_GT(plan.estimate.deliveries(), std::uint64_t{1} << 50);
  EXPECT_FALSE(plan.estimate.small());
  EXPECT_FALSE(CheckEstimate(plan).ok());
}

TEST(CheckEstimate, TakesTheLargestEnsembleOfTheArticle) {
  EXPECT_TRUE(CheckEstimate(Plan(0.1, 10'000)).ok());
  EXPECT_TRUE(CheckEstimate(Plan(1, 1)).ok());
}

TEST(CheckEstimate, RefusesWhatWouldNotEndAndSaysWhatItWouldTake) {
  const absl::Status status = CheckEstimate(Plan(1, 10'000));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("replicas"));
  EXPECT_THAT(message, HasSubstr("expected at most 555"));
  EXPECT_THAT(message, HasSubstr("found 10000"));
  EXPECT_THAT(message, HasSubstr("1.8e+13 deliveries"));
  EXPECT_THAT(message, HasSubstr("5 hours"));
  EXPECT_TRUE(CheckEstimate(Plan(1, 5'555)).ok());
}

TEST(CheckEstimate, RefusesMoreReplicasThanThereMayBeAndSaysWhatTheyWouldTake) {
  const absl::Status status = CheckEstimate(Plan(0.1, 4'000'000'000));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("expected 1 to 10000, found 4000000000"));
  EXPECT_THAT(message, HasSubstr("7.2e+17 deliveries"));
  EXPECT_THAT(message, HasSubstr("200000.3 hours"));
  EXPECT_THAT(message, HasSubstr("until_precision"));
  EXPECT_FALSE(CheckEstimate(Plan(0.0001, 10'001)).ok());
}

}  // namespace
}  // namespace lawine
