// The same servers as objects in one process, as the command line runs them: same answers.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/coordinator/coordinator_server.h"
#include "services/worker/worker_server.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/spread.h"
#include "tests/cluster/test_cluster.h"

namespace lawine {
namespace {

// One coordinator and some workers in this process.
class EmbeddedCluster {
 public:
  EmbeddedCluster(const std::filesystem::path& data, std::uint32_t workers_count, std::size_t threads) {
    auto coordinator = CoordinatorServer::Start({.data_dir = data / "coordinator"});
    EXPECT_TRUE(coordinator.ok()) << coordinator.status();
    coordinator_ = *std::move(coordinator);
    for (std::uint32_t w = 0; w < workers_count; ++w) {
      WorkerOptions options;
      options.data_dir = data / absl::StrCat("worker-", w);
      options.coordinator = coordinator_->address();
      options.threads = threads;
      auto worker = WorkerServer::Start(options);
      EXPECT_TRUE(worker.ok()) << worker.status();
      workers_.push_back(*std::move(worker));
    }
    EXPECT_TRUE(coordinator_->WaitForWorkers(workers_count, absl::Seconds(60)));
    client_ = std::make_unique<Client>(coordinator_->address());
  }
  Client& client() { return *client_; }

 private:
  std::unique_ptr<CoordinatorServer> coordinator_;
  std::vector<std::unique_ptr<WorkerServer>> workers_;
  std::unique_ptr<Client> client_;
};

TEST(EmbeddedTest, AnswersAsProcessesAndTheJudgeDo) {
  const Network network = Generated("hyves", 10'000, 20);
  const Spread spread{.seeds = network.BestConnected(2), .probability = 0.3, .run_seed = 6};
  const auto verdicts = Judge(network, spread);
  for (const std::uint32_t workers : {1u, 2u}) {
    TempDirectory directory;
    EmbeddedCluster cluster(directory.path(), workers, 2);
    for (const std::uint32_t shards : {1u, 4u, 7u}) {
      const std::string name = absl::StrCat("g", shards);
      const auto graph = Load(cluster.client(), network, name, shards);
      ASSERT_TRUE(graph.ok()) << Text(graph.status);
      const auto result = cluster.client().Simulate(ScenarioOf(spread, network, name));
      ASSERT_TRUE(result.ok()) << Text(result.status);
      EXPECT_EQ(Difference(verdicts, result.value), "") << workers << " workers, " << shards << " shards";
    }
  }
}

TEST(EmbeddedTest, ProcessesReadWhatItWrote) {
  const Network network = WithStringIds(Hub());
  const Spread spread{.seeds = network.BestConnected(1), .probability = 0.5};
  TempDirectory directory;
  {
    EmbeddedCluster cluster(directory.path(), 1, 1);
    ASSERT_TRUE(Load(cluster.client(), network, "g", 2).ok());
  }
  TestCluster cluster({.workers = 1, .data = {directory.path() / "worker-0"}});
  // The new coordinator learns of the graph from the worker that holds it.
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return cluster.client().GetGraph("g").ok(); }));
  const auto result = cluster.client().Simulate(ScenarioOf(spread, network, "g"));
  ASSERT_TRUE(result.ok()) << Text(result.status);
  EXPECT_EQ(Difference(Judge(network, spread), result.value), "");
}

TEST(EmbeddedTest, StopsTwiceAndStartsAgain) {
  TempDirectory directory;
  for (int i = 0; i < 3; ++i) EmbeddedCluster cluster(directory.path(), 2, 1);
}

}  // namespace
}  // namespace lawine
