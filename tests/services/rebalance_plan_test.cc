// Plans: even, no larger than they have to be, and nothing stays on a worker that is drained.
#include "services/coordinator/placement/rebalance_plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PlannedWorker Worker(const std::string& node_id, const std::vector<std::uint32_t>& shards,
                     bool drained = false) {
  PlannedWorker worker{.node_id = node_id, .drained = drained, .shards = {}};
  for (const std::uint32_t shard : shards)
    worker.shards.push_back({.graph = "g", .shard = shard, .bytes = 10});
  return worker;
}

std::vector<std::string> Text(const std::vector<PlannedMove>& moves,
                              const std::vector<PlannedWorker>& workers) {
  std::vector<std::string> text;
  for (const PlannedMove& move : moves) {
    text.push_back(
        absl::StrCat(move.shard.shard, " ", workers[move.from].node_id, ">", workers[move.to].node_id));
  }
  return text;
}

TEST(RebalancePlanTest, EmptyWorkersGetTheirShare) {
  std::vector<PlannedWorker> workers = {Worker("a", {0, 1, 2}), Worker("b", {3, 4, 5}), Worker("c", {})};
  const auto moves = PlanMoves("g", workers);
  EXPECT_THAT(Text(moves, workers), ElementsAre("2 a>c", "5 b>c"));
  EXPECT_EQ(moves[0].reason, "a holds 3 shards of it, 2 when they are spread evenly");
  EXPECT_THAT(PlanMoves("g", workers), IsEmpty()) << "once is enough";
}

TEST(RebalancePlanTest, WhatIsEvenStays) {
  std::vector<PlannedWorker> workers = {Worker("a", {0, 1}), Worker("b", {2}), Worker("c", {3})};
  EXPECT_THAT(PlanMoves("g", workers), IsEmpty()) << "one more or less is even";
  std::vector<PlannedWorker> few = {Worker("a", {0}), Worker("b", {}), Worker("c", {})};
  EXPECT_THAT(PlanMoves("g", few), IsEmpty()) << "fewer shards than workers";
}

TEST(RebalancePlanTest, DrainedWorkersKeepNothing) {
  std::vector<PlannedWorker> workers = {Worker("a", {0, 1}), Worker("b", {2, 3}, true), Worker("c", {4, 5})};
  const auto moves = PlanMoves("g", workers);
  EXPECT_THAT(Text(moves, workers), ElementsAre("2 b>c", "3 b>a"));
  EXPECT_EQ(moves[0].reason, "b is to hold nothing");
  EXPECT_THAT(workers[1].shards, IsEmpty());
}

TEST(RebalancePlanTest, OtherGraphsWeighInAndStay) {
  std::vector<PlannedWorker> workers = {Worker("a", {0, 1, 2}), Worker("b", {}), Worker("c", {})};
  workers[1].shards.push_back({.graph = "other", .shard = 0, .bytes = 1'000});
  workers[2].shards.push_back({.graph = "", .shard = 7, .bytes = 1});
  EXPECT_THAT(Text(PlanMoves("g", workers), workers), ElementsAre("1 a>b", "2 a>c"));
  std::vector<PlannedWorker> two = {Worker("a", {0, 1}), Worker("b", {}), Worker("c", {})};
  two[1].shards.push_back({.graph = "other", .shard = 0, .bytes = 1'000});
  EXPECT_THAT(Text(PlanMoves("g", two), two), ElementsAre("1 a>c")) << "who holds less of all";
}

// Any holding becomes even, every shard is still there once, and no move can be left out.
TEST(RebalancePlanTest, AnyHoldingBecomesEven) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    TestRandom random(seed);
    std::vector<PlannedWorker> workers;
    for (std::uint64_t w = 0; w < 1 + random.Below(6); ++w) {
      workers.push_back(Worker(absl::StrCat("w", w), {}, w > 0 && random.OneIn(4)));
    }
    const auto shards = static_cast<std::uint32_t>(random.Below(20));
    for (std::uint32_t s = 0; s < shards; ++s) {
      workers[random.Below(workers.size())].shards.push_back(
          {.graph = "g", .shard = s, .bytes = random.Below(100)});
    }
    const std::vector<PlannedWorker> before = workers;
    const auto moves = PlanMoves("g", workers);
    std::size_t held = 0, least = ~std::size_t{0}, most = 0, must = 0;
    for (std::size_t w = 0; w < workers.size(); ++w) {
      held += workers[w].shards.size();
      if (workers[w].drained) {
        EXPECT_THAT(workers[w].shards, IsEmpty()) << seed;
        must += before[w].shards.size();
        continue;
      }
      least = std::min(least, workers[w].shards.size());
      most = std::max(most, workers[w].shards.size());
      must += before[w].shards.size() - std::min(before[w].shards.size(), workers[w].shards.size());
    }
    EXPECT_EQ(held, shards) << seed;
    EXPECT_LE(most - least, 1u) << seed;
    EXPECT_EQ(moves.size(), must) << seed << ": nobody gives and takes";
  }
}

}  // namespace
}  // namespace lawine
