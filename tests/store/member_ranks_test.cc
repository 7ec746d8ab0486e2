// Ranks of members against what their definitions say, worked out the slow way, for any shards.
#include "engine/store/member_ranks.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::ElementsAre;

// Over the shards of a graph, as a coordinator does over its workers'.
std::vector<std::uint64_t> PageRanks(const Shards& shards) {
  std::vector<std::uint32_t> followees;
  for (const ShardImage* image : shards.images()) {
    const auto own = image->members().followees();
    followees.insert(followees.end(), own.begin(), own.end());
  }
  ThreadPool pool(2);
  PageRank rank(followees);
  for (int round = 0; round < PageRank::kRounds; ++round) {
    const std::vector<std::uint64_t> passed_on = rank.PassedOn();
    std::vector<std::uint64_t> sums(passed_on.size());
    for (const ShardImage* image : shards.images()) {
      const auto own = std::span(passed_on).subspan(image->range().first.value, image->range().count);
      EXPECT_TRUE(AddPassedOn(*image, own, sums, pool).ok());
    }
    rank.Take(std::move(sums));
  }
  return rank.ranks();
}

std::vector<std::uint32_t> Cores(const Shards& shards) {
  std::vector<std::uint32_t> audiences;
  for (const ShardImage* image : shards.images()) {
    const auto own = image->members().audience();
    audiences.insert(audiences.end(), own.begin(), own.end());
  }
  CorePeeling peeling(audiences);
  for (auto leaving = peeling.Leave(); !leaving.empty(); leaving = peeling.Leave()) {
    for (const ShardImage* image : shards.images()) {
      std::vector<std::uint32_t> followees;
      EXPECT_TRUE(VisitFollowees(*image, leaving, [&](std::uint32_t id) { followees.push_back(id); }).ok());
      peeling.LoseFollowers(followees);
    }
  }
  return peeling.cores();
}

// As "Ranks" in engine/README.md says, with maps.
std::vector<std::uint64_t> PageRanksByTheWords(const JudgeGraph& graph) {
  std::map<MemberKey, std::uint64_t> rank, followees;
  for (const auto& [member, followers] : graph) {
    rank[member] = 1ull << 32;
    for (const MemberKey follower : followers) ++followees[follower];
  }
  for (int round = 0; round < 20; ++round) {
    std::map<MemberKey, std::uint64_t> next;
    for (const auto& [member, followers] : graph) {
      next[member] = 9830ull << 16;
      for (const MemberKey follower : followers) {
        next[member] +=
            ((static_cast<unsigned __int128>(rank[follower]) * 55'706) >> 16) / followees[follower];
      }
    }
    rank = std::move(next);
  }
  std::vector<std::uint64_t> ranks;
  for (const auto& [member, r] : rank) ranks.push_back(r);
  return ranks;
}

// For every k: leave out members with fewer than k followers until none has; who is left is in the k-core.
std::vector<std::uint32_t> CoresByTheWords(const JudgeGraph& graph) {
  std::map<MemberKey, std::uint32_t> cores;
  for (const auto& [member, followers] : graph) cores[member] = 0;
  std::set<MemberKey> core;
  for (const auto& [member, followers] : graph) core.insert(member);
  for (std::uint32_t k = 1; !core.empty(); ++k) {
    for (bool left = true; left;) {
      left = false;
      for (auto it = core.begin(); it != core.end();) {
        const auto& followers = graph.at(*it);
        const auto count = std::ranges::count_if(followers, [&](MemberKey f) { return core.contains(f); });
        const bool stays = static_cast<std::uint32_t>(count) >= k;
        left = left || !stays;
        it = stays ? std::next(it) : core.erase(it);
      }
    }
    for (const MemberKey member : core) cores[member] = k;
  }
  std::vector<std::uint32_t> all;
  for (const auto& [member, c] : cores) all.push_back(c);
  return all;
}

TEST(MemberRanksTest, AreWhatTheyAreDefinedAsForAnyShards) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    TestRandom random(seed);
    const TestGraph graph =
        RandomGraph(random, 20 + static_cast<std::uint32_t>(random.Below(120)), 1 + random.Below(9), 60);
    SCOPED_TRACE(absl::StrCat("seed ", seed, ": ", graph.name));
    const VectorLinkSource source(graph);
    const JudgeGraph judged = ForJudge(graph);
    for (const std::uint32_t shards_count : {1u, 3u, 8u}) {
      const Shards shards =
          Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count));
      EXPECT_EQ(PageRanks(shards), PageRanksByTheWords(judged));
      EXPECT_EQ(Cores(shards), CoresByTheWords(judged));
    }
  }
}

TEST(MemberRanksTest, NamedGraphs) {
  const auto cores = [](const TestGraph& graph) {
    const VectorLinkSource source(graph);
    return Cores(Shards::InMemory(source, BalancedPartition(source, 2)));
  };
  EXPECT_THAT(cores(Complete(4)), ElementsAre(3, 3, 3, 3));
  EXPECT_THAT(cores(Cycle(4)), ElementsAre(2, 2, 2, 2));
  EXPECT_THAT(cores(FriendlyStar(3)), ElementsAre(1, 1, 1, 1));
  EXPECT_THAT(cores(Path(3)), ElementsAre(0, 0, 0)) << "nobody follows the followers";
  // Everybody follows the hub, who keeps what all pass on; they keep what nobody passes on.
  const VectorLinkSource source(OutStar(4));
  const std::vector<std::uint64_t> ranks = PageRanks(Shards::InMemory(source, BalancedPartition(source, 3)));
  const std::uint64_t base = 9830ull << 16;
  EXPECT_THAT(ranks, ElementsAre(base + 4 * ((base * 55'706) >> 16), base, base, base, base));
}

TEST(MemberRanksTest, CoresNeedWhoFollowsWhomInMemory) {
  const VectorLinkSource source(Complete(5));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 1), {.followees_percent = 0});
  const std::vector<std::uint32_t> members = {0};
  const absl::Status status = VisitFollowees(*shards.images()[0], members, [](std::uint32_t) {});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace lawine
