#include "engine/graph/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/partition.h"
#include "engine/graph/preset.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

// All links of a graph, by source.
struct WholeGraph {
  std::vector<std::size_t> begin = {0};
  std::vector<std::uint32_t> followers;

  std::uint32_t members_count() const { return static_cast<std::uint32_t>(begin.size()) - 1; }
  double mean() const { return static_cast<double>(followers.size()) / members_count(); }
  std::span<const std::uint32_t> FollowersOf(std::uint32_t member) const {
    return std::span(followers).subspan(begin[member], begin[member + 1] - begin[member]);
  }
  bool Has(std::uint32_t source, std::uint32_t receiver) const {
    const auto list = FollowersOf(source);
    return std::binary_search(list.begin(), list.end(), receiver);
  }
  friend bool operator==(const WholeGraph&, const WholeGraph&) = default;
};

std::shared_ptr<const LinkSource> Make(const GeneratorSpec& spec, std::size_t threads_count = 1) {
  ThreadPool pool(threads_count);
  auto source = MakeGenerator(spec, pool);
  EXPECT_TRUE(source.ok()) << source.status();
  return *std::move(source);
}

// Asks for every chunk once for each of `shards_count` shards, and puts the answers together.
WholeGraph Collect(const LinkSource& source, std::uint32_t shards_count = 1) {
  const PartitionMap shards = PartitionMap::Even(source.members_count(), shards_count);
  WholeGraph graph;
  for (std::uint32_t c = 0; c < source.chunks_count(); ++c) {
    std::vector<std::vector<std::uint32_t>> by_source(source.chunk(c).count);
    EXPECT_EQ(source.chunk(c).first.value, graph.members_count());
    for (std::uint32_t s = 0; s < shards_count; ++s) {
      const MemberRange receivers = shards.range(ShardIndex(s));
      FollowerLists lists;
      EXPECT_TRUE(source.FollowersInside(c, receivers, lists).ok());
      EXPECT_EQ(lists.counts.size(), by_source.size());
      std::size_t next = 0;
      for (std::size_t i = 0; i < lists.counts.size(); ++i) {
        for (std::uint32_t k = 0; k < lists.counts[i]; ++k) {
          EXPECT_LT(lists.followers[next], receivers.count);
          by_source[i].push_back(receivers.first.value + lists.followers[next++]);
        }
      }
      EXPECT_EQ(next, lists.followers.size());
    }
    for (const auto& list : by_source) {
      graph.followers.insert(graph.followers.end(), list.begin(), list.end());
      graph.begin.push_back(graph.followers.size());
    }
  }
  EXPECT_EQ(graph.members_count(), source.members_count());
  return graph;
}

void ExpectAscendingWithoutSelfLinks(const WholeGraph& graph) {
  for (std::uint32_t m = 0; m < graph.members_count(); ++m) {
    const auto list = graph.FollowersOf(m);
    ASSERT_EQ(std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()), list.end()) << m;
    ASSERT_FALSE(graph.Has(m, m)) << m;
  }
}

std::uint64_t ReturnedLinks(const WholeGraph& graph) {
  std::uint64_t returned = 0;
  for (std::uint32_t m = 0; m < graph.members_count(); ++m) {
    for (const std::uint32_t receiver : graph.FollowersOf(m)) returned += graph.Has(receiver, m);
  }
  return returned;
}

std::vector<std::uint32_t> InLinks(const WholeGraph& graph) {
  std::vector<std::uint32_t> counts(graph.members_count());
  for (const std::uint32_t receiver : graph.followers) ++counts[receiver];
  return counts;
}

double IsolatedShare(const WholeGraph& graph) {
  const std::vector<std::uint32_t> in_links = InLinks(graph);
  std::uint32_t isolated = 0;
  for (std::uint32_t m = 0; m < graph.members_count(); ++m) {
    isolated += graph.FollowersOf(m).empty() && in_links[m] == 0;
  }
  return static_cast<double>(isolated) / graph.members_count();
}

std::size_t LargestAudience(const WholeGraph& graph) {
  std::size_t largest = 0;
  for (std::uint32_t m = 0; m < graph.members_count(); ++m) {
    largest = std::max(largest, graph.FollowersOf(m).size());
  }
  return largest;
}

class GeneratorPresetTest : public testing::TestWithParam<std::string> {
 protected:
  static constexpr std::uint32_t kMembers = 100'000;
  const Preset& preset() const { return **FindPreset(GetParam()); }
};

