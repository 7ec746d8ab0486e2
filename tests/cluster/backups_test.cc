// Graphs as files: what comes back is what was there, on any number of workers; what is damaged does not come
// back.
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/placement_calls.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

pb::RestoreOptions Named(const std::string& name) {
  pb::RestoreOptions options;
  options.set_name(name);
  return options;
}

pb::RestoreOptions Missing() {
  pb::RestoreOptions options;
  options.set_missing(true);
  return options;
}

class BackupsTest : public LongRunTest {
 protected:
  void SetUp() override {
    LongRunTest::SetUp();
    calls_ = std::make_unique<PlacementCalls>(client());
    digest_ = SmallDigest();
    const auto file = calls().Backup("g");
    EXPECT_TRUE(file.ok()) << Text(file.status);
    file_ = file.value;
  }
  PlacementCalls& calls() { return *calls_; }
  std::string DigestOn(const std::string& graph) {
    pb::Scenario scenario = Scenario(1);
    scenario.set_graph(graph);
    const auto result = client().Simulate(scenario);
    EXPECT_TRUE(result.ok()) << Text(result.status);
    return result.value.digest();
  }
  bool Sound(const std::string& graph) { return client().Verify(graph).value.sound(); }
  // Entries of all workers' directories of graphs.
  std::size_t Directories() {
    std::size_t count = 0;
    for (std::size_t w = 0; w < cluster().workers_count(); ++w) {
      for (const auto& graph : fs::directory_iterator(cluster().WorkerData(w) / "graphs")) {
        count += static_cast<std::size_t>(std::distance(fs::directory_iterator(graph.path()), {}));
      }
    }
    return count;
  }

  std::string digest_;
  std::string file_;

 private:
  std::unique_ptr<PlacementCalls> calls_;
};

TEST_F(BackupsTest, AGraphComesBackOnAnotherNumberOfWorkers) {
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return Directories() == 4; })) << "checkpoints are gone";
  const std::string digest = client().GetGraph("g").value.digest();
  TestCluster other({.workers = 3});
  PlacementCalls there(other.client());
  for (const std::size_t part : {std::size_t{1} << 20, std::size_t{777}}) {
    const auto restored = there.Restore(file_, {}, part);
    ASSERT_TRUE(restored.ok()) << Text(restored.status);
    EXPECT_EQ(restored.value.graph().digest(), digest);
    EXPECT_EQ(restored.value.graph().members(), 20'000u);
    EXPECT_THAT(restored.value.shards(), ElementsAre(0, 1, 2, 3));
    EXPECT_EQ(other.client().Simulate(Scenario(1)).value.digest(), digest_);
    EXPECT_TRUE(other.client().Verify("g").value.sound());
    const auto again = there.Backup("g");
    EXPECT_TRUE(again.ok()) << Text(again.status);
    EXPECT_TRUE(other.client().DeleteGraph("g").ok());
  }
  EXPECT_THAT(other.client().GraphNames(), IsEmpty());
}

TEST_F(BackupsTest, AGraphMayComeBackUnderAnotherName) {
  const auto restored = calls().Restore(file_, Named("copy"));
  ASSERT_TRUE(restored.ok()) << Text(restored.status);
  EXPECT_EQ(restored.value.graph().name(), "copy");
  EXPECT_EQ(restored.value.graph().origin(), client().GetGraph("g").value.origin());
  EXPECT_TRUE(client().DeleteGraph("g").ok());
  cluster().RestartWorker(0);
  cluster().RestartCoordinator();
  EXPECT_EQ(DigestOn("copy"), digest_);
  EXPECT_TRUE(Sound("copy"));
  const auto file = calls().Backup("copy");
  ASSERT_TRUE(file.ok()) << Text(file.status);
  ASSERT_TRUE(calls().Restore(file.value, Named("g")).ok());
  EXPECT_EQ(SmallDigest(), digest_);
}

