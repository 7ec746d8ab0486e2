// Graphs that are given up while they are made, and deleted while they are used: there or not, never half.
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/rpc.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/placement_calls.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using ImportStream = grpc::ClientReaderWriter<pb::ImportGraphRequest, pb::ImportGraphResponse>;

pb::ImportOptions OptionsOf(const std::string& graph) {
  pb::ImportOptions options;
  options.set_name(graph);
  options.set_row("from,to");
  options.set_shards(2);
  return options;
}

std::string Path(std::uint32_t members) {
  std::string rows;
  for (std::uint32_t m = 0; m + 1 < members; ++m) absl::StrAppend(&rows, m, " ", m + 1, "\n");
  return rows;
}

class GivenUpImportTest : public LongRunTest {
 protected:
  // Sends options and a whole file; the import goes on, nothing says yet that this was the last file.
  std::unique_ptr<ImportStream> Send(grpc::ClientContext& context, const std::string& rows) {
    SetDeadline(context, kCallTimeout);
    auto stream = client().graphs().ImportGraph(&context);
    pb::ImportGraphRequest request;
    *request.mutable_options() = OptionsOf("path");
    EXPECT_TRUE(stream->Write(request));
    request.set_begin_file("path.txt");
    EXPECT_TRUE(stream->Write(request));
    for (std::size_t at = 0; at < rows.size(); at += 1 << 20) {
      request.set_data(rows.substr(at, 1 << 20));
      EXPECT_TRUE(stream->Write(request));
    }
    return stream;
  }

  void ExpectNameIsFree() {
    EXPECT_THAT(client().GetGraph("path").status, IsRefused(StatusCode::NOT_FOUND, "'path'"));
    Answer<pb::ImportGraphResponse> again;
    EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
      again = client().Import(OptionsOf("path"), {{"path.txt", Path(100)}});
      return DetailsOf(again.status).reason != "ALREADY_EXISTS";
    })) << "the import that was given up still holds the name";
    ASSERT_TRUE(again.ok()) << Text(again.status);
    EXPECT_EQ(again.value.graph().members(), 100u);
    EXPECT_EQ(client().GetGraph("path").value.members(), 100u);
  }
};

