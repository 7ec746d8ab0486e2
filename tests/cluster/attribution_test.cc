// Who brought it to whom, over real processes.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/spread.h"
#include "tests/cluster/test_cluster.h"

namespace lawine {
namespace {

// By member: sender (empty: nobody) and deliveries.
using Senders = std::map<std::string, std::pair<std::string, std::uint32_t>>;

Senders SendersOf(Client& client, const std::string& run) {
  grpc::ClientContext context;
  pb::ListReceiptsRequest request;
  request.set_name(run);
  const auto stream = client.simulations().ListReceipts(&context, request);
  std::map<std::uint32_t, std::string> names;
  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> rows;
  for (pb::ListReceiptsResponse part; stream->Read(&part);) {
    for (int i = 0; i < part.members_size(); ++i) {
      names[part.numbers(i)] = part.members(i);
      rows[part.numbers(i)] = {part.senders_plus_one(i), part.deliveries(i)};
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
  Senders senders;
  for (const auto& [number, row] : rows)
    senders[names[number]] = {row.first == 0 ? "" : names[row.first - 1], row.second};
  return senders;
}

TEST(AttributionTest, IsTheSameWhateverTheShardsAndTellsItsTree) {
  TestCluster cluster({.workers = 2});
  const Network network = Generated("hyves", 2'000, 20);
  const Spread spread{.seeds = network.BestConnected(3), .probability = 0.2, .run_seed = 6};
  const auto verdicts = Judge(network, spread);
  std::vector<Senders> answers;
  for (const std::uint32_t shards : {2u, 5u}) {
    const std::string graph = absl::StrCat("g", shards);
    ASSERT_TRUE(Load(cluster.client(), network, graph, shards).ok());
    pb::CreateRunRequest request;
    *request.mutable_scenario() = ScenarioOf(spread, network, graph);
    request.set_record_attribution(true);
    const std::string run = cluster.client().CreateRun(request).value.run().name();
    ASSERT_TRUE(cluster.client().Watch(run).ok());
    const auto result = cluster.client().Result(run);
    ASSERT_TRUE(result.ok()) << Text(result.status);
    EXPECT_EQ(Difference(verdicts, result.value), "") << "recording changes nothing";
    const pb::Attribution& attribution = result.value.attribution();
    EXPECT_EQ(attribution.members(), result.value.totals().reach());
    EXPECT_EQ(attribution.trees(), 3u);
    EXPECT_EQ(attribution.seeds_size(), 3);
    EXPECT_EQ(attribution.depth(), attribution.members_by_depth_size() - 1u);
    EXPECT_GT(attribution.structural_virality(), 1);
    answers.push_back(SendersOf(cluster.client(), run));
    std::uint64_t deliveries = 0;
    for (const auto& [member, row] : answers.back()) deliveries += row.second;
    EXPECT_EQ(deliveries, result.value.totals().deliveries());
  }
  EXPECT_EQ(answers[0], answers[1]);
}

// More at once than workers keep receipts of runs that nobody waits for.
TEST(AttributionTest, IsToldOfManyRunsAtOnce) {
  TestCluster cluster({.workers = 2, .runs_at_once = 6});
  const Network network = Generated("hyves", 2'000, 20);
  ASSERT_TRUE(Load(cluster.client(), network, "g", 2).ok());
  std::vector<std::string> runs;
  for (std::uint32_t i = 0; i < 6; ++i) {
    pb::CreateRunRequest request;
    *request.mutable_scenario() =
        ScenarioOf({.seeds = network.BestConnected(3), .probability = 0.2, .run_seed = i}, network, "g");
    request.set_record_attribution(true);
    const auto created = cluster.client().CreateRun(request);
    ASSERT_TRUE(created.ok()) << Text(created.status);
    runs.push_back(created.value.run().name());
  }
  for (const std::string& run : runs) {
    ASSERT_TRUE(cluster.client().Watch(run).ok());
    EXPECT_EQ(cluster.client().GetRun(run).value.attempts(), 1u);
    const auto result = cluster.client().Result(run);
    ASSERT_TRUE(result.ok()) << Text(result.status);
    EXPECT_EQ(result.value.attribution().members(), result.value.totals().reach());
  }
}

TEST(AttributionTest, IsOfASingleReplica) {
  TestCluster cluster({.workers = 1});
  const Network network = Generated("hyves", 100, 5);
  ASSERT_TRUE(Load(cluster.client(), network, "g", 1).ok());
  pb::CreateRunRequest request;
  *request.mutable_scenario() = ScenarioOf({.seeds = network.BestConnected(1), .replicas = 2}, network, "g");
  request.set_record_attribution(true);
  EXPECT_THAT(cluster.client().CreateRun(request).status, IsBadField("record_attribution", "single replica"));
}

}  // namespace
}  // namespace lawine
