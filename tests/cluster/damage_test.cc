// Data directories that are damaged, foreign, half-written, or on a disk that is full.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

#include "absl/strings/str_cat.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/small_disk.h"
#include "tests/support/http_get.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

pb::CreateGraphRequest GraphOf(const std::string& name, std::uint32_t members, std::uint64_t graph_seed = 1) {
  pb::CreateGraphRequest request;
  request.set_name(name);
  request.set_preset("hyves");
  request.set_members(members);
  request.set_links_per_member(20);
  request.set_graph_seed(graph_seed);
  request.set_shards(4);
  return request;
}

pb::Scenario Anything(const std::string& graph) {
  pb::Scenario scenario;
  scenario.set_graph(graph);
  return scenario;
}

class DamageTest : public LongRunTest {
 protected:
  // Worker 1 holds shards 2 and 3.
  fs::path Shard(std::uint32_t shard) const {
    return data_ / "graphs" / "g" / absl::StrCat("shard-000", shard);
  }
  void SetUp() override {
    LongRunTest::SetUp();
    data_ = cluster().WorkerData(1);
    digest_ = SmallDigest();
  }
  // What a run on "g" is told after `damage` was done to the stopped worker.
  template <class Damage>
  grpc::Status RefusalAfter(const Damage& damage) {
    cluster().worker(1).Kill();
    damage();
    cluster().RestartWorker(1);
    return client().Simulate(Scenario(1)).status;
  }

  fs::path data_;
  std::string digest_;
};

void FlipMiddleByte(const fs::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(fs::file_size(path) / 3);
  file.seekg(middle);
  const char byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(middle);
  file.put(byte);
}

fs::path LargestTable(const fs::path& shard) {
  fs::path largest;
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(shard)) {
    if (entry.path().extension() == ".sst" && entry.file_size() > bytes) {
      largest = entry.path();
      bytes = entry.file_size();
    }
  }
  return largest;
}

TEST_F(DamageTest, CorruptTableIsRefusedNamingShardAndWorker) {
  const grpc::Status status = RefusalAfter([&] { FlipMiddleByte(LargestTable(Shard(3))); });
  EXPECT_THAT(status, IsRefused(StatusCode::UNAVAILABLE, cluster().NodeId(1)));
  EXPECT_THAT(status.error_message(), HasSubstr("shard-0003"));
  EXPECT_THAT(status.error_message(), HasSubstr("damaged: expected checksum"));
  EXPECT_THAT(client().CreateRun(Request(1)).status, IsRefused(StatusCode::UNAVAILABLE, "shard-0003"));
}

