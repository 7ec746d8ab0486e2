#include "engine/store/graph_survey.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

// A graph's shards, asked as a coordinator asks its workers.
class Surveyed {
 public:
  Surveyed(const LinkSource& source, PartitionMap partition) {
    InlineExecutor executor;
    BuildProgress progress;
    info_ = BuildGraph(source, InfoFor(source, std::move(partition)), storage_, executor, progress).value();
    for (std::uint32_t s = 0; s < info_.partition.shards_count(); ++s) {
      readers_.push_back(storage_.Open({info_.name, ShardIndex(s)}).value());
      members_.push_back(ShardMembers::Read(*readers_.back()).value());
    }
  }

  GraphShape Shape() const {
    return SurveyGraph(info_.members(), info_.links,
                       {.draw = [this](const SurveySize& size) { return Draw(size); },
                        .followers = [this](std::span<const std::uint32_t> sources,
                                            bool all) { return Followers(sources, all); },
                        .find = [this](std::span<const MemberPair> pairs) { return Find(pairs); }})
        .value();
  }

 private:
  absl::StatusOr<SurveyDraw> Draw(const SurveySize& size) const {
    SurveyDraw all;
    for (const auto& members : members_) {
      LAWINE_ASSIGN_OR_RETURN(const SurveyDraw part, DrawForSurvey(*members, size));
      all.members.insert(all.members.begin(), part.members.begin(), part.members.end());
      all.sources.insert(all.sources.begin(), part.sources.begin(), part.sources.end());
    }
    return all;
  }
  absl::StatusOr<std::vector<SurveyLink>> Followers(std::span<const std::uint32_t> sources,
                                                    bool whole) const {
    std::vector<SurveyLink> all;
    for (std::size_t s = 0; s < readers_.size(); ++s) {
      const auto part = FollowersForSurvey(*readers_[s], *members_[s], sources, whole).value();
      all.insert(all.begin(), part.begin(), part.end());
    }
    return all;
  }
  absl::StatusOr<std::vector<std::uint8_t>> Find(std::span<const MemberPair> pairs) const {
    std::vector<std::uint8_t> all(pairs.size());
    for (const auto& reader : readers_) {
      const auto part = FindLinks(*reader, pairs).value();
      for (std::size_t i = 0; i < all.size(); ++i) all[i] |= part[i];
    }
    return all;
  }

  MemoryShardStorage storage_;
  GraphInfo info_;
  std::vector<std::unique_ptr<ShardReader>> readers_;
  std::vector<std::shared_ptr<const ShardMembers>> members_;
};

// The same figures, from the definitions.
GraphShape BruteForce(const LinkSource& source) {
  const std::uint32_t count = source.members_count();
  std::vector<std::set<std::uint32_t>> followers(count);
  FollowerLists lists;
  for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
    EXPECT_TRUE(source.FollowersInside(c, {MemberId(0), count}, lists).ok());
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < lists.counts.size(); ++i) {
      for (std::uint32_t f = 0; f < lists.counts[i]; ++f) {
        followers[source.chunk(c).first.value + i].insert(lists.followers[at++]);
      }
    }
  }
  MemberColumns profiles;
  source.Profiles({MemberId(0), count}, profiles);
  GraphShape shape;
  double links = 0, returned = 0, inside = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (std::uint32_t u = 0; u < count; ++u) {
    for (const std::uint32_t w : followers[u]) {
      const auto a = static_cast<double>(followers[u].size()), b = static_cast<double>(followers[w].size());
      ++links, x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
      returned += followers[w].contains(u);
      inside += profiles.community[u] != 0 && profiles.community[u] == profiles.community[w];
    }
    double pairs = 0, closed = 0;
    for (const std::uint32_t a : followers[u]) {
      for (const std::uint32_t b : followers[u]) {
        if (a >= b) continue;
        ++pairs;
        closed += followers[a].contains(b) || followers[b].contains(a);
      }
    }
    if (pairs == 0) continue;
    ++shape.clustering_members;
    shape.clustering += closed / pairs;
    if (followers[u].size() < 80 || followers[u].size() > 125) continue;
    ++shape.clustering_near_100_members;
    shape.clustering_near_100 += closed / pairs;
  }
  shape.clustering /= std::max<double>(1, static_cast<double>(shape.clustering_members));
  shape.clustering_near_100 /= std::max<double>(1, static_cast<double>(shape.clustering_near_100_members));
  shape.reciprocity = returned / links;
  shape.inside_communities = inside / links;
  const double varied = (links * xx - x * x) * (links * yy - y * y);
  shape.assortativity = varied > 0 ? (links * xy - x * y) / std::sqrt(varied) : 0;
  shape.links = static_cast<std::uint64_t>(links);
  return shape;
}

void ExpectNear(const GraphShape& found, const GraphShape& expected, double tolerance) {
  EXPECT_NEAR(found.clustering, expected.clustering, tolerance);
  EXPECT_NEAR(found.clustering_near_100, expected.clustering_near_100, tolerance);
  EXPECT_NEAR(found.reciprocity, expected.reciprocity, tolerance);
  EXPECT_NEAR(found.inside_communities, expected.inside_communities, tolerance);
  EXPECT_NEAR(found.assortativity, expected.assortativity, tolerance);
}

