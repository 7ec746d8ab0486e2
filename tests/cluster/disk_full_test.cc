// Workers and the coordinator on a disk that is full: what needs none goes on, the rest is refused or waits
// for room, and goes on without a restart.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/placement_calls.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/small_disk.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

TEST(WorkerDiskFullTest, ChangesAndFoldsGoOnWhenThereIsRoom) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "skipped: mounting a small disk needs privileges";
  TestCluster cluster({.workers = 2, .data = {disk.path() / "worker"}});
  Client& client = cluster.client();
  constexpr std::uint64_t kMembers = 300;
  std::string rows;
  for (std::uint64_t id = 1; id <= kMembers; ++id) {
    absl::StrAppend(&rows, id, " ", id % kMembers + 1, "\n");
  }
  pb::ImportOptions options;
  options.set_name("ring");
  options.set_row("from,to");
  options.set_shards(2);
  const auto imported = client.Import(options, {{"rows", rows}});
  ASSERT_TRUE(imported.ok()) << Text(imported.status);
  bool there = false;
  const auto change = [&] {
    there = !there;
    std::vector<pb::Change> changes;
    for (std::uint64_t id = 1; id <= kMembers; ++id) {
      changes.push_back(Follow(id, (id + 100) % kMembers + 1, there));
    }
    return ApplyChanges(client, "ring", changes).status;
  };
  grpc::Status status = change();
  ASSERT_TRUE(status.ok()) << Text(status);
  {
    const Filler filler(disk.path());
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
      status = change();
      return !status.ok();
    }));
    EXPECT_THAT(status.error_message(), HasSubstr("No space left on device"));
  }
  there = true;
  for (int i = 0; i < 3; ++i) {
    status = change();
    EXPECT_TRUE(status.ok()) << Text(status);
  }
  const auto folded = FoldChanges(client, "ring");
  EXPECT_TRUE(folded.ok()) << Text(folded.status);
  cluster.RestartWorker(0);
  status = change();
  EXPECT_TRUE(status.ok()) << Text(status);
}

TEST(RebalanceDiskTest, AFullDiskAtTheTargetLeavesShardsWhereTheyAre) {
  const SmallDisk disk("1m");
  if (!disk.mounted()) GTEST_SKIP() << "skipped: mounting a small disk needs privileges";
  TestCluster cluster({.workers = 2, .data = {{}, disk.path()}});
  pb::CreateGraphRequest request;
  request.set_name("g");
  request.set_preset("hyves");
  request.set_members(20'000);
  request.set_links_per_member(100);
  request.set_shards(2);
  PlacementCalls calls(cluster.client());
  // All of it belongs to the worker with room.
  ASSERT_TRUE(calls.Apply(Drained({"w-test-1"})).ok());
  ASSERT_EQ(calls.AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  ASSERT_TRUE(cluster.client().CreateGraph(request).ok());
  ASSERT_TRUE(calls.Apply().ok());
  const pb::Rebalance ended = calls.AwaitEnd();
  EXPECT_EQ(ended.state(), pb::REBALANCE_STATE_FAILED) << ended.DebugString();
  EXPECT_EQ(ended.moves(0).state(), pb::SHARD_MOVE_STATE_FAILED);
  EXPECT_THAT(ended.moves(0).problem(), HasSubstr("the disk is full"));
  EXPECT_THAT(ShardsByWorker(cluster.client()),
              testing::ElementsAre(testing::Pair("w-test-0", 2), testing::Pair("w-test-1", 0)));
  EXPECT_TRUE(cluster.client().Verify("g").value.sound());
  EXPECT_TRUE(
      Eventually(absl::Seconds(20), [&] { return !std::filesystem::exists(disk.path() / "graphs" / "g"); }));
}

class CoordinatorDiskFullTest : public LongRunTest {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "skipped: mounting a small disk needs privileges";
    StartCluster({.workers = 2,
                  .coordinator_flags = {"--import-memory", "1MiB", "--keep-every", "1s"},
                  .coordinator_data = disk_.path() / "coordinator"});
    digest_ = SmallDigest();
  }

  // Of a disk that is full: the registry has room left in what it has written; in the end it has none.
  void FillRegistry() {
    pb::CreateRunRequest large = Request(1);  // so that few fill what is left
    large.mutable_scenario()->clear_seed_members();
    for (int id = 1; id <= 5'000; ++id)
      large.mutable_scenario()->mutable_seed_members()->add_ids(absl::StrCat(id));
    grpc::Status status;
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
      status = client().CreateRun(large).status;
      return !status.ok();
    }));
    EXPECT_THAT(status, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "full")) << Text(status);
  }

  const SmallDisk disk_;
  std::string digest_;
};

