#include "engine/store/shard_members.h"

#include <functional>

#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/graph/member_block.h"
#include "engine/graph/profile.h"
#include "engine/store/memory_store.h"
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

// Blocks whose checksums fit, of 1,100 members in two blocks; each is changed in one way, and the shard no
// more.
class MemberBlocksTest : public testing::Test {
 protected:
  using Shard = MemoryShardStorage::Shard;
  using Change = std::function<void(MemberColumns&, ShardManifest&)>;

  MemberBlocksTest() {
    TestRandom random(5);
    const VectorLinkSource source(RandomGraph(random, 1'100, 3, 1'100), {.columns = {.kinds = true}});
    InlineExecutor executor;
    EXPECT_TRUE(Shards::Build(source, PartitionMap::Even(1'100, 1), storage_, executor).ok());
  }
  // Reading it all, with `change` made to the members of both blocks.
  absl::Status ReadWith(const Change& change) {
    Shard shard = storage_.Find(kName).value();
    for (auto& [block, bytes] : shard.members) {
      MemberColumns members;
      EXPECT_TRUE(DecodeMemberBlock(bytes, members).ok());
      change(members, shard.manifest);
      bytes = EncodeMemberBlock(members, 0, members.size());
    }
    MemoryShardStorage changed;
    changed.Put(kName, std::make_shared<const Shard>(std::move(shard)));
    return ShardMembers::Read(**changed.Open(kName)).status();
  }
  void ExpectRefused(const Change& change, std::string_view words) {
    const absl::Status status = ReadWith(change);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(words));
  }

  const ShardName kName{"test", ShardIndex(0)};
  MemoryShardStorage storage_;
};

// Persons' keys are looked up by dense id: one beyond the last member was read behind the keys.
TEST_F(MemberBlocksTest, PersonsAreMembersOfTheGraph) {
  const auto persons = [](std::uint32_t last) {
    return [last](MemberColumns& members, ShardManifest& manifest) {
      manifest.graph.persons = true;
      members.person.assign(members.size(), 0);
      members.person.back() = last;
    };
  };
  EXPECT_TRUE(ReadWith(persons(1'099)).ok()) << ReadWith(persons(1'099));
  ExpectRefused(persons(1'100), "a person whose first account does not exist");
}

TEST_F(MemberBlocksTest, ColumnsAreThoseOfTheGraph) {
  ExpectRefused([](MemberColumns&, ShardManifest& manifest) { manifest.graph.named_members = true; },
                "expected 1024 members with names in block 0, found 1024, 0 names");
  ExpectRefused([](MemberColumns& members, ShardManifest&) { members.names.resize(members.size()); },
                "1024 names");
  ExpectRefused([](MemberColumns&, ShardManifest& manifest) { manifest.graph.persons = true; }, "0 persons");
}

// Who wants one member reads its block: it must be in the place that its number says.
TEST_F(MemberBlocksTest, AllButTheLastAreFull) {
  Shard shard = storage_.Find(kName).value();
  MemberColumns members;
  ASSERT_TRUE(DecodeMemberBlock(shard.members[0], members).ok());
  ASSERT_TRUE(DecodeMemberBlock(shard.members[1], members).ok());
  shard.members[0] = EncodeMemberBlock(members, 0, 1'000);
  shard.members[1] = EncodeMemberBlock(members, 1'000, 100);
  storage_.Put(kName, std::make_shared<const Shard>(std::move(shard)));
  const absl::Status status = ShardMembers::Read(**storage_.Open(kName)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("expected 1024 members in block 0"));
}

}  // namespace
}  // namespace lawine
