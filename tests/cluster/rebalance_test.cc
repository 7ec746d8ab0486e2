// Shards move between workers when somebody asks for it, and nothing else changes: same digests before,
// meanwhile and after.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/placement_calls.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using testing::HasSubstr;

using Held = std::map<std::string, std::uint32_t>;

// Graph "g" in 4 shards, of which two workers have two each.
class RebalanceTest : public LongRunTest {
 protected:
  void SetUp() override {
    StartCluster({.workers = 2, .coordinator_flags = {"--keep-every", "200ms"}});
    calls_ = std::make_unique<PlacementCalls>(client());
    digest_ = SmallDigest();
  }
  PlacementCalls& calls() { return *calls_; }
  // The coordinator hears of what a worker holds within its next heartbeat.
  void ExpectHeld(const Held& held) {
    EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return ShardsByWorker(client()) == held; }))
        << testing::PrintToString(ShardsByWorker(client()));
  }
  // How many shards workers hold, fewest first: which of those that are alike gets one more depends on bytes.
  void ExpectCounts(const std::vector<std::uint32_t>& counts) {
    std::vector<std::uint32_t> found;
    EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
      found.clear();
      for (const auto& [worker, shards] : ShardsByWorker(client())) found.push_back(shards);
      std::sort(found.begin(), found.end());
      return found == counts;
    })) << testing::PrintToString(found);
  }
  void ExpectSound() {
    EXPECT_EQ(SmallDigest(), digest_);
    const auto verified = client().Verify("g");
    EXPECT_TRUE(verified.ok()) << Text(verified.status);
    EXPECT_TRUE(verified.value.sound()) << verified.value.DebugString();
    EXPECT_EQ(verified.value.shards_size(), 4) << "each shard once";
  }
  void Rebalance(const pb::RebalanceOptions& options) {
    const auto applied = calls().Apply(options);
    ASSERT_TRUE(applied.ok()) << Text(applied.status);
    const pb::Rebalance ended = calls().AwaitEnd();
    EXPECT_EQ(ended.state(), pb::REBALANCE_STATE_SUCCEEDED) << ended.DebugString();
    ExpectSound();
  }
  void ExpectMoved(const pb::RebalanceOptions& options, const Held& held) {
    Rebalance(options);
    ExpectHeld(held);
  }

  // Worker 0, which was killed, has on disk what it had before all of that moved to a third worker.
  void MoveAndPutBack() {
    cluster().AddWorker();
    cluster().worker(0).Kill();
    const fs::path data = cluster().WorkerData(0), kept = fs::path(data).concat("-kept");
    cluster().CopyData(0, kept);
    cluster().RestartWorker(0);
    ExpectMoved(Drained({"w-test-0"}), moved_);
    cluster().worker(0).Kill();
    fs::remove_all(data);
    fs::rename(kept, data);
  }

  const Held moved_ = {{"w-test-0", 0}, {"w-test-1", 2}, {"w-test-2", 2}};
  std::string digest_;

 private:
  std::unique_ptr<PlacementCalls> calls_;
};

TEST_F(RebalanceTest, WorkersJoinEmptyAndGetTheirShare) {
  cluster().AddWorker();
  cluster().AddWorker();
  ExpectHeld({{"w-test-0", 2}, {"w-test-1", 2}, {"w-test-2", 0}, {"w-test-3", 0}});
  const auto plan = calls().Plan();
  ASSERT_TRUE(plan.ok()) << Text(plan.status);
  ASSERT_EQ(plan.value.moves_size(), 2);
  EXPECT_EQ(plan.value.moves(0).from_node_id(), "w-test-0");
  EXPECT_GT(plan.value.moves(0).bytes(), 10'000u);
  EXPECT_EQ(plan.value.moves(0).reason(), "w-test-0 holds 2 shards of it, 1 when they are spread evenly");
  EXPECT_EQ(plan.value.workers(3).shards_after(), 1u);
  EXPECT_THAT(calls().Latest().status, IsRefused(StatusCode::NOT_FOUND, "nothing was ever rebalanced"));
  ExpectHeld({{"w-test-0", 2}, {"w-test-1", 2}, {"w-test-2", 0}, {"w-test-3", 0}});
  ExpectMoved({}, {{"w-test-0", 1}, {"w-test-1", 1}, {"w-test-2", 1}, {"w-test-3", 1}});
  EXPECT_EQ(calls().Plan().value.moves_size(), 0);
  const pb::Rebalance ended = calls().Latest().value;
  EXPECT_EQ(ended.moves(1).state(), pb::SHARD_MOVE_STATE_MOVED);
  EXPECT_EQ(ended.moves(1).bytes_copied(), ended.moves(1).bytes());
  EXPECT_GE(ended.end_time().seconds(), ended.create_time().seconds());
  cluster().RestartCoordinator();
  for (std::size_t w = 0; w < 4; ++w) cluster().RestartWorker(w);
  ExpectSound();
}

TEST_F(RebalanceTest, RunsPauseAndEndWithTheSameDigest) {
  const pb::Scenario scenario = ChainScenario(400, 1'200 / kSlowdown);  // over two workers
  cluster().AddWorker();
  pb::RebalanceOptions options;
  options.add_graphs(scenario.graph());
  const auto plan = calls().Plan(options);
  ASSERT_EQ(plan.value.moves_size(), 1) << plan.value.DebugString();
  const std::size_t stays = plan.value.moves(0).from_node_id() == "w-test-0" ? 1 : 0;
  const std::string digest = client().Result(client().RunToEnd(scenario).value.name()).value.digest();
  pb::CreateRunRequest request;
  *request.mutable_scenario() = scenario;
  const std::string name = client().CreateRun(request).value.run().name();
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] { return client().GetRun(name).value.replicas_done() > 0; }));
  // The worker whose shards stay stands still: the run cannot be over before the shard has moved.
  cluster().worker(stays).Signal(SIGSTOP);
  ASSERT_TRUE(calls().Apply(options).ok());
  EXPECT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  cluster().worker(stays).Signal(SIGCONT);
  const pb::Run run = WaitForEnd(name, absl::Seconds(120));
  EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << run.error();
  EXPECT_GT(run.attempts(), 1u);
  EXPECT_THAT(cluster().coordinator().Said(), HasSubstr(name + ": pauses while shards of its graph move"));
  EXPECT_EQ(client().Result(name).value.digest(), digest);
  EXPECT_EQ(client().Result(name).value.manifest().workers(), 3u);
  ExpectSound();
}

