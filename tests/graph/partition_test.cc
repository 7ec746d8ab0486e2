#include "engine/graph/partition.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::uint64_t NoLinks(MemberId) { return 0; }

// Ranges follow each other from 0 to members_count, and OwnerOf finds every member's.
void ExpectCoversEveryMember(const PartitionMap& map) {
  std::uint32_t next = 0;
  for (std::uint32_t s = 0; s < map.shards_count(); ++s) {
    const MemberRange range = map.range(ShardIndex(s));
    ASSERT_EQ(range.first.value, next);
    next = range.end();
    for (const std::uint32_t member : {range.first.value, range.end() - 1}) {
      if (range.count == 0) continue;
      ASSERT_EQ(map.OwnerOf(MemberId(member)), ShardIndex(s)) << "member " << member;
    }
  }
  ASSERT_EQ(next, map.members_count());
}

std::vector<std::uint64_t> RandomWeights(TestRandom& random, std::uint32_t count) {
  std::vector<std::uint64_t> weights(count);
  for (std::uint64_t& weight : weights) weight = random.OneIn(50) ? random.AnySize(20) : random.Below(300);
  return weights;
}

TEST(PartitionMap, OfNothingHasNoShards) {
  EXPECT_EQ(PartitionMap().shards_count(), 0u);
  EXPECT_EQ(PartitionMap().members_count(), 0u);
}

TEST(PartitionMap, EvenRangesDifferByOneMemberAtMost) {
  EXPECT_THAT(PartitionMap::Even(10, 4).boundaries(), ElementsAre(0, 2, 5, 7, 10));
  for (const std::uint32_t members : {0u, 1u, 5u, 63u, 1'000'000u, 4'294'967'294u}) {
    for (const std::uint32_t shards : {1u, 2u, 3u, 64u, limits::kShardsMax}) {
      SCOPED_TRACE(absl::StrCat(members, " members, ", shards, " shards"));
      const PartitionMap map = PartitionMap::Even(members, shards);
      EXPECT_EQ(map.shards_count(), shards);
      EXPECT_EQ(map.members_count(), members);
      ExpectCoversEveryMember(map);
      for (std::uint32_t s = 0; s < shards; ++s) {
        const std::uint32_t count = map.range(ShardIndex(s)).count;
        ASSERT_TRUE(count == members / shards || count == members / shards + 1)
            << "shard " << s << ": " << count;
      }
    }
  }
}

TEST(PartitionMap, OwnerOfSkipsEmptyRanges) {
  const auto map = PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 0, 3, 3, 3, 5, 5}).value();
  std::vector<std::uint32_t> owners;
  for (std::uint32_t m = 0; m < 5; ++m) owners.push_back(map.OwnerOf(MemberId(m)).value);
  EXPECT_THAT(owners, ElementsAre(1, 1, 1, 4, 4));
}

TEST(PartitionMap, BalancedWithoutLinksIsEven) {
  for (const std::uint32_t shards : {1u, 2u, 5u, 8u}) {
    const PartitionMap map = PartitionMap::Balanced(1000, shards, NoLinks);
    ExpectCoversEveryMember(map);
    for (std::uint32_t s = 0; s < shards; ++s) EXPECT_EQ(map.range(ShardIndex(s)).count, 1000 / shards);
  }
}

// A boundary is moved by half a member at most, so a range is off by less than its heaviest members.
TEST(PartitionMap, BalancedRangesWeighAboutTheSame) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestRandom random(seed);
    const auto weights = RandomWeights(random, static_cast<std::uint32_t>(1 + random.Below(5000)));
    const auto members = static_cast<std::uint32_t>(weights.size());
    const auto weight_of = [&](MemberId m) { return weights[m.value]; };
    std::uint64_t total = members, heaviest = 0;
    for (const std::uint64_t weight : weights) {
      total += weight;
      heaviest = std::max(heaviest, weight + 1);
    }
    for (const std::uint32_t shards : {1u, 2u, 7u, 64u, 4096u}) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", ", members, " members, ", shards, " shards"));
      const PartitionMap map = PartitionMap::Balanced(members, shards, weight_of);
      ASSERT_EQ(map.shards_count(), shards);
      ASSERT_EQ(map.members_count(), members);
      ExpectCoversEveryMember(map);
      EXPECT_EQ(map, PartitionMap::Balanced(members, shards, weight_of));
      for (std::uint32_t s = 0; s < shards; ++s) {
        const MemberRange range = map.range(ShardIndex(s));
        std::uint64_t weight = range.count;
        for (std::uint32_t m = range.first.value; m < range.end(); ++m) weight += weights[m];
        ASSERT_LE(weight, total / shards + 1 + heaviest) << "shard " << s;
      }
    }
  }
}

TEST(PartitionMap, BalancedGivesAHubAShardOfItsOwn) {
  const PartitionMap map =
      PartitionMap::Balanced(100, 4, [](MemberId m) { return m.value == 50 ? 1'000'000u : 0u; });
  const MemberRange hub = map.range(map.OwnerOf(MemberId(50)));
  EXPECT_EQ(hub.count, 1u);
  ExpectCoversEveryMember(map);
}

TEST(PartitionMap, BalancedBearsTheLargestWeights) {
  const PartitionMap map =
      PartitionMap::Balanced(4, 4, [](MemberId) { return limits::kLinksPerShardMax * 1024; });
  EXPECT_THAT(map.boundaries(), ElementsAre(0, 1, 2, 3, 4));
}

TEST(PartitionMap, BoundariesRoundTrip) {
  const PartitionMap map = PartitionMap::Balanced(777, 13, [](MemberId m) { return m.value % 10; });
  const auto copy = PartitionMap::FromBoundaries(map.boundaries());
  ASSERT_TRUE(copy.ok()) << copy.status().ToString();
  EXPECT_EQ(*copy, map);
}

TEST(PartitionMap, RefusesBrokenBoundaries) {
  using Boundaries = std::vector<std::uint32_t>;
  for (const Boundaries& bad : {Boundaries{}, Boundaries{0}, Boundaries{1, 5}, Boundaries{0, 5, 4, 9}}) {
    const auto map = PartitionMap::FromBoundaries(bad);
    ASSERT_FALSE(map.ok());
    EXPECT_EQ(map.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(map.status().message()), HasSubstr("ascending shard boundaries"));
  }
  EXPECT_TRUE(PartitionMap::FromBoundaries(Boundaries{0, limits::kMembersMax}).ok());
  EXPECT_FALSE(PartitionMap::FromBoundaries(Boundaries{0, limits::kMembersMax + 1}).ok());
  EXPECT_TRUE(PartitionMap::FromBoundaries(Boundaries(limits::kShardsMax + 1)).ok());
  EXPECT_FALSE(PartitionMap::FromBoundaries(Boundaries(limits::kShardsMax + 2)).ok());
}

}  // namespace
}  // namespace lawine