TEST_F(GivenUpImportTest, LeavesNothingWhenItsCallerLeavesAmidTheFile) {
  grpc::ClientContext context;
  const auto stream = Send(context, Path(1'000));
  absl::SleepFor(absl::Seconds(1));  // until all of it has been read
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::CANCELLED);
  // What has come so far would make a graph.
  absl::SleepFor(absl::Seconds(2));
  ExpectNameIsFree();
}

TEST_F(GivenUpImportTest, EndsThoughAWorkerWaitsForItsLinks) {
  grpc::ClientContext context;
  const auto stream = Send(context, Path(800'000 / kSlowdown));
  stream->WritesDone();
  pb::ImportGraphResponse response;
  EXPECT_TRUE(stream->Read(&response));  // all of it has been read
  // A worker that takes nothing holds the coordinator in the midst of sending links. One that has taken
  // nothing for long before that would get none.
  cluster().worker(1).Signal(SIGSTOP);
  while (stream->Read(&response) && response.progress().phase() != "storing links") {
  }
  EXPECT_EQ(response.progress().phase(), "storing links");
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), StatusCode::CANCELLED);
  absl::SleepFor(absl::Seconds(1));
  cluster().worker(1).Signal(SIGCONT);
  ExpectNameIsFree();
}

// Callers that use graph "g" again and again, while it comes and goes.
class UsedGraphTest : public LongRunTest {
 protected:
  void SetUp() override {
    LongRunTest::SetUp();
    digest_ = SmallDigest();
  }
  void TearDown() override { StopUsers(); }

  void StartUsers() {
    users_.emplace_back([this] {
      Client client(cluster().address());
      while (!stop_) CheckSimulation(client);
    });
    users_.emplace_back([this] {
      Client client(cluster().address());
      while (!stop_) CheckRun(client);
    });
  }
  void StopUsers() {
    stop_ = true;
    for (std::thread& user : users_) user.join();
    users_.clear();
  }

  int answered() const { return answered_; }
  const std::string& digest() const { return digest_; }

 private:
  // The whole graph answers, or there is none to be used.
  void CheckSimulation(Client& client) {
    const auto result = client.Simulate(Scenario(1));
    if (!result.ok()) return CheckRefusal(result.status);
    EXPECT_EQ(result.value.digest(), digest_);
    ++answered_;
    Rest();
  }
  void CheckRun(Client& client) {
    const auto created = client.CreateRun(Request(1));
    if (!created.ok()) return CheckRefusal(created.status);
    const auto run = client.Watch(created.value.run().name());
    EXPECT_EQ(run.value.last.state(), pb::RUN_STATE_SUCCEEDED) << run.value.last.error();
    ++answered_;
    Rest();
  }
  void CheckRefusal(const grpc::Status& status) {
    EXPECT_THAT(status, testing::AnyOf(IsRefused(StatusCode::NOT_FOUND, "no graph 'g'"),
                                       IsRefused(StatusCode::FAILED_PRECONDITION, "made or deleted")))
        << Text(status);
    Rest();
  }
  // Leaves moments in which nobody uses the graph.
  void Rest() { absl::SleepFor(absl::Milliseconds(5)); }

  std::string digest_;
  std::atomic<bool> stop_{false};
  std::atomic<int> answered_{0};
  std::vector<std::thread> users_;
};

TEST_F(UsedGraphTest, CopiesOnTheirWayGoWithIt) {
  const std::filesystem::path graphs = cluster().WorkerData(0) / "graphs";
  for (const char* const graph : {"g", "other"}) {
    std::filesystem::create_directories(graphs / graph / "shard-0077.arriving/half");
  }
  EXPECT_TRUE(client().DeleteGraph("g").ok());
  EXPECT_FALSE(std::filesystem::exists(graphs / "g/shard-0077.arriving"));
  EXPECT_TRUE(std::filesystem::exists(graphs / "other"));
}

TEST_F(UsedGraphTest, IsDeletedWholeOrNotAtAll) {
  StartUsers();
  for (int round = 0; round < 5; ++round) {
    const int before = answered();
    ASSERT_TRUE(Eventually(absl::Seconds(60), [&] { return answered() > before + 5; }));
    grpc::Status deleted;
    ASSERT_TRUE(Eventually(absl::Seconds(60), [&] {
      deleted = client().DeleteGraph("g");
      if (deleted.ok()) return true;
      EXPECT_THAT(deleted, IsRefused(StatusCode::FAILED_PRECONDITION, "in use"));
      EXPECT_THAT(client().GraphNames(), Contains("g"));
      return false;
    }));
    EXPECT_THAT(client().GraphNames(), IsEmpty());
    EXPECT_THAT(client().GetGraph("g").status, IsRefused(StatusCode::NOT_FOUND, "no graph 'g'"));
    EXPECT_THAT(client().GetMember("g", "1").status, IsRefused(StatusCode::NOT_FOUND, "no graph 'g'"));
    MakeGraph();
  }
  StopUsers();
  EXPECT_EQ(SmallDigest(), digest());
}

// Graph "g" is deleted while a worker is away that holds two of its four shards.
class DeletedMeanwhileTest : public LongRunTest {
 protected:
  void DeleteWithout(std::size_t worker) {
    cluster().worker(worker).Kill();
    cluster().WaitForAlive(1);
    ASSERT_TRUE(client().DeleteGraph("g").ok());
  }
  Answer<pb::Graph> MakeWith(std::uint32_t shards, std::uint64_t graph_seed) {
    pb::CreateGraphRequest request;
    request.set_name("g");
    request.set_preset("hyves");
    request.set_members(20'000);
    request.set_links_per_member(20);
    request.set_shards(shards);
    request.set_graph_seed(graph_seed);
    return client().CreateGraph(request);
  }
  void AwaitNothingOn(const std::string& worker) {
    EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return ShardsByWorker(client())[worker] == 0; }));
  }
  // With what was left on `worker` gone, and a change.
  void ExpectWholeWithout(const std::string& worker) {
    const auto changed = ApplyChanges(client(), "g", {Follow(1, 19'999), Follow(19'999, 1)});
    ASSERT_TRUE(changed.ok()) << Text(changed.status);
    EXPECT_EQ(changed.value.graph_version(), 2u);
    const std::string digest = SmallDigest();
    AwaitNothingOn(worker);
    EXPECT_EQ(SmallDigest(), digest);
    const auto verified = client().Verify("g");
    EXPECT_TRUE(verified.value.sound()) << verified.value.ShortDebugString();
    EXPECT_THAT(client().GetGraph("g").value.missing_shards(), IsEmpty());
  }
};

