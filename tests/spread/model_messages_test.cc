// The judge of all models: several messages, triggers and interventions, worked out by hand.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/graphs.h"
#include "tests/support/model_judge.h"
#include "tests/support/model_text.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::uint64_t kHalf = Threshold::kOne;  // coin of 1/2: the smallest that does not pass 1/2

Threshold P(double p) { return Threshold::FromProbability(p).value(); }
Factor F(double f) { return Factor::FromDouble(f).value(); }

// Messages in a graph, with coins of 0 where no others are set.
struct Case {
  ModelGraph graph;
  ModelSpec spec;
  SetLuck luck = {};
  std::optional<std::uint32_t> max_steps = {};

  explicit Case(const TestGraph& links) : graph(ForModels(links)) {}

  MessageSpec& Message(const std::set<MemberKey>& seeds) {
    return spec.messages.emplace_back(MessageFrom(graph, seeds));
  }
  Intervention& Intervene(const Trigger& trigger) {
    Intervention& intervention = spec.interventions.emplace_back();
    intervention.trigger = trigger;
    return intervention;
  }
  MemberChoice Members(const std::set<MemberKey>& members) const {
    return {.members = IdsOf(graph, members), .share = {}, .account_kinds = {}};
  }
  void SetForward(std::uint64_t message, MemberKey member, std::uint64_t coin) {
    luck.coins[{.purpose = CoinPurpose::kForward, .message = message, .key1 = member}] = coin;
  }
  MessageVerdict Run(std::size_t message = 0) { return JudgeModel(graph, spec, luck, max_steps)[message]; }
  std::string Told(std::size_t message = 0) { return lawine::Told(Run(message)); }
  bool Forwards(MemberKey member, std::size_t message = 0) {
    return Run(message).forward_steps.contains(member);
  }
};

Trigger FromStep(std::uint64_t step) { return {.kind = Trigger::Kind::kStep, .count = step}; }
Trigger OnceReached(std::uint64_t count, std::uint32_t message = 0) {
  return {.kind = Trigger::Kind::kReach, .count = count, .message = message};
}

constexpr const char* kWholePathOf4 =
    "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2: 1 delivered, 1 new, 1 forwards; "
    "3: 1 delivered, 1 new, 1 forwards; 4:";

// Starts

TEST(ModelMessagesTest, MessagesDoNotMeetUnlessTheyAreSaidTo) {
  Case run(Path(4));
  run.Message({10});
  run.Message({10}).start = FromStep(2);
  EXPECT_EQ(run.Told(0), kWholePathOf4);
  EXPECT_EQ(run.Told(1),
            "0:; 2: 1 new, 1 injected, 1 forwards; 3: 1 delivered, 1 new, 1 forwards; 4: 1 delivered, 1 new, "
            "1 forwards; "
            "5: 1 delivered, 1 new, 1 forwards; 6:");
  run.max_steps = 3;
  EXPECT_TRUE(run.Run(0).stopped_at_max_steps);
  EXPECT_TRUE(run.Run(1).stopped_at_max_steps);
}

TEST(ModelMessagesTest, AMessageMayStartAfterAnotherHasReachedSoMany) {
  Case run(Path(4));
  run.Message({10});
  run.Message({40}).start = OnceReached(3);
  // Three have it through step 2.
  EXPECT_EQ(run.Told(1), "0:; 3: 1 new, 1 injected, 1 forwards; 4:");
  run.spec.messages[1].injections[0].step = 10;
  EXPECT_EQ(run.Told(1), "0:; 13: 1 new, 1 injected, 1 forwards; 14:");
  run.spec.messages[1].start = OnceReached(4);
  run.spec.messages[1].injections[0].step = 0;
  EXPECT_EQ(run.Told(1), "0:; 4: 1 new, 1 injected, 1 forwards; 5:");
  run.spec.messages[1].start = OnceReached(5);
  EXPECT_EQ(run.Told(1), "0:");
  EXPECT_EQ(run.Told(0), kWholePathOf4);
}

