#include "engine/store/shard_members.h"

#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/graph/profile.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(ProfileColumnTest, TakesNoMemoryWhileAllAreAlike) {
  ProfileColumn<std::uint8_t> column(6);
  const std::vector<std::uint8_t> alike = {3, 3};
  column.Append(alike);
  column.Append(alike);
  EXPECT_THAT(column.values(), IsEmpty());
  EXPECT_EQ(column.bytes(), 0u);
  EXPECT_EQ(column.all(), 3);
  EXPECT_EQ(column[LocalId(3)], 3);
  const std::vector<std::uint8_t> others = {3, 4};
  column.Append(others);
  EXPECT_THAT(column.values(), testing::ElementsAre(3, 3, 3, 3, 3, 4));
  EXPECT_EQ(column.bytes(), 6u);
}

TEST(ProfileColumnTest, DifferencesInTheFirstPartAreKept) {
  ProfileColumn<std::uint32_t> column(3);
  const std::vector<std::uint32_t> first = {7, 8};
  const std::vector<std::uint32_t> second = {8};
  column.Append(first);
  column.Append(second);
  EXPECT_THAT(column.values(), testing::ElementsAre(7, 8, 8));
}

TEST(ShardMembersTest, ProfilesAreThoseOfTheSourceAcrossBlocks) {
  TestRandom random(3);
  const VectorLinkSource source(RandomGraph(random, 2'500, 3, 2'500));
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(source.members_count(), 2));
  for (const ShardImage* const image : shards.images()) {
    const ShardMembers& members = image->members();
    EXPECT_THAT(members.account_kinds().values(), IsEmpty());
    EXPECT_EQ(members.account_kinds().all(), kAccountPersonal);
    ASSERT_THAT(members.networks().values(), SizeIs(members.range().count));
    for (std::uint32_t m = 0; m < members.range().count; ++m) {
      const MemberKey key = members.KeyOf(LocalId(m));
      EXPECT_EQ(members.networks()[LocalId(m)], VectorLinkSource::NetworkOf(key));
      EXPECT_EQ(members.communities()[LocalId(m)], VectorLinkSource::CommunityOf(key));
    }
  }
}

TEST(ShardMembersTest, OfGeneratedGraphsOnlyCommunitiesDiffer) {
  ThreadPool pool(1);
  const auto source = MakeGenerator({.members = 20'000, .links_per_member_milli = 5'000}, pool);
  ASSERT_TRUE(source.ok()) << source.status();
  const Shards shards = Shards::InMemory(**source, PartitionMap::Even(20'000, 2));
  std::uint32_t last = 0;
  for (const ShardImage* const image : shards.images()) {
    const ShardMembers& members = image->members();
    EXPECT_EQ(members.networks().bytes() + members.account_kinds().bytes(), 0u);
    EXPECT_EQ(members.networks().all(), kNetworkHyves);
    for (const std::uint32_t community : members.communities().values()) {
      EXPECT_TRUE(community == last || community == last + 1) << community << " after " << last;
      last = community;
    }
  }
  EXPECT_GT(last, 100u);
}

TEST(ShardMembersTest, TakeNoMoreMemoryThanTheirManifestTells) {
  TestRandom random(4);
  const VectorLinkSource source(RandomGraph(random, 2'500, 3, 2'500));
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(source.members_count(), 3));
  for (const ShardImage* const image : shards.images()) {
    EXPECT_LE(image->members().resident_bytes(), ImageBytesOf(image->manifest()).members);
  }
}

TEST(ShardMembersTest, PersonsAreCountedInTheirMemory) {
  ThreadPool pool(1);
  const auto source =
      MakeGenerator({.preset = "nl-2009", .members = 20'000, .links_per_member_milli = 10'000}, pool);
  ASSERT_TRUE(source.ok()) << source.status();
  const Shards shards = Shards::InMemory(**source, PartitionMap::Even((*source)->members_count(), 2));
  for (const ShardImage* const image : shards.images()) {
    const ShardMembers& members = image->members();
    const std::uint64_t numbers =
        members.audience().size_bytes() + members.followees().size_bytes() + members.persons().size_bytes();
    ASSERT_GT(members.persons().size(), 0u);
    EXPECT_GE(members.resident_bytes(), numbers + members.communities().bytes() + members.networks().bytes());
    EXPECT_LE(members.resident_bytes(), ImageBytesOf(image->manifest()).members);
  }
}

}  // namespace
}  // namespace lawine
