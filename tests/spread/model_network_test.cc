// Persons, growth and reactions: runs worked out by hand, and shares that must come out.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/link_kind.h"
#include "engine/spread/local_cluster.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mean.h"
#include "tests/support/model_judge.h"
#include "tests/support/model_text.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

constexpr std::uint64_t kHalf = Threshold::kOne;  // coin of 1/2: the smallest that does not pass 1/2
constexpr std::uint64_t kNever = ~std::uint64_t{0};

Threshold P(double p) { return Threshold::FromProbability(p).value(); }

// Messages in a graph, with coins of 0 where no others are set.
struct Case {
  ModelGraph graph;
  ModelSpec spec;
  SetLuck luck = {};
  std::optional<std::uint32_t> max_steps = {};

  Case(const TestGraph& links, const std::set<MemberKey>& seeds) : graph(ForModels(links)) {
    spec.messages.push_back(MessageFrom(graph, seeds));
  }
  MessageSpec& message() { return spec.messages[0]; }
  GrowthSpec& growth() { return spec.growth.has_value() ? *spec.growth : spec.growth.emplace(); }

  void Set(CoinPurpose purpose, MemberKey member, std::uint64_t coin) {
    luck.coins[{.purpose = purpose, .key1 = member}] = coin;
  }
  void Set(CoinPurpose purpose, KeyPair link, std::uint64_t coin) {
    luck.coins[{.purpose = purpose, .key1 = link.first, .key2 = link.second}] = coin;
  }
  void Join(MemberKey first, MemberKey second) {
    if (!spec.people.has_value()) spec.people.emplace();
    for (const auto& [from, to] : {std::pair(first, second), std::pair(second, first)}) {
      graph.members.at(from).person = std::min(first, second);
      graph.links.push_back({.source = from, .receiver = to, .kind = kLinkSamePerson});
    }
    message().link_kinds.assign(256, true);
    message().link_kinds[kLinkSamePerson] = false;
  }
  // Who has the message at a later step, and no one else.
  void Later(MemberKey member, std::uint32_t step) {
    MessageSpec later = MessageFrom(graph, {member});
    later.injections[0].step = step;
    spec.messages.push_back(later);
  }
  std::string Told(std::size_t m = 0) { return lawine::Told(JudgeModel(graph, spec, luck, max_steps)[m]); }
};

TestGraph Nobody(std::uint32_t members) {
  TestGraph graph{.name = "nobody is linked", .links = {}, .extra_members = {}, .start = 10};
  for (MemberKey key = 10; graph.extra_members.size() < members; key += 10)
    graph.extra_members.push_back(key);
  return graph;
}

TEST(ModelNetworkTest, APersonDecidesOnceForAllAccounts) {
  Case run({.name = "two accounts", .links = {{10, 20}, {10, 30}, {30, 40}}}, {10});
  run.Join(20, 30);
  run.message().forward = P(0.5);
  run.Set(CoinPurpose::kForward, 20, kHalf);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 2 new");
  run.spec.people->one_decision = false;
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 2 new, 1 forwards; 2: 1 delivered, 1 new, 1 "
            "forwards; 3:");
  EXPECT_EQ(JudgeModel(run.graph, run.spec, run.luck)[0].people, 3u);
}

TEST(ModelNetworkTest, WhoPostsHerePostsThereToo) {
  Case run({.name = "two networks", .links = {{20, 30}, {10, 30}}}, {10});
  run.Join(10, 20);
  run.spec.people->networks = {MemberId(0), MemberId(1)};
  run.spec.people->cross_posting = {P(0), P(0.5), P(0), P(0)};
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 2 new, 2 forwards, 1 cross-posted; "
            "2: 1 delivered");
  run.Set(CoinPurpose::kCrossPost, {10, 20}, kHalf);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2:");
}

TEST(ModelNetworkTest, AnAccountThatHasTheMessageIsNotPostedInAgain) {
  Case run({.name = "two networks", .links = {{10, 30}}, .extra_members = {20}}, {10, 20});
  run.Join(10, 20);
  run.spec.people->networks = {MemberId(0), MemberId(1)};
  run.spec.people->cross_posting.assign(4, P(1));
  EXPECT_EQ(run.Told(), "0: 2 new, 2 injected, 2 forwards; 1: 1 delivered, 1 new, 1 forwards; 2:");
}