TEST_F(BackupsTest, NamesAndKindsComeBackToo) {
  pb::ImportOptions options;
  options.set_name("club");
  options.set_row("from,to,probability,kind");
  options.set_string_ids(true);
  const auto imported =
      client().Import(options, {{"links", "an,bo,0.5,3\nbo,cy,0.25,4\ncy,an,1,3\nan,cy,0.5,4\n"},
                                {"members", "id,community\nan,7\nbo,8\ncy,7\n", true}});
  ASSERT_TRUE(imported.ok()) << Text(imported.status);
  const auto before = client().GetMember("club", "an");
  const auto file = calls().Backup("club");
  ASSERT_TRUE(file.ok()) << Text(file.status);
  ASSERT_TRUE(client().DeleteGraph("club").ok());
  const auto restored = calls().Restore(file.value);
  ASSERT_TRUE(restored.ok()) << Text(restored.status);
  EXPECT_TRUE(Sound("club"));
  const auto after = client().GetMember("club", "an");
  EXPECT_EQ(after.value.DebugString(), before.value.DebugString());
}

TEST_F(BackupsTest, ALostVolumeIsRepairedWithoutTheRest) {
  const std::string waiting = client().CreateRun(Request(3'000)).value.run().name();
  cluster().worker(1).Kill();
  const fs::path data = cluster().WorkerData(1), kept = fs::path(data).concat("-kept");
  fs::rename(data, kept);
  cluster().ReviveWorker(1);  // as a new worker, with an empty volume
  EXPECT_TRUE(
      Eventually(absl::Seconds(20), [&] { return client().GetGraph("g").value.missing_shards_size() == 2; }));
  const auto restored = calls().Restore(file_, Missing());
  ASSERT_TRUE(restored.ok()) << Text(restored.status);
  EXPECT_THAT(restored.value.shards(), ElementsAre(2, 3));
  EXPECT_THAT(restored.value.graph().missing_shards(), IsEmpty());
  EXPECT_EQ(SmallDigest(), digest_);
  EXPECT_TRUE(Sound("g"));
  const auto again = calls().Restore(file_, Missing());
  ASSERT_TRUE(again.ok()) << Text(again.status);
  EXPECT_THAT(again.value.shards(), IsEmpty()) << "nothing is missing";
  EXPECT_EQ(WaitForEnd(waiting, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  // The volume is found again: what is on it belongs to another worker now.
  std::vector<std::string> command = cluster().WorkerCommand(1, "127.0.0.1:0");
  std::replace(command.begin(), command.end(), data.string(), kept.string());
  const ServerProcess found(command, cluster().LogStem("found-log"));
  cluster().WaitForAlive(3);
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return ShardsByWorker(client())["w-test-1"] == 0; }));
  EXPECT_EQ(SmallDigest(), digest_);
  EXPECT_TRUE(Sound("g"));
}

// A table is cut short by a byte: the worker says that the shard is damaged, the others go on.
TEST_F(BackupsTest, ADamagedShardIsMendedWhereItIs) {
  cluster().worker(0).Kill();
  fs::path table;
  for (const auto& entry : fs::directory_iterator(cluster().WorkerData(0) / "graphs/g/shard-0001")) {
    if (entry.path().extension() == ".sst") table = entry.path();
  }
  fs::resize_file(table, fs::file_size(table) - 1);
  cluster().RestartWorker(0);
  EXPECT_TRUE(
      Eventually(absl::Seconds(20), [&] { return client().GetGraph("g").value.missing_shards_size() == 1; }));
  const auto restored = calls().Restore(file_, Missing());
  ASSERT_TRUE(restored.ok()) << Text(restored.status);
  EXPECT_THAT(restored.value.shards(), ElementsAre(1));
  EXPECT_EQ(SmallDigest(), digest_);
  EXPECT_TRUE(Sound("g"));
}

TEST_F(BackupsTest, DamagedFilesAreRefusedWithTheirPlaceAndLeaveNothing) {
  ASSERT_TRUE(client().DeleteGraph("g").ok());
  const std::size_t size = file_.size();
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{9}, std::size_t{30}, size / 7, size / 2, size - 3}) {
    std::string damaged = file_;
    damaged[at] ^= 0x20;
    const auto restored = calls().Restore(damaged);
    EXPECT_FALSE(restored.ok()) << at;
    const bool start = at < 12;
    EXPECT_THAT(restored.status,
                IsRefused(start ? StatusCode::FAILED_PRECONDITION : StatusCode::INVALID_ARGUMENT,
                          start ? "expected" : "damaged at byte"))
        << at;
  }
  for (const std::size_t left : {std::size_t{0}, std::size_t{5}, std::size_t{60}, size / 3, size - 1}) {
    const auto restored = calls().Restore(file_.substr(0, left));
    EXPECT_THAT(restored.status,
                IsRefused(StatusCode::INVALID_ARGUMENT, left == 0 ? "empty" : "cut off after"));
  }
  EXPECT_THAT(calls().Restore(file_, {}, 1 << 20, /*leave=*/true).status,
              IsRefused(StatusCode::CANCELLED, "before all of the file had come"));
  EXPECT_THAT(client().GraphNames(), IsEmpty());
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return Directories() == 0; }));
  ASSERT_TRUE(calls().Restore(file_).ok()) << "the name is free";
  EXPECT_EQ(SmallDigest(), digest_);
}

