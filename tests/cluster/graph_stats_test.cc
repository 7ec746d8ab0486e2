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

TEST(GraphStatsTest, PresetsAreComparedWithTheirFigures) {
  TestCluster cluster({.workers = 2});
  pb::CreateGraphRequest request;
  request.set_name("t");
  request.set_preset("twitter-nl");
  request.set_members(30'000);
  request.set_shards(3);
  ASSERT_TRUE(cluster.client().CreateGraph(request).ok());
  const auto plain = cluster.client().Stats("t");
  ASSERT_TRUE(plain.ok()) << Text(plain.status);
  EXPECT_FALSE(plain.value.has_shape());
  const auto surveyed = cluster.client().Stats("t", true);
  ASSERT_TRUE(surveyed.ok()) << Text(surveyed.status);
  const pb::GraphShape& shape = surveyed.value.shape();
  EXPECT_FALSE(shape.exact());
  EXPECT_NEAR(shape.reciprocity(), 0.36,
              0.04);  // 8,192 links: a standard error of .005; small graphs have more
  std::map<std::string, pb::PresetFigure> figures;
  for (const pb::PresetFigure& figure : surveyed.value.figures()) figures[figure.figure()] = figure;
  EXPECT_EQ(figures["returned links"].realised(), shape.reciprocity());
  EXPECT_EQ(figures["returned links"].target(), 0.36);
  EXPECT_TRUE(figures["returned links"].measured());
  EXPECT_EQ(figures["mean audience"].realised(), surveyed.value.audience_mean());
  EXPECT_FALSE(figures["growth a day"].has_realised());
  for (const pb::PresetFigure& figure : plain.value.figures()) {
    EXPECT_FALSE(figure.figure() == "returned links" && figure.has_realised());
  }
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