TEST(ModelNetworkTest, ALinkIsLostOnce) {
  Case run(Path(3), {10});
  run.growth().lost_links = P(0.5);
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2: 1 delivered, 1 new, 1 "
            "forwards; 3:");
  // Above a quarter: it is there at step 1, and not at step 2.
  for (const KeyPair& link : {KeyPair(10, 20), KeyPair(20, 30)})
    run.Set(CoinPurpose::kLinkLoss, link, kHalf / 2);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2:");
  run.Set(CoinPurpose::kLinkLoss, {10, 20}, kHalf);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1:");
}

TEST(ModelNetworkTest, NewLinksCarryFromTheStepTheyComeAt) {
  Case run(Nobody(3), {10});
  run.growth().new_links = P(1);  // coins of 0: everybody gets a link from the first member
  run.growth().mutual = false;
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 2 new, 2 forwards; 2:");
  run.growth().mutual = true;
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 2 delivered, 2 new, 2 forwards; 2: 2 delivered");
}

TEST(ModelNetworkTest, ANewLinkIsAsOldAsItIs) {
  Case run(Nobody(2), {10});
  run.message().injections[0].step = 3;
  run.growth().new_links = P(1);
  run.growth().mutual = false;
  run.growth().lost_links = P(0.5);
  run.Set(CoinPurpose::kLinkLoss, {10, 20}, kHalf / 4);  // there for two steps, then not: S(3) is 1/8
  EXPECT_EQ(run.Told(), "0:; 3: 1 new, 1 injected, 1 forwards; 4:");
  run.message().injections[0].step = 2;
  EXPECT_EQ(run.Told(), "0:; 2: 1 new, 1 injected, 1 forwards; 3: 1 delivered, 1 new, 1 forwards; 4:");
}

TEST(ModelNetworkTest, MembersJoinAndLeave) {
  Case run(Path(4), {10});
  run.growth().start = P(0.5);
  for (const MemberKey member : {20, 30, 40}) run.Set(CoinPurpose::kJoin, member, kHalf);
  EXPECT_EQ(
      run.Told(),
      "0: 1 new, 1 injected, 1 forwards, 4 there; 1: 1 delivered, 1 new, 1 forwards, 4 there; "
      "2: 1 delivered, 1 new, 1 forwards, 4 there; 3: 1 delivered, 1 new, 1 forwards, 4 there; 4: 4 there");
  run.Set(CoinPurpose::kJoin, 30, 0);
  EXPECT_EQ(
      run.Told(),
      "0: 1 new, 1 injected, 1 forwards, 3 there; 1: 1 delivered, 1 new, 1 forwards, 3 there; 2: 3 there");
  run.growth().joining = P(0.5);
  run.Set(CoinPurpose::kJoin, 30, kHalf / 2 - 2);  // S(1) is 1/4: it is absent at 1, and there at 2
  EXPECT_EQ(
      run.Told(),
      "0: 1 new, 1 injected, 1 forwards, 3 there; 1: 1 delivered, 1 new, 1 forwards, 3 there; "
      "2: 1 delivered, 1 new, 1 forwards, 4 there; 3: 1 delivered, 1 new, 1 forwards, 4 there; 4: 4 there");
  run.growth().leaving = P(0.5);
  run.Set(CoinPurpose::kLeave, 20, kNever);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards, 3 there; 1: 2 there");
}

TEST(ModelNetworkTest, WhoDropsALinkGetsNothingAlongIt) {
  Case run(Path(2), {10});
  run.message().reactions.unfollow = P(0.5);
  run.Later(10, 2);
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards, 1 unfollow; 2:");
  EXPECT_EQ(run.Told(1), "0:; 2: 1 new, 1 injected, 1 forwards; 3:");
  run.Set(CoinPurpose::kUnfollow, {10, 20}, kHalf);
  EXPECT_EQ(run.Told(1), "0:; 2: 1 new, 1 injected, 1 forwards; 3: 1 delivered, 1 new, 1 forwards; 4:");
}

