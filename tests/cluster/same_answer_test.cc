// Real worker processes against the judge: same digest, same counts, same receipts, whatever the number of
// workers, shards and threads.
#include <algorithm>
#include <future>
#include <ostream>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/spread.h"
#include "tests/cluster/test_cluster.h"

namespace lawine {
namespace {

constexpr std::uint32_t kShardCounts[] = {1, 2, 4, 7};

// A graph that spreads over every shard, with keys of up to 64 bits.
TestGraph SmallGraph() {
  TestRandom random(11);
  TestGraph graph = RandomGraph(random, 60, 1, 12);
  for (const KeyPair& link : Hub().links) graph.links.push_back(link);
  return graph;
}

// Spreads that between them stop at once, die out, and go on to the end.
std::vector<Spread> SpreadsOf(const Network& network) {
  const std::vector<MemberKey> best = network.BestConnected(9);
  return {{.seeds = {best[0]}, .probability = 0.5, .run_seed = 7},
          {.seeds = {best[1], best[4], best[8]}, .probability = 1},
          {.seeds = {best[2]}, .probability = 0},
          {.seeds = {best[0]}, .probability = 0.7, .run_seed = 3, .max_steps = 0},
          {.seeds = {best[0], best[3]}, .probability = 0.7, .run_seed = 3, .max_steps = 1},
          {.seeds = {best[0]}, .probability = 0.7, .run_seed = ~0ull, .max_steps = 2},
          {.seeds = {best[0], best[1]}, .probability = 0.4, .run_seed = 12, .replicas = 90},
          {.seeds = {best[0], best[1]}, .probability = 0.4, .run_seed = 12, .first_replica = 77}};
}

void ExpectAsJudged(Client& client, const Network& network, const std::string& graph, const Spread& spread) {
  const auto verdicts = Judge(network, spread);
  const pb::Scenario scenario = ScenarioOf(spread, network, graph);
  const auto small = client.Simulate(scenario);
  ASSERT_TRUE(small.ok()) << Text(small.status);
  EXPECT_EQ(Difference(verdicts, small.value), "");
  if (spread.replicas != 1) return;
  pb::CreateRunRequest request;
  *request.mutable_scenario() = scenario;
  request.set_record_receipts(true);
  const auto created = client.CreateRun(request);
  ASSERT_TRUE(created.ok()) << Text(created.status);
  const std::string run = created.value.run().name();
  const auto watched = client.Watch(run);
  ASSERT_TRUE(watched.ok()) << Text(watched.status);
  EXPECT_EQ(watched.value.steps.size(), verdicts[0].steps.size());
  const auto result = client.Result(run);
  ASSERT_TRUE(result.ok()) << Text(result.status);
  EXPECT_EQ(Difference(verdicts, result.value), "");
  const auto receipts = client.Receipts(run);
  ASSERT_TRUE(receipts.ok()) << Text(receipts.status);
  EXPECT_EQ(Difference(verdicts[0], network, receipts.value), "");
}

void ExpectAllAsJudged(Client& client, const Network& network, const std::string& graph) {
  for (const Spread& spread : SpreadsOf(network)) {
    SCOPED_TRACE(absl::StrCat("graph ", graph, ", p ", spread.probability, ", seed ", spread.run_seed));
    ExpectAsJudged(client, network, graph, spread);
  }
}

struct Shape {
  std::uint32_t workers;
  std::uint32_t threads;
  friend void PrintTo(const Shape& shape, std::ostream* out) {
    *out << shape.workers << " workers, " << shape.threads << " threads";
  }
};

class SmallGraphsTest : public testing::TestWithParam<Shape> {};

TEST_P(SmallGraphsTest, SpreadAsJudged) {
  TestCluster cluster({.workers = GetParam().workers, .threads = GetParam().threads});
  Client& client = cluster.client();
  const std::map<std::string, Network> networks = {{"integers", WithIntegerIds(SmallGraph())},
                                                   {"strings", WithStringIds(SmallGraph())}};
  // Loaded all at once, as strangers would.
  std::vector<std::future<Answer<pb::Graph>>> loads;
  for (const auto& [name, network] : networks) {
    for (const std::uint32_t shards : kShardCounts) {
      loads.push_back(
          std::async(std::launch::async, [&, graph = absl::StrCat(name, "-", shards), shards, n = &network] {
            return Load(client, *n, graph, shards);
          }));
    }
  }
  std::map<std::string, std::set<std::string>> digests;
  for (auto& load : loads) {
    const auto graph = load.get();
    ASSERT_TRUE(graph.ok()) << Text(graph.status);
    digests[graph.value.name().substr(0, graph.value.name().find('-'))].insert(graph.value.digest());
  }
  for (const auto& [name, network] : networks) {
    EXPECT_EQ(digests[name].size(), 1) << "a graph's digest depends on its shards";
    for (const std::uint32_t shards : kShardCounts)
      ExpectAllAsJudged(client, network, absl::StrCat(name, "-", shards));
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, SmallGraphsTest,
                         testing::Values(Shape{1, 1}, Shape{1, 2}, Shape{1, 3}, Shape{2, 1}, Shape{2, 2},
                                         Shape{2, 3}, Shape{4, 1}, Shape{4, 2}, Shape{4, 3}),
                         [](const auto& shape) {
                           return absl::StrCat(shape.param.workers, "Workers", shape.param.threads,
                                               "Threads");
                         });

struct GeneratedCase {
  Shape shape;
  const char* preset;
  std::uint32_t members;
  std::uint32_t links_per_member;
  std::vector<std::uint32_t> shards;
  friend void PrintTo(const GeneratedCase& graph, std::ostream* out) { *out << graph.preset; }
};

class GeneratedGraphsTest : public testing::TestWithParam<GeneratedCase> {};

TEST_P(GeneratedGraphsTest, SpreadAsJudgedAndAsInOneProcess) {
  const GeneratedCase& wanted = GetParam();
  TestCluster cluster({.workers = wanted.shape.workers, .threads = wanted.shape.threads});
  const Network network = Generated(wanted.preset, wanted.members, wanted.links_per_member);
  const std::vector<MemberKey> best = network.BestConnected(3);
  const std::vector<Spread> spreads = {
      {.seeds = {best[0]}, .probability = 0.1, .run_seed = 2009},
      {.seeds = {best[0], best[1], best[2]}, .probability = 0.45, .run_seed = 4},
      {.seeds = {best[1]}, .probability = 0.2, .run_seed = 9, .replicas = 3}};
  for (const std::uint32_t shards : wanted.shards) {
    const std::string name = absl::StrCat("g", shards);
    const auto graph = Load(cluster.client(), network, name, shards);
    ASSERT_TRUE(graph.ok()) << Text(graph.status);
    for (const Spread& spread : spreads) {
      SCOPED_TRACE(absl::StrCat(shards, " shards, p ", spread.probability));
      ExpectAsJudged(cluster.client(), network, name, spread);
      const auto result = cluster.client().Simulate(ScenarioOf(spread, network, name));
      ASSERT_TRUE(result.ok()) << Text(result.status);
      EXPECT_EQ(result.value.digest(), LocalDigest(network, spread, shards));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Graphs, GeneratedGraphsTest,
                         testing::Values(GeneratedCase{{1, 3}, "hyves", 10'000, 20, {1, 4}},
                                         GeneratedCase{{2, 2}, "twitter-nl", 10'000, 12, {2, 7}},
                                         GeneratedCase{{4, 1}, "linkedin-nl", 10'000, 15, {4, 7}},
                                         GeneratedCase{{1, 2}, "hyves", 100'000, 10, {1}},
                                         GeneratedCase{{4, 2}, "hyves", 100'000, 10, {4}}),
                         [](const auto& graph) {
                           return absl::StrCat("Members", graph.param.members, "Workers",
                                               graph.param.shape.workers, "Threads",
                                               graph.param.shape.threads);
                         });

TEST(SeedRulesTest, ChooseTheSameMembersWhateverTheShards) {
  TestCluster cluster({.workers = 2});
  const Network network = Generated("hyves", 10'000, 20);
  pb::SeedMembers highest, audience, random;
  highest.set_highest_audience(true);
  highest.set_count(3);
  audience.set_audience(30);
  audience.set_count(7);
  random.set_random(true);
  random.set_count(25);
  std::map<std::string, std::set<std::string>> digests;
  for (const std::uint32_t shards : {1u, 7u}) {
    const std::string name = absl::StrCat("g", shards);
    ASSERT_TRUE(Load(cluster.client(), network, name, shards).ok());
    for (const pb::SeedMembers& rule : {highest, audience, random}) {
      pb::Scenario scenario;
      scenario.set_graph(name);
      *scenario.mutable_seed_members() = rule;
      const auto result = cluster.client().Simulate(scenario);
      ASSERT_TRUE(result.ok()) << Text(result.status);
      Spread spread;
      for (const auto& seed : result.value.seed_members()) spread.seeds.push_back(std::stoull(seed.id()));
      EXPECT_EQ(spread.seeds.size(), rule.count());
      EXPECT_EQ(Difference(Judge(network, spread), result.value), "");
      if (rule.highest_audience()) {
        auto best = network.BestConnected(3);
        EXPECT_THAT(spread.seeds, testing::UnorderedElementsAreArray(best));
      }
      digests[rule.ShortDebugString()].insert(result.value.digest());
    }
  }
  for (const auto& [rule, found] : digests) EXPECT_EQ(found.size(), 1) << rule;
}

TEST(ManySeedsTest, AreTakenAndEchoed) {
  TestCluster cluster({.workers = 2});
  const Network network = Generated("hyves", 100'000, 10);
  ASSERT_TRUE(Load(cluster.client(), network, "g", 4).ok());
  pb::Scenario scenario;
  scenario.set_graph("g");
  scenario.mutable_seed_members()->set_random(true);
  scenario.mutable_seed_members()->set_count(50'000);
  const auto result = cluster.client().Simulate(scenario);
  ASSERT_TRUE(result.ok()) << Text(result.status);
  EXPECT_EQ(result.value.seed_members_size(), 50'000);
  EXPECT_EQ(result.value.steps(0).first_receipts(), 50'000);
}

}  // namespace
}  // namespace lawine
