// Runs outlive workers and coordinators, rest when asked to, and are forgotten when their time has come.
#include <signal.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

class SurviveTest : public LongRunTest {
 protected:
  void SetUp() override { StartCluster({.workers = 2, .coordinator_flags = Flags()}); }
  virtual std::vector<std::string> Flags() { return {"--keep-every", "200ms"}; }

  // An ensemble that takes some seconds, and what it comes to.
  pb::Scenario Some() { return ChainScenario(400, 2'000 / kSlowdown); }
  std::string DigestOf(const pb::Scenario& scenario) {
    return client().Result(client().RunToEnd(scenario).value.name()).value.digest();
  }
  std::string Start(const pb::Scenario& scenario) {
    pb::CreateRunRequest request;
    *request.mutable_scenario() = scenario;
    const auto created = client().CreateRun(request);
    EXPECT_TRUE(created.ok()) << Text(created.status);
    return created.value.run().name();
  }
  std::uint32_t DoneOf(const std::string& name) { return client().GetRun(name).value.replicas_done(); }
  // Until so many of its 2,000 are done, or as great a part of fewer.
  void AwaitDone(const std::string& name, std::uint32_t replicas) {
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return DoneOf(name) >= replicas / kSlowdown; })) << name;
  }
  pb::RunState StateOf(const std::string& name) { return client().GetRun(name).value.state(); }
  void AwaitState(const std::string& name, pb::RunState state) {
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] { return StateOf(name) == state; }))
        << name << " is " << pb::RunState_Name(StateOf(name));
  }
};

TEST_F(SurviveTest, ARunGoesOnWhenItsWorkerIsBack) {
  const std::string digest = DigestOf(Some());
  const std::string name = Start(Some());
  AwaitDone(name, 600);
  cluster().worker(1).Kill();
  EXPECT_TRUE(
      Eventually(absl::Seconds(20), [&] { return !client().GetRun(name).value.waiting_for().empty(); }));
  EXPECT_EQ(StateOf(name), pb::RUN_STATE_RUNNING);
  cluster().WaitForAlive(1);
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    return absl::StrContains(client().GetRun(name).value.waiting_for(), "shards 2, 3");
  }));
  cluster().RestartWorker(1);
  const pb::Run run = WaitForEnd(name, absl::Seconds(60));
  EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << run.error();
  EXPECT_GT(run.attempts(), 1u);
  EXPECT_EQ(run.waiting_for(), "");
  EXPECT_EQ(client().Result(name).value.digest(), digest);
}

TEST_F(SurviveTest, ARunGoesOnWithTheNextCoordinatorWhereItWas) {
  const std::string digest = DigestOf(Some());
  const std::string name = Start(Some()), queued = Start(Scenario(2));
  AwaitDone(name, 1'200);  // more than the first block has, also of fewer
  cluster().RestartCoordinator();
  // Replicas are kept every 200 ms: they need not be done again.
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return DoneOf(name) > 0; }));
  EXPECT_GT(DoneOf(name), 200u);
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(WaitForEnd(queued, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(client().Result(name).value.digest(), digest);
}

// As when a disk is mounted that was copied before the last change.
TEST_F(SurviveTest, ARunWaitsWhileItsWorkerIsBackWithAnOlderVolume) {
  namespace fs = std::filesystem;
  const pb::Scenario scenario = Some();
  const fs::path graphs = cluster().WorkerData(1) / "graphs", older = cluster().WorkerData(1) / "older",
                 newer = cluster().WorkerData(1) / "newer";
  const std::string why = "is an older copy: expected version 2 of the graph, found 1";
  cluster().worker(1).Kill();
  fs::copy(graphs, older, fs::copy_options::recursive);
  cluster().RestartWorker(1);
  const auto changed = ApplyChanges(client(), scenario.graph(), {Follow(400, 1), Follow(1, 400)});
  ASSERT_TRUE(changed.ok()) << Text(changed.status);
  const std::string digest = DigestOf(scenario);
  const std::string name = Start(scenario);
  AwaitDone(name, 600);
  cluster().worker(1).Kill();
  fs::rename(graphs, newer);
  fs::rename(older, graphs);
  cluster().RestartWorker(1);
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    return absl::StrContains(client().GetRun(name).value.waiting_for(), why);
  })) << client().GetRun(name).value.ShortDebugString();
  EXPECT_EQ(StateOf(name), pb::RUN_STATE_RUNNING);
  EXPECT_EQ(client().GetGraph(scenario.graph()).value.missing_shards_size(), 2);
  pb::CreateRunRequest another;
  *another.mutable_scenario() = scenario;
  EXPECT_THAT(client().CreateRun(another).status, IsRefused(StatusCode::UNAVAILABLE, why));
  cluster().worker(1).Kill();
  fs::remove_all(graphs);
  fs::rename(newer, graphs);
  cluster().RestartWorker(1);
  const pb::Run run = WaitForEnd(name, absl::Seconds(60));
  EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << run.error();
  EXPECT_EQ(client().Result(name).value.digest(), digest);
}

