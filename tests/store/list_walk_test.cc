// Lists come the same from memory and from the store, whoever is asked for, in whatever order; a store that
// no longer holds what it held is noticed.
#include "engine/store/list_walk.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t kMembers = 40'000;  // three strides of blocks

// A shard over receivers 0 .. 29,999 with some of its links in memory, on blocks that a test can damage.
class ListWalkTest : public testing::Test {
 protected:
  void SetUp() override {
    TestRandom random(11);
    const VectorLinkSource source(ErdosRenyi(random, kMembers, 3), {.blocks_per_chunk = 64});
    InlineExecutor executor;
    BuildProgress progress;
    MemoryShardStorage built;
    const auto partition = PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 30'000, kMembers});
    ASSERT_TRUE(BuildGraph(source, InfoFor(source, *partition), built, executor, progress).ok());
    const auto reader = *built.Open(kName);
    shard_->manifest = reader->manifest();
    const auto copy = [](MemoryShardStorage::Blocks& blocks) {
      return [&blocks](std::uint32_t block, std::string_view bytes) {
        blocks.emplace(block, bytes);
        return absl::OkStatus();
      };
    };
    ASSERT_TRUE(reader->ScanFollowers(0, 0xFFFFFFFF, copy(shard_->followers)).ok());
    ASSERT_TRUE(reader->ScanMembers(0, 0xFFFFFFFF, copy(shard_->members)).ok());
    ASSERT_TRUE(reader->ScanKeys(0, 0xFFFFFFFF, copy(shard_->keys)).ok());
    storage_.Put(kName, shard_);
    whole_ = *ShardImage::Hydrate(**storage_.Open(kName), executor);
  }

  std::unique_ptr<const ShardImage> HydrateWithin(std::uint64_t bytes) {
    InlineExecutor executor;
    auto image = ShardImage::Hydrate(*storage_.Open(kName), whole_->shared_members(), bytes, executor);
    EXPECT_TRUE(image.ok()) << image.status();
    return *std::move(image);
  }

  using Lists = std::map<std::size_t, std::vector<std::uint32_t>>;
  static absl::StatusOr<std::uint64_t> Walk(const ShardImage& image, std::span<const MemberId> members,
                                            Lists& lists) {
    return ForEachList(image, members, [&lists](std::size_t i, Gaps gaps) {
      if (gaps.empty()) return;
      std::vector<std::uint32_t> ids(gaps.size());
      std::uint32_t place = 0;
      ids.resize(IdsOfGaps(gaps, place, ids.data()));
      EXPECT_TRUE(lists.emplace(i, std::move(ids)).second) << i << " comes twice";
    });
  }

  const ShardName kName{"test", ShardIndex(0)};
  const std::shared_ptr<MemoryShardStorage::Shard> shard_ = std::make_shared<MemoryShardStorage::Shard>();
  MemoryShardStorage storage_;
  std::unique_ptr<const ShardImage> whole_;
};

TEST_F(ListWalkTest, ABudgetIsKeptAndFilled) {
  const std::uint64_t lists = whole_->lists_bytes(), followees = whole_->links_bytes() - lists;
  const std::uint64_t always = whole_->members().resident_bytes() + kMembers * sizeof(MemberKey);
  EXPECT_EQ(whole_->links_in_memory(), whole_->manifest().links);
  std::uint64_t before = 0;
  for (const std::uint64_t budget : {std::uint64_t{0}, lists / 4, lists / 2, lists - 1}) {
    const auto image = HydrateWithin(budget);
    EXPECT_FALSE(image->HasFollowees());
    EXPECT_FALSE(image->stored().empty());
    EXPECT_LE(image->lists_bytes(), budget + sizeof(std::uint32_t));
    EXPECT_LT(image->links_in_memory(), whole_->manifest().links);
    EXPECT_GE(image->links_in_memory(), before);
    EXPECT_LE(image->resident_bytes(), always + budget + kMembers / 8);
    before = image->links_in_memory();
  }
  EXPECT_GT(before, whole_->manifest().links / 3);
  for (const std::uint64_t budget : {lists, lists + followees - 1}) {
    const auto image = HydrateWithin(budget);
    EXPECT_TRUE(image->stored().empty());
    EXPECT_FALSE(image->HasFollowees());
    EXPECT_EQ(image->links_in_memory(), whole_->manifest().links);
  }
  EXPECT_TRUE(HydrateWithin(lists + followees)->HasFollowees());
}

