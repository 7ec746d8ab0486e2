// A long run of one replica goes on from its last checkpoint, not from the beginning, and ends as one that
// nobody disturbs.
#include <filesystem>
#include <set>

#include "engine/store/rocks_store.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using testing::IsEmpty;

class CheckpointTest : public LongRunTest {
 protected:
  void SetUp() override {
    StartCluster({.workers = 2, .coordinator_flags = {"--checkpoint-every", "100ms"}});
    undisturbed_ = client().Watch(Start());
    ASSERT_EQ(undisturbed_.value.last.state(), pb::RUN_STATE_SUCCEEDED) << undisturbed_.value.last.error();
    EXPECT_EQ(undisturbed_.value.last.attempts(), 1u);
    EXPECT_EQ(undisturbed_.value.last.began_at_step(), 0u);
    result_ = client().Result(undisturbed_.value.last.name()).value;
    receipts_ = client().Receipts(undisturbed_.value.last.name()).value;
    ASSERT_GT(receipts_.size(), 10'000u);
  }
  // An epidemic that does not end by itself: some seconds.
  std::string Start() {
    pb::CreateRunRequest request;
    pb::Scenario& scenario = *request.mutable_scenario();
    scenario = Scenario(1);
    scenario.mutable_model()->mutable_sis()->set_infection(0.01);
    scenario.mutable_model()->mutable_sis()->set_recovery(0.1);
    scenario.mutable_stop()->set_max_steps(1'500);
    request.set_record_receipts(true);
    const auto created = client().CreateRun(request);
    EXPECT_TRUE(created.ok()) << Text(created.status);
    return created.value.run().name();
  }
  pb::Run Get(const std::string& name) { return client().GetRun(name).value; }
  // Starts a run and waits until it has made several checkpoints.
  std::string StartAndWait() {
    const std::string name = Start();
    std::set<std::uint32_t> made;
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
      if (const pb::Run run = Get(name); run.has_checkpoint_step()) made.insert(run.checkpoint_step());
      return made.size() > 1 && *made.rbegin() > 200;
    }));
    return name;
  }
  // What it went on from, if it ended as it should.
  std::uint32_t ExpectUndisturbed(const std::string& name) {
    const pb::Run run = WaitForEnd(name, absl::Seconds(120));
    EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << run.error();
    EXPECT_FALSE(run.has_checkpoint_step());
    const pb::RunResult result = client().Result(name).value;
    EXPECT_EQ(result.digest(), result_.digest());
    EXPECT_EQ(result.totals().ShortDebugString(), result_.totals().ShortDebugString());
    EXPECT_EQ(client().Receipts(name).value, receipts_);
    const auto watched = client().Watch(name);
    EXPECT_EQ(watched.value.steps.size(), undisturbed_.value.steps.size());
    for (std::size_t i = 0; i < watched.value.steps.size(); ++i) {
      EXPECT_EQ(watched.value.steps[i].ShortDebugString(), undisturbed_.value.steps[i].ShortDebugString());
    }
    return run.began_at_step();
  }
  // Of the dead worker 1, with shards 2 and 3.
  std::unique_ptr<StoredShard> OpenShard(std::uint32_t shard) {
    const auto path = cluster().WorkerData(1) / "graphs" / "g" / absl::StrCat("shard-000", shard);
    auto opened = OpenRocksShard(path.string(), {"g", ShardIndex(shard)});
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  std::vector<RunStep> KeptOnDisk() {
    std::vector<RunStep> kept = OpenShard(2)->RunStates().value();
    EXPECT_EQ(kept, OpenShard(3)->RunStates().value());
    return kept;
  }
  // A run that rests, and worker 1 is dead.
  std::string PauseAndKillWorker() {
    const std::string name = StartAndWait();
    EXPECT_TRUE(client().Pause(name).ok());
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] { return Get(name).state() == pb::RUN_STATE_PAUSED; }));
    // It may be writing a checkpoint still, which its second shard would lack.
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] { return !AnyoneWorks(); }));
    cluster().worker(1).Kill();
    return name;
  }
  void RestartAndResume(const std::string& name) {
    cluster().RestartWorker(1);
    EXPECT_TRUE(client().Resume(name).ok());
  }

  Answer<Watched> undisturbed_;
  pb::RunResult result_;
  std::map<std::string, ReceiptSteps> receipts_;
};