TEST_F(DamageTest, VerifyFindsWhatIsDamagedAndWhere) {
  const auto sound = client().Verify("g");
  ASSERT_TRUE(sound.ok()) << Text(sound.status);
  EXPECT_TRUE(sound.value.sound());
  EXPECT_EQ(sound.value.digest(), client().GetGraph("g").value.digest());
  EXPECT_EQ(sound.value.shards_size(), 4);
  for (const auto& shard : sound.value.shards()) EXPECT_GT(shard.file_bytes(), 1'000u);
  FlipMiddleByte(LargestTable(Shard(3)));  // while the worker serves it
  const auto damaged = client().Verify("g");
  ASSERT_TRUE(damaged.ok()) << Text(damaged.status);
  EXPECT_FALSE(damaged.value.sound());
  for (const auto& shard : damaged.value.shards()) {
    EXPECT_EQ(shard.problem().empty(), shard.shard() != 3) << shard.problem();
    EXPECT_EQ(shard.shard() == 3, shard.problem().find("load the graph again") != std::string::npos);
  }
  cluster().worker(1).Kill();
  cluster().WaitForAlive(1);
  const auto missing = client().Verify("g");
  EXPECT_FALSE(missing.value.sound());
  EXPECT_THAT(missing.value.shards(2).problem(), HasSubstr("no live worker"));
}

TEST_F(DamageTest, MissingShardIsNamed) {
  EXPECT_THAT(RefusalAfter([&] { fs::remove_all(Shard(2)); }), IsRefused(StatusCode::UNAVAILABLE, "shard 2"));
}

TEST_F(DamageTest, EmptyDirectoryIsNoShard) {
  EXPECT_THAT(RefusalAfter([&] {
                for (const auto& entry : fs::directory_iterator(Shard(2))) fs::remove_all(entry.path());
              }),
              IsRefused(StatusCode::UNAVAILABLE, "not a shard directory"));
}

TEST_F(DamageTest, ShardInTheWrongPlaceIsForeign) {
  const grpc::Status status = RefusalAfter([&] {
    fs::rename(Shard(2), data_ / "aside");
    fs::rename(Shard(3), Shard(2));
    fs::rename(data_ / "aside", Shard(3));
  });
  EXPECT_THAT(status, IsRefused(StatusCode::UNAVAILABLE, "foreign"));
}

TEST_F(DamageTest, ShardsOfAnotherClustersGraphAreRefused) {
  TempDirectory elsewhere;
  {
    TestCluster other({.workers = 2, .data = {elsewhere.path() / "w0", elsewhere.path() / "w1"}});
    ASSERT_TRUE(other.client().CreateGraph(GraphOf("g", 20'000, 2)).ok());
  }
  const fs::path donor =
      elsewhere.path() / (fs::exists(elsewhere.path() / "w0/graphs/g/shard-0002") ? "w0" : "w1");
  const grpc::Status status = RefusalAfter([&] {
    fs::remove_all(data_ / "graphs");
    fs::copy(donor / "graphs", data_ / "graphs", fs::copy_options::recursive);
  });
  EXPECT_THAT(status, IsRefused(StatusCode::UNAVAILABLE, "belongs to another graph"));
  EXPECT_THAT(status.error_message(), HasSubstr("shard 2"));
}

TEST_F(DamageTest, WhatIsNoNodeIdStopsTheWorker) {
  cluster().worker(1).Kill();
  for (const std::string& text : {std::string(), std::string(40, '\xF7'), std::string(65, 'w'),
                                  std::string(5'000, 'w'), std::string("w-test-1\nw-test-2\n")}) {
    std::ofstream(data_ / "node_id") << text;
    ServerProcess worker(cluster().WorkerCommand(1, "127.0.0.1:0"), cluster().LogStem("no-id"));
    EXPECT_EQ(worker.WaitUntilEnded(absl::Seconds(30)), 1);
    EXPECT_THAT(worker.Said(), HasSubstr("node_id: expected a node id"));
  }
}

TEST_F(DamageTest, DamagedRegistryStopsTheCoordinator) {
  cluster().coordinator().Kill();
  for (const auto& entry : fs::directory_iterator(cluster().CoordinatorData() / "registry")) {
    if (entry.path().filename().string().starts_with("MANIFEST")) fs::resize_file(entry.path(), 10);
  }
  ServerProcess again(cluster().CoordinatorCommand("127.0.0.1:0"), cluster().LogStem("damaged"));
  EXPECT_EQ(again.WaitUntilEnded(absl::Seconds(30)), 1);
  EXPECT_THAT(again.Said(), HasSubstr("registry"));
}

TEST_F(DamageTest, LostRegistryIsFilledAgainFromTheWorkers) {
  cluster().coordinator().Kill();
  fs::remove_all(cluster().CoordinatorData());
  cluster().RestartCoordinator();
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return client().GetGraph("g").ok(); }));
  EXPECT_EQ(SmallDigest(), digest_);
}

TEST_F(DamageTest, DeletedGraphStaysDeletedWhenAWorkerWasAway) {
  cluster().worker(0).Kill();
  cluster().worker(1).Kill();
  cluster().WaitForAlive(0);
  const grpc::Status deleted = client().DeleteGraph("g");
  cluster().RestartWorker(0);
  cluster().RestartWorker(1);
  cluster().WaitForAlive(2);
  absl::SleepFor(absl::Seconds(2));
  // Either the deletion was refused, and everything is still there, or it holds.
  if (deleted.ok()) {
    EXPECT_THAT(client().GraphNames(), IsEmpty());
  } else {
    EXPECT_THAT(deleted, IsRefused(StatusCode::UNAVAILABLE, "shards"));
    EXPECT_EQ(SmallDigest(), digest_);
  }
}

// As many as no machine has links of in the time between two reports.
constexpr std::uint32_t kManyMembers = 4'000'000;

// A load that is going on; the future holds its end.
std::future<Answer<pb::Graph>> StartLargeLoad(Client& client) {
  const auto reading = std::make_shared<std::promise<void>>();
  auto load = std::async(std::launch::async, [&client, reading] {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
    const auto reader = client.graphs().CreateGraph(&context, GraphOf("large", kManyMembers));
    pb::CreateGraphResponse response;
    Answer<pb::Graph> answer;
    bool told = false;
    while (reader->Read(&response)) {
      if (!told && response.progress().links_done() > 0) reading->set_value();
      told = told || response.progress().links_done() > 0;
      if (response.has_graph()) answer.value = response.graph();
    }
    if (!told) reading->set_value();
    answer.status = reader->Finish();
    return answer;
  });
  reading->get_future().wait();
  return load;
}

// The name can be used again, after a delete where workers hold parts of the broken load.
void ExpectNameIsFree(Client& client) {
  EXPECT_THAT(client.GraphNames(), testing::Not(testing::Contains("large")));
  const grpc::Status deleted = client.DeleteGraph("large");
  EXPECT_TRUE(deleted.ok() || deleted.error_code() == StatusCode::NOT_FOUND) << Text(deleted);
  const auto graph = client.CreateGraph(GraphOf("large", 2'000));
  EXPECT_TRUE(graph.ok()) << Text(graph.status);
  EXPECT_TRUE(client.Simulate(Anything("large")).ok());
}

TEST_F(DamageTest, LoadWhoseWorkerDiesLeavesNothingBehind) {
  auto load = StartLargeLoad(client());
  cluster().worker(1).Kill();
  const auto graph = load.get();
  ASSERT_FALSE(graph.ok());
  EXPECT_THAT(graph.status, IsBrokenOff(cluster().NodeId(1)));
  cluster().RestartWorker(1);
  ExpectNameIsFree(client());
  EXPECT_EQ(SmallDigest(), digest_);
  for (const std::size_t w : {0u, 1u}) {
    for (const auto& entry : fs::recursive_directory_iterator(cluster().WorkerData(w))) {
      EXPECT_NE(entry.path().extension(), ".loading") << entry.path();
    }
  }
}

TEST_F(DamageTest, LoadWhoseCoordinatorDiesLeavesNothingBehind) {
  auto load = StartLargeLoad(client());
  cluster().coordinator().Kill();
  EXPECT_FALSE(load.get().ok());
  cluster().RestartCoordinator();
  ExpectNameIsFree(client());
}

TEST_F(DamageTest, LoadWhoseCallerLeavesIsGivenUp) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
  const auto reader = client().graphs().CreateGraph(&context, GraphOf("large", kManyMembers));
  pb::CreateGraphResponse response;
  EXPECT_TRUE(reader->Read(&response));
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  Answer<pb::Graph> again;
  EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
    again = client().CreateGraph(GraphOf("large", 2'000));
    return DetailsOf(again.status).reason != "ALREADY_EXISTS";
  }));
  EXPECT_TRUE(again.ok()) << Text(again.status);
  EXPECT_THAT(client().GraphNames(), ElementsAre("g", "large"));
}

TEST(DiskFullTest, RefusesTheLoadAndKeepsWhatWasThere) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "skipped: mounting a small disk needs privileges";
  TestCluster cluster({.workers = 2, .data = {disk.path() / "worker"}});
  Client& client = cluster.client();
  ASSERT_TRUE(client.CreateGraph(GraphOf("small", 2'000)).ok());
  const std::string digest = client.Simulate(Anything("small")).value.digest();
  const auto large = client.CreateGraph(GraphOf("large", 1'000'000));
  EXPECT_THAT(large.status, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "full"));
  EXPECT_THAT(large.status.error_message(), HasSubstr(cluster.NodeId(0)));
  EXPECT_THAT(client.GraphNames(), ElementsAre("small"));
  EXPECT_EQ(client.Simulate(Anything("small")).value.digest(), digest);
  EXPECT_TRUE(client.CreateGraph(GraphOf("large", 3'000)).ok()) << "what was written is gone again";
}

TEST(DiskFullTest, AWorkerThatBeginsMeanwhileIsReadyWhenThereIsRoom) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "skipped: mounting a small disk needs privileges";
  TestCluster cluster(
      {.workers = 2, .worker_flags = {"--admin-listen", "127.0.0.1:0"}, .data = {disk.path() / "worker"}});
  Client& client = cluster.client();
  ASSERT_TRUE(client.CreateGraph(GraphOf("small", 2'000)).ok());
  const std::string digest = client.Simulate(Anything("small")).value.digest();
  const auto readiness = [&] {
    return HttpGet(cluster.worker(0).Printed("admin port on "), "/readyz?verbose");
  };
  {
    const Filler filler(disk.path());
    cluster.RestartWorker(0);
    const HttpAnswer full = readiness();
    EXPECT_EQ(full.code, 503);
    EXPECT_THAT(full.body, HasSubstr("shard 0 of graph 'small' cannot be used"));
    EXPECT_THAT(full.body, HasSubstr("No space left on device"));
  }
  EXPECT_TRUE(Eventually(absl::Seconds(30), [&] { return readiness().code == 200; }));
  EXPECT_TRUE(Eventually(absl::Seconds(30),
                         [&] { return client.Simulate(Anything("small")).value.digest() == digest; }));
}

}  // namespace
}  // namespace lawine