TEST_F(ListWalkTest, AnyMembersInAnyOrderHaveTheirLists) {
  TestRandom random(12);
  for (const std::uint64_t percent : {0, 40, 80}) {
    const auto image = HydrateWithin(whole_->lists_bytes() * percent / 100);
    for (int round = 0; round < 24; ++round) {
      SCOPED_TRACE(absl::StrCat(percent, "%, round ", round));
      std::vector<MemberId> members;
      for (std::uint64_t left = random.AnySize(15); left > 0; --left) {
        members.push_back(MemberId(static_cast<std::uint32_t>(random.Below(kMembers))));
      }
      if (random.OneIn(2)) std::sort(members.begin(), members.end());
      Lists expected, found;
      const auto expected_links = Walk(*whole_, members, expected);
      const auto links = Walk(*image, members, found);
      ASSERT_TRUE(links.ok()) << links.status();
      EXPECT_EQ(*links, *expected_links);
      EXPECT_EQ(found, expected);
    }
  }
}

TEST_F(ListWalkTest, EverybodyAtOnceIsCutIntoPartsOfBoundedSize) {
  const auto image = HydrateWithin(whole_->lists_bytes() / 2);
  std::vector<MemberId> members;
  for (std::uint32_t i = 0; i < 300'000; ++i) members.push_back(MemberId(i % kMembers));
  Lists expected, found;
  const auto expected_links = Walk(*whole_, members, expected);
  const auto links = Walk(*image, members, found);
  ASSERT_TRUE(links.ok()) << links.status();
  EXPECT_EQ(*links, *expected_links);
  EXPECT_EQ(found, expected);
}

TEST_F(ListWalkTest, WhatChangedSinceHydrationIsNoticed) {
  const auto image = HydrateWithin(0);
  std::vector<MemberId> everybody;
  for (std::uint32_t i = 0; i < kMembers; ++i) everybody.push_back(MemberId(i));
  const std::vector<MemberId> one = {MemberId(20 * limits::kSourcesPerBlock + 5)};
  const MemoryShardStorage::Blocks sound = shard_->followers;
  const auto expect_refused = [&](const char* what) {
    for (const std::span<const MemberId> members :
         {std::span<const MemberId>(one), std::span<const MemberId>(everybody)}) {
      Lists lists;
      const auto links = Walk(*image, members, lists);
      EXPECT_EQ(links.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_THAT(std::string(links.status().message()), HasSubstr(what));
    }
    shard_->followers = sound;
    Lists lists;
    EXPECT_TRUE(Walk(*image, one, lists).ok());
  };
  shard_->followers.erase(20);
  expect_refused("block 20 is missing");
  shard_->followers.erase(shard_->followers.find(20), shard_->followers.end());
  expect_refused("block 20 is missing");
  shard_->followers[20] = sound.at(21);
  expect_refused("block 20 is another than before");
  shard_->followers[20][30] ^= 4;
  expect_refused("checksum");
}

// The last block may be missing, and nobody in it asked for: nothing of it is needed.
TEST_F(ListWalkTest, BlocksNobodyAskedForAreNotLookedAt) {
  const auto image = HydrateWithin(0);
  shard_->followers[21][30] ^= 4;
  const std::vector<MemberId> around = {MemberId(20 * limits::kSourcesPerBlock),
                                        MemberId(22 * limits::kSourcesPerBlock)};
  Lists lists;
  EXPECT_TRUE(Walk(*image, around, lists).ok());
}

}  // namespace
}  // namespace lawine