TEST(GraphSurveyTest, SmallGraphsAreCountedWhole) {
  TestRandom random(5);
  std::vector<TestGraph> graphs = NamedGraphs();
  graphs.push_back(RandomGraph(random, 300, 20, 300));
  graphs.push_back(ErdosRenyi(random, 190, 100));
  for (const TestGraph& graph : graphs) {
    if (graph.links.empty()) continue;
    const VectorLinkSource source(graph);
    const GraphShape expected = BruteForce(source);
    for (const std::uint32_t shards : {1u, 3u}) {
      const GraphShape found = Surveyed(source, PartitionMap::Even(source.members_count(), shards)).Shape();
      ExpectNear(found, expected, 1e-9);
      EXPECT_EQ(found.links, expected.links) << graph.name;
      EXPECT_EQ(found.clustering_members, expected.clustering_members) << graph.name;
      EXPECT_EQ(found.clustering_near_100_members, expected.clustering_near_100_members) << graph.name;
    }
  }
}

TEST(GraphSurveyTest, OfAGraphWithoutLinksNothingIsFound) {
  const VectorLinkSource source(TestGraph{.name = "empty", .links = {}, .extra_members = {1, 2, 3}});
  const GraphShape shape = Surveyed(source, PartitionMap::Even(3, 2)).Shape();
  EXPECT_EQ(shape.links + shape.clustering_members, 0u);
  EXPECT_EQ(shape.reciprocity, 0);
}

TEST(GraphSurveyTest, LargeGraphsAreEstimatedAlikeHoweverSharded) {
  ThreadPool pool(2);
  const auto source =
      MakeGenerator({.preset = "facebook-nl", .members = 20'000, .links_per_member_milli = 40'000}, pool);
  ASSERT_TRUE(source.ok()) << source.status();
  const GraphShape one = Surveyed(**source, PartitionMap::Even(20'000, 1)).Shape();
  const GraphShape many = Surveyed(**source, BalancedPartition(**source, 5)).Shape();
  EXPECT_FALSE(one.exact);
  EXPECT_EQ(one.clustering, many.clustering);
  EXPECT_EQ(one.reciprocity, many.reciprocity);
  EXPECT_NEAR(one.assortativity, many.assortativity, 1e-9);  // sums of doubles in another order
  EXPECT_EQ(one.inside_communities, many.inside_communities);
  EXPECT_EQ(one.links, many.links);
  // 4,096 members of 16 pairs each, 8,192 links: four standard errors.
  ExpectNear(one, BruteForce(**source), 0.05);
}

// Whoever asks may be wrong: numbers of another graph, or of none.
TEST(GraphSurveyTest, DrawsOfAnotherGraphAreRefused) {
  const VectorLinkSource source(Path(5));  // of 4 links
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(5, 1));
  const ShardMembers& members = shards.images()[0]->members();
  const SurveySize right{.graph_members = 5, .graph_links = 4, .members = 5, .sources = 4};
  EXPECT_TRUE(DrawForSurvey(members, right).ok());
  SurveySize no_members = right, no_links = right, many_sources = right;
  no_members.graph_members = 0;
  no_links.graph_links = 0;
  many_sources.sources = ~0ull;
  for (const SurveySize& size : {no_members, no_links, many_sources}) {
    const absl::Status status = DrawForSurvey(members, size).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("of 5 members and 4 links"));
  }
}

// The graph of a path of three, as a worker would tell of it that answers something else.
absl::Status SurveyWith(const SurveyLink& link, std::vector<std::uint8_t> found) {
  const SurveyMember source{.member = 0, .audience = 1};
  const auto draw = [&](const SurveySize&) -> absl::StatusOr<SurveyDraw> {
    return SurveyDraw{.members = {source}, .sources = {source}};
  };
  const auto followers = [&](std::span<const std::uint32_t> sources,
                             bool) -> absl::StatusOr<std::vector<SurveyLink>> {
    return sources.empty() ? std::vector<SurveyLink>() : std::vector<SurveyLink>{link};
  };
  const auto find = [&](std::span<const MemberPair> pairs) -> absl::StatusOr<std::vector<std::uint8_t>> {
    return pairs.empty() ? std::vector<std::uint8_t>() : found;
  };
  return SurveyGraph(3, 2, {.draw = draw, .followers = followers, .find = find}).status();
}

TEST(GraphSurveyTest, AnswersToWhatWasNotAskedAreRefused) {
  const SurveyLink link{.source = 0, .follower = {.member = 1}};
  EXPECT_TRUE(SurveyWith(link, {0}).ok()) << SurveyWith(link, {0});
  const absl::Status unknown = SurveyWith({.source = 7, .follower = {.member = 1}}, {0});
  EXPECT_EQ(unknown.code(), absl::StatusCode::kDataLoss) << unknown;
  EXPECT_THAT(std::string(unknown.message()), testing::HasSubstr("found some of 7"));
  const absl::Status few = SurveyWith(link, {});
  EXPECT_EQ(few.code(), absl::StatusCode::kDataLoss) << few;
  EXPECT_THAT(std::string(few.message()), testing::HasSubstr("expected 1 answers, found 0"));
}

}  // namespace
}  // namespace lawine