TEST(ModelMessagesTest, TheLastStepOfAMessageMayStartAnother) {
  Case run(Path(2));
  run.Message({10}).forward = P(0);  // 20 does not forward, the seed member does
  run.Message({20}).start = OnceReached(2);
  EXPECT_EQ(run.Told(0), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new");
  EXPECT_EQ(run.Told(1), "0:; 2: 1 new, 1 injected, 1 forwards; 3:");
}

TEST(ModelMessagesTest, ReachIsKnownAfterAStepEvenIfNobodyIsWaitedFor) {
  Case run(Path(2));
  run.Message({10}).start = OnceReached(0);
  EXPECT_EQ(run.Told(), "0:; 1: 1 new, 1 injected, 1 forwards; 2: 1 delivered, 1 new, 1 forwards; 3:");
}

TEST(ModelMessagesTest, MonitorsAreCountedAndStartACorrection) {
  Case run(Path(5));
  run.Message({10});
  run.Message({30}).start = {.kind = Trigger::Kind::kMonitors, .count = 2, .message = 0};
  run.spec.monitors = IdsOf(run.graph, {10, 30});
  EXPECT_EQ(run.Told(0),
            "0: 1 new, 1 injected, 1 forwards, 1 monitors; 1: 1 delivered, 1 new, 1 forwards; "
            "2: 1 delivered, 1 new, 1 forwards, 1 monitors; 3: 1 delivered, 1 new, 1 forwards; "
            "4: 1 delivered, 1 new, 1 forwards; 5:");
  EXPECT_EQ(run.Run(1).receipt_steps.at(30), 3u);
  EXPECT_EQ(run.Run(1).steps[1].monitors, 1u);
}

TEST(ModelMessagesTest, InjectionsCountFromTheStart) {
  Case run(Path(4));
  MessageSpec& message = run.Message({10});
  message.start = FromStep(2);
  message.injections.push_back({.step = 1, .members = IdsOf(run.graph, {10, 30})});
  EXPECT_EQ(run.Told(),
            "0:; 2: 1 new, 1 injected, 1 forwards; 3: 1 delivered, 2 new, 1 injected, 1 ignored, 2 forwards; "
            "4: 2 delivered, 1 new, 1 forwards; 5:");
}

// Chances to forward

TEST(ModelMessagesTest, FactorsOfProfilesAndAge) {
  Case run(Path(4));
  MessageSpec& message = run.Message({10});
  message.forward = P(0.25);
  for (const MemberKey member : {20, 30, 40}) run.SetForward(0, member, kHalf - 1);
  EXPECT_FALSE(run.Forwards(20));
  run.graph.members[20].account_kind = 1;
  message.factors.by_account_kind = {F(0), F(2)};
  EXPECT_TRUE(run.Forwards(20));
  EXPECT_FALSE(run.Forwards(30));
  run.graph.members[30].account_kind = 2;  // not listed: 1
  run.graph.members[30].community = 5;
  message.factors.by_community = {F(1), F(1), F(1), F(1), F(1), F(1.999)};
  EXPECT_FALSE(run.Forwards(30));
  message.factors.by_community[5] = F(2);
  EXPECT_TRUE(run.Forwards(30));
  message.factors.by_age = {F(0), F(1), F(0.5)};
  EXPECT_TRUE(run.Forwards(20));
  EXPECT_FALSE(run.Forwards(30));
  message.start = FromStep(7);
  EXPECT_TRUE(run.Forwards(20));
  message.factors.by_age = {F(0), F(1)};  // the last one stays
  EXPECT_TRUE(run.Forwards(30));
}

TEST(ModelMessagesTest, FactorsOfInterventionsAreTimesThoseOfProfiles) {
  Case run(Path(3));
  MessageSpec& message = run.Message({10});
  message.forward = P(0.25);
  message.factors.by_account_kind = {F(4)};
  run.Intervene(FromStep(0)).forward = F(0.5);
  run.SetForward(0, 20, kHalf - 1);
  EXPECT_TRUE(run.Forwards(20));
  run.SetForward(0, 20, kHalf);
  EXPECT_FALSE(run.Forwards(20));
}

TEST(ModelMessagesTest, InjectedMembersForwardWhateverTheChance) {
  Case run(Path(3));
  MessageSpec& message = run.Message({10});
  message.forward = P(0);
  message.injections.push_back({.step = 1, .members = IdsOf(run.graph, {30})});
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 2 new, 1 injected, 1 forwards; 2:");
}

TEST(ModelMessagesTest, InfluencesNeedAReceiptOfAnEarlierStep) {
  Case run(Path(4));
  run.Message({10}).influences = {{.by = 1, .factor = F(0)}};
  run.Message({30});
  EXPECT_TRUE(run.Forwards(20));
  EXPECT_FALSE(run.Forwards(30));
  run.spec.messages[1].start = FromStep(1);
  EXPECT_FALSE(run.Forwards(30));
  run.spec.messages[1].start = FromStep(2);  // the step of the decision
  EXPECT_TRUE(run.Forwards(30));
  EXPECT_TRUE(run.Forwards(40));  // has both from step 3
}

TEST(ModelMessagesTest, OnlyWhatIsMetFirstIsForwarded) {
  Case run(Path(5));
  run.Message({10});
  run.Message({30});
  run.spec.first_met_only = true;
  EXPECT_TRUE(run.Forwards(20, 0));
  EXPECT_FALSE(run.Forwards(30, 0));  // met the other at 0
  EXPECT_EQ(run.Run(0).receipt_steps.at(30), 2u);
  EXPECT_TRUE(run.Forwards(50, 1));
}

//  10 -> 30 <- 20,  30 -> 40
TEST(ModelMessagesTest, OfTwoThatAreMetAtOnceTheSmallerCoinIsForwarded) {
  Case run({.name = "two ways", .links = {{10, 30}, {20, 30}, {30, 40}}});
  run.Message({10});
  run.Message({20});
  run.spec.first_met_only = true;
  EXPECT_TRUE(run.Forwards(30, 0));  // equal coins: the smaller number
  EXPECT_FALSE(run.Forwards(30, 1));
  run.SetForward(0, 30, 2);
  run.SetForward(1, 30, 1);
  EXPECT_FALSE(run.Forwards(30, 0));
  EXPECT_TRUE(run.Forwards(30, 1));
  run.spec.messages[1].forward = P(0);  // met first, and not forwarded: neither is the other
  EXPECT_FALSE(run.Forwards(30, 0));
  EXPECT_FALSE(run.Forwards(30, 1));
  EXPECT_EQ(run.Run(0).receipt_steps.at(30), 1u);
}

// Interventions

TEST(ModelMessagesTest, InterventionsAreInForceWhileTheirTriggersAreTrue) {
  Case run(Path(4));
  run.Message({10});
  run.Intervene(OnceReached(2)).forward = F(0);  // two have it through step 1
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2: 1 delivered, 1 new");
  run.spec.interventions[0].trigger = FromStep(3);
  EXPECT_TRUE(run.Forwards(30));
  EXPECT_FALSE(run.Forwards(40));
  run.spec.interventions[0].messages = {1};
  EXPECT_EQ(run.Told(), kWholePathOf4);
}

TEST(ModelMessagesTest, InterventionsChangeWhatCarriesFromTheirStepOn) {
  Case run(Path(4));
  run.Message({10});
  run.Intervene(FromStep(2)).carry = P(0);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2:");
  run.spec.interventions[0].carry = P(0.5);
  run.spec.messages[0].link.same = P(0.5);
  const auto set = [&](std::uint64_t coin) {
    run.luck.coins[{.purpose = CoinPurpose::kLink, .key1 = 20, .key2 = 30}] = coin;
  };
  set(kHalf / 2 - 1);
  EXPECT_TRUE(run.Forwards(30));
  set(kHalf / 2);
  EXPECT_FALSE(run.Forwards(30));
}

TEST(ModelMessagesTest, InterventionsDelayDecisionsThatAreTakenWhileInForce) {
  Case run(Path(4));
  run.Message({10});
  run.Intervene(FromStep(2)).delay = 3;
  run.Intervene(FromStep(6)).delay = 10;
  EXPECT_THAT(run.Run().forward_steps, ElementsAre(Pair(10, ElementsAre(0)), Pair(20, ElementsAre(1)),
                                                   Pair(30, ElementsAre(5)), Pair(40, ElementsAre(19))));
}

TEST(ModelMessagesTest, TheImmuneReceiveAndDoNotAccept) {
  Case run(Path(4));
  run.Message({10});
  run.Intervene(FromStep(0)).immune = run.Members({10, 30});
  // Who is injected accepts all the same.
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2: 1 delivered, 1 new");
  run.spec.interventions[0].trigger = FromStep(3);
  EXPECT_EQ(run.Told(), kWholePathOf4);
}

TEST(ModelMessagesTest, TheRemovedNeitherReceiveNorForward) {
  Case run(Path(4));
  MessageSpec& message = run.Message({10});
  run.Intervene(FromStep(2)).removed = run.Members({30});
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2:");
  // Who has acted when it is removed has done so.
  run.spec.interventions[0].removed = run.Members({20});
  EXPECT_EQ(run.Told(), kWholePathOf4);
  // Who has only decided never does.
  message.delay = {.cumulative = {P(0), P(1)}};
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new; 2:");
  message.injections.push_back({.step = 2, .members = IdsOf(run.graph, {20, 40})});
  run.spec.interventions[0].removed = run.Members({20, 40});
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new; 2: 2 ignored");
}

TEST(ModelMessagesTest, WhatIsUnderWayToTheRemovedArrivesAndTriggersNothing) {
  Case run(Path(3));
  run.Message({10}).link_delay = {.cumulative = {P(0), P(0), P(1)}};
  run.Intervene(FromStep(3)).removed = run.Members({20});
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1:; 3: 1 delivered, 1 new");
  // Who is removed at the attempt is sent nothing.
  run.spec.interventions[0].trigger = FromStep(1);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1:");
}

TEST(ModelMessagesTest, RemovedInfectiousMembersActNoMore) {
  Case run(OutStar(2));
  MessageSpec& message = run.Message({10});
  message.epidemic = Epidemic{.recovery = P(0), .susceptible_again = false, .onset = {}};
  run.max_steps = 5;
  run.Intervene(FromStep(2)).removed = run.Members({10, 20, 30});
  // What 10 did at 1 is attempted at 2, at members that are removed by then.
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 2 new, 2 forwards, 3 acting; 2:");
  EXPECT_FALSE(run.Run().stopped_at_max_steps);
  message.epidemic->onset = P(0);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 2 new, 1 acting; 2:");
  EXPECT_FALSE(run.Run().stopped_at_max_steps);
}

TEST(ModelMessagesTest, MembersAreChosenByKindAndCoin) {
  Case run(OutStar(4));
  run.Message({10});
  run.graph.members[30].account_kind = 2;
  run.graph.members[50].account_kind = 2;
  run.Intervene(FromStep(9)).removed = run.Members({10});
  run.Intervene(FromStep(0)).immune =
      MemberChoice{.members = IdsOf(run.graph, {20}), .share = P(0.5), .account_kinds = {2}};
  run.luck.coins[{.purpose = CoinPurpose::kIntervention, .step = 0, .key1 = 30}] = kHalf;
  run.luck.coins[{.purpose = CoinPurpose::kIntervention, .step = 1, .key1 = 50}] = kHalf;
  // 20 is listed, 30 is of the kind and passes as the second intervention, 40 is of no such kind, 50 does not
  // pass.
  EXPECT_FALSE(run.Forwards(20));
  EXPECT_FALSE(run.Forwards(30));
  EXPECT_TRUE(run.Forwards(40));
  EXPECT_TRUE(run.Forwards(50));
  run.spec.interventions[1].immune->account_kinds.clear();
  EXPECT_FALSE(run.Forwards(40));
  EXPECT_TRUE(run.Forwards(50));
}

TEST(ModelMessagesTest, EveryMessageHasItsOwnCoinsAndTerms) {
  TestRandom random(1);
  Case run(RandomGraph(random, 30, 1, 5));
  const MemberKey first = run.graph.members.begin()->first;
  run.Message({first}).forward = P(0.5);
  run.Message({first}).forward = P(0.5);
  RunLuck luck(1);
  const std::vector<MessageVerdict> both = JudgeModel(run.graph, run.spec, luck);
  EXPECT_NE(both[0].forward_steps, both[1].forward_steps);
  run.spec.messages[1].forward = run.spec.messages[0].forward = P(1);
  const std::vector<MessageVerdict> all = JudgeModel(run.graph, run.spec, luck);
  EXPECT_EQ(all[0].forward_steps, all[1].forward_steps);
  EXPECT_FALSE(all[0].digest == all[1].digest);
}

}  // namespace
}  // namespace lawine
