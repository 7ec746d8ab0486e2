// A network and runs on it that last long enough to be interrupted.
#ifndef LAWINE_TESTS_CLUSTER_LONG_RUN_H_
#define LAWINE_TESTS_CLUSTER_LONG_RUN_H_

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/cluster/client.h"
#include "tests/cluster/test_cluster.h"
#include "tests/support/patience.h"

namespace lawine {

// A cluster with graph "g": 20,000 members in 4 shards.
class LongRunTest : public testing::Test {
 protected:
  void StartCluster(const ClusterOptions& options) {
    cluster_ = std::make_unique<TestCluster>(options);
    MakeGraph();
  }
  void MakeGraph(const std::string& name = "g") {
    pb::CreateGraphRequest request;
    request.set_name(name);
    request.set_preset("hyves");
    request.set_members(20'000);
    request.set_links_per_member(20);
    request.set_shards(4);
    const auto graph = client().CreateGraph(request);
    ASSERT_TRUE(graph.ok()) << Text(graph.status);
  }
  void SetUp() override { StartCluster({.workers = 2}); }

  TestCluster& cluster() { return *cluster_; }
  Client& client() { return cluster_->client(); }

  static pb::Scenario Scenario(std::uint32_t replicas) {
    pb::Scenario scenario;
    scenario.set_graph("g");
    scenario.mutable_seed_members()->set_highest_audience(true);
    scenario.mutable_model()->mutable_forward()->set_probability(0.4);
    scenario.set_replicas(replicas);
    return scenario;
  }
  static pb::CreateRunRequest Request(std::uint32_t replicas) {
    pb::CreateRunRequest request;
    *request.mutable_scenario() = Scenario(replicas);
    return request;
  }
  // A message that everyone forwards along a chain: a step a member, with little to do in each.
  pb::Scenario ChainScenario(std::uint32_t members, std::uint32_t replicas) {
    pb::ImportOptions options;
    options.set_name(absl::StrCat("chain-", members));
    options.set_row("from,to");
    options.set_shards(4);
    std::string rows;
    for (std::uint32_t member = 1; member < members; ++member) {
      absl::StrAppend(&rows, member, " ", member + 1, "\n");
    }
    const auto names = client().GraphNames();
    if (std::find(names.begin(), names.end(), options.name()) == names.end()) {
      const auto graph = client().Import(options, {{"chain", rows}});
      EXPECT_TRUE(graph.ok()) << Text(graph.status);
    }
    pb::Scenario scenario;
    scenario.set_graph(options.name());
    scenario.mutable_seed_members()->add_ids("1");
    scenario.mutable_model()->mutable_forward()->set_probability(1);
    scenario.set_replicas(replicas);
    return scenario;
  }
  std::string StartChain(std::uint32_t members, std::uint32_t replicas = 1) {
    pb::CreateRunRequest request;
    *request.mutable_scenario() = ChainScenario(members, replicas);
    const auto created = client().CreateRun(request);
    EXPECT_TRUE(created.ok()) << Text(created.status);
    return created.value.run().name();
  }
  // A run that would take half a minute at least; returns its name when it is on its way.
  std::string StartLongRun() {
    const std::string name = StartChain(1'000, 10'000);
    EXPECT_TRUE(
        Eventually(absl::Seconds(60), [&] { return client().GetRun(name).value.replicas_done() > 3; }));
    return name;
  }
  // The run as it is when it has ended, at most `timeout` from now.
  pb::Run WaitForEnd(const std::string& name, absl::Duration timeout) {
    pb::Run run;
    EXPECT_TRUE(Eventually(timeout,
                           [&] {
                             run = client().GetRun(name).value;
                             return run.state() != pb::RUN_STATE_RUNNING &&
                                    run.state() != pb::RUN_STATE_QUEUED;
                           }))
        << name << " has not ended";
    return run;
  }
  // Whether any worker takes part in a run, as they said in their last heartbeats.
  bool AnyoneWorks() {
    const auto workers = client().Workers();
    return workers.empty() ||
           std::any_of(workers.begin(), workers.end(), [](const auto& worker) { return worker.runs() > 0; });
  }
  std::string SmallDigest() {
    const auto result = client().Simulate(Scenario(1));
    EXPECT_TRUE(result.ok()) << Text(result.status);
    return result.value.digest();
  }

 private:
  std::unique_ptr<TestCluster> cluster_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_LONG_RUN_H_
