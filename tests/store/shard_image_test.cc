// Images hold exactly what their source says, whatever the shards; shards that contradict their manifest
// are refused.
#include "engine/store/shard_image.h"

#include <algorithm>

#include "engine/base/thread_pool.h"
#include "engine/graph/member_block.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::HasSubstr;

void ExpectListsOf(const VectorLinkSource& source, const ShardImage& image) {
  const MemberRange range = image.range();
  for (std::uint32_t m = 0; m < source.members_count(); ++m) {
    std::vector<std::uint32_t> followers, weights;
    for (const MemberId to : source.FollowersOf(MemberId(m))) {
      if (!range.Contains(to)) continue;
      followers.push_back(to.value - range.first.value);
      weights.push_back(VectorLinkSource::WeightOf(source.KeyOf(MemberId(m)), source.KeyOf(to)));
    }
    if (!source.columns().weights) weights.clear();
    const FollowerLists found = image.ReadFollowers(MemberId(m));
    ASSERT_EQ(found.followers, followers) << m;
    ASSERT_EQ(found.weights, weights) << m;
    ASSERT_EQ(image.LinksOf(MemberId(m)), followers.size()) << m;
    std::vector<std::uint32_t> ids(image.GapsOf(MemberId(m)).size());
    std::uint32_t place = 0;
    ids.resize(IdsOfGaps(image.GapsOf(MemberId(m)), place, ids.data()));
    ASSERT_EQ(ids, followers) << m;
  }
}

// Followees are the same links, from the other end, each as often as it is there.
void ExpectFolloweesOf(const VectorLinkSource& source, const ShardImage& image) {
  const MemberRange range = image.range();
  std::vector<std::vector<std::uint32_t>> followees(range.count);
  for (std::uint32_t m = 0; m < source.members_count(); ++m) {
    for (const MemberId to : source.FollowersOf(MemberId(m))) {
      if (range.Contains(to)) followees[to.value - range.first.value].push_back(m);
    }
  }
  const auto find = [&image](std::uint32_t i, bool& stopped, const auto& visit) {
    return image.WithFollowees([&](const auto& links) { return links.Find(LocalId(i), stopped, visit); });
  };
  for (std::uint32_t i = 0; i < range.count; ++i) {
    std::vector<std::uint32_t> found;
    bool stopped = false;
    const auto visit = [&found](std::uint32_t id) {
      found.push_back(id);
      return false;
    };
    ASSERT_EQ(find(i, stopped, visit), followees[i].size());
    ASSERT_EQ(found, followees[i]) << i;
    ASSERT_FALSE(stopped);
    if (found.size() < 2) continue;
    const auto second = [&found](std::uint32_t id) { return id == found[1]; };
    ASSERT_EQ(find(i, stopped, second), found[0] == found[1] ? 1u : 2u);
    ASSERT_TRUE(stopped);
  }
}

void ExpectMembersOf(const VectorLinkSource& source, const ShardImage& image) {
  const MemberRange range = image.range();
  ASSERT_EQ(image.members().audience().size(), range.count);
  std::uint32_t unreachable = 0;
  for (std::uint32_t i = 0; i < range.count; ++i) {
    const MemberId member(range.first.value + i);
    const MemberKey key = source.KeyOf(member);
    EXPECT_EQ(image.KeyOf(LocalId(i)), key);
    EXPECT_EQ(image.KeyOfSource(member), key);
    EXPECT_EQ(image.members().Find(key), LocalId(i));
    EXPECT_EQ(image.members().audience()[i], source.FollowersOf(member).size());
    EXPECT_EQ(image.members().reachable().Contains(LocalId(i)), source.InLinksOf(member) > 0);
    unreachable += source.InLinksOf(member) == 0;
  }
  EXPECT_EQ(image.manifest().without_followees, unreachable);
}

TEST(ShardImageTest, EveryShardHoldsItsPartOfTheSource) {
  ThreadPool pool(3);
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(1 + random.AnySize(11));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(30), members + 30);
    const LinkColumns columns{.kinds = random.OneIn(2), .weights = random.OneIn(2)};
    const VectorLinkSource source(
        graph, {.columns = columns, .blocks_per_chunk = static_cast<std::uint32_t>(1 + random.Below(4))});
    MemoryShardStorage storage;
    const auto shards = Shards::Build(
        source, RandomPartition(random, members, static_cast<std::uint32_t>(1 + random.Below(6))), storage,
        pool);
    ASSERT_TRUE(shards.ok()) << shards.status();
    std::uint64_t links = 0;
    Digest digest;
    for (const ShardImage* image : shards->images()) {
      ExpectListsOf(source, *image);
      ExpectFolloweesOf(source, *image);
      ExpectMembersOf(source, *image);
      links += image->manifest().links;
      digest += image->manifest().digest;
    }
    EXPECT_EQ(links, graph.links.size());
    EXPECT_EQ(shards->info().links, links);
    EXPECT_EQ(shards->info().digest, digest);
  }
}

