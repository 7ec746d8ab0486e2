// The judge itself, against cascades worked out by hand.
#include "tests/support/judge.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/graphs.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::Pair;

Verdict Everyone(const TestGraph& graph, std::set<MemberKey> seeds,
                 std::optional<std::uint32_t> max_steps = {}) {
  return JudgeDecisions(ForJudge(graph), {.max_steps = max_steps, .seed_members = std::move(seeds)},
                        [](MemberKey) { return true; });
}

auto Step(std::uint64_t deliveries, std::uint64_t first, std::uint64_t duplicates, std::uint64_t forwards) {
  return testing::AllOf(
      testing::Field(&JudgeStep::deliveries, deliveries), testing::Field(&JudgeStep::first_receipts, first),
      testing::Field(&JudgeStep::duplicates, duplicates), testing::Field(&JudgeStep::forwards, forwards));
}

TEST(JudgeTest, ADiamondDeliversTwiceInOneStep) {
  const Verdict verdict = Everyone(Diamond(), {10});
  EXPECT_THAT(verdict.steps, ElementsAre(Step(0, 1, 0, 1), Step(2, 2, 0, 2), Step(2, 1, 1, 1),
                                         Step(1, 1, 0, 1), Step(0, 0, 0, 0)));
  EXPECT_THAT(verdict.receipt_steps,
              ElementsAre(Pair(10, 0), Pair(20, 1), Pair(30, 1), Pair(40, 2), Pair(50, 3)));
  EXPECT_FALSE(verdict.stopped_at_max_steps);
}

TEST(JudgeTest, WhatComesBackToAForwarderIsADuplicate) {
  EXPECT_THAT(Everyone(Cycle(3), {10}).steps,
              ElementsAre(Step(0, 1, 0, 1), Step(2, 2, 0, 2), Step(4, 0, 4, 0)));
}

TEST(JudgeTest, SeedMembersReceiveOnceEvenFromEachOther) {
  EXPECT_THAT(Everyone(TwoComponents(), {40, 50}).steps, ElementsAre(Step(0, 2, 0, 2), Step(2, 0, 2, 0)));
}

TEST(JudgeTest, ForwardsDecidedAtTheLastStepCountAndAreNotDelivered) {
  const Verdict verdict = Everyone(Path(5), {10}, 2);
  EXPECT_THAT(verdict.steps, ElementsAre(Step(0, 1, 0, 1), Step(1, 1, 0, 1), Step(1, 1, 0, 1)));
  EXPECT_TRUE(verdict.stopped_at_max_steps);
  EXPECT_THAT(Everyone(Path(5), {10}, 0).steps, ElementsAre(Step(0, 1, 0, 1)));
}

TEST(JudgeTest, AMemberWithoutFollowersStillForwards) {
  const Verdict verdict = Everyone(OutStar(3), {10});
  EXPECT_THAT(verdict.steps, ElementsAre(Step(0, 1, 0, 1), Step(3, 3, 0, 3), Step(0, 0, 0, 0)));
  EXPECT_EQ(verdict.forward_steps.size(), 4u);
}

TEST(JudgeTest, OnlyReceiversAreAskedAndOnlyOnce) {
  std::multiset<MemberKey> asked;
  JudgeDecisions(ForJudge(Complete(4)), {.seed_members = {10}}, [&](MemberKey member) {
    asked.insert(member);
    return member != 30;
  });
  EXPECT_THAT(asked, ElementsAre(20, 30, 40));
}

TEST(JudgeTest, MembersThatNobodyReachesAreCounted) {
  EXPECT_EQ(Everyone(IsolatedMembers(), {10}).unreached_without_followees, 3u);
  EXPECT_EQ(Everyone(IsolatedMembers(), {5}).unreached_without_followees, 2u);
  EXPECT_EQ(Everyone(InStar(7), {20}).unreached_without_followees, 6u);
}

TEST(JudgeTest, TheDigestTellsStepsMembersAndReplicasApart) {
  const JudgeGraph graph = ForJudge(Path(3));
  const Threshold always = Threshold::FromFixed(Threshold::kOne);
  const auto digest = [&](std::uint64_t message, std::uint64_t replica, MemberKey seed) {
    return Judge(graph, {.message = message, .replica = replica, .forward = always, .seed_members = {seed}})
        .digest;
  };
  EXPECT_EQ(digest(0, 0, 10), digest(0, 0, 10));
  EXPECT_FALSE(digest(0, 0, 10) == digest(1, 0, 10));
  EXPECT_FALSE(digest(0, 0, 10) == digest(0, 1, 10));
  EXPECT_FALSE(digest(0, 0, 10) == digest(0, 0, 20));
}

}  // namespace
}  // namespace lawine
