// Processes that die, hang, come back, or must not start.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using testing::AnyOf;
using testing::HasSubstr;

// Runs that have lost a worker wait for it a second only.
class FailuresTest : public LongRunTest {
 protected:
  void SetUp() override { StartCluster({.workers = 2, .coordinator_flags = {"--recover-within", "1s"}}); }
  // Who a message about worker `index` may call it.
  testing::Matcher<std::string> Names(std::size_t index) {
    return AnyOf(HasSubstr(cluster().NodeId(index)), HasSubstr(cluster().worker_address(index)));
  }
};

TEST_F(FailuresTest, KilledWorkerFailsItsRunsAndIsNamed) {
  const std::string digest = SmallDigest();
  const std::vector<std::string> runs = {StartLongRun(), StartLongRun()};
  cluster().worker(1).Kill();
  for (const std::string& name : runs) {
    const pb::Run run = WaitForEnd(name, absl::Seconds(10));
    EXPECT_EQ(run.state(), pb::RUN_STATE_FAILED);
    EXPECT_THAT(run.error(), Names(1));
  }
  // The coordinator may not have noticed yet that the worker is gone for good.
  const auto soon = client().CreateRun(Request(1));
  EXPECT_THAT(soon.status, IsBrokenOff(""));
  EXPECT_THAT(soon.status.error_message(), AnyOf(Names(1), HasSubstr("shards 2, 3")));
  cluster().WaitForAlive(1);
  EXPECT_THAT(client().CreateRun(Request(1)).status, IsRefused(StatusCode::UNAVAILABLE, "shards 2, 3"));
  EXPECT_THAT(client().Simulate(Scenario(1)).status, IsRefused(StatusCode::UNAVAILABLE, "shards 2, 3"));
  EXPECT_THAT(client().GetMember("g", "1").status, IsRefused(StatusCode::UNAVAILABLE, "shards 2, 3"));
  EXPECT_EQ(client().GetGraph("g").value.missing_shards_size(), 2);
  cluster().RestartWorker(1);
  EXPECT_EQ(SmallDigest(), digest);
  EXPECT_EQ(client().GetGraph("g").value.missing_shards_size(), 0);
}

TEST_F(FailuresTest, WorkerThatComesBackOnItsOldPortIsUsedAtOnce) {
  const std::string digest = SmallDigest();
  for (const std::size_t index : {0u, 1u, 0u}) {
    cluster().RestartWorker(index, true);
    EXPECT_EQ(SmallDigest(), digest) << "after worker " << index << " was restarted";
  }
}

TEST_F(FailuresTest, WorkerThatHangsFailsItsRun) {
  const std::string digest = SmallDigest();
  const std::string name = StartLongRun();
  cluster().worker(1).Signal(SIGSTOP);
  const pb::Run run = WaitForEnd(name, absl::Seconds(45));
  EXPECT_EQ(run.state(), pb::RUN_STATE_FAILED);
  EXPECT_THAT(run.error(), Names(1));
  EXPECT_THAT(client().CreateRun(Request(1)).status, IsRefused(StatusCode::UNAVAILABLE, "shards 2, 3"));
  cluster().worker(1).Signal(SIGCONT);
  cluster().WaitForAlive(2);
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return client().Simulate(Scenario(1)).ok(); }));
  EXPECT_EQ(SmallDigest(), digest);
}

// Whether its calls outlive that is up to the moment of its last ping: the run goes on, in this attempt or
// the next.
TEST_F(LongRunTest, CoordinatorThatHangsComesBackAndGoesOnWithItsRuns) {
  const std::string digest = SmallDigest();
  const std::string name = StartChain(4'000, 10'000);
  const auto replicas_done = [&] { return client().GetRun(name).value.replicas_done(); };
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] { return replicas_done() > 3; }));
  cluster().coordinator().Signal(SIGSTOP);
  absl::SleepFor(absl::Seconds(22));
  cluster().coordinator().Signal(SIGCONT);
  cluster().WaitForAlive(2);
  const std::uint32_t before = replicas_done();
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return replicas_done() > before; }));
  EXPECT_TRUE(client().Cancel(name).ok());
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(20)).state(), pb::RUN_STATE_CANCELLED);
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return client().Simulate(Scenario(1)).ok(); }));
  EXPECT_EQ(SmallDigest(), digest);
}

// After the first block of replicas, which tells the pace, the next is all that is left: workers do not come
// to its end by themselves.
class HangTest : public LongRunTest {
 protected:
  void SetUp() override { StartCluster({.workers = 2, .coordinator_flags = {"--keep-every", "10m"}}); }
};

TEST_F(HangTest, WorkersGiveUpACoordinatorThatHangs) {
  const std::string name = StartChain(4'000 / kSlowdown, 10'000);
  ASSERT_TRUE(
      Eventually(absl::Seconds(60), [&] { return client().GetRun(name).value.replicas_done() > 600; }));
  cluster().coordinator().Signal(SIGSTOP);
  for (const std::size_t w : {0u, 1u}) {
    EXPECT_TRUE(Eventually(absl::Seconds(60),
                           [&] { return absl::StrContains(cluster().worker(w).Said(), " ended: "); }))
        << "worker " << w << " still works for a coordinator that does not answer";
  }
  cluster().coordinator().Signal(SIGCONT);
}

