// What is known of a run before it is made: whether replicas can differ, and which measures it tells.
#include "services/coordinator/plan/foreseen.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/coordinator/statistics/ensemble.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

const Threshold kAlways = Threshold::FromFixed(Threshold::kOne);
const Threshold kHalf = Threshold::FromFixed(Threshold::kOne / 2);

RunSpec Kernel(Threshold forward, Threshold link) {
  RunSpec spec;
  spec.forward = forward;
  spec.link = link;
  return spec;
}

TEST(HasCoinsTest, OfTheKernels) {
  EXPECT_FALSE(HasCoins(Kernel(kAlways, kAlways)));
  EXPECT_FALSE(HasCoins(Kernel(Threshold(), kAlways)));
  EXPECT_TRUE(HasCoins(Kernel(kHalf, kAlways)));
  EXPECT_TRUE(HasCoins(Kernel(kAlways, kHalf)));
  RunSpec drawn = Kernel(kAlways, kAlways);
  drawn.drawn_rates.emplace_back();
  EXPECT_TRUE(HasCoins(drawn)) << "replicas draw their rates";
}

TEST(PossibleOfTest, KnowsTheMembersAndWhoForwardsAgain) {
  RunPlan plan;
  plan.spec = Kernel(kAlways, kAlways);
  plan.graph.mutable_info()->add_boundaries(0);
  plan.graph.mutable_info()->add_boundaries(1'002);
  EXPECT_EQ(PossibleOf(plan).members, 1'002u);
  EXPECT_FALSE(PossibleOf(plan).coins);
  EXPECT_TRUE(PossibleOf(plan).forward_once);
  ModelSpec model;
  Epidemic& epidemic = model.messages.emplace_back().epidemic.emplace();
  for (const bool again : {false, true}) {
    epidemic.susceptible_again = again;
    plan.spec.model = std::make_shared<const ModelSpec>(model);
    EXPECT_EQ(PossibleOf(plan).forward_once, !again);
  }
}

// Of a model with one message, changed.
template <class Change>
bool ModelHasCoins(const Change& change) {
  ModelSpec model;
  change(model, model.messages.emplace_back());
  RunSpec spec;
  spec.model = std::make_shared<const ModelSpec>(std::move(model));
  return HasCoins(spec);
}

TEST(HasCoinsTest, OfModels) {
  EXPECT_FALSE(ModelHasCoins([](ModelSpec&, MessageSpec&) {}));
  EXPECT_FALSE(ModelHasCoins([](ModelSpec&, MessageSpec& m) {
    m.acceptance.kind = Acceptance::Kind::kFraction;
    m.acceptance.fraction = kHalf;
  })) << "a threshold for all";
  EXPECT_FALSE(ModelHasCoins([](ModelSpec&, MessageSpec& m) {
    m.delay.cumulative = {Threshold(), kAlways};
  })) << "a fixed delay";
  EXPECT_TRUE(ModelHasCoins([](ModelSpec&, MessageSpec& m) { m.forward = kHalf; }));
  EXPECT_TRUE(ModelHasCoins([](ModelSpec&, MessageSpec& m) { m.seen = kHalf; }));
  EXPECT_TRUE(
      ModelHasCoins([](ModelSpec&, MessageSpec& m) { m.link.kind = LinkChance::Kind::kByFollowees; }));
  EXPECT_TRUE(
      ModelHasCoins([](ModelSpec&, MessageSpec& m) { m.acceptance.kind = Acceptance::Kind::kLinearEqual; }));
  EXPECT_TRUE(ModelHasCoins([](ModelSpec&, MessageSpec& m) { m.link_delay.cumulative = {kHalf, kAlways}; }));
  EXPECT_TRUE(ModelHasCoins([](ModelSpec& model, MessageSpec&) { model.growth.emplace(); }));
}

std::string Untold(const std::string& measure, const RunPlan& plan) {
  return std::string(CheckTold("measure", measure, plan, 0, "'b'").message());
}

TEST(CheckToldTest, NamesWhatIsMissing) {
  RunPlan plan;
  plan.sentiments.resize(1);
  for (const auto& [measure, missing] :
       {std::pair("cost", "costs"), std::pair("cost_per_thousand", "costs"),
        std::pair("target_share", "target"), std::pair("people", "persons"),
        std::pair("monitors", "monitors"), std::pair("follows", "follow"), std::pair("unfollows", "unfollow"),
        std::pair("negative_reach", "messages"), std::pair("first_sighting", "monitors"),
        std::pair("steps_to_percent", "steps_to_percent")}) {
    EXPECT_THAT(Untold(measure, plan), HasSubstr("measure: expected ")) << measure;
    EXPECT_THAT(Untold(measure, plan), HasSubstr(missing)) << measure;
  }
  EXPECT_EQ(Untold("cost", plan), "measure: expected costs in the scenario beside cost, found none in 'b'");
  for (const char* always : {"reach", "deliveries", "steps", "first_step"})
    EXPECT_EQ(Untold(always, plan), "");
}

TEST(CheckToldTest, TellsWhatIsThere) {
  RunPlan plan;
  plan.sentiments.resize(2);
  plan.scenario.mutable_costs()->set_post(0);
  plan.scenario.mutable_model()->mutable_reactions()->set_follow(0);
  plan.scenario.mutable_model()->mutable_reactions()->mutable_unfollow_counts();
  plan.spec.target.emplace();
  plan.spec.steps_to_percent = 75;
  ModelSpec model;
  model.messages.resize(2);
  model.people.emplace();
  model.monitors.emplace_back(3);
  plan.spec.model = std::make_shared<const ModelSpec>(std::move(model));
  for (const Measure& measure : Measures()) EXPECT_EQ(Untold(measure.name, plan), "") << measure.name;
  // The second message has no reactions.
  plan.scenario.add_messages();
  EXPECT_FALSE(CheckTold("measure", "follows", plan, 1, "'b'").ok());
}

}  // namespace
}  // namespace lawine