TEST_P(GeneratorPresetTest, HasTheStatedFigures) {
  const WholeGraph graph = Collect(*Make({.preset = GetParam(), .members = kMembers}));
  ExpectAscendingWithoutSelfLinks(graph);
  const double mean = preset().links_per_member_milli / 1000.0;
  EXPECT_NEAR(graph.mean(), mean, 0.01 * mean);
  EXPECT_GE(static_cast<double>(LargestAudience(graph)), 10 * mean);
  // Four standard errors; hardly any member is without links by chance.
  EXPECT_NEAR(IsolatedShare(graph), preset().isolated_ppm * 1e-6, 0.003);
  const double returned =
      static_cast<double>(ReturnedLinks(graph)) / static_cast<double>(graph.followers.size());
  if (preset().mutual_ppm == kMillion) {
    EXPECT_EQ(returned, 1.0);
  } else {
    EXPECT_NEAR(returned, preset().mutual_ppm * 1e-6, 0.02);
  }
}

TEST_P(GeneratorPresetTest, InLinksAreAsPlanned) {
  const auto source = Make({.preset = GetParam(), .members = kMembers});
  const std::vector<std::uint32_t> in_links = InLinks(Collect(*source));
  std::uint64_t planned_of_large = 0;
  std::uint64_t made_of_large = 0;
  std::uint64_t planned = 0;
  std::uint64_t made = 0;
  for (std::uint32_t m = 0; m < kMembers; ++m) {
    const std::uint64_t in_links_planned = source->InLinksOf(MemberId(m));
    planned += in_links_planned;
    made += in_links[m];
    if (in_links_planned * 1000 < 5 * std::uint64_t{preset().links_per_member_milli}) continue;
    planned_of_large += in_links_planned;
    made_of_large += in_links[m];
  }
  EXPECT_NEAR(static_cast<double>(made) / static_cast<double>(planned), 1.0, 0.01);
  ASSERT_GT(planned_of_large, 0u);
  // Repeated draws are replaced by draws that favour smaller networks.
  EXPECT_NEAR(static_cast<double>(made_of_large) / static_cast<double>(planned_of_large), 1.0, 0.05);
}

