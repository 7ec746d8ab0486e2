// Known answers of the `forward` model: exact ones by going through every combination of coins, means over
// replicas of the engine within four standard errors, and the theory of random graphs.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/mean.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

Threshold Percent(std::uint64_t percent) {
  return Threshold::FromProbability(static_cast<double>(percent) / 100).value();
}

struct Spread {
  Mean received;
  Mean forwarders;
};

// Replicas of the engine, seed members = the graph's start.
Spread Sample(const TestGraph& graph, Threshold forward, std::uint32_t replicas, std::uint64_t run_seed) {
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 2));
  RunSpec spec = shards.SpecFor({.run_seed = run_seed, .forward = forward, .seed_members = {graph.start}});
  spec.replicas = replicas;
  ThreadPool pool(2);
  const auto outcome = LocalCluster(shards.images(), 1).Run(spec, pool);
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  Spread spread;
  for (const LaneOutcome& lane : outcome->lanes) {
    spread.received.Add(static_cast<double>(lane.reach));
    spread.forwarders.Add(static_cast<double>(lane.forwards));
  }
  return spread;
}

// Sums over all worlds of fair coins: every subset of the members that could be asked.
struct WorldSums {
  std::uint64_t worlds = 0, received = 0, forwarders = 0;
};
WorldSums AllWorlds(const TestGraph& graph) {
  const JudgeGraph judged = ForJudge(graph);
  std::map<MemberKey, std::uint32_t> bits;
  for (const auto& [member, followers] : judged) {
    if (member != graph.start) bits.emplace(member, static_cast<std::uint32_t>(bits.size()));
  }
  WorldSums sums{.worlds = 1ull << bits.size()};
  for (std::uint64_t world = 0; world < sums.worlds; ++world) {
    const Verdict verdict = JudgeDecisions(judged, {.seed_members = {graph.start}}, [&](MemberKey member) {
      return (world >> bits.at(member) & 1) != 0;
    });
    sums.received += verdict.receipt_steps.size();
    sums.forwarders += verdict.forward_steps.size();
  }
  return sums;
}

struct Fraction {
  std::uint64_t over, under;
  double value() const { return static_cast<double>(over) / static_cast<double>(under); }
};
struct ExactCase {
  TestGraph graph;
  Fraction received, forwarders;  // at a fair coin
};

std::vector<ExactCase> ExactCases() {
  return {{Path(5), {23, 8}, {31, 16}},
          {Cycle(5), {17, 4}, {21, 8}},
          {Complete(4), {4, 1}, {5, 2}},
          {Tree(2, 3), {7, 1}, {4, 1}}};
}

TEST(ClosedFormsTest, AllWorldsGiveTheExactMeans) {
  for (const ExactCase& c : ExactCases()) {
    const WorldSums sums = AllWorlds(c.graph);
    EXPECT_EQ(sums.received * c.received.under, sums.worlds * c.received.over) << c.graph.name;
    EXPECT_EQ(sums.forwarders * c.forwarders.under, sums.worlds * c.forwarders.over) << c.graph.name;
  }
}

TEST(ClosedFormsTest, ReplicasGiveTheExactMeansWithinFourStandardErrors) {
  for (const ExactCase& c : ExactCases()) {
    SCOPED_TRACE(c.graph.name);
    const Spread spread = Sample(c.graph, Percent(50), 10'000, 1);
    ExpectNear(spread.received, c.received.value(), "received");
    ExpectNear(spread.forwarders, c.forwarders.value(), "forwarders");
  }
}

// Received 1 + d * sum of (dp)^i for i < depth; a member forwards as often as an independent-cascade one is
// activated: sum of (dp)^i for i <= depth.
TEST(ClosedFormsTest, TreesHaveTheirMeans) {
  struct Case {
    std::uint32_t children, depth;
    std::uint64_t percent;
    std::uint32_t replicas;
    double forwarders, received;
  };
  for (const Case& c : {Case{2, 10, 50, 10'000, 11, 21}, Case{3, 8, 30, 10'000, 6.12579511, 18.0859837},
                        Case{5, 7, 30, 4'000, 49.2578125, 161.859375}, Case{10, 6, 10, 2'000, 7, 61}}) {
    SCOPED_TRACE(absl::StrCat(c.children, "-ary of depth ", c.depth));
    const Spread spread = Sample(Tree(c.children, c.depth), Percent(c.percent), c.replicas, 5);
    ExpectNear(spread.forwarders, c.forwarders, "forwarders");
    ExpectNear(spread.received, c.received, "received");
  }
}

// The hub always forwards. From a leaf: itself, the hub, and at p = 1/10 everyone else.
TEST(ClosedFormsTest, AStarIsReachedThroughItsHub) {
  TestGraph star = FriendlyStar(1'000);
  const Spread from_hub = Sample(star, Percent(10), 10'000, 2);
  EXPECT_EQ(from_hub.received.mean(), 1'001);
  ExpectNear(from_hub.forwarders, 101, "forwarders from the hub");
  star.start = 20;
  const Spread from_leaf = Sample(star, Percent(10), 10'000, 3);
  ExpectNear(from_leaf.received, 2 + .1 * 999, "received from a leaf");
  ExpectNear(from_leaf.forwarders, 1 + .1 + .1 * .1 * 999, "forwarders from a leaf");
}

// On trees away from the root, (received - 1) = (forwarders - 1) / p.
TEST(ClosedFormsTest, ForwardersAreTheirShareOfReceivers) {
  const Spread spread = Sample(Tree(3, 6), Percent(40), 10'000, 8);
  const double expected = 1 + .4 * (spread.received.mean() - 1);
  EXPECT_NEAR(spread.forwarders.mean(), expected, 4 * std::sqrt(.4 * .6 * spread.received.mean() / 10'000));
}

// Reached fraction S = 1 - exp(-c p S). Few seed members in a large graph: what the graph itself strays by
// is about half the tolerance.
TEST(ClosedFormsTest, ErdosRenyiGraphsAreReachedAsTheorySays) {
  struct Case {
    std::uint32_t mean;
    std::uint64_t percent;
    double reached;
  };
  constexpr std::uint32_t kMembers = 50'000;
  for (const Case& c :
       {Case{5, 30, .58281164}, Case{5, 40, .79681213}, Case{5, 50, .89264475}, Case{4, 40, .64198132}}) {
    SCOPED_TRACE(absl::StrCat("mean ", c.mean, ", ", c.percent, "%"));
    TestRandom random(c.mean * 100 + c.percent);
    const TestGraph graph = ErdosRenyi(random, kMembers, c.mean);
    const VectorLinkSource source(graph, {.blocks_per_chunk = 64});
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, 4));
    RunSpec spec = shards.SpecFor({.run_seed = 4, .forward = Percent(c.percent)});
    for (std::uint32_t i = 0; i < 10; ++i) spec.seed_members.push_back(MemberId(i * (kMembers / 10)));
    spec.replicas = 20;
    ThreadPool pool(2);
    const auto outcome = LocalCluster(shards.images(), 2).Run(spec, pool);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    Mean reached, forwarders;
    for (const LaneOutcome& lane : outcome->lanes) {
      const auto received = static_cast<double>(lane.reach);
      reached.Add(received / kMembers);
      forwarders.Add(static_cast<double>(lane.forwards) / received * 100);
    }
    EXPECT_NEAR(reached.mean(), c.reached, .01);
    EXPECT_NEAR(forwarders.mean(), static_cast<double>(c.percent), .5);
  }
}

}  // namespace
}  // namespace lawine