// Each move of a single replica costs it an attempt, and none of those it may lose to workers that die.
TEST_F(RebalanceTest, ManyMovesEndNoRun) {
  cluster().AddWorker();
  const std::string name = StartChain(200'000);  // far more than it can do between two moves
  for (int round = 0; round < 22; ++round) {
    pb::RebalanceOptions options = Drained({absl::StrCat("w-test-", round % 3)});
    options.add_graphs("chain-200000");
    ASSERT_TRUE(calls().Apply(options).ok());
    ASSERT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  }
  const pb::Run run = client().GetRun(name).value;
  EXPECT_EQ(run.state(), pb::RUN_STATE_RUNNING) << run.error();
  EXPECT_GT(run.attempts(), 20u);
  EXPECT_TRUE(client().Cancel(name).ok());
  ExpectSound();
}

// A moved shard brings its changes along, also those that come while it is copied.
TEST_F(RebalanceTest, ChangesMoveWithTheirShards) {
  cluster().AddWorker();
  std::atomic<bool> over = false;
  std::uint64_t applied = 0;
  std::thread caller([&, address = cluster().address()] {
    const Client own(address);
    while (!over) {
      const std::uint64_t id = 30'000 + applied;
      const std::string request = absl::StrCat("add-", id);
      // Shards may be moving at this moment. What was not acknowledged may have been applied: until it is.
      EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
        const auto answer = ApplyChanges(own, "g", {AddMember(id), Follow(id, 17), Follow(17, id)}, request);
        if (!answer.ok()) {
          EXPECT_EQ(answer.status.error_code(), StatusCode::UNAVAILABLE) << Text(answer.status);
        }
        return answer.ok();
      }));
      ++applied;
      if (applied % 10 == 9) FoldChanges(own, "g");
    }
  });
  for (int round = 0; round < 6; ++round) {
    EXPECT_TRUE(calls().Apply(Drained({absl::StrCat("w-test-", round % 3)})).ok());
    const pb::Rebalance ended = calls().AwaitEnd();
    EXPECT_EQ(ended.state(), pb::REBALANCE_STATE_SUCCEEDED) << ended.DebugString();
  }
  over = true;
  caller.join();
  const pb::Graph graph = client().GetGraph("g").value;
  EXPECT_EQ(graph.members(), 20'000 + applied);
  EXPECT_GT(applied, 10u);
  for (std::size_t w = 0; w < 3; ++w) cluster().RestartWorker(w);
  const auto verified = client().Verify("g");
  EXPECT_TRUE(verified.value.sound()) << verified.value.DebugString();
  // The same changes where nothing ever moved.
  MakeGraph("h");
  for (std::uint64_t id = 30'000; id < 30'000 + applied; ++id) {
    const auto answer = ApplyChanges(client(), "h", {AddMember(id), Follow(id, 17), Follow(17, id)});
    ASSERT_TRUE(answer.ok()) << "member " << id << ": " << Text(answer.status);
  }
  EXPECT_EQ(client().GetGraph("h").value.digest(), graph.digest());
}