TEST_F(CoordinatorDiskFullTest, RefusesAnImportThatDoesNotFitAndTakesTheNext) {
  pb::ImportOptions options;
  options.set_name("large");
  options.set_row("from,to");
  TestRandom random(1);
  std::string rows;
  for (int i = 0; i < 2'500'000; ++i) {
    absl::StrAppend(&rows, random.Next() >> 20, " ", random.Next() >> 20, "\n");
  }
  const auto large = client().Import(options, {{"rows", rows}});
  EXPECT_THAT(large.status, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "No space left on device"));
  EXPECT_THAT(large.status.error_message(), HasSubstr((disk_.path() / "coordinator/import").string()));
  EXPECT_EQ(SmallDigest(), digest_);
  const auto small = client().Import(options, {{"rows", rows.substr(0, rows.find('\n', 1'000'000) + 1)}});
  EXPECT_TRUE(small.ok()) << Text(small.status);
}

// It is over, and its result waits for room.
TEST_F(CoordinatorDiskFullTest, ARunThatEndsMeanwhileSucceedsWhenThereIsRoom) {
  constexpr std::uint32_t kSteps = 40'001;
  const std::string name = StartChain(kSteps - 1);
  {
    const Filler filler(disk_.path());
    FillRegistry();
    pb::Run run;
    EXPECT_TRUE(Eventually(absl::Seconds(100), [&] {
      run = client().GetRun(name).value;
      return run.state() != pb::RUN_STATE_RUNNING ||
             (run.steps_done() == kSteps && !run.waiting_for().empty());
    }));
    EXPECT_THAT(run.waiting_for(), HasSubstr("the disk is full"));
    EXPECT_EQ(run.state(), pb::RUN_STATE_RUNNING) << run.error();
  }
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(100)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(client().Result(name).value.steps_size(), static_cast<int>(kSteps));
}

// What needs no disk goes on; what does is refused, or waits, and works again when there is room.
TEST_F(CoordinatorDiskFullTest, RefusesRunsItCannotKeepAndGoesOnWithOthersWhenThereIsRoom) {
  const pb::Run before = client().RunToEnd(Scenario(1)).value;
  const std::string long_run = StartLongRun();
  pb::Run paused;
  {
    const Filler filler(disk_.path());
    FillRegistry();
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
      paused = client().GetRun(long_run).value;
      return !paused.waiting_for().empty();
    }));
    EXPECT_THAT(paused.waiting_for(), HasSubstr("the disk is full"));
    EXPECT_EQ(paused.state(), pb::RUN_STATE_RUNNING) << paused.error();
    EXPECT_EQ(client().Result(before.name()).value.digest(), digest_);
    EXPECT_EQ(SmallDigest(), digest_);
  }
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
    const pb::Run run = client().GetRun(long_run).value;
    return run.replicas_done() > paused.replicas_done() && run.waiting_for().empty();
  }));
  const auto created = client().CreateRun(Request(1));
  ASSERT_TRUE(created.ok()) << Text(created.status);
  EXPECT_EQ(WaitForEnd(created.value.run().name(), absl::Seconds(100)).state(), pb::RUN_STATE_SUCCEEDED);
  cluster().RestartCoordinator();
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
    return client().GetRun(long_run).value.replicas_done() >= paused.replicas_done();
  }));
  const pb::Run run = client().GetRun(long_run).value;
  EXPECT_NE(run.state(), pb::RUN_STATE_FAILED) << run.error();
  client().Cancel(long_run);
  EXPECT_EQ(client().Result(before.name()).value.digest(), digest_);
}

}  // namespace
}  // namespace lawine