INSTANTIATE_TEST_SUITE_P(All, GeneratorPresetTest,
                         testing::Values("hyves", "hyves-300", "facebook-nl", "linkedin-nl", "twitter-nl"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class GeneratorSeamTest : public testing::TestWithParam<GeneratorSpec> {};

TEST_P(GeneratorSeamTest, AnyNumberOfShardsGetsTheSameLinks) {
  const auto source = Make(GetParam());
  const WholeGraph whole = Collect(*source);
  for (const std::uint32_t shards_count : {2u, 4u, 7u}) {
    EXPECT_TRUE(Collect(*source, shards_count) == whole) << shards_count << " shards";
  }
}

TEST_P(GeneratorSeamTest, AnyNumberOfThreadsPlansTheSameLinks) {
  const WholeGraph one = Collect(*Make(GetParam(), 1));
  EXPECT_TRUE(Collect(*Make(GetParam(), 2)) == one);
  EXPECT_TRUE(Collect(*Make(GetParam(), 5)) == one);
}

TEST_P(GeneratorSeamTest, ChunksAskedForByManyThreadsAreTheSame) {
  const auto source = Make(GetParam());
  const MemberRange everybody{MemberId(0), source->members_count()};
  std::vector<FollowerLists> alone(source->chunks_count());
  std::vector<FollowerLists> together(source->chunks_count());
  for (std::uint32_t c = 0; c < alone.size(); ++c) {
    EXPECT_TRUE(source->FollowersInside(c, everybody, alone[c]).ok());
  }
  ThreadPool pool(4);
  pool.ParallelFor(together.size(), [&](std::size_t c) {
    EXPECT_TRUE(source->FollowersInside(static_cast<std::uint32_t>(c), everybody, together[c]).ok());
  });
  for (std::uint32_t c = 0; c < alone.size(); ++c) {
    EXPECT_EQ(together[c].counts, alone[c].counts);
    EXPECT_EQ(together[c].followers, alone[c].followers);
  }
}

TEST_P(GeneratorSeamTest, AnotherSeedGivesOtherLinks) {
  GeneratorSpec other = GetParam();
  ++other.graph_seed;
  EXPECT_FALSE(Collect(*Make(other)) == Collect(*Make(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(
    All, GeneratorSeamTest,
    testing::Values(
        GeneratorSpec{.preset = "hyves", .members = 20'000, .links_per_member_milli = 30'000},
        GeneratorSpec{.preset = "twitter-nl", .members = 20'000, .links_per_member_milli = 20'000},
        GeneratorSpec{.preset = "linkedin-nl", .members = 8'193, .links_per_member_milli = 9'500}),
    [](const auto& test) {
      return "of" + std::to_string(test.param.members) + "n" + std::to_string(test.index);
    });

TEST(GeneratorTest, OriginsTellTheirSpecs) {
  for (const GeneratorSpec& spec :
       {GeneratorSpec{}, GeneratorSpec{.preset = "twitter-nl", .members = 1'234, .graph_seed = ~0ull},
        GeneratorSpec{.preset = "hyves-300", .members = 50'000, .links_per_member_milli = 12'345},
        GeneratorSpec{.preset = "hyves-300", .members = 50'000, .links_per_member_milli = 1'234'567},
        GeneratorSpec{.preset = "hyves-300", .members = 50'000, .links_per_member_milli = 10'000'000}}) {
    const GeneratorSpec resolved = ResolveSpec(spec).value();
    EXPECT_EQ(SpecOfOrigin(OriginOf(resolved)), resolved) << OriginOf(resolved);
  }
  const GeneratorSpec exact = ResolveSpec({.members = 50'000, .links_per_member_milli = 1'234'567}).value();
  EXPECT_NE(OriginOf(exact).find(", 1234.567 links a member, "), std::string::npos) << OriginOf(exact);
  const GeneratorSpec half = ResolveSpec({.members = 50'000, .links_per_member_milli = 500}).value();
  EXPECT_NE(OriginOf(half).find(", 0.5 links a member, "), std::string::npos) << OriginOf(half);
  for (const char* const other :
       {"", "import of 3 rows, undirected",
        "preset myspace, 10 members, 2 links a member, graph seed 1, generator 1",
        "preset hyves, 6000000 members, 100 links a member, graph seed 1, generator 99",
        "preset hyves, 6000000 members, 100 links a member, graph seed 1, generator 1 and more"}) {
    EXPECT_FALSE(SpecOfOrigin(other).has_value()) << other;
  }
}

struct SmallGraph {
  std::uint32_t members;
  std::uint32_t mean_milli;
  double tolerance;  // relative: coins of isolated members and of communities weigh more in small graphs
};

class SmallGeneratorTest : public testing::TestWithParam<SmallGraph> {};

TEST_P(SmallGeneratorTest, KeepsTheMean) {
  constexpr int kSeeds = 20;
  for (const char* preset : {"hyves", "linkedin-nl", "twitter-nl"}) {
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const WholeGraph graph = Collect(*Make({.preset = preset,
                                              .members = GetParam().members,
                                              .links_per_member_milli = GetParam().mean_milli,
                                              .graph_seed = seed}));
      ExpectAscendingWithoutSelfLinks(graph);
      sum += graph.mean();
    }
    const double mean = GetParam().mean_milli / 1000.0;
    EXPECT_NEAR(sum / kSeeds, mean, GetParam().tolerance * mean) << preset;
  }
}

INSTANTIATE_TEST_SUITE_P(All, SmallGeneratorTest,
                         testing::Values(SmallGraph{2, 500, 0.5}, SmallGraph{3, 1'000, 0.3},
                                         SmallGraph{10, 2'000, 0.1}, SmallGraph{10, 4'500, 0.15},
                                         SmallGraph{100, 5'000, 0.02}, SmallGraph{100, 49'000, 0.05},
                                         SmallGraph{1'000, 100, 0.05}, SmallGraph{1'000, 200'000, 0.01},
                                         SmallGraph{8'192, 10'000, 0.01}, SmallGraph{8'193, 10'000, 0.01}),
                         [](const auto& test) {
                           return "of" + std::to_string(test.param.members) + "with" +
                                  std::to_string(test.param.mean_milli);
                         });

TEST(GeneratorTest, ProfilesCoverAnyRange) {
  const auto source = Make({.preset = "facebook-nl", .members = 20'000});
  MemberColumns all;
  source->Profiles({MemberId(0), 20'000}, all);
  ASSERT_EQ(all.size(), 20'000u);
  EXPECT_EQ(all.keys.front(), 0u);
  EXPECT_EQ(all.keys.back(), 19'999u);
  EXPECT_EQ(all.community.front(), 1u);
  EXPECT_TRUE(std::is_sorted(all.community.begin(), all.community.end()));
  EXPECT_EQ(std::count(all.network.begin(), all.network.end(), kNetworkFacebook), 20'000);
  EXPECT_EQ(std::count(all.account_kind.begin(), all.account_kind.end(), kAccountPersonal), 20'000);
  EXPECT_TRUE(all.names.empty() && all.audience.empty() && all.followees.empty());

  MemberColumns some;
  source->Profiles({MemberId(8'000), 500}, some);
  EXPECT_EQ(some.keys.front(), 8'000u);
  EXPECT_TRUE(std::equal(some.community.begin(), some.community.end(), all.community.begin() + 8'000));
}

TEST(GeneratorTest, ManyLinksStayInsideCommunities) {
  const auto source = Make({.preset = "hyves", .members = 50'000});
  MemberColumns profiles;
  source->Profiles({MemberId(0), 50'000}, profiles);
  const WholeGraph graph = Collect(*source);
  std::uint64_t inside = 0;
  for (std::uint32_t m = 0; m < graph.members_count(); ++m) {
    for (const std::uint32_t r : graph.FollowersOf(m))
      inside += profiles.community[m] == profiles.community[r];
  }
  const double share = static_cast<double>(inside) / static_cast<double>(graph.followers.size());
  EXPECT_GT(share, 0.25);  // 0.5 is wanted; hubs and small communities cannot carry as much
  EXPECT_LT(share, 0.5);
}

TEST(ResolveSpecTest, FillsFiguresOfThePreset) {
  const auto spec = ResolveSpec({.preset = "twitter-nl"});
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->members, 250'000u);
  EXPECT_EQ(spec->links_per_member_milli, 35'000u);
  const auto own = ResolveSpec({.members = 1'000, .links_per_member_milli = 5'000});
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->members, 1'000u);
  EXPECT_EQ(own->links_per_member_milli, 5'000u);
}

TEST(ResolveSpecTest, RefusesWhatCannotBe) {
  const auto code = [](const GeneratorSpec& spec) { return ResolveSpec(spec).status().code(); };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code({.preset = "myspace"}), kInvalid);
  EXPECT_EQ(code({.members = kGeneratorMembersMax + 1}), kInvalid);
  EXPECT_EQ(code({.members = 1}), kInvalid);
  EXPECT_EQ(code({.members = 100}), kInvalid);  // the preset's mean is 100
  EXPECT_EQ(code({.members = 63, .links_per_member_milli = 500, .pages = 1}), kInvalid);
  EXPECT_EQ(code({.members = 63, .links_per_member_milli = 500, .groups = 1}), kInvalid);
  EXPECT_EQ(code({.members = 64, .links_per_member_milli = 500, .pages = 1}), absl::StatusCode::kOk);
  EXPECT_EQ(code({.members = 11, .links_per_member_milli = 5'001}), kInvalid);
  EXPECT_EQ(code({.members = 11, .links_per_member_milli = 5'000}), absl::StatusCode::kOk);
  EXPECT_EQ(code({.links_per_member_milli = kGeneratorMeanMilliMin - 1}), kInvalid);
  EXPECT_EQ(code({.links_per_member_milli = kGeneratorMeanMilliMax + 1}), kInvalid);
  ThreadPool pool(1);
  EXPECT_EQ(MakeGenerator({.preset = "myspace"}, pool).status().code(), kInvalid);
}

TEST(PresetTest, UnknownNamesAreAnsweredWithTheKnown) {
  const auto preset = FindPreset("hives");
  EXPECT_EQ(preset.status().code(), absl::StatusCode::kNotFound);
  for (const Preset& known : Presets()) {
    EXPECT_NE(std::string(preset.status().message()).find(known.name), std::string::npos) << known.name;
  }
}

TEST(PresetTest, QuantilesAscend) {
  for (const Preset& preset : Presets()) {
    const auto& audience = preset.audience_quantiles;
    const auto& followees = preset.followee_quantiles;
    EXPECT_TRUE(std::is_sorted(audience.begin(), audience.end())) << preset.name;
    EXPECT_TRUE(std::is_sorted(followees.begin(), followees.end())) << preset.name;
    EXPECT_EQ(followees.empty(), preset.mutual_ppm == kMillion) << preset.name;
  }
}

}  // namespace
}  // namespace lawine