TEST_F(RebalanceTest, SmallCallsAreAnsweredMeanwhile) {
  cluster().AddWorker();
  std::atomic<bool> over = false;
  std::atomic<int> answers = 0;
  std::thread caller([&, address = cluster().address()] {
    Client own(address);
    for (; !over; ++answers) {
      const auto result = OnceShardsRest([&] { return own.Simulate(Scenario(1)); });
      EXPECT_TRUE(result.ok()) << Text(result.status);
      EXPECT_EQ(result.value.digest(), digest_);
      const auto member = OnceShardsRest([&] { return own.GetMember("g", "19999"); });
      EXPECT_TRUE(member.ok()) << Text(member.status);
    }
  });
  for (int round = 0; round < 9; ++round) {
    EXPECT_TRUE(calls().Apply(Drained({absl::StrCat("w-test-", round % 3)})).ok());
    EXPECT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  }
  over = true;
  caller.join();
  EXPECT_GT(answers, 9);
}

TEST_F(RebalanceTest, ADrainedWorkerHoldsNothingAndMayGo) {
  cluster().AddWorker();
  ExpectMoved(Drained({"w-test-1"}), {{"w-test-0", 2}, {"w-test-1", 0}, {"w-test-2", 2}});
  cluster().RestartCoordinator();
  pb::CreateGraphRequest request;
  request.set_name("later");
  request.set_preset("hyves");
  request.set_members(2'000);
  ASSERT_TRUE(client().CreateGraph(request).ok());
  ExpectHeld({{"w-test-0", 4}, {"w-test-1", 0}, {"w-test-2", 4}});
  cluster().worker(1).Kill();
  cluster().WaitForAlive(2);
  ExpectSound();
  EXPECT_THAT(calls().Plan(Drained({"w-test-1"})).status,
              IsRefused(StatusCode::INVALID_ARGUMENT, "found 0 for"));
  cluster().RestartWorker(1);
  const auto plan = calls().Plan();
  EXPECT_GT(plan.value.moves_size(), 0) << "who is not drained any more gets its share again";
  EXPECT_EQ(plan.value.moves(0).to_node_id(), "w-test-1");
}

TEST_F(RebalanceTest, OnlyTheGraphsThatAreNamedMove) {
  ChainScenario(100, 1);
  cluster().AddWorker();
  pb::RebalanceOptions options;
  options.add_graphs("g");
  Rebalance(options);
  ExpectCounts({1, 3, 4});
}

// A worker that stands still stops the copy for as long as the test likes.
TEST_F(RebalanceTest, ACancelledRebalanceLeavesEverythingAsItWas) {
  const std::size_t joined = cluster().AddWorker();
  cluster().worker(0).Signal(SIGSTOP);
  cluster().worker(1).Signal(SIGSTOP);
  ASSERT_TRUE(calls().Apply().ok());
  EXPECT_THAT(calls().Apply().status, IsRefused(StatusCode::FAILED_PRECONDITION, "goes on already"));
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    return absl::StrContains(cluster().coordinator().Said(), "shards of graph 'g' begin to move");
  }));
  EXPECT_EQ(calls().Latest().value.moves(0).state(), pb::SHARD_MOVE_STATE_COPYING);
  const auto cancelled = calls().Cancel();
  EXPECT_TRUE(cancelled.ok()) << Text(cancelled.status);
  cluster().worker(0).Signal(SIGCONT);
  cluster().worker(1).Signal(SIGCONT);
  EXPECT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_CANCELLED);
  EXPECT_THAT(calls().Cancel().status, IsRefused(StatusCode::FAILED_PRECONDITION, "nothing to cancel"));
  ExpectHeld({{"w-test-0", 2}, {"w-test-1", 2}, {"w-test-2", 0}});
  ExpectSound();
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    return !fs::exists(cluster().WorkerData(joined) / "graphs" / "g");
  })) << "what had arrived is removed";
  Rebalance({});
  ExpectCounts({1, 1, 2});
}

// A worker is killed, and comes back with what it had then: the map knows better.
TEST_F(RebalanceTest, AnEarlierCopyIsDroppedNotServed) {
  MoveAndPutBack();
  cluster().RestartWorker(0);
  ExpectSound();
  ExpectHeld(moved_);
  ExpectSound();
}

// The owner was heard of a moment ago, and what has its only copies is somebody else by now.
TEST_F(RebalanceTest, NothingIsDroppedWhenTheOwnerComesBackAsAnotherWorker) {
  const std::size_t joined = cluster().AddWorker();
  ExpectMoved(Drained({"w-test-0"}), moved_);
  const fs::path id = cluster().WorkerData(joined) / "node_id", aside = fs::path(id).concat("-aside");
  for (const bool same_port : {false, true}) {
    cluster().worker(joined).Kill();
    fs::rename(id, aside);
    cluster().RestartWorker(joined, same_port);
    ExpectHeld({{"w-test-0", 0}, {"w-test-1", 2}, {cluster().NodeId(joined), 2}});
    cluster().worker(joined).Kill();
    fs::rename(aside, id);
    cluster().RestartWorker(joined, same_port);
    ExpectHeld(moved_);
    ExpectSound();
  }
}