TEST_F(CheckpointTest, ARunGoesOnFromItWhenAWorkerIsLost) {
  const std::string name = StartAndWait();
  const std::uint32_t reached = Get(name).checkpoint_step();
  cluster().worker(1).Kill();
  cluster().RestartWorker(1);
  EXPECT_GE(ExpectUndisturbed(name), reached);
  EXPECT_GT(Get(name).attempts(), 1u);
}

TEST_F(CheckpointTest, ARunGoesOnFromItWithTheNextCoordinator) {
  const std::string name = StartAndWait();
  const std::uint32_t reached = Get(name).checkpoint_step();
  cluster().coordinator().Kill();
  cluster().RestartCoordinator();
  EXPECT_GE(ExpectUndisturbed(name), reached);
}

TEST_F(CheckpointTest, EverythingMayGoAtOnceAndAgain) {
  const std::string name = StartAndWait();
  std::uint32_t reached = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return Get(name).checkpoint_step() > reached; }));
    reached = Get(name).checkpoint_step();
    cluster().worker(0).Kill();
    cluster().worker(1).Kill();
    cluster().coordinator().Kill();
    cluster().ReviveCoordinator();
    cluster().ReviveWorker(0);
    cluster().ReviveWorker(1);
    cluster().WaitForAlive(2);
  }
  EXPECT_GE(ExpectUndisturbed(name), reached);
}

TEST_F(CheckpointTest, AfterAPauseARunGoesOnFromIt) {
  const std::string name = PauseAndKillWorker();
  const std::uint32_t reached = Get(name).checkpoint_step();
  RestartAndResume(name);
  EXPECT_EQ(ExpectUndisturbed(name), reached);
}

TEST_F(CheckpointTest, WhereTheLastOneIsLostTheOneBeforeWillDo) {
  const std::string name = PauseAndKillWorker();
  const std::vector<RunStep> kept = KeptOnDisk();
  const std::uint32_t reached = Get(name).checkpoint_step();
  // The two that count, perhaps the one before, and one that not all workers had yet.
  ASSERT_GE(kept.size(), 2u);
  ASSERT_LE(kept.size(), 4u);
  const std::size_t last = kept.back().step == reached ? kept.size() - 1 : kept.size() - 2;
  ASSERT_EQ(kept[last].step, reached);
  ASSERT_GE(last, 1u);
  ASSERT_TRUE(OpenShard(3)->DropRunState(kept[last]).ok());
  RestartAndResume(name);
  EXPECT_EQ(ExpectUndisturbed(name), kept[last - 1].step);
}

TEST_F(CheckpointTest, WhereAllAreDamagedItBeginsAgain) {
  const std::string name = PauseAndKillWorker();
  for (const RunStep& of : KeptOnDisk()) {
    const auto shard = OpenShard(2);
    std::string bytes = shard->ReadRunState(of).value();
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    ASSERT_TRUE(shard->WriteRunState(of, bytes).ok());
  }
  RestartAndResume(name);
  EXPECT_EQ(ExpectUndisturbed(name), 0u);
}

TEST_F(CheckpointTest, NothingIsLeftOfRunsThatAreOver) {
  const std::string cancelled = StartAndWait();
  EXPECT_TRUE(client().Cancel(cancelled).ok());
  EXPECT_TRUE(
      Eventually(absl::Seconds(30), [&] { return Get(cancelled).state() == pb::RUN_STATE_CANCELLED; }));
  const std::string paused = PauseAndKillWorker();
  for (const RunStep& of : KeptOnDisk()) {
    EXPECT_EQ(absl::StrCat("runs/", of.run_id), paused) << "one that is over has left something";
  }
  cluster().RestartWorker(1);
  EXPECT_TRUE(client().Cancel(paused).ok());
  cluster().worker(1).Kill();
  EXPECT_THAT(KeptOnDisk(), IsEmpty());
}

}  // namespace
}  // namespace lawine
