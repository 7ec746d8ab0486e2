#include "engine/spread/seed_choice.h"

#include <algorithm>
#include <tuple>

#include "engine/base/coin.h"
#include "engine/graph/profile.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Kind = SeedRule::Kind;

std::vector<SeedCandidate> Choose(const Shards& shards, const SeedRule& rule) {
  std::vector<SeedCandidate> best;
  for (const ShardImage* image : shards.images())
    MergeSeeds(ProposeSeeds(image->members(), rule), rule.count, best);
  return best;
}

std::vector<MemberKey> Keys(const std::vector<SeedCandidate>& candidates) {
  std::vector<MemberKey> keys;
  for (const SeedCandidate& candidate : candidates) keys.push_back(candidate.key);
  return keys;
}

// All members sorted by the rule, and the first of them: what the words of the rule say.
std::vector<MemberKey> ByTheWords(const JudgeGraph& graph, const SeedRule& rule) {
  const CoinLane coins({.run_seed = rule.run_seed}, CoinPurpose::kSeedChoice);
  std::vector<std::tuple<std::int64_t, std::uint64_t, MemberKey>> order;
  for (const auto& [member, followers] : graph) {
    const auto audience = static_cast<std::int64_t>(followers.size());
    const std::int64_t rank = rule.kind == Kind::kRandom ? 0
                              : rule.kind == Kind::kHighestAudience
                                  ? -audience
                                  : std::abs(audience - std::int64_t{rule.audience});
    order.emplace_back(rank, coins.Coin(member), member);
  }
  std::sort(order.begin(), order.end());
  std::vector<MemberKey> keys;
  for (std::size_t i = 0; i < order.size() && i < rule.count; ++i) keys.push_back(std::get<2>(order[i]));
  return keys;
}

TEST(SeedChoiceTest, TheChoiceIsTheRuleWhateverTheShards) {
  TestRandom random(1);
  const TestGraph graph = RandomGraph(random, 400, 8, 400);
  const VectorLinkSource source(graph);
  const JudgeGraph judged = ForJudge(graph);
  for (const std::uint32_t shards_count : {1u, 2u, 7u, 64u}) {
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
    for (const Kind kind : {Kind::kRandom, Kind::kAudience, Kind::kHighestAudience}) {
      for (const std::uint32_t count : {1u, 5u, 400u, 1000u}) {
        for (const std::uint32_t audience : {0u, 8u, 300u}) {
          const SeedRule rule{.kind = kind, .audience = audience, .count = count, .run_seed = 5};
          EXPECT_EQ(Keys(Choose(shards, rule)), ByTheWords(judged, rule));
        }
      }
    }
  }
}

TEST(SeedChoiceTest, AnExactAudienceIsFoundAndOtherwiseTheNearest) {
  TestGraph graph = OutStar(7);
  graph.links.insert(graph.links.end(), {{20, 30}, {20, 40}, {30, 20}});
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 3));
  const auto choose = [&](std::uint32_t audience) {
    return Choose(shards, {.kind = Kind::kAudience, .audience = audience})[0];
  };
  EXPECT_EQ(choose(7).key, 10u);
  EXPECT_EQ(choose(7).rank, 0u);
  EXPECT_EQ(choose(300).key, 10u);
  EXPECT_EQ(choose(300).rank, 293u);
  EXPECT_EQ(choose(300).audience, 7u);
  EXPECT_EQ(choose(2).key, 20u);
  EXPECT_EQ(choose(3).key, 20u);
  EXPECT_EQ(choose(1).key, 30u);
  EXPECT_EQ(choose(1).member, source.IdOf(30));
}

TEST(SeedChoiceTest, TheHighestAudiencesComeInOrder) {
  TestGraph graph = OutStar(7);
  graph.links.insert(graph.links.end(), {{20, 30}, {20, 40}, {30, 20}});
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 4));
  EXPECT_THAT(Keys(Choose(shards, {.kind = Kind::kHighestAudience, .count = 3})), ElementsAre(10, 20, 30));
}

TEST(SeedChoiceTest, OfANetworkAreThoseInItAndOfOneThatIsNotThereNobody) {
  const VectorLinkSource source(Path(5));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 1));
  const std::uint8_t network = VectorLinkSource::NetworkOf(20);
  EXPECT_THAT(Keys(Choose(shards, {.count = 9, .network = network})), UnorderedElementsAre(20, 40));
  EXPECT_THAT(Choose(shards, {.count = 9, .network = kNetworkUnknown}), IsEmpty());
}

TEST(SeedChoiceTest, NobodyIsProposedWhereNobodyIsAskedFor) {
  const VectorLinkSource source(Path(5));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 1));
  for (const Kind kind : {Kind::kRandom, Kind::kAudience, Kind::kHighestAudience}) {
    EXPECT_THAT(Choose(shards, {.kind = kind, .count = 0}), IsEmpty());
  }
}

TEST(SeedChoiceTest, AnEmptyShardProposesNobody) {
  const VectorLinkSource source(Path(2));
  const Shards shards =
      Shards::InMemory(source, PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 0, 2}).value());
  EXPECT_THAT(ProposeSeeds(shards.images()[0]->members(), {}), IsEmpty());
  EXPECT_EQ(ProposeSeeds(shards.images()[1]->members(), {}).size(), 1u);
}

// Pearson's chi-square over 100 members and 20,000 run seeds: 99 degrees of freedom, standard deviation 14.
TEST(SeedChoiceTest, RandomSeedMembersAreUniform) {
  const VectorLinkSource source(Path(100));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 2));
  constexpr std::uint32_t kRuns = 20'000;
  for (const std::uint32_t count : {1u, 3u}) {
    std::vector<double> chosen(100);
    for (std::uint64_t run_seed = 0; run_seed < kRuns; ++run_seed) {
      for (const SeedCandidate& c : Choose(shards, {.count = count, .run_seed = run_seed}))
        ++chosen[c.member.value];
    }
    const double expected = kRuns * count / 100.0;
    double chi_square = 0;
    for (const double n : chosen) chi_square += (n - expected) * (n - expected) / expected;
    EXPECT_NEAR(chi_square, 99, 4 * 14.1) << count;
  }
}

}  // namespace
}  // namespace lawine
