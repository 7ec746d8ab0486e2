// What graphs are told to hold, against what they were made from.
#include <map>

#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/graph/member_block.h"
#include "gtest/gtest.h"
#include "tests/cluster/test_cluster.h"

namespace lawine {
namespace {

TEST(GraphStatsTest, LabelsAreCountedOverAllShards) {
  TestCluster cluster({.workers = 2});
  pb::CreateGraphRequest request;
  request.set_name("f");
  request.set_preset("facebook-nl");
  request.set_members(20'000);
  request.set_links_per_member(10);
  request.set_shards(5);
  const auto graph = cluster.client().CreateGraph(request);
  ASSERT_TRUE(graph.ok()) << Text(graph.status);
  const auto answer = cluster.client().Stats("f");
  ASSERT_TRUE(answer.ok()) << Text(answer.status);
  const pb::GetGraphStatsResponse& stats = answer.value;
  ASSERT_EQ(stats.networks_size(), 1);
  EXPECT_EQ(stats.networks(0).network(), "facebook");
  EXPECT_EQ(stats.networks(0).members(), 20'000u);
  ASSERT_EQ(stats.account_kinds_size(), 1);
  EXPECT_EQ(stats.account_kinds(0).account_kind(), 1u);
  EXPECT_EQ(stats.account_kinds(0).members(), 20'000u);

  ThreadPool pool(1);
  const auto source =
      MakeGenerator({.preset = "facebook-nl", .members = 20'000, .links_per_member_milli = 10'000}, pool);
  ASSERT_TRUE(source.ok()) << source.status();
  MemberColumns members;
  (*source)->Profiles({MemberId(0), 20'000}, members);
  std::map<std::uint32_t, std::uint32_t> sizes;
  for (const std::uint32_t community : members.community) ++sizes[community];
  EXPECT_EQ(stats.communities(), sizes.size());
  EXPECT_EQ(stats.without_community(), 0u);
  ASSERT_EQ(stats.largest_communities_size(), 10);
  for (const pb::CommunityStats& row : stats.largest_communities()) {
    EXPECT_EQ(row.members(), sizes[row.community()]);
    sizes.erase(row.community());
  }
  for (const auto& [community, size] : sizes) EXPECT_LE(size, stats.largest_communities(9).members());
}

TEST(GraphStatsTest, AttributesOfImportedMembersArriveAtTheirMembers) {
  TestCluster cluster({.workers = 2});
  pb::ImportOptions options;
  options.set_name("club");
  options.set_row("from,to,kind");
  options.set_string_ids(true);
  options.set_shards(3);
  const auto imported = cluster.client().Import(
      options, {{"m.csv", "id,network,community,account_kind,name\nbob,hyves,7,2,Bob\nzoe,,7,,\n", true},
                {"links", "ann bob follow\nann bob group\nbob cat follow\n"}});
  ASSERT_TRUE(imported.ok()) << Text(imported.status);
  EXPECT_EQ(imported.value.report().profiles(), 2u);
  EXPECT_EQ(imported.value.graph().members(), 4u);
  EXPECT_EQ(imported.value.graph().links(), 3u);
  const pb::Member bob = cluster.client().GetMember("club", "bob").value.member();
  EXPECT_EQ(bob.network(), "hyves");
  EXPECT_EQ(bob.community(), 7u);
  EXPECT_EQ(bob.account_kind(), 2u);
  EXPECT_EQ(bob.followees(), 2u);
  const pb::Member zoe = cluster.client().GetMember("club", "zoe").value.member();
  EXPECT_EQ(zoe.network(), "");
  EXPECT_EQ(zoe.community(), 7u);
  EXPECT_EQ(zoe.account_kind(), 1u);
  EXPECT_EQ(zoe.audience() + zoe.followees(), 0u);
  const auto stats = cluster.client().Stats("club");
  ASSERT_TRUE(stats.ok()) << Text(stats.status);
  ASSERT_EQ(stats.value.networks_size(), 2);
  EXPECT_EQ(stats.value.networks(0).network(), "");
  EXPECT_EQ(stats.value.networks(0).members(), 3u);
  ASSERT_EQ(stats.value.account_kinds_size(), 2);
  EXPECT_EQ(stats.value.account_kinds(1).members(), 1u);
  EXPECT_EQ(stats.value.communities(), 1u);
  EXPECT_EQ(stats.value.without_community(), 2u);
}

}  // namespace
}  // namespace lawine
