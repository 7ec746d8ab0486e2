// The judge of all models against runs of one message worked out by hand.
#include "tests/support/model_judge.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/graphs.h"
#include "tests/support/model_rules.h"
#include "tests/support/model_text.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::uint64_t kHalf = Threshold::kOne;  // coin of 1/2: the smallest that does not pass 1/2
constexpr std::uint64_t kNever = ~std::uint64_t{0};

Threshold P(double p) { return Threshold::FromProbability(p).value(); }

// One message in a graph, with coins of 0 where no others are set.
struct Case {
  ModelGraph graph;
  MessageSpec spec;
  SetLuck luck = {};
  std::optional<std::uint32_t> max_steps = {};

  Case(const TestGraph& links, const std::set<MemberKey>& seeds)
      : graph(ForModels(links)), spec(MessageFrom(graph, seeds)) {}

  void Set(CoinPurpose purpose, MemberKey member, std::uint64_t coin, std::uint64_t step = 0) {
    luck.coins[{.purpose = purpose, .step = step, .key1 = member}] = coin;
  }
  void Set(CoinPurpose purpose, KeyPair link, std::uint64_t coin, std::uint64_t step = 0) {
    luck.coins[{.purpose = purpose, .step = step, .key1 = link.first, .key2 = link.second}] = coin;
  }
  void InjectAt(std::uint32_t step, const std::set<MemberKey>& members) {
    spec.injections.push_back({.step = step, .members = IdsOf(graph, members)});
  }
  MessageVerdict Run() {
    const ModelSpec model{.messages = {spec}, .interventions = {}, .monitors = {}};
    return JudgeModel(graph, model, luck, max_steps)[0];
  }
  std::string Told() { return lawine::Told(Run()); }
};

// Acceptance

Case CountOfTwo(const std::set<MemberKey>& seeds) {
  Case run(InStar(4), seeds);
  run.spec.acceptance = {.kind = Acceptance::Kind::kCount, .fraction = {}, .count = 2};
  return run;
}

TEST(ModelJudgeTest, ACountOfDeliveriesMustBeReached) {
  EXPECT_EQ(CountOfTwo({20}).Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new");
  EXPECT_EQ(CountOfTwo({20, 50}).Told(),
            "0: 2 new, 2 injected, 2 forwards; 1: 2 delivered, 1 new, 1 forwards; 2:");
  EXPECT_EQ(CountOfTwo({20, 30, 40, 50}).Told(),
            "0: 4 new, 4 injected, 4 forwards; 1: 4 delivered, 1 new, 1 forwards; 2:");
}

TEST(ModelJudgeTest, DeliveriesOfEarlierStepsCountTowardsThresholds) {
  Case run = CountOfTwo({20});
  run.InjectAt(3, {40});
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new; "
            "3: 1 new, 1 injected, 1 forwards; 4: 1 delivered, 1 forwards; 5:");
  EXPECT_THAT(run.Run().receipt_steps, ElementsAre(Pair(10, 1), Pair(20, 0), Pair(40, 3)));
  EXPECT_THAT(run.Run().forward_steps,
              ElementsAre(Pair(10, ElementsAre(4)), Pair(20, ElementsAre(0)), Pair(40, ElementsAre(3))));
}

TEST(ModelJudgeTest, AFractionIsReachedWhenItIsEqual) {
  const auto accepts = [](double fraction, const std::set<MemberKey>& seeds) {
    Case run(InStar(4), seeds);
    run.spec.acceptance = {.kind = Acceptance::Kind::kFraction, .fraction = P(fraction)};
    return run.Run().forward_steps.contains(10);
  };
  EXPECT_TRUE(accepts(0.5, {20, 30}));
  EXPECT_FALSE(accepts(0.5, {20}));
  EXPECT_FALSE(accepts(0.501, {20, 30}));
  EXPECT_TRUE(accepts(1, {20, 30, 40, 50}));
  EXPECT_FALSE(accepts(1, {20, 30, 40}));
  EXPECT_TRUE(accepts(0, {20}));
}