TEST_F(BackupsTest, WhatMakesNoSenseIsRefused) {
  EXPECT_THAT(calls().Backup("nowhere").status, IsRefused(StatusCode::NOT_FOUND, "nowhere"));
  EXPECT_THAT(calls().Restore(file_).status, IsRefused(StatusCode::ALREADY_EXISTS, "'g' exists"));
  EXPECT_THAT(calls().Restore(file_, Named("../x")).status, IsRefused(StatusCode::INVALID_ARGUMENT, "name"));
  pb::CreateGraphRequest request;
  request.set_name("other");
  request.set_preset("hyves");
  request.set_members(1'000);
  ASSERT_TRUE(client().CreateGraph(request).ok());
  pb::RestoreOptions options = Missing();
  options.set_name("other");
  EXPECT_THAT(calls().Restore(file_, options).status,
              IsRefused(StatusCode::FAILED_PRECONDITION, "not of this graph"));
  options.set_name("nowhere");
  EXPECT_THAT(calls().Restore(file_, options).status, IsRefused(StatusCode::NOT_FOUND, "nowhere"));
  cluster().worker(1).Kill();
  cluster().WaitForAlive(1);
  EXPECT_THAT(calls().Backup("g").status, IsRefused(StatusCode::UNAVAILABLE, "shards 2, 3"));
}

TEST_F(BackupsTest, ARestoreThatLosesAWorkerMayBeRepeated) {
  cluster().worker(1).Signal(SIGSTOP);
  std::thread killer([this] {
    absl::SleepFor(absl::Milliseconds(700));
    cluster().worker(1).Kill();
  });
  const auto restored = calls().Restore(file_, Named("copy"));
  killer.join();
  EXPECT_THAT(restored.status, IsBrokenOff("w-test-1"));
  cluster().RestartWorker(1);
  const auto again = calls().Restore(file_, Named("copy"));
  ASSERT_TRUE(again.ok()) << Text(again.status);
  EXPECT_EQ(DigestOn("copy"), digest_);
  EXPECT_EQ(SmallDigest(), digest_);
}

// Changes that are not folded, and that are: both are in the file, and those that come later are not.
TEST_F(BackupsTest, AGraphThatChangedComesBackAsItWas) {
  const auto change = [&](std::uint64_t member) {
    return ApplyChanges(client(), "g", {AddMember(member), Follow(member, 17), Follow(4'711, member)}).ok();
  };
  ASSERT_TRUE(change(20'000));
  for (const bool folded : {false, true}) {
    if (folded) {
      ASSERT_TRUE(FoldChanges(client(), "g").ok());
      ASSERT_TRUE(change(20'002));
    }
    const pb::Graph now = client().GetGraph("g").value;
    const std::string digest = DigestOn("g");
    const auto file = calls().Backup("g");
    ASSERT_TRUE(file.ok()) << Text(file.status);
    ASSERT_TRUE(change(folded ? 20'003 : 20'001));
    const std::string name = folded ? "folded" : "laid-over";
    const auto restored = calls().Restore(file.value, Named(name));
    ASSERT_TRUE(restored.ok()) << Text(restored.status);
    EXPECT_EQ(restored.value.graph().digest(), now.digest());
    EXPECT_EQ(restored.value.graph().graph_version(), now.graph_version());
    EXPECT_EQ(restored.value.graph().members(), now.members());
    EXPECT_EQ(DigestOn(name), digest);
    EXPECT_TRUE(Sound(name));
    EXPECT_TRUE(ApplyChanges(client(), name, {Follow(1, 2), Follow(2, 3)}).ok()) << "and it goes on";
    EXPECT_TRUE(Sound(name));
  }
}

// What a backup lacks would be lost with the shards that it mends.
TEST_F(BackupsTest, ABackupFromBeforeAChangeMendsNothing) {
  ASSERT_TRUE(ApplyChanges(client(), "g", {Follow(1, 2), Follow(2, 1)}).ok());
  const std::string digest = SmallDigest();
  const auto later = calls().Backup("g");
  ASSERT_TRUE(later.ok()) << Text(later.status);
  cluster().worker(1).Kill();
  fs::rename(cluster().WorkerData(1), fs::path(cluster().WorkerData(1)).concat("-lost"));
  cluster().ReviveWorker(1);
  EXPECT_TRUE(
      Eventually(absl::Seconds(20), [&] { return client().GetGraph("g").value.missing_shards_size() == 2; }));
  EXPECT_THAT(calls().Restore(file_, Missing()).status,
              IsRefused(StatusCode::FAILED_PRECONDITION, "expected version 2"));
  const auto restored = calls().Restore(later.value, Missing());
  ASSERT_TRUE(restored.ok()) << Text(restored.status);
  EXPECT_THAT(restored.value.shards(), ElementsAre(2, 3));
  EXPECT_EQ(SmallDigest(), digest);
  EXPECT_TRUE(Sound("g"));
}

// A worker is back with its volume from before a change, and the right one is lost.
TEST_F(BackupsTest, AnOlderCopyIsReplacedOnAnotherWorker) {
  const fs::path graphs = cluster().WorkerData(1) / "graphs", older = cluster().WorkerData(1) / "older";
  cluster().worker(1).Kill();
  fs::copy(graphs, older, fs::copy_options::recursive);
  cluster().RestartWorker(1);
  ASSERT_TRUE(ApplyChanges(client(), "g", {Follow(1, 2), Follow(2, 1)}).ok());
  const std::string digest = SmallDigest();
  const auto later = calls().Backup("g");
  ASSERT_TRUE(later.ok()) << Text(later.status);
  cluster().worker(1).Kill();
  fs::remove_all(graphs);
  fs::rename(older, graphs);
  cluster().RestartWorker(1);
  EXPECT_TRUE(
      Eventually(absl::Seconds(20), [&] { return client().GetGraph("g").value.missing_shards_size() == 2; }));
  const auto restored = calls().Restore(later.value, Missing());
  ASSERT_TRUE(restored.ok()) << Text(restored.status);
  EXPECT_THAT(restored.value.shards(), ElementsAre(2, 3));
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return ShardsByWorker(client())["w-test-1"] == 0; }));
  EXPECT_EQ(SmallDigest(), digest);
  EXPECT_TRUE(Sound("g"));
}

TEST_F(BackupsTest, ABackupGoesOnWhileShardsMove) {
  cluster().AddWorker();
  std::string file;
  std::thread reader([&, address = cluster().address()] {
    const Client own(address);
    for (int i = 0; i < 5; ++i) {
      const auto backup = OnceShardsRest([&] { return PlacementCalls(own).Backup("g"); });
      EXPECT_TRUE(backup.ok()) << Text(backup.status);
      file = backup.value;
    }
  });
  for (int round = 0; round < 6; ++round) {
    EXPECT_TRUE(calls().Apply(Drained({absl::StrCat("w-test-", round % 3)})).ok());
    EXPECT_EQ(calls().AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED);
  }
  reader.join();
  ASSERT_TRUE(calls().Restore(file, Named("copy")).ok());
  EXPECT_EQ(DigestOn("copy"), digest_);
}

}  // namespace
}  // namespace lawine
