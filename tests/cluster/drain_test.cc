// Before a server is stopped: it is not ready, begins nothing, finishes what would be lost, and never hangs.
#include <signal.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nlohmann/json.hpp"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"
#include "tests/support/http_get.h"

namespace lawine {
namespace {

using grpc::StatusCode;

constexpr absl::Duration kPatience = absl::Seconds(60);

class DrainTest : public LongRunTest {
 protected:
  void SetUp() override {
    StartCluster({.workers = 2,
                  .coordinator_flags = {"--admin-listen", "127.0.0.1:0", "--log-format", "json"},
                  .worker_flags = {"--admin-listen", "127.0.0.1:0"}});
  }
  // The exit code of `PROGRAM drain`; none when it hangs.
  std::optional<int> Drain(const std::string& program, const std::filesystem::path& data, int seconds) {
    ServerProcess command({program, "drain", "--data", data, "--timeout-seconds", absl::StrCat(seconds)},
                          cluster().LogStem("drain"));
    return command.WaitUntilEnded(absl::Seconds(seconds) + kPatience);
  }
  static int Ready(const ServerProcess& process) {
    return HttpGet(process.Printed("admin port on "), "/readyz").code;
  }
};

TEST_F(DrainTest, ADrainedWorkerTakesPartInNothingNewAndStops) {
  EXPECT_EQ(Ready(cluster().worker(1)), 200);
  EXPECT_EQ(Drain(WorkerProgram(), cluster().WorkerData(1), 60), 0);
  EXPECT_EQ(Ready(cluster().worker(1)), 503);
  EXPECT_EQ(HttpGet(cluster().worker(1).Printed("admin port on "), "/livez").code, 200);
  EXPECT_EQ(client().Simulate(Scenario(1)).status.error_code(), StatusCode::UNAVAILABLE);
  cluster().worker(1).Signal(SIGTERM);
  EXPECT_EQ(cluster().worker(1).WaitUntilEnded(kPatience), 0);
  cluster().RestartWorker(1);
  EXPECT_FALSE(SmallDigest().empty());
}

TEST_F(DrainTest, ARunIsWaitedForNoLongerThanItWasSaid) {
  const std::string run = StartLongRun();
  EXPECT_EQ(Drain(WorkerProgram(), cluster().WorkerData(0), 1), 0);
  EXPECT_EQ(client().GetRun(run).value.state(), pb::RUN_STATE_RUNNING);
  cluster().worker(0).Signal(SIGTERM);
  EXPECT_EQ(cluster().worker(0).WaitUntilEnded(kPatience), 0);
  EXPECT_TRUE(client().Cancel(run).ok());
}

// The worker without shard 0, whose clock is not asked otherwise.
TEST_F(DrainTest, AWorkerThatIsDrainedAsksForACheckpointOfWhatGoesOn) {
  StartCluster({.workers = 2, .coordinator_flags = {"--checkpoint-every", "1h"}});
  pb::CreateRunRequest request = Request(1);
  request.mutable_scenario()->mutable_model()->mutable_sis()->set_infection(0.01);
  request.mutable_scenario()->mutable_model()->mutable_sis()->set_recovery(0.1);
  request.mutable_scenario()->mutable_stop()->set_max_steps(1'000'000);
  const auto run = client().CreateRun(request);
  ASSERT_TRUE(run.ok()) << Text(run.status);
  const std::string name = run.value.run().name();
  EXPECT_TRUE(Eventually(kPatience, [&] { return client().GetRun(name).value.steps_done() > 1; }));
  EXPECT_FALSE(client().GetRun(name).value.has_checkpoint_step());
  EXPECT_EQ(Drain(WorkerProgram(), cluster().WorkerData(1), 8), 0);
  EXPECT_TRUE(Eventually(kPatience, [&] { return client().GetRun(name).value.checkpoint_step() > 0; }))
      << client().GetRun(name).value.ShortDebugString();
  EXPECT_TRUE(client().Cancel(name).ok());
}

TEST_F(DrainTest, ADrainedCoordinatorAnswersAndBeginsNothing) {
  const std::string run = StartLongRun();
  EXPECT_EQ(Drain(CoordinatorProgram(), cluster().CoordinatorData(), 60),
            0);  // runs are kept, not waited for
  EXPECT_EQ(Ready(cluster().coordinator()), 503);
  const grpc::Status refused = client().CreateRun(Request(1)).status;
  EXPECT_THAT(refused, IsRefused(StatusCode::UNAVAILABLE, "stopping"));
  EXPECT_EQ(DetailsOf(refused).reason, "DRAINING");
  EXPECT_THAT(client().Simulate(Scenario(1)).status, IsRefused(StatusCode::UNAVAILABLE, "stopping"));
  // What reads the whole graph would be cut off.
  EXPECT_THAT(client().Verify("g").status, IsRefused(StatusCode::UNAVAILABLE, "stopping"));
  EXPECT_THAT(client().Stats("g", true).status, IsRefused(StatusCode::UNAVAILABLE, "stopping"));
  EXPECT_TRUE(client().Stats("g").ok());
  EXPECT_EQ(client().GetRun(run).value.state(), pb::RUN_STATE_RUNNING);
  cluster().coordinator().Signal(SIGTERM);
  EXPECT_EQ(cluster().coordinator().WaitUntilEnded(kPatience), 0);
  cluster().RestartCoordinator();
  EXPECT_TRUE(
      Eventually(kPatience, [&] { return client().GetRun(run).value.state() == pb::RUN_STATE_RUNNING; }));
  EXPECT_TRUE(client().Cancel(run).ok());
}

TEST_F(DrainTest, WithoutAServerItIsSaid) {
  EXPECT_EQ(Drain(WorkerProgram(), cluster().LogStem("nowhere"), 1), 1);
}

TEST_F(DrainTest, ARunIsOneLineOfTheLogWithNameAndRequest) {
  pb::CreateRunRequest request = Request(1);
  request.set_request_id("the-callers-request");
  const auto created = client().CreateRun(request);
  ASSERT_TRUE(created.ok()) << Text(created.status);
  ASSERT_TRUE(client().Watch(created.value.run().name()).ok());
  const std::vector<std::string> lines =
      absl::StrSplit(cluster().coordinator().Said(), '\n', absl::SkipEmpty());
  int found = 0;
  for (const std::string& line : lines) {
    ASSERT_TRUE(nlohmann::json::accept(line)) << line;
    const auto json = nlohmann::json::parse(line);
    if (json.value("request", "") != "the-callers-request") continue;
    ++found;
    EXPECT_EQ(json["run"], created.value.run().name());
    EXPECT_EQ(json["state"], "SUCCEEDED");
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace lawine