TEST(ModelJudgeTest, ALinearThresholdIsReachedWhenItIsExceeded) {
  const auto accepts = [](Acceptance::Kind kind, std::uint64_t coin, const std::set<MemberKey>& seeds) {
    Case run(InStar(4), seeds);
    run.spec.acceptance.kind = kind;
    for (ModelLink& link : run.graph.links) link.weight = 1u << 29;  // a quarter
    run.Set(CoinPurpose::kThreshold, 10, coin);
    return run.Run().forward_steps.contains(10);
  };
  for (const auto kind : {Acceptance::Kind::kLinearEqual, Acceptance::Kind::kLinearByWeight}) {
    EXPECT_TRUE(accepts(kind, kHalf - 1, {20, 30}));
    EXPECT_FALSE(accepts(kind, kHalf, {20, 30}));
    EXPECT_TRUE(accepts(kind, kHalf, {20, 30, 40}));
    EXPECT_TRUE(accepts(kind, kNever, {20, 30, 40, 50}));
  }
}

// Which links carry

TEST(ModelJudgeTest, KindsOfLinksCarryOrDoNot) {
  Case run(Path(3), {10});
  run.graph.links[1].kind = 7;
  run.spec.link_kinds.assign(256, false);
  run.spec.link_kinds[0] = true;
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2:");
  run.spec.link_kinds[7] = true;
  run.spec.link.kind = LinkChance::Kind::kByKind;
  run.spec.link.by_kind.assign(256, P(0));
  run.spec.link.by_kind[7] = P(1);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1:");
}

TEST(ModelJudgeTest, APairWithTwoKindsOfLinksGetsTwoDeliveriesByOneCoin) {
  Case run(Path(2), {10});
  run.graph.links.push_back({.source = 10, .receiver = 20, .kind = 1});
  run.spec.link.same = P(0.5);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 1 new, 1 forwards; 2:");
  run.Set(CoinPurpose::kLink, {10, 20}, kHalf);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1:");
  // Two of two followees.
  run.spec.link.same = P(1);
  run.spec.acceptance = {.kind = Acceptance::Kind::kFraction, .fraction = P(1)};
  EXPECT_EQ(run.Run().forward_steps.size(), 2u);
}

TEST(ModelJudgeTest, LinksOfKindsThatDoNotCarryAreLinksToTheirReceiversAllTheSame) {
  Case run(InStar(2), {20, 30});
  run.graph.links[1].kind = 1;
  run.spec.link_kinds.assign(256, false);
  run.spec.link_kinds[0] = true;
  run.spec.acceptance = {.kind = Acceptance::Kind::kFraction, .fraction = P(0.75)};
  EXPECT_FALSE(run.Run().forward_steps.contains(10));
  run.spec.acceptance.fraction = P(0.5);
  EXPECT_TRUE(run.Run().forward_steps.contains(10));
}

TEST(ModelJudgeTest, OneInAsManyAsFollowIsRoundedToTheNearest) {
  const LinkChance chance{.kind = LinkChance::Kind::kByFollowees, .by_kind = {}};
  const auto fixed = [&](std::uint64_t followees) { return BaseChance(chance, {}, followees).fixed(); };
  EXPECT_EQ(fixed(1), Threshold::kOne);
  EXPECT_EQ(fixed(2), Threshold::kOne / 2);
  EXPECT_EQ(fixed(3), 3074457345618258603u);  // a third is ...602.67
  EXPECT_EQ(fixed(5), 1844674407370955162u);  // a fifth is ...161.6
  EXPECT_EQ(fixed(6), 1537228672809129301u);  // a sixth is ...301.33
}

// Delays

DelayTable TwoOrFive() { return {.cumulative = {P(0), P(0), P(0.5), P(0.5), P(0.5), P(1)}}; }

TEST(ModelJudgeTest, StepsBetweenADecisionAndItsForwardDoNotHappen) {
  Case run(Path(3), {10});
  run.spec.delay = TwoOrFive();
  run.Set(CoinPurpose::kDelay, 20, kHalf);
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new; 6: 1 forwards; 7: 1 delivered, 1 new; "
            "9: 1 forwards; 10:");
  run.max_steps = 8;
  EXPECT_EQ(run.Run().steps.size(), 4u);
  EXPECT_TRUE(run.Run().stopped_at_max_steps);
  run.max_steps = 10;
  EXPECT_FALSE(run.Run().stopped_at_max_steps);
}

TEST(ModelJudgeTest, DelaysFollowTheRhythm) {
  Case run(Path(3), {10});
  run.spec.delay = TwoOrFive();
  run.spec.rhythm = {.activity = {0, 0, 3, 1}, .first = 1};
  run.Set(CoinPurpose::kDelay, 20, kHalf);
  // Decided at 1, place 2. Activity of 2, 3, 4, 5: 1, 0, 0, 3; then 1 at 6.
  EXPECT_THAT(run.Run().forward_steps,
              ElementsAre(Pair(10, ElementsAre(0)), Pair(20, ElementsAre(6)), Pair(30, ElementsAre(9))));
}

