// Checking a whole shard: what is sound passes with the digest it was made with, nothing else does.
#include "engine/store/shard_check.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/base/limits.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/member_block.h"
#include "engine/store/memory_store.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_image.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;

TEST(ShardCheckTest, SoundShardsAddUpToTheirGraph) {
  InlineExecutor executor;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TestRandom random(seed);
    const VectorLinkSource source(RandomGraph(random, 300, 5, 300),
                                  {.columns = {.kinds = seed % 2 == 0, .weights = seed % 3 == 0}});
    MemoryShardStorage storage;
    const auto shards =
        Shards::Build(source, RandomPartition(random, source.members_count(), 3), storage, executor);
    ASSERT_TRUE(shards.ok()) << shards.status();
    Digest digest;
    std::uint64_t links = 0;
    for (std::uint32_t s = 0; s < 3; ++s) {
      const auto reader = storage.Open({"test", ShardIndex(s)});
      ASSERT_TRUE(reader.ok());
      const auto check = CheckShard(**reader, executor);
      ASSERT_TRUE(check.ok()) << check.status();
      digest += check->digest;
      links += check->links;
    }
    EXPECT_EQ(digest, shards->info().digest) << seed;
    EXPECT_EQ(links, shards->info().links);
  }
}

// What an image without followees would not notice.
TEST(ShardCheckTest, FolloweesOfMembersAreCountedAnew) {
  TestRandom random(5);
  const VectorLinkSource source(RandomGraph(random, 300, 5, 300));
  MemoryShardStorage storage;
  InlineExecutor executor;
  ASSERT_TRUE(Shards::Build(source, PartitionMap::Even(300, 1), storage, executor).ok());
  MemoryShardStorage::Shard shard = *storage.Find({"test", ShardIndex(0)});
  MemberColumns members;
  ASSERT_TRUE(DecodeMemberBlock(shard.members[0], members).ok());
  const auto several = [](std::uint32_t followees) { return followees > 1; };
  const auto end = members.followees.end();
  const auto more = std::find_if(members.followees.begin(), end, several);
  ASSERT_NE(more, end);
  const auto fewer = std::find_if(more + 1, end, several);
  ASSERT_NE(fewer, end);
  ++*more;
  --*fewer;
  shard.members[0] = EncodeMemberBlock(members, 0, members.size());
  const ShardName name{"test", ShardIndex(0)};
  storage.Put(name, std::make_shared<const MemoryShardStorage::Shard>(std::move(shard)));
  const auto reader = storage.Open(name);
  ASSERT_TRUE(reader.ok());
  const absl::Status status = CheckShard(**reader, executor).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("followees, links to it are"));
}

// Sources that do not exist have no keys either: looking for them read behind the last one.
TEST(ShardCheckTest, LinksOfMembersBeyondTheLastAreRefused) {
  TestRandom random(6);
  const VectorLinkSource source(RandomGraph(random, 300, 5, 300));
  MemoryShardStorage storage;
  InlineExecutor executor;
  ASSERT_TRUE(Shards::Build(source, PartitionMap::Even(300, 1), storage, executor).ok());
  const ShardName name{"test", ShardIndex(0)};
  MemoryShardStorage::Shard shard = *storage.Find(name);
  ASSERT_TRUE(shard.manifest.keys_listed);
  // The last block, of members 256 to 319, with a link from the last of them to the first member.
  FollowerLists lists;
  if (shard.followers.contains(4)) {
    ASSERT_TRUE(DecodeFollowerBlock(shard.followers[4], 300, {}, lists).ok());
  }
  lists.counts.resize(limits::kSourcesPerBlock);
  lists.counts.back() = 1;
  lists.followers.push_back(0);
  EncodeFollowerBlock({lists.counts, lists.followers, {}, {}}, shard.followers[4]);
  MemberColumns members;
  ASSERT_TRUE(DecodeMemberBlock(shard.members[0], members).ok());
  if (members.followees[0]++ == 0) --shard.manifest.without_followees;
  shard.members[0] = EncodeMemberBlock(members, 0, members.size());
  ++shard.manifest.links;
  ++shard.manifest.graph.links;
  ++shard.manifest.links_before.back();
  storage.Put(name, std::make_shared<const MemoryShardStorage::Shard>(std::move(shard)));
  const auto reader = storage.Open(name);
  ASSERT_TRUE(reader.ok());
  for (const absl::Status& status :
       {CheckShard(**reader, executor).status(), ShardImage::Hydrate(**reader, executor).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()),
                testing::HasSubstr("block 4 has links of members beyond the last one, 299"));
  }
}

class StoredCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    TestRandom random(1);
    const VectorLinkSource source(RandomGraph(random, 1'000, 5, 1'000));
    const auto storage = OpenRocksStorage(root_.path().string(), {});
    ASSERT_TRUE(storage.ok());
    ASSERT_TRUE(Shards::Build(source, PartitionMap::Even(1'000, 1), **storage, executor_).ok());
  }
  absl::Status Check() {
    const auto storage = OpenRocksStorage(root_.path().string(), {});
    const auto reader = (*storage)->Open({"test", ShardIndex(0)});
    return reader.ok() ? CheckShard(**reader, executor_).status() : reader.status();
  }
  fs::path Shard() const { return root_.path() / "test/shard-0000"; }

  const TempDirectory root_;
  InlineExecutor executor_;
};

// Any bit, the top one too, anywhere in any table.
TEST_F(StoredCheckTest, NoChangedByteOfATableGoesUnnoticed) {
  ASSERT_TRUE(Check().ok()) << Check();
  TestRandom random(2);
  std::uint32_t changes = 0;
  for (const auto& entry : fs::directory_iterator(Shard())) {
    if (entry.path().extension() != ".sst") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string sound{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (int i = 0; i < 60; ++i, ++changes) {
      std::string damaged = sound;
      const std::size_t at = i % 2 == 0
                                 ? sound.size() - 1 - random.Below(std::min<std::size_t>(sound.size(), 1'200))
                                 : random.Below(sound.size());
      damaged[at] ^= static_cast<char>(i % 3 == 0 ? 0x80 : 1 << random.Below(8));
      std::ofstream(entry.path(), std::ios::binary) << damaged;
      const absl::Status status = Check();
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss)
          << entry.path() << ", byte " << at << ": " << status;
    }
    std::ofstream(entry.path(), std::ios::binary) << sound;
  }
  EXPECT_GT(changes, 200u);
  EXPECT_TRUE(Check().ok()) << "the sound files are back";
}

}  // namespace
}  // namespace lawine