TEST_F(FailuresTest, WorkerStoppedInOrderEndsSoonAndFailsItsRun) {
  const std::string name = StartLongRun();
  cluster().worker(0).Signal(SIGTERM);
  EXPECT_EQ(cluster().worker(0).WaitUntilEnded(absl::Seconds(15)), 0);
  const pb::Run run = WaitForEnd(name, absl::Seconds(10));
  EXPECT_EQ(run.state(), pb::RUN_STATE_FAILED) << pb::RunState_Name(run.state());
  EXPECT_THAT(run.error(), Names(0));
}

TEST_F(FailuresTest, WatchersOfAFailedRunAreTold) {
  const std::string name = StartLongRun();
  auto watching = std::async(std::launch::async, [&] { return client().Watch(name); });
  cluster().worker(0).Kill();
  ASSERT_EQ(watching.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  const auto watched = watching.get();
  EXPECT_TRUE(watched.ok());
  EXPECT_EQ(watched.value.last.state(), pb::RUN_STATE_FAILED);
  EXPECT_THAT(client().Result(name).status, IsRefused(StatusCode::FAILED_PRECONDITION, "FAILED"));
}

// A command that must end by itself, soon, with an error that says all of `words`.
void ExpectStartRefused(TestCluster& cluster, const std::vector<std::string>& command,
                        const std::vector<std::string>& words) {
  ServerProcess process(command, cluster.LogStem("refused"));
  const auto code = process.WaitUntilEnded(absl::Seconds(30));
  ASSERT_TRUE(code.has_value()) << "runs: " << process.Said();
  EXPECT_TRUE(*code > 0 && *code < 128) << "code " << *code;
  for (const std::string& word : words) EXPECT_THAT(process.Said(), HasSubstr(word));
}

TEST(StartTest, IsRefusedWhereItWouldDoHarm) {
  TestCluster cluster({.workers = 1});
  TempDirectory fresh;
  const std::string any = "127.0.0.1:0";
  ExpectStartRefused(cluster,
                     {CoordinatorProgram(), "--data", fresh.path() / "c", "--listen", cluster.address()},
                     {"cannot listen on " + cluster.address(), "in use"});
  ExpectStartRefused(cluster,
                     {WorkerProgram(), "--data", fresh.path() / "w", "--coordinator", cluster.address(),
                      "--listen", cluster.worker_address(0)},
                     {"cannot listen on " + cluster.worker_address(0), "in use"});
  ExpectStartRefused(cluster, cluster.CoordinatorCommand(any), {cluster.CoordinatorData(), "another"});
  ExpectStartRefused(cluster, cluster.WorkerCommand(0, any), {cluster.WorkerData(0), "another"});
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:7070", "127.evil.example:0", ":7070",
                             "nowhere", "127.0.0.1:99999"}) {
    ExpectStartRefused(cluster, {CoordinatorProgram(), "--data", fresh.path() / "c", "--listen", listen},
                       {listen});
    ExpectStartRefused(cluster,
                       {WorkerProgram(), "--data", fresh.path() / "w", "--coordinator", cluster.address(),
                        "--listen", listen},
                       {listen});
  }
  for (const char* threads : {"0", "-1", "1000000"}) {
    ExpectStartRefused(cluster,
                       {WorkerProgram(), "--data", fresh.path() / "w", "--coordinator", cluster.address(),
                        "--threads", threads},
                       {"--threads", threads, "1024"});
  }
  for (const char* address : {"", "nowhere", "127.0.0.1:99999"}) {
    const std::string found = absl::StrCat("found '", address, "'");
    ExpectStartRefused(cluster, {WorkerProgram(), "--data", fresh.path() / "w", "--coordinator", address},
                       {"--coordinator: expected HOST:PORT", found});
    if (*address == 0) continue;  // none: others reach it where it listens
    ExpectStartRefused(cluster,
                       {WorkerProgram(), "--data", fresh.path() / "w", "--coordinator", cluster.address(),
                        "--advertise", address},
                       {"--advertise: expected HOST:PORT", found});
  }
  ExpectStartRefused(cluster, {CoordinatorProgram(), "--data", "/dev/null/c"}, {"/dev/null/c"});
  ExpectStartRefused(cluster, {WorkerProgram(), "--data", "/dev/null/w", "--coordinator", "127.0.0.1:1"},
                     {"/dev/null/w"});
  ExpectStartRefused(cluster, {WorkerProgram(), "--coordinator", "127.0.0.1:1"}, {"--data"});
  ExpectStartRefused(cluster,
                     {WorkerProgram(), "--data", fresh.path() / "w", "--coordinator", "c.example.org:7071",
                      "--insecure-listen", "0.0.0.0:0"},
                     {"--advertise"});
}

TEST(StartTest, OtherAddressesNeedTheFlagThatSaysSo) {
  TestCluster cluster({.workers = 0});
  TempDirectory fresh;
  ServerProcess open({CoordinatorProgram(), "--data", fresh.path() / "c", "--insecure-listen", "0.0.0.0:0"},
                     cluster.LogStem("open"));
  const auto address = open.WaitUntilListening(absl::Seconds(30));
  EXPECT_TRUE(address.ok()) << address.status();
}

TEST(StartTest, WithoutWorkersGraphsAreRefused) {
  TestCluster cluster({.workers = 0});
  pb::CreateGraphRequest request;
  request.set_name("g");
  request.set_preset("hyves");
  EXPECT_THAT(cluster.client().CreateGraph(request).status,
              IsRefused(StatusCode::UNAVAILABLE, "lawine-worker"));
}

}  // namespace
}  // namespace lawine
