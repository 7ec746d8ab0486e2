#include "services/coordinator/plan/mean_field.h"

#include "engine/base/limits.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

Threshold Chance(double p) { return Threshold::FromProbability(p).value(); }

// 6 million members with 300 links each, from one with 300.
ExpectedSpread Of(const MessageSpec& message, std::optional<std::uint32_t> max_steps = {}) {
  return MeanField(message, 6e6, 1.8e9, 1, 300, max_steps);
}

TEST(MeanFieldTest, TheArticlesMessageComesToNearlyAllMembersForwardingATenth) {
  MessageSpec message;
  message.forward = Chance(0.1);
  const ExpectedSpread spread = Of(message);
  EXPECT_NEAR(spread.deliveries, 180e6, 20e6);
  EXPECT_NEAR(spread.forwards, 600e3, 60e3);
}

TEST(MeanFieldTest, ALowRateDiesOutAndAStepLimitEndsIt) {
  MessageSpec message;
  message.forward = Chance(0.0001);
  EXPECT_LT(Of(message).deliveries, 400);
  EXPECT_GE(Of(message).deliveries, 300);
  message.forward = Chance(0.1);
  EXPECT_EQ(Of(message, 1).deliveries, 300);
}

TEST(MeanFieldTest, OtherModelsAreNotTakenForTheWholeGraph) {
  MessageSpec cascade;
  cascade.link.same = Chance(0.05);
  EXPECT_NEAR(Of(cascade).deliveries, 0.05 * 1.8e9, 0.1 * 1.8e9);
  MessageSpec weighted;
  weighted.link.kind = LinkChance::Kind::kByFollowees;
  EXPECT_LE(Of(weighted).deliveries, 12e6) << "a link each, with friends of friends";
  MessageSpec linear;
  linear.acceptance.kind = Acceptance::Kind::kLinearEqual;
  EXPECT_NEAR(Of(linear).deliveries, 300 * 300, 30'000) << "who accepts brings nearly one other to accept";
  MessageSpec fraction;
  fraction.acceptance = {.kind = Acceptance::Kind::kFraction, .fraction = Chance(0.2), .count = 1};
  EXPECT_EQ(Of(fraction).deliveries, 300) << "one in five of 300 links is not reached from one member";
  MessageSpec sis;
  sis.link.same = Chance(0.01);
  sis.epidemic = Epidemic{.recovery = Chance(0.5), .susceptible_again = true, .onset = {}};
  EXPECT_GT(Of(sis, 50).deliveries, 5 * Of(sis, 10).deliveries) << "it goes on";
}

TEST(MeanFieldTest, WhatDoesNotEndGoesOnToTheLastStep) {
  MessageSpec si;
  si.link.same = Chance(0.05);
  si.epidemic = Epidemic{.recovery = Chance(0), .susceptible_again = false, .onset = {}};
  const ExpectedSpread whole = Of(si, 1'000'000), part = Of(si, 20'000);
  EXPECT_EQ(whole.steps, 1'000'000u);
  EXPECT_NEAR(whole.deliveries / part.deliveries, 50, 0.5);
  EXPECT_NEAR(part.deliveries, 20'000 * 0.05 * 1.8e9, 0.01 * 20'000 * 0.05 * 1.8e9);
  EXPECT_EQ(Of(si).steps, limits::kStepsMax) << "where it fails";
}

}  // namespace
}  // namespace lawine
