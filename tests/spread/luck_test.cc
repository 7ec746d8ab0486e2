// Who forwards is a matter of member keys and the run seed: not of the order of rows, of dense ids, or of
// who else is there.
#include <algorithm>
#include <map>

#include "engine/graph/edge_list.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

constexpr MemberKey kBystander = 1'000'003;  // an odd one among keys that random graphs here cannot have

// Receipt and forward step of every member that has one, by key.
using Fate = std::map<MemberKey, std::pair<std::uint32_t, std::uint32_t>>;

struct Told {
  Fate fate;
  Digest digest;
};

Told Tell(const LinkSource& source, std::uint32_t shards_count, std::uint64_t run_seed, MemberKey start) {
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
  RunSpec spec = shards.SpecFor(
      {.run_seed = run_seed, .forward = Threshold::FromFixed(Threshold::kOne / 2), .seed_members = {start}});
  spec.record_receipts = true;
  InlineExecutor executor;
  const auto outcome = LocalCluster(shards.images(), shards_count).Run(spec, executor);
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  Told told{.fate = {}, .digest = outcome->lanes[0].digest};
  for (std::uint32_t s = 0; s < shards_count; ++s) {
    const MemberRange range = shards.info().partition.range(ShardIndex(s));
    for (std::uint32_t i = 0; i < range.count; ++i) {
      if (outcome->receipts[s].receipt_steps[i] == kNoStep) continue;
      told.fate[shards.KeyOf(MemberId(range.first.value + i))] = {outcome->receipts[s].receipt_steps[i],
                                                                  outcome->receipts[s].forward_steps[i]};
    }
  }
  return told;
}

// Keys are even numbers up to 2 * `members`; 0 has friends enough for a message to get going.
TestGraph EvenKeys(std::uint64_t seed, std::uint32_t members) {
  TestRandom random(seed);
  TestGraph graph = ErdosRenyi(random, members, 6);
  for (auto& [from, to] : graph.links) from *= 2, to *= 2;
  for (MemberKey& key : graph.extra_members) key *= 2;
  for (MemberKey friend_key = 1'000; friend_key < 1'020; friend_key += 2) {
    if (std::ranges::count(graph.links, KeyPair{0, friend_key}) == 0) AddFriendship(graph, 0, friend_key);
  }
  return graph;
}

std::vector<KeyedLink> RowsOf(const TestGraph& graph) {
  std::vector<KeyedLink> rows;
  for (const auto& [from, to] : graph.links) rows.push_back({.from = from, .to = to});
  return rows;
}

TEST(LuckTest, ShuffledRowsChangeNothing) {
  const TestGraph graph = EvenKeys(1, 3'000);
  EdgeListCounts counts;
  const auto source =
      MakeEdgeListSource({.links = RowsOf(graph), .extra_members = graph.extra_members}, counts);
  ASSERT_TRUE(source.ok()) << source.status();
  TestRandom random(2);
  for (std::uint64_t run_seed = 1; run_seed <= 5; ++run_seed) {
    std::vector<KeyedLink> rows = RowsOf(graph);
    std::vector<MemberKey> extra_members = graph.extra_members;
    std::shuffle(rows.begin(), rows.end(), std::mt19937_64(random.Next()));
    std::shuffle(extra_members.begin(), extra_members.end(), std::mt19937_64(random.Next()));
    const auto other = MakeEdgeListSource({.links = rows, .extra_members = extra_members}, counts);
    ASSERT_TRUE(other.ok()) << other.status();
    const Told before = Tell(**source, 3, run_seed, graph.start),
               after = Tell(**other, 4, run_seed, graph.start);
    EXPECT_GT(before.fate.size(), 100u);
    EXPECT_EQ(before.fate, after.fate);
    EXPECT_EQ(before.digest, after.digest);
  }
}

TEST(LuckTest, AMemberThatComesBeforeAllOthersChangesNobodysLuck) {
  TestGraph graph = EvenKeys(3, 3'000);
  for (auto& [from, to] : graph.links) from += 2, to += 2;
  for (MemberKey& key : graph.extra_members) key += 2;
  graph.start = 2;
  TestGraph larger = graph;
  larger.extra_members.push_back(1);  // now every dense id is one more
  for (std::uint64_t run_seed = 1; run_seed <= 5; ++run_seed) {
    const Told before = Tell(VectorLinkSource(graph), 3, run_seed, graph.start);
    const Told after = Tell(VectorLinkSource(larger), 3, run_seed, graph.start);
    EXPECT_GT(before.fate.size(), 100u);
    EXPECT_EQ(before.fate, after.fate);
    EXPECT_EQ(before.digest, after.digest);
  }
}

TEST(LuckTest, ANewFollowerChangesOnlyItself) {
  const TestGraph graph = EvenKeys(4, 3'000);
  TestGraph larger = graph;
  larger.links.emplace_back(graph.start, kBystander);
  larger.links.emplace_back(kBystander, graph.start);
  for (std::uint64_t run_seed = 1; run_seed <= 5; ++run_seed) {
    const Told before = Tell(VectorLinkSource(graph), 3, run_seed, graph.start);
    Told after = Tell(VectorLinkSource(larger), 3, run_seed, graph.start);
    EXPECT_EQ(after.fate.erase(kBystander), 1u);
    EXPECT_EQ(before.fate, after.fate);
  }
}

TEST(LuckTest, AChangeInOneComponentIsNotFeltInTheOther) {
  TestGraph two = EvenKeys(5, 2'000);
  const std::size_t first_component = two.links.size();
  for (std::size_t i = 0; i < first_component; ++i) {
    two.links.emplace_back(two.links[i].first + 100'000, two.links[i].second + 100'000);
  }
  TestGraph other = two;
  other.links.resize(first_component + (other.links.size() - first_component) / 2);
  for (std::uint64_t run_seed = 1; run_seed <= 5; ++run_seed) {
    const Told before = Tell(VectorLinkSource(two), 5, run_seed, two.start);
    const Told after = Tell(VectorLinkSource(other), 2, run_seed, two.start);
    EXPECT_EQ(before.fate, after.fate);
    EXPECT_EQ(before.digest, after.digest);
  }
}

TEST(LuckTest, AnotherRunSeedIsOtherLuck) {
  const TestGraph graph = EvenKeys(6, 3'000);
  const VectorLinkSource source(graph);
  EXPECT_NE(Tell(source, 3, 1, graph.start).fate, Tell(source, 3, 2, graph.start).fate);
}

// Common random numbers: who forwards at a rate forwards at every higher one.
TEST(LuckTest, AHigherRateReachesAllThatALowerOneDoes) {
  TestRandom random(7);
  const TestGraph graph = ErdosRenyi(random, 2'000, 6);
  const JudgeGraph judged = ForJudge(graph);
  std::map<MemberKey, std::uint32_t> lower;
  for (const std::uint64_t percent : {5, 10, 20, 40, 80, 100}) {
    const Threshold forward = Threshold::FromFixed(Threshold::kOne / 100 * percent);
    const Verdict verdict = Judge(judged, {.run_seed = 9, .forward = forward, .seed_members = {graph.start}});
    for (const auto& [member, step] : lower) EXPECT_TRUE(verdict.receipt_steps.contains(member));
    lower = verdict.receipt_steps;
  }
}

}  // namespace
}  // namespace lawine