// The worker has the first shards, of the same digest.
TEST_F(DeletedMeanwhileTest, WhatIsLeftOfItIsNotTakenForTheSameGraphMadeAgain) {
  const std::string digest = SmallDigest();
  DeleteWithout(0);
  MakeGraph();
  EXPECT_EQ(ShardsByWorker(client())["w-test-1"], 4u);
  cluster().RestartWorker(0);
  EXPECT_EQ(SmallDigest(), digest);
  ExpectWholeWithout("w-test-0");
  EXPECT_EQ(ShardsByWorker(client())["w-test-1"], 4u);
  cluster().RestartCoordinator();
  EXPECT_TRUE(client().Verify("g").value.sound());
}

// What is left has the numbers 2 and 3, which the same graph in two shards does not have.
TEST_F(DeletedMeanwhileTest, WhatIsLeftOfMoreShardsGoes) {
  const std::string digest = SmallDigest();
  DeleteWithout(1);
  ASSERT_TRUE(MakeWith(2, 1).ok());
  cluster().RestartWorker(1);
  EXPECT_EQ(SmallDigest(), digest);
  ExpectWholeWithout("w-test-1");
}

TEST_F(DeletedMeanwhileTest, WhatIsLeftOfAnotherGraphOfTheNameGoes) {
  DeleteWithout(1);
  ASSERT_TRUE(MakeWith(4, 2).ok());
  cluster().RestartWorker(1);
  ExpectWholeWithout("w-test-1");
}

TEST_F(DeletedMeanwhileTest, ItsNameIsFreeWhenTheWorkerIsBack) {
  const std::string digest = SmallDigest();
  cluster().worker(0).Signal(SIGSTOP);
  cluster().WaitForAlive(1);
  ASSERT_TRUE(client().DeleteGraph("g").ok());
  cluster().worker(0).Signal(SIGCONT);
  cluster().WaitForAlive(2);
  MakeGraph();
  EXPECT_EQ(SmallDigest(), digest);
  EXPECT_TRUE(client().Verify("g").value.sound());
}

TEST_F(DeletedMeanwhileTest, WhatIsLeftOfItGoesByItself) {
  DeleteWithout(0);
  cluster().RestartWorker(0);
  AwaitNothingOn("w-test-0");
  EXPECT_THAT(client().GraphNames(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(cluster().WorkerData(0) / "graphs/g/shard-0000"));
}

class GraphPagesTest : public LongRunTest {};

TEST_F(GraphPagesTest, HaveEveryGraphOnceAlsoWhenTheLastOfAPageIsGone) {
  for (const char* name : {"a", "h"}) {
    const auto made = client().Import(OptionsOf(name), {{"path.txt", Path(100)}});
    ASSERT_TRUE(made.ok()) << Text(made.status);
  }
  std::vector<std::string> names;
  pb::ListGraphsRequest request;
  request.set_page_size(1);
  do {
    grpc::ClientContext context;
    SetDeadline(context, kCallTimeout);
    pb::ListGraphsResponse page;
    const grpc::Status status = client().graphs().ListGraphs(&context, request, &page);
    ASSERT_TRUE(status.ok()) << Text(status);
    ASSERT_EQ(page.graphs_size(), 1);
    names.push_back(page.graphs(0).name());
    if (names.back() == "a") {
      EXPECT_TRUE(client().DeleteGraph("a").ok());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "g", "h"}));
}

}  // namespace
}  // namespace lawine
