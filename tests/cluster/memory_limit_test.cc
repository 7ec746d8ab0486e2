// Workers whose memory limit is less than their graphs take: same results, slower, and everybody can see why.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using grpc::StatusCode;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMebibyte = 1u << 20;

pb::CreateGraphRequest GraphOf(const std::string& name, std::uint32_t members, double links_per_member) {
  pb::CreateGraphRequest request;
  request.set_name(name);
  request.set_preset("hyves");
  request.set_members(members);
  request.set_links_per_member(links_per_member);
  request.set_shards(4);
  return request;
}

pb::Scenario Anything(const std::string& graph, double forward = 0.3) {
  pb::Scenario scenario;
  scenario.set_graph(graph);
  scenario.mutable_seed_members()->set_highest_audience(true);
  scenario.mutable_model()->mutable_forward()->set_probability(forward);
  return scenario;
}

// Graphs "g" and "h", of 100,000 members and about 6 MiB in memory at each of two workers.
class MemoryLimitTest : public testing::Test {
 protected:
  void SetUp() override {
    TestCluster cluster(Options(""));
    Client& client = cluster.client();
    for (const char* name : {"g", "h"}) {
      const auto graph = client.CreateGraph(GraphOf(name, 100'000, 20));
      ASSERT_TRUE(graph.ok()) << Text(graph.status);
      links_ = graph.value.links();
    }
    const auto whole = client.Simulate(Anything("g"));
    ASSERT_TRUE(whole.ok()) << Text(whole.status);
    EXPECT_THAT(whole.value.warnings(), IsEmpty());
    whole_ = whole.value;
    const auto stats = client.Stats("g");
    ASSERT_TRUE(stats.ok()) << Text(stats.status);
    for (const pb::ShardStats& shard : stats.value.shards()) {
      EXPECT_FALSE(shard.partly_in_memory());
      EXPECT_EQ(shard.links_in_memory(), shard.links());
      whole_bytes_ += shard.resident_bytes();
    }
    EXPECT_GT(whole_bytes_, 10 * kMebibyte);
  }
  ClusterOptions Options(const std::string& memory_limit) const {
    return {.workers = 2,
            .memory_limit = memory_limit,
            .data = {directory_.path() / "worker-0", directory_.path() / "worker-1"}};
  }
  // The new coordinator learns of the graphs from the workers.
  std::unique_ptr<TestCluster> Restarted(const std::string& memory_limit) const {
    auto cluster = std::make_unique<TestCluster>(Options(memory_limit));
    for (const char* name : {"g", "h"}) {
      EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return cluster->client().GetGraph(name).ok(); }));
    }
    return cluster;
  }
  void ExpectSame(const Answer<pb::RunResult>& found) const {
    ASSERT_TRUE(found.ok()) << Text(found.status);
    EXPECT_EQ(found.value.digest(), whole_.digest());
    EXPECT_EQ(found.value.totals().SerializeAsString(), whole_.totals().SerializeAsString());
  }
  fs::path Shard(std::uint32_t worker, const std::string& graph, std::uint32_t shard) const {
    return directory_.path() / absl::StrCat("worker-", worker) / "graphs" / graph /
           absl::StrCat("shard-000", shard);
  }

  const TempDirectory directory_;
  pb::RunResult whole_;
  std::uint64_t links_ = 0;
  std::uint64_t whole_bytes_ = 0;
};

TEST_F(MemoryLimitTest, LessMemoryIsTheSameRun) {
  std::vector<std::uint64_t> links_in_memory;
  for (const std::uint64_t percent : {20, 25, 50, 90}) {
    SCOPED_TRACE(absl::StrCat(percent, "%"));
    const std::uint64_t limit = whole_bytes_ / 2 * percent / 100;
    const auto restarted = Restarted(absl::StrCat(limit, "B"));
    TestCluster& cluster = *restarted;
    const auto run = cluster.client().Simulate(Anything("g"));
    ExpectSame(run);
    EXPECT_THAT(run.value.warnings(), Contains(HasSubstr("memory limits")));
    const auto stats = cluster.client().Stats("g");
    ASSERT_TRUE(stats.ok()) << Text(stats.status);
    std::uint64_t bytes = 0, partly = 0;
    links_in_memory.push_back(0);
    for (const pb::ShardStats& shard : stats.value.shards()) {
      partly += shard.partly_in_memory();
      links_in_memory.back() += shard.links_in_memory();
      bytes += shard.resident_bytes();
    }
    EXPECT_GT(partly, 0u);
    EXPECT_LE(bytes, 2 * limit);
    for (const pb::WorkerStatus& worker : cluster.client().Workers()) {
      EXPECT_EQ(worker.memory_limit_bytes(), limit);
    }
  }
  EXPECT_TRUE(std::is_sorted(links_in_memory.begin(), links_in_memory.end()));
  EXPECT_LT(links_in_memory.front(), links_ / 2);
  EXPECT_EQ(links_in_memory.back(), links_);
}

