#include "engine/store/shard_builder.h"

#include <algorithm>

#include "engine/base/thread_pool.h"
#include "engine/graph/member_block.h"
#include "engine/store/memory_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ShardBuilderTest, LinksAreCountedAtBothEnds) {
  const VectorLinkSource source(Diamond());  // 10 -> 20, 30 -> 40 -> 50
  MemoryShardStorage storage;
  InlineExecutor executor;
  BuildProgress progress;
  const PartitionMap partition = PartitionMap::Even(5, 2);  // 10 20 | 30 40 50
  const auto writer = storage.Create({"test", ShardIndex(1)});
  const auto links = BuildLinks(source, partition, ShardIndex(1), **writer, executor, progress);
  ASSERT_TRUE(links.ok()) << links.status();
  EXPECT_EQ(links->links, 4u);
  EXPECT_THAT(links->follower_counts, ElementsAre(1, 1, 1, 1, 0));
  EXPECT_THAT(links->followee_counts, ElementsAre(1, 2, 1));
  EXPECT_EQ(progress.links_done, 4u);
  EXPECT_EQ(progress.chunks_done, 1u);
}

TEST(ShardBuilderTest, ProfilesAreStoredWithBothCounts) {
  TestRandom random(1);
  const TestGraph graph = RandomGraph(random, 1'500, 6, 1'500);
  const VectorLinkSource source(graph);
  MemoryShardStorage storage;
  InlineExecutor executor;
  const auto shards = Shards::Build(source, PartitionMap::Even(1'500, 2), storage, executor);
  ASSERT_TRUE(shards.ok()) << shards.status();
  std::uint32_t member = 0;
  for (const std::uint32_t s : {0u, 1u}) {
    MemberColumns columns;
    ASSERT_TRUE((*storage.Open({"test", ShardIndex(s)}))
                    ->ScanMembers(0, 0xFFFFFFFF,
                                  [&](std::uint32_t, std::string_view bytes) {
                                    return DecodeMemberBlock(bytes, columns);
                                  })
                    .ok());
    ASSERT_EQ(columns.size(), 750u);
    for (std::size_t i = 0; i < columns.size(); ++i, ++member) {
      const MemberKey key = source.KeyOf(MemberId(member));
      EXPECT_EQ(columns.keys[i], key);
      EXPECT_EQ(columns.audience[i], source.FollowersOf(MemberId(member)).size());
      EXPECT_EQ(columns.followees[i], source.InLinksOf(MemberId(member)));
      EXPECT_EQ(columns.community[i], VectorLinkSource::CommunityOf(key));
      EXPECT_EQ(columns.network[i], VectorLinkSource::NetworkOf(key));
    }
  }
}

TEST(ShardBuilderTest, ThreadsAndChunksMakeNoDifference) {
  TestRandom random(2);
  const TestGraph graph = RandomGraph(random, 3'000, 5, 3'000);
  ThreadPool pool(3);
  InlineExecutor inline_executor;
  std::optional<ShardManifest> expected;
  for (const std::uint32_t blocks_per_chunk : {1u, 3u, 1000u}) {
    for (Executor* const executor :
         {static_cast<Executor*>(&pool), static_cast<Executor*>(&inline_executor)}) {
      const VectorLinkSource source(graph, {.blocks_per_chunk = blocks_per_chunk});
      MemoryShardStorage storage;
      const auto shards = Shards::Build(source, PartitionMap::Even(3'000, 2), storage, *executor);
      ASSERT_TRUE(shards.ok()) << shards.status();
      const ShardManifest& manifest = shards->images()[0]->manifest();
      if (!expected.has_value()) expected = manifest;
      EXPECT_EQ(manifest, *expected);
    }
  }
}

TEST(ShardBuilderTest, ACancelledBuildLeavesNothing) {
  const VectorLinkSource source(Complete(40));
  MemoryShardStorage storage;
  InlineExecutor executor;
  BuildProgress progress;
  progress.cancelled = true;
  const auto built =
      BuildGraph(source, InfoFor(source, PartitionMap::Even(40, 3)), storage, executor, progress);
  EXPECT_EQ(built.status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(*storage.List(), IsEmpty());
}

// A source whose third chunk cannot be read.
class FailingSource final : public LinkSource {
 public:
  explicit FailingSource(const TestGraph& graph) : source_(graph) {}
  std::uint32_t members_count() const override { return source_.members_count(); }
  LinkColumns columns() const override { return source_.columns(); }
  std::span<const MemberKey> keys() const override { return source_.keys(); }
  std::uint32_t chunks_count() const override { return source_.chunks_count(); }
  MemberRange chunk(std::uint32_t index) const override { return source_.chunk(index); }
  absl::Status FollowersInside(std::uint32_t chunk, MemberRange receivers,
                               FollowerLists& lists) const override {
    if (chunk == 2) return absl::DataLossError("the third chunk cannot be read");
    return source_.FollowersInside(chunk, receivers, lists);
  }
  std::uint64_t InLinksOf(MemberId member) const override { return source_.InLinksOf(member); }
  void Profiles(MemberRange range, MemberColumns& members) const override {
    source_.Profiles(range, members);
  }

 private:
  const VectorLinkSource source_;
};

TEST(ShardBuilderTest, AnErrorOfTheSourceIsTheBuildsError) {
  const FailingSource source(Path(300));
  MemoryShardStorage storage;
  ThreadPool pool(2);
  BuildProgress progress;
  const auto built = BuildGraph(source, InfoFor(source, PartitionMap::Even(300, 3)), storage, pool, progress);
  EXPECT_EQ(built.status().message(), "the third chunk cannot be read");
  EXPECT_THAT(*storage.List(), IsEmpty());
}

TEST(ShardBuilderTest, AnExistingShardIsNotOverwritten) {
  const VectorLinkSource source(Path(5));
  MemoryShardStorage storage;
  InlineExecutor executor;
  ASSERT_TRUE(Shards::Build(source, PartitionMap::Even(5, 2), storage, executor).ok());
  EXPECT_EQ(Shards::Build(source, PartitionMap::Even(5, 2), storage, executor).status().code(),
            absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace lawine