TEST(ModelJudgeTest, RhythmsByHand) {
  const Rhythm rhythm{.activity = {0, 0, 3, 1}, .first = 1};
  const auto ends = [&](std::uint64_t step) {
    std::vector<std::uint64_t> steps;
    for (std::uint32_t amount = 0; amount <= 8; ++amount) steps.push_back(EndOfDelay(rhythm, step, amount));
    return steps;
  };
  EXPECT_THAT(ends(0), ElementsAre(0, 1, 1, 1, 2, 5, 5, 5, 6));
  EXPECT_THAT(ends(1), ElementsAre(1, 2, 5, 5, 5, 6, 9, 9, 9));
}

TEST(ModelJudgeTest, TheEnginesDelaysAreTheSame) {
  TestRandom random(1);
  for (int i = 0; i < 2000; ++i) {
    Rhythm rhythm{.activity = std::vector<std::uint32_t>(1 + random.Below(30)),
                  .first = static_cast<std::uint32_t>(random.Below(40))};
    for (std::uint32_t& activity : rhythm.activity) activity = static_cast<std::uint32_t>(random.AnySize(4));
    rhythm.activity[random.Below(rhythm.activity.size())] = 1;
    const std::uint64_t step = random.Below(100);
    const auto amount = static_cast<std::uint32_t>(random.Below(1000));
    EXPECT_EQ(RhythmSteps(rhythm).After(step, amount), EndOfDelay(rhythm, step, amount));

    DelayTable table{.cumulative = std::vector<Threshold>(random.Below(6), P(0.25))};
    if (random.OneIn(2)) table.cumulative.push_back(P(0.5));
    table.cumulative.push_back(P(1));
    const std::uint64_t coin = random.OneIn(2) ? random.Next() : kHalf / 2 - random.Below(3);
    EXPECT_EQ(table.Delay(coin), TableDelay(table, coin));
  }
}

TEST(ModelJudgeTest, DeliveriesAreCountedWhenTheyArrive) {
  Case run(Diamond(), {10});
  run.spec.link_delay = TwoOrFive();
  run.Set(CoinPurpose::kLinkDelay, {10, 20}, kHalf);
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1:; 3: 1 delivered, 1 new, 1 forwards; 4:; "
            "6: 2 delivered, 2 new, 2 forwards; 7:; 9: 2 delivered, 1 new, 1 forwards; 10:");
}

// Seen or not

TEST(ModelJudgeTest, WhatIsNotSeenIsReceivedAndTriggersNothing) {
  Case run(Diamond(), {10});
  run.spec.seen = P(0.5);
  run.Set(CoinPurpose::kSeen, {20, 40}, kHalf);
  run.InjectAt(1, {40});
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 3 new, 1 injected, 3 forwards; "
            "2: 3 delivered, 2 seen, 1 new, 1 forwards; 3:");
  EXPECT_THAT(run.Run().seen_steps, ElementsAre(Pair(20, 1), Pair(30, 1), Pair(50, 2)));

  Case unseen(Path(3), {10});
  unseen.spec.seen = P(0.5);
  unseen.Set(CoinPurpose::kSeen, {10, 20}, kHalf);
  EXPECT_EQ(unseen.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 0 seen, 1 new");
  EXPECT_THAT(unseen.Run().seen_steps, IsEmpty());
}

TEST(ModelJudgeTest, ALaterDeliveryMayBeTheFirstOneSeen) {
  Case run(InStar(3), {20});
  run.InjectAt(2, {30});
  run.InjectAt(3, {40});
  run.spec.seen = P(0.5);
  run.Set(CoinPurpose::kSeen, {20, 10}, kHalf);
  EXPECT_EQ(
      run.Told(),
      "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 0 seen, 1 new; "
      "2: 1 new, 1 injected, 1 forwards; 3: 1 delivered, 1 new, 1 injected, 2 forwards; 4: 1 delivered");
  const MessageVerdict verdict = run.Run();
  EXPECT_EQ(verdict.receipt_steps.at(10), 1u);
  EXPECT_EQ(verdict.seen_steps.at(10), 3u);
}

// Epidemics

Epidemic Recovering(double recovery, bool susceptible_again = false, std::optional<Threshold> onset = {}) {
  return {.recovery = P(recovery), .susceptible_again = susceptible_again, .onset = onset};
}