TEST_F(MemoryLimitTest, AHighLimitLimitsNothing) {
  const auto restarted = Restarted("1GiB");
  TestCluster& cluster = *restarted;
  const auto run = cluster.client().Simulate(Anything("g"));
  ExpectSame(run);
  EXPECT_THAT(run.value.warnings(), IsEmpty());
}

// There is room for one of them only: each has it when it is its turn.
TEST_F(MemoryLimitTest, IdleGraphsGiveTheirMemoryBack) {
  const auto restarted = Restarted(absl::StrCat(whole_bytes_ * 7 / 10, "B"));
  TestCluster& cluster = *restarted;
  for (const char* graph : {"g", "h", "g"}) {
    const auto run = cluster.client().Simulate(Anything(graph));
    ExpectSame(run);
    EXPECT_THAT(run.value.warnings(), IsEmpty()) << graph;
  }
}

TEST_F(MemoryLimitTest, DamageFoundInTheMiddleOfARunFailsThatRunOnly) {
  const auto restarted = Restarted("1MiB");
  TestCluster& cluster = *restarted;
  ExpectSame(cluster.client().Simulate(Anything("g")));
  for (const auto& entry : fs::directory_iterator(Shard(1, "g", 3))) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 20'000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 5'000; at < entry.file_size() - 5'000; at += 10'000) {
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(100, '\0');
    }
  }
  const auto run = cluster.client().Simulate(Anything("g"));
  EXPECT_THAT(run.status, IsRefused(StatusCode::DATA_LOSS, cluster.NodeId(1)));
  EXPECT_THAT(run.status.error_message(), AnyOf(HasSubstr("shard-0003"), HasSubstr("shard 3")));
  // Worker 0 may still be about to hear that the run has failed; until then it holds "g".
  Answer<pb::RunResult> other;
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    other = cluster.client().Simulate(Anything("h"));
    return other.ok();
  }));
  EXPECT_GT(other.value.totals().reach(), 0u);
}

TEST(MemoryLimitFlagTest, LimitsBelowTheMembersNeedsAreRefusedWithBothNumbers) {
  const TempDirectory directory;
  const ClusterOptions options{.workers = 1, .memory_limit = "1MiB", .data = {directory.path() / "worker"}};
  TestCluster cluster(options);
  ASSERT_TRUE(cluster.client().CreateGraph(GraphOf("wide", 300'000, 2)).ok());
  const auto run = cluster.client().Simulate(Anything("wide"));
  EXPECT_THAT(run.status, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "1024 KiB"));
  EXPECT_THAT(run.status.error_message(), HasSubstr("for its members alone"));
  ASSERT_TRUE(cluster.client().CreateGraph(GraphOf("small", 10'000, 10)).ok());
  EXPECT_TRUE(cluster.client().Simulate(Anything("small")).ok());
  // The next start says so at once.
  cluster.worker(0).Kill();
  ServerProcess again(cluster.WorkerCommand(0, "127.0.0.1:0"), cluster.LogStem("refused"));
  EXPECT_EQ(again.WaitUntilEnded(absl::Seconds(30)), 1);
  EXPECT_THAT(again.Said(), AllOf(HasSubstr("--memory-limit: expected at least"), HasSubstr("found 1024 KiB"),
                                  HasSubstr("'wide'")));
}

TEST(MemoryLimitFlagTest, ValuesThatAreNoSizeAreRefused) {
  TestCluster cluster({.workers = 1});
  for (const char* value : {"0", "6", "-1GiB", "1.5.2GiB", "GiB", "6 gigabytes", "1023KiB", "1e3GiB",
                            "9999999TiB", "0x10MiB", "nanGiB", "infGiB", "6GiB6"}) {
    SCOPED_TRACE(value);
    ServerProcess worker({WorkerProgram(), "--data", cluster.LogStem("data"), "--coordinator",
                          cluster.address(), absl::StrCat("--memory-limit=", value)},
                         cluster.LogStem("refused"));
    EXPECT_EQ(worker.WaitUntilEnded(absl::Seconds(30)), 1);
    EXPECT_THAT(worker.Said(),
                AllOf(HasSubstr("--memory-limit: expected a size like 6GiB"), HasSubstr(value)));
  }
}

}  // namespace
}  // namespace lawine