TEST(ModelNetworkTest, ADeliveryThatIsNotSeenMakesNobodyLeave) {
  Case run(Path(2), {10});
  run.message().reactions.unfollow = P(1);
  run.message().seen = P(0.5);
  run.Set(CoinPurpose::kSeen, {10, 20}, kHalf);
  EXPECT_EQ(run.Told(), "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 0 seen, 1 new");
}

TEST(ModelNetworkTest, WhoFollowsTheAuthorGetsTheNextMessage) {
  Case run(Path(3), {10});
  run.message().reactions.follow = P(0.5);
  run.Later(10, 4);
  EXPECT_EQ(run.Told(),
            "0: 1 new, 1 injected, 1 forwards; 1: 1 delivered, 1 new, 1 forwards; 2: 1 delivered, 1 new, 1 "
            "forwards, 1 follow; 3:");
  EXPECT_EQ(run.Told(1),
            "0:; 4: 1 new, 1 injected, 1 forwards; 5: 2 delivered, 2 new, 2 forwards; 6: 1 delivered");
}

// Shares, by the engine

ClusterOutcome RunOf(const TestGraph& graph, const ModelSpec& model, std::uint32_t max_steps) {
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 3));
  RunSpec spec;
  spec.model = std::make_shared<ModelSpec>(model);
  spec.max_steps = max_steps;
  ThreadPool pool(1);
  return LocalCluster(shards.images(), 2).Run(spec, pool).value();
}

constexpr std::uint32_t kMany = 20'000;

TEST(ModelNetworkTest, AsManyJoinAndLeaveAsShould) {
  const TestGraph nobody = Nobody(kMany);
  ModelSpec model;
  model.messages.push_back(MessageFrom(ForModels(nobody), {10}));
  model.messages[0].epidemic.emplace();
  model.growth =
      GrowthSpec{.new_links = {}, .lost_links = {}, .start = P(0.3), .joining = P(0.1), .leaving = P(0.02)};
  const ClusterOutcome outcome = RunOf(nobody, model, 12);
  ASSERT_EQ(outcome.steps.size(), 13u);
  for (const StepCounts& counts : outcome.steps) {
    const double there = (1 - 0.7 * std::pow(0.9, counts.step)) * std::pow(0.98, counts.step);
    ExpectShare(static_cast<double>(counts.present), kMany, there,
                absl::StrCat("step ", counts.step).c_str());
  }
}

TEST(ModelNetworkTest, AsManyLinksAreLostAndAddedAsShould) {
  const TestGraph star = OutStar(kMany);
  ModelSpec model;
  model.messages.push_back(MessageFrom(ForModels(star), {star.start}));
  model.messages[0].injections[0].step = 4;
  model.growth = GrowthSpec{.new_links = {}, .lost_links = P(0.05), .joining = {}, .leaving = {}};
  ExpectShare(static_cast<double>(RunOf(star, model, 5).lanes[0].deliveries), kMany, std::pow(0.95, 5),
              "lost");
  const TestGraph nobody = Nobody(kMany);
  std::set<MemberKey> everybody(nobody.extra_members.begin(), nobody.extra_members.end());
  model.messages[0] = MessageFrom(ForModels(nobody), everybody);
  model.growth = GrowthSpec{.new_links = P(0.1), .lost_links = {}, .joining = {}, .leaving = {}};
  ExpectShare(static_cast<double>(RunOf(nobody, model, 1).lanes[0].deliveries) / 2, kMany, 0.1, "new");
}

TEST(ModelNetworkTest, AsManyFollowAndUnfollowAsShould) {
  const TestGraph star = OutStar(kMany);
  ModelSpec model;
  model.messages.push_back(MessageFrom(ForModels(star), {star.start}));
  model.messages[0].reactions.unfollow = P(0.2);
  ExpectShare(static_cast<double>(RunOf(star, model, 2).lanes[0].unfollows), kMany, 0.2, "unfollows");
}

}  // namespace
}  // namespace lawine