TEST(ModelJudgeTest, TheInfectedActUntilTheyRecover) {
  Case run(Path(3), {10});
  run.spec.link.same = P(0.5);
  run.spec.epidemic = Recovering(0.5);
  run.Set(CoinPurpose::kInfection, {10, 20}, kHalf, 1);
  run.Set(CoinPurpose::kRecovery, 10, kHalf, 1);
  run.Set(CoinPurpose::kRecovery, 20, kHalf, 3);
  // 10 recovers at 2, after it has infected 20 at 2. 20 acts at 2 and 3 and recovers at 4; 30 has it at 3.
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 acting; 2: 1 delivered, 1 new, 1 forwards, 1 "
            "recovered; "
            "3: 1 delivered, 1 new, 1 forwards, 2 acting; 4: 1 delivered, 2 recovered");
  EXPECT_THAT(run.Run().recovery_steps,
              ElementsAre(Pair(10, ElementsAre(2)), Pair(20, ElementsAre(4)), Pair(30, ElementsAre(4))));
}

TEST(ModelJudgeTest, TheExposedBeginToActLater) {
  Case run(Path(3), {10});
  run.spec.epidemic = Recovering(1, false, P(0.5));
  run.Set(CoinPurpose::kOnset, 20, kHalf, 2);
  run.Set(CoinPurpose::kOnset, 20, kHalf, 3);
  // The coin of step 1, where 20 is exposed, is not asked.
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 recovered; 2:; 3:; 4: 1 forwards; "
            "5: 1 delivered, 1 new, 1 recovered; 6: 1 forwards; 7: 1 recovered");
}

TEST(ModelJudgeTest, TheRecoveredMayAcceptAgainFromTheNextStepOn) {
  Case run(Cycle(3), {10});
  run.spec.epidemic = Recovering(1, true);
  run.max_steps = 4;
  // At 1 both others have it; 10 recovers. At 2 they infect 10 and each other in vain, and recover. At 3, 10
  // infects both.
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 2 new, 2 forwards, 1 recovered; "
            "2: 4 delivered, 1 forwards, 2 recovered; 3: 2 delivered, 2 forwards, 1 recovered; "
            "4: 4 delivered, 1 forwards, 2 recovered");
  EXPECT_TRUE(run.Run().stopped_at_max_steps);
  EXPECT_THAT(run.Run().receipt_steps, ElementsAre(Pair(10, 0), Pair(20, 1), Pair(30, 1)));
  EXPECT_THAT(run.Run().forward_steps.at(10), ElementsAre(0, 2, 4));
}

// Ends and digests

TEST(ModelJudgeTest, AnInjectionIsWaitedForAndMaxStepsAreNot) {
  Case run(Path(2), {10});
  run.InjectAt(5, {10, 20});
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2:; 5: 2 ignored");
  EXPECT_FALSE(run.Run().stopped_at_max_steps);
  run.max_steps = 4;
  EXPECT_TRUE(run.Run().stopped_at_max_steps);
  EXPECT_EQ(run.Run().steps.size(), 3u);
}

TEST(ModelJudgeTest, TheDigestHasATermForWhateverHappened) {
  Case run(Path(3), {10});
  run.spec.epidemic = Recovering(1);
  const auto digest = [](std::initializer_list<std::tuple<TransitionEvent, MemberKey, std::uint64_t>> terms) {
    Digest sum;
    for (const auto& [event, member, step] : terms) sum += DigestLane(0, 0, step, event).Term(member);
    return sum;
  };
  using enum TransitionEvent;
  EXPECT_EQ(run.Run().digest, digest({{kReceipt, 10, 0},
                                      {kForward, 10, 0},
                                      {kRecovery, 10, 1},
                                      {kReceipt, 20, 1},
                                      {kForward, 20, 1},
                                      {kRecovery, 20, 2},
                                      {kReceipt, 30, 2},
                                      {kForward, 30, 2},
                                      {kRecovery, 30, 3}}));
  run.spec.epidemic.reset();
  run.spec.seen = P(0.5);
  run.Set(CoinPurpose::kSeen, {20, 30}, kHalf);
  EXPECT_EQ(run.Run().digest, digest({{kReceipt, 10, 0},
                                      {kForward, 10, 0},
                                      {kReceipt, 20, 1},
                                      {kSeen, 20, 1},
                                      {kForward, 20, 1},
                                      {kReceipt, 30, 2}}));
}

}  // namespace
}  // namespace lawine