TEST_F(RebalanceTest, NothingIsDroppedWhenTheOwnerHasLostItsDisk) {
  MoveAndPutBack();
  cluster().worker(2).Kill();
  const fs::path graphs = cluster().WorkerData(2) / "graphs", lost = fs::path(graphs).concat("-lost");
  fs::rename(graphs, lost);
  cluster().RestartWorker(0);
  ExpectHeld({{"w-test-0", 2}, {"w-test-1", 2}});
  cluster().RestartWorker(2);
  ExpectHeld({{"w-test-0", 2}, {"w-test-1", 2}, {"w-test-2", 0}});
  cluster().worker(2).Kill();
  fs::remove_all(graphs);
  fs::rename(lost, graphs);
  cluster().RestartWorker(2);
  ExpectHeld(moved_);
  ExpectSound();
}

TEST_F(RebalanceTest, WorkersThatAreAwayAreWaitedFor) {
  const std::size_t joined = cluster().AddWorker();
  cluster().worker(joined).Kill();
  ASSERT_TRUE(calls().Apply().ok()) << "it was heard of a moment ago";
  EXPECT_TRUE(
      Eventually(absl::Seconds(30), [&] { return !calls().Latest().value.moves(0).problem().empty(); }));
  EXPECT_EQ(SmallDigest(), digest_);
  cluster().ReviveWorker(joined);
  EXPECT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  ExpectCounts({1, 1, 2});
  ExpectSound();
}

TEST_F(RebalanceTest, AGraphWhoseShardsMoveIsNotDeleted) {
  cluster().AddWorker();
  cluster().worker(0).Signal(SIGSTOP);
  cluster().worker(1).Signal(SIGSTOP);
  ASSERT_TRUE(calls().Apply().ok());
  // A deletion that comes before that is one the moves wait for.
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] {
    return absl::StrContains(cluster().coordinator().Said(), "shards of graph 'g' begin to move");
  }));
  EXPECT_THAT(client().DeleteGraph("g"), IsRefused(StatusCode::FAILED_PRECONDITION, "'g' is in use"));
  cluster().worker(0).Signal(SIGCONT);
  cluster().worker(1).Signal(SIGCONT);
  EXPECT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  ExpectSound();
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return client().DeleteGraph("g").ok(); }));
  MakeGraph();
  ExpectSound();
}

TEST_F(RebalanceTest, WhatMakesNoSenseIsRefused) {
  pb::RebalanceOptions options;
  options.add_graphs("nowhere");
  EXPECT_THAT(calls().Plan(options).status, IsRefused(StatusCode::NOT_FOUND, "nowhere"));
  EXPECT_THAT(calls().Apply(options).status, IsRefused(StatusCode::NOT_FOUND, "nowhere"));
  options.add_graphs("nowhere");
  EXPECT_THAT(calls().Plan(options).status,
              IsBadField("options.graphs", "expected at most 1 of them, found 2"));
  EXPECT_THAT(calls().Plan(Drained({"w-test-0", "w-test-0", "w-test-0"})).status,
              IsBadField("options.drain", "expected at most 2 of them, found 3"));
  EXPECT_THAT(calls().Plan(Drained({"w-test"})).status, IsRefused(StatusCode::INVALID_ARGUMENT, "found 2"));
  EXPECT_THAT(calls().Plan(Drained({""})).status, IsRefused(StatusCode::INVALID_ARGUMENT, "found 0"));
  EXPECT_THAT(calls().Plan(Drained({"w-test-0", "w-test-1"})).status,
              IsRefused(StatusCode::INVALID_ARGUMENT, "one worker at least"));
  EXPECT_THAT(calls().Apply({}, std::string(65, 'x')).status,
              IsRefused(StatusCode::INVALID_ARGUMENT, "64 bytes"));
  EXPECT_EQ(calls().Plan(Drained({cluster().worker_address(1)})).value.moves_size(), 2) << "by its address";
  EXPECT_THAT(calls().Cancel().status, IsRefused(StatusCode::FAILED_PRECONDITION, "nothing to cancel"));
  EXPECT_TRUE(calls().Apply({}, "once").ok()) << "nothing moves, and that succeeds";
  EXPECT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  EXPECT_TRUE(calls().Apply({}, "once").ok()) << "the same request acts once";
  EXPECT_THAT(calls().Apply(Drained({"w-test-1"}), "once").status, IsBadField("request_id", "was used"));
}

}  // namespace
}  // namespace lawine