TEST_F(SurviveTest, EverythingMayGoAtOnce) {
  const std::string digest = DigestOf(Some());
  const std::string name = Start(Some());
  AwaitDone(name, 600);
  cluster().worker(0).Kill();
  cluster().worker(1).Kill();
  cluster().coordinator().Kill();
  cluster().ReviveCoordinator();
  cluster().ReviveWorker(0);
  cluster().ReviveWorker(1);
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(client().Result(name).value.digest(), digest);
}

TEST_F(SurviveTest, WatchersGoOnWhereTheyWere) {
  constexpr std::uint32_t kMembers = 20'000 / kSlowdown;
  const std::string name = StartChain(kMembers);
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] { return client().GetRun(name).value.steps_done() > 300; }));
  cluster().RestartWorker(1);
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] { return client().GetRun(name).value.attempts() > 1; }));
  const auto watched = client().Watch(name);
  EXPECT_EQ(watched.value.last.state(), pb::RUN_STATE_SUCCEEDED) << watched.value.last.error();
  ASSERT_EQ(watched.value.steps.size(), kMembers + 1);
  for (std::uint32_t step = 0; step <= kMembers; ++step) ASSERT_EQ(watched.value.steps[step].step(), step);
}

TEST_F(SurviveTest, PausedRunsRestAndGoOn) {
  const std::string digest = DigestOf(Some());
  const std::string name = Start(Some());
  AwaitDone(name, 500);
  EXPECT_TRUE(client().Pause(name).ok());
  AwaitState(name, pb::RUN_STATE_PAUSED);
  EXPECT_TRUE(client().Pause(name).ok()) << "pausing twice does no harm";
  const auto watched = client().Watch(name);
  EXPECT_EQ(watched.value.last.state(), pb::RUN_STATE_PAUSED) << "watchers are told";
  EXPECT_THAT(client().Result(name).status, IsRefused(StatusCode::FAILED_PRECONDITION, "PAUSED"));
  EXPECT_THAT(client().DeleteRun(name), IsRefused(StatusCode::FAILED_PRECONDITION, "cancel it first"));
  EXPECT_THAT(client().DeleteGraph("chain-400"), IsRefused(StatusCode::FAILED_PRECONDITION, "in use"));
  cluster().RestartCoordinator();
  EXPECT_EQ(StateOf(name), pb::RUN_STATE_PAUSED);
  EXPECT_THAT(client().DeleteGraph("chain-400"), IsRefused(StatusCode::FAILED_PRECONDITION, "in use"));
  EXPECT_TRUE(client().Resume(name).ok());
  EXPECT_TRUE(client().Resume(name).ok()) << "so does resuming what goes on";
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(client().Result(name).value.digest(), digest);
  EXPECT_THAT(client().Pause(name).status, IsRefused(StatusCode::FAILED_PRECONDITION, "SUCCEEDED"));
  EXPECT_THAT(client().Resume(name).status, IsRefused(StatusCode::FAILED_PRECONDITION, "SUCCEEDED"));
}

