// Links that come and go: what is remembered of them, and how much may be.
#include "engine/spread/network_changes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/graphs.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

constexpr CoinKey kKey{.run_seed = 1};

TestGraph Nobody(std::uint32_t members) {
  TestGraph graph{.name = "nobody is linked", .links = {}, .extra_members = {}, .start = 0};
  for (MemberKey key = 0; key < members; ++key) graph.extra_members.push_back(key);
  return graph;
}

Shards InOneShard(const TestGraph& graph) {
  const VectorLinkSource source(graph);
  return Shards::InMemory(source, PartitionMap::Even(source.members_count(), 1));
}

ModelSpec Growing(Threshold new_links) {
  ModelSpec model;
  model.growth.emplace().new_links = new_links;
  return model;
}

TEST(NetworkChangesTest, ALinkIsAddedOnce) {
  // 0 -> 1, 2 and 1 -> 3.
  const Shards shards =
      InOneShard({.name = "few", .links = {{0, 1}, {0, 2}, {1, 3}}, .extra_members = {4, 5}, .start = 0});
  const ModelSpec model;
  NetworkChanges changes(model, *shards.images()[0]);
  for (int replica = 0; replica < 2; ++replica) {
    changes.Begin({.run_seed = 1, .replica = static_cast<std::uint64_t>(replica)});
    ASSERT_TRUE(changes.Advance(1).ok());
    EXPECT_FALSE(changes.Follow(MemberId(0), 1)) << "the graph has it";
    EXPECT_TRUE(changes.Follow(MemberId(0), 3));
    EXPECT_FALSE(changes.Follow(MemberId(0), 3));
    // Another author in between.
    EXPECT_FALSE(changes.Follow(MemberId(1), 3));
    EXPECT_TRUE(changes.Follow(MemberId(1), 4));
    EXPECT_FALSE(changes.Follow(MemberId(0), 2));
    EXPECT_FALSE(changes.Follow(MemberId(0), 3));
    EXPECT_TRUE(changes.Follow(MemberId(0), 4));
    EXPECT_EQ(changes.LinksOf(MemberId(0)).added().size(), 2u);
    EXPECT_EQ(changes.LinksOf(MemberId(1)).added().size(), 1u);
    EXPECT_TRUE(changes.LinksOf(MemberId(2)).added().empty());
  }
}

TEST(NetworkChangesTest, ADroppedLinkIsGoneFromTheNextStepOnForItsSourceOnly) {
  const Shards shards = InOneShard({.name = "few", .links = {{0, 1}, {0, 2}, {3, 1}}, .start = 0});
  const ModelSpec model;
  NetworkChanges changes(model, *shards.images()[0]);
  changes.Begin(kKey);
  ASSERT_TRUE(changes.Advance(4).ok());
  EXPECT_TRUE(changes.Unfollow(MemberId(0), 1));
  EXPECT_FALSE(changes.Unfollow(MemberId(0), 1));
  EXPECT_TRUE(changes.LinksOf(MemberId(0)).Has(1, 1));
  ASSERT_TRUE(changes.Advance(5).ok());
  EXPECT_FALSE(changes.LinksOf(MemberId(0)).Has(1, 1));
  EXPECT_TRUE(changes.LinksOf(MemberId(0)).Has(2, 2));
  EXPECT_TRUE(changes.LinksOf(MemberId(3)).Has(1, 1));
  changes.Begin(kKey);
  ASSERT_TRUE(changes.Advance(5).ok());
  EXPECT_TRUE(changes.LinksOf(MemberId(0)).Has(1, 1)) << "another replica";
}

TEST(NetworkChangesTest, MoreChangesThanMemoryIsForAreRefusedByTheirField) {
  const Shards shards = InOneShard(Nobody(100));
  const auto refused = [](NetworkChanges& changes, std::uint32_t step) {
    const absl::Status status = changes.Advance(step);
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status;
    return std::string(status.message());
  };
  const ModelSpec growing = Growing(Threshold::FromFixed(Threshold::kOne));
  NetworkChanges grown(growing, *shards.images()[0], 1'000);
  grown.Begin(kKey);
  EXPECT_TRUE(grown.Advance(3).ok()) << "two links a member and step, at most";
  EXPECT_THAT(refused(grown, 20), HasSubstr("growth.new_links"));
  grown.Begin(kKey);
  EXPECT_TRUE(grown.Advance(3).ok()) << "another replica begins anew";

  const ModelSpec model;
  NetworkChanges reacted(model, *shards.images()[0], 5);
  reacted.Begin(kKey);
  for (std::uint32_t i = 1; i <= 5; ++i) EXPECT_TRUE(reacted.Follow(MemberId(0), i));
  EXPECT_TRUE(reacted.Advance(1).ok());
  EXPECT_TRUE(reacted.Follow(MemberId(0), 6));
  EXPECT_THAT(refused(reacted, 2), HasSubstr("reactions.follow"));
  reacted.Begin(kKey);
  for (std::uint32_t i = 1; i <= 6; ++i) EXPECT_TRUE(reacted.Unfollow(MemberId(0), i));
  EXPECT_THAT(refused(reacted, 1), HasSubstr("reactions.unfollow"));
}

// Whatever happens within a step: memory is bounded before the limit is looked at.
TEST(NetworkChangesTest, NoMoreChangesAreKeptThanTheFirstTooMany) {
  const Shards shards = InOneShard(Nobody(5'000));
  const ModelSpec model;
  NetworkChanges dropped(model, *shards.images()[0], 5);
  dropped.Begin(kKey);
  std::uint32_t kept = 0;
  for (std::uint32_t i = 1; i <= 4'000; ++i) kept += dropped.Unfollow(MemberId(0), i) ? 1 : 0;
  EXPECT_EQ(kept, 6u);
  const absl::Status status = dropped.CheckCounts();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("reactions.unfollow: by step 0 of a replica more than 5"));
  dropped.Begin(kKey);
  EXPECT_TRUE(dropped.CheckCounts().ok()) << "another replica begins anew";
  for (std::uint32_t i = 1; i <= 4'000; ++i) kept += dropped.Follow(MemberId(0), i) ? 1 : 0;
  EXPECT_EQ(kept, 12u);

  const ModelSpec growing = Growing(Threshold::FromFixed(Threshold::kOne));
  NetworkChanges grown(growing, *shards.images()[0], 10);
  grown.Begin(kKey);
  EXPECT_EQ(grown.Advance(1).code(), StatusCode::kResourceExhausted);
  std::size_t added = 0;
  for (std::uint32_t i = 0; i < 5'000; ++i) added += grown.LinksOf(MemberId(i)).added().size();
  EXPECT_EQ(added, 11u);
}

// A run cannot be ended while links grow at steps that are left out.
TEST(NetworkChangesTest, SoManyStepsAreNotLeftOutWhileLinksGrow) {
  const Shards shards = InOneShard(Nobody(200'000));
  const ModelSpec growing = Growing(Threshold::FromFixed(1));
  NetworkChanges changes(growing, *shards.images()[0]);
  changes.Begin(kKey);
  EXPECT_TRUE(changes.Advance(10).ok());
  const absl::Status status = changes.Advance(limits::kStepsMax);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("growth.new_links"));
  const ModelSpec model;
  NetworkChanges still(model, *shards.images()[0]);
  still.Begin(kKey);
  EXPECT_TRUE(still.Advance(limits::kStepsMax).ok());
}

}  // namespace
}  // namespace lawine