// Sources beyond one stride of blocks, and receivers beyond one member block.
TEST(ShardImageTest, LargeRangesAreReadStrideByStride) {
  TestRandom random(5);
  TestGraph graph = ErdosRenyi(random, 40'000, 2);
  const VectorLinkSource source(graph, {.blocks_per_chunk = 16});
  ASSERT_GT(source.members_count(), 2 * ShardManifest::kBlocksPerStride * limits::kSourcesPerBlock);
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(40'000, 3));
  for (const ShardImage* image : shards.images()) {
    ExpectListsOf(source, *image);
    ExpectFolloweesOf(source, *image);
    ExpectMembersOf(source, *image);
  }
}

// Followers further apart than one entry can say.
TEST(ShardImageTest, FarFollowersAreReachedBySkips) {
  TestGraph graph = {.name = "far", .links = {}, .extra_members = {}};
  for (MemberKey key = 0; key < 300'000; ++key) graph.extra_members.push_back(key);
  for (const MemberKey to : {0u, 1u, 65'535u, 65'536u, 131'071u, 196'605u, 262'141u, 299'999u}) {
    for (const MemberKey from : {7u, 65'534u, 150'000u}) graph.links.push_back({from, to});
  }
  graph.links.push_back({3, 262'140});
  graph.links.push_back({4, 65'534});
  const VectorLinkSource source(graph);
  for (const std::uint32_t shards_count : {1u, 2u}) {
    const Shards shards = Shards::InMemory(source, PartitionMap::Even(source.members_count(), shards_count));
    for (const ShardImage* image : shards.images()) ExpectListsOf(source, *image);
  }
}

// Keys that start and end like dense ids are not dense ids for that.
TEST(ShardImageTest, OnlyKeysThatCountUpAreLeftOut) {
  TestGraph graph = {.name = "keys", .links = {{0, 1}, {1, 2}}, .extra_members = {0, 1, 2, 3, 5, 6}};
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(6, 2));
  EXPECT_EQ(shards.KeyOf(MemberId(3)), 3u);
  EXPECT_EQ(shards.KeyOf(MemberId(4)), 5u);
  EXPECT_EQ(shards.KeyOf(MemberId(5)), 6u);
  EXPECT_FALSE(shards.images()[1]->members().Find(4).has_value());
  EXPECT_FALSE(shards.images()[0]->members().Find(3).has_value());
}

TEST(ShardImageTest, UnknownKeysAreNotFound) {
  const VectorLinkSource source(Path(5));
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(5, 1));
  for (const MemberKey key : {MemberKey{0}, MemberKey{15}, MemberKey{60}, ~MemberKey{0}}) {
    EXPECT_FALSE(shards.images()[0]->members().Find(key).has_value());
  }
}

TEST(ShardImageTest, TheGraphsDigestDoesNotDependOnShards) {
  TestRandom random(6);
  const TestGraph graph = RandomGraph(random, 300, 3, 100);
  for (const LinkColumns columns : {LinkColumns{}, LinkColumns{.kinds = true, .weights = true}}) {
    const VectorLinkSource source(graph, {.columns = columns});
    const Digest digest = Shards::InMemory(source, PartitionMap::Even(300, 1)).info().digest;
    EXPECT_EQ(Shards::InMemory(source, PartitionMap::Even(300, 7)).info().digest, digest);
    EXPECT_EQ(Shards::InMemory(source, RandomPartition(random, 300, 20)).info().digest, digest);
  }
}

class ContradictionTest : public testing::Test {
 protected:
  using Shard = MemoryShardStorage::Shard;

  ContradictionTest() {
    TestRandom random(7);
    source_ = std::make_unique<VectorLinkSource>(RandomGraph(random, 2'500, 8, 2'500));
    InlineExecutor executor;
    BuildProgress progress;
    MemoryShardStorage storage;
    EXPECT_TRUE(
        BuildGraph(*source_, InfoFor(*source_, PartitionMap::Even(2'500, 1)), storage, executor, progress)
            .ok());
    const auto reader = storage.Open(kName);
    shard_.manifest = (*reader)->manifest();
    const auto copy = [](MemoryShardStorage::Blocks& blocks) {
      return [&blocks](std::uint32_t block, std::string_view bytes) {
        blocks.emplace(block, bytes);
        return absl::OkStatus();
      };
    };
    EXPECT_TRUE((*reader)->ScanFollowers(0, 0xFFFFFFFF, copy(shard_.followers)).ok());
    EXPECT_TRUE((*reader)->ScanMembers(0, 0xFFFFFFFF, copy(shard_.members)).ok());
    EXPECT_TRUE((*reader)->ScanKeys(0, 0xFFFFFFFF, copy(shard_.keys)).ok());
  }

  absl::Status Hydrate(const Shard& shard) {
    MemoryShardStorage storage;
    storage.Put(kName, std::make_shared<const Shard>(shard));
    InlineExecutor executor;
    return ShardImage::Hydrate(**storage.Open(kName), executor).status();
  }
  void ExpectRefused(const Shard& shard) {
    const absl::Status status = Hydrate(shard);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  }

  const ShardName kName{"test", ShardIndex(0)};
  std::unique_ptr<VectorLinkSource> source_;
  Shard shard_;
};

TEST_F(ContradictionTest, TheShardItselfIsFine) { EXPECT_TRUE(Hydrate(shard_).ok()); }

TEST_F(ContradictionTest, MissingBlocksAreNoticed) {
  for (const std::uint32_t block : {0u, 20u, 39u}) {
    Shard shard = shard_;
    ASSERT_EQ(shard.followers.erase(block), 1u);
    ExpectRefused(shard);
  }
  for (const std::uint32_t block : {0u, 1u, 2u}) {
    Shard shard = shard_;
    ASSERT_EQ(shard.members.erase(block), 1u);
    ExpectRefused(shard);
  }
}

TEST_F(ContradictionTest, MissingKeysAreNoticed) {
  for (const std::uint32_t block : {0u, 1u, 2u}) {
    Shard shard = shard_;
    ASSERT_EQ(shard.keys.erase(block), 1u);
    ExpectRefused(shard);
  }
  Shard shard = shard_;
  std::swap(shard.keys[0], shard.keys[1]);
  ExpectRefused(shard);
}

TEST_F(ContradictionTest, BlocksOfOtherPlacesAreNoticed) {
  Shard shard = shard_;
  std::swap(shard.members[0], shard.members[1]);
  ExpectRefused(shard);
  shard = shard_;
  shard.followers[40] = shard.followers[0];
  ExpectRefused(shard);
}

TEST_F(ContradictionTest, DamagedBlocksAreNoticed) {
  Shard shard = shard_;
  shard.followers[7][20] ^= 1;
  ExpectRefused(shard);
  shard = shard_;
  shard.members[1].pop_back();
  ExpectRefused(shard);
}

TEST_F(ContradictionTest, OtherCountsAreNoticed) {
  Shard shard = shard_;
  ++shard.manifest.links;
  ++shard.manifest.links_before.back();
  ExpectRefused(shard);
  shard = shard_;
  --shard.manifest.links;
  --shard.manifest.links_before.back();
  ExpectRefused(shard);
  shard = shard_;
  ++shard.manifest.without_followees;
  ExpectRefused(shard);
}

// Their sum is right, modulo 2^32 at least: an index of followees would be written beyond its end.
TEST_F(ContradictionTest, OtherFolloweesOfMembersAreNoticed) {
  for (const auto& [first, second] : {std::pair(1u, 0u), std::pair(1u, ~0u), std::pair(1u << 31, 1u << 31)}) {
    Shard shard = shard_;
    MemberColumns members;
    ASSERT_TRUE(DecodeMemberBlock(shard.members[0], members).ok());
    members.followees[10] += first;
    members.followees[20] += second;
    shard.members[0] = EncodeMemberBlock(members, 0, members.size());
    ExpectRefused(shard);
  }
}

TEST_F(ContradictionTest, OtherColumnsAreNoticed) {
  Shard shard = shard_;
  shard.manifest.graph.columns.weights = true;
  ExpectRefused(shard);
}

}  // namespace
}  // namespace lawine