TEST_F(SurviveTest, PausedRunsCanBeCancelled) {
  const std::string name = Start(Some());
  EXPECT_TRUE(client().Pause(name).ok());
  AwaitState(name, pb::RUN_STATE_PAUSED);
  EXPECT_TRUE(client().Cancel(name).ok());
  EXPECT_EQ(StateOf(name), pb::RUN_STATE_CANCELLED);
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return client().DeleteGraph("chain-400").ok(); }));
  cluster().RestartCoordinator();
  EXPECT_EQ(StateOf(name), pb::RUN_STATE_CANCELLED);
}

TEST_F(SurviveTest, ACoordinatorThatStopsInOrderLeavesItsRunsToTheNext) {
  const std::string name = Start(Some());
  AwaitDone(name, 300);
  cluster().coordinator().Signal(SIGTERM);
  EXPECT_EQ(cluster().coordinator().WaitUntilEnded(absl::Seconds(20)), 0);
  cluster().RestartCoordinator();
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
}

class ForgetTest : public SurviveTest {
 protected:
  std::vector<std::string> Flags() override { return {"--keep-results", "3s"}; }
};

TEST_F(ForgetTest, EndedRunsExpireUnlessPinned) {
  const pb::Run ended = client().RunToEnd(Scenario(1)).value;
  EXPECT_GT(ended.expire_time().seconds(), 0);
  const std::string& first = ended.name();
  std::string pinned;  // in time: a machine that stands still for seconds may be too late for one
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] {
    pinned = client().RunToEnd(Scenario(1)).value.name();
    return client().Pin(pinned, true).value.pinned();
  }));
  EXPECT_FALSE(client().GetRun(pinned).value.has_expire_time());
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    return client().GetRun(first).status.error_code() == StatusCode::NOT_FOUND;
  }));
  cluster().RestartCoordinator();
  EXPECT_THAT(client().GetRun(first).status, IsRefused(StatusCode::NOT_FOUND, first));
  EXPECT_TRUE(client().Result(pinned).ok());
  EXPECT_TRUE(client().Pin(pinned, false).ok());
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    return client().GetRun(pinned).status.error_code() == StatusCode::NOT_FOUND;
  }));
  EXPECT_NE(client().RunToEnd(Scenario(1)).value.name(), pinned) << "numbers are not used twice";
}

class QuotaTest : public SurviveTest {
 protected:
  std::vector<std::string> Flags() override { return {"--results-max", "1MiB"}; }
};

// A result of 10,000 replicas takes a good megabyte.
TEST_F(QuotaTest, TheOldestGoWhenThereIsNoRoom) {
  const pb::Scenario large = ChainScenario(3, 10'000);
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) names.push_back(client().RunToEnd(large).value.name());
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    return client().GetRun(names[0]).status.error_code() == StatusCode::NOT_FOUND;
  }));
  EXPECT_TRUE(client().Result(names[2]).ok()) << "the latest stays";
}

class GiveUpTest : public SurviveTest {
 protected:
  std::vector<std::string> Flags() override { return {"--attempts-max", "2", "--recover-within", "20s"}; }
};

// As one does that takes more memory than there is, at every attempt.
TEST_F(GiveUpTest, ARunThatKillsItsWorkersIsGivenUp) {
  const std::string name = StartChain(100'000);
  for (std::uint32_t attempt = 1; attempt <= 2; ++attempt) {
    ASSERT_TRUE(Eventually(absl::Seconds(60), [&] {
      const pb::Run run = client().GetRun(name).value;
      return run.attempts() >= attempt && run.waiting_for().empty() && run.steps_done() > 20;
    }));
    cluster().RestartWorker(1);
  }
  const pb::Run run = WaitForEnd(name, absl::Seconds(60));
  EXPECT_EQ(run.state(), pb::RUN_STATE_FAILED);
  EXPECT_THAT(run.error(), HasSubstr("begun 2 times without getting further"));
}

}  // namespace
}  // namespace lawine
