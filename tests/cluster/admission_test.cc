// Workers that must not join, or whose volume is not the one that is meant: they say so, and are not ready.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/process.h"
#include "services/common/rpc.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"
#include "tests/support/http_get.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
namespace pbi = ::lawine::internal::v1;
using testing::HasSubstr;

class AdmissionTest : public LongRunTest {
 protected:
  void SetUp() override {
    StartCluster({.workers = 2, .worker_flags = {"--admin-listen", "127.0.0.1:0"}});
    graphs_ = cluster().WorkerData(1) / "graphs";
    aside_ = cluster().WorkerData(1) / "aside";
    ExpectReady();
  }

  HttpAnswer Readiness() { return HttpGet(cluster().worker(1).Printed("admin port on "), "/readyz?verbose"); }
  void ExpectReady() {
    EXPECT_TRUE(Eventually(kCallTimeout, [&] { return Readiness().code == 200; })) << Readiness().body;
  }
  static bool IsUnready(const HttpAnswer& answer, const std::string& why) {
    return answer.code == 503 && absl::StrContains(answer.body, why);
  }
  // Not ready, and it says why: to the kubelet, in its log, and in the cluster's status.
  void ExpectRefused(const std::string& why) {
    // Before it has heard from the coordinator it is not ready for another reason.
    EXPECT_TRUE(Eventually(kCallTimeout, [&] { return IsUnready(Readiness(), why); })) << Readiness().body;
    std::string problems;
    for (const pb::WorkerStatus& worker : client().Workers()) {
      for (const std::string& problem : worker.problems()) absl::StrAppend(&problems, problem, "\n");
    }
    EXPECT_THAT(problems, HasSubstr(why));
    EXPECT_THAT(client().Simulate(Scenario(1)).status, IsRefused(grpc::StatusCode::UNAVAILABLE, why));
  }
  // With worker 1 stopped.
  void ChangeVolume(const std::function<void()>& change) {
    cluster().worker(1).Kill();
    change();
    cluster().RestartWorker(1);
  }
  void TakeAside() {
    fs::remove_all(aside_);
    fs::copy(graphs_, aside_, fs::copy_options::recursive);
  }
  void PutBack() {
    fs::remove_all(graphs_);
    fs::copy(aside_, graphs_, fs::copy_options::recursive);
  }

  fs::path graphs_;
  fs::path aside_;
};

TEST_F(AdmissionTest, AVolumeOfAnotherCluster) {
  const std::string digest = SmallDigest();
  TempDirectory elsewhere;
  {
    TestCluster other({.workers = 2, .data = {elsewhere.path() / "w0", elsewhere.path() / "w1"}});
    pb::CreateGraphRequest request;
    request.set_name("g");
    request.set_preset("hyves");
    request.set_members(20'000);
    request.set_graph_seed(2);
    request.set_shards(4);
    ASSERT_TRUE(other.client().CreateGraph(request).ok());
  }
  ChangeVolume([&] {
    TakeAside();
    fs::remove_all(graphs_);
    fs::copy(elsewhere.path() / "w1" / "graphs", graphs_, fs::copy_options::recursive);
  });
  ExpectRefused("belongs to another graph of this name");
  ChangeVolume([&] { PutBack(); });
  ExpectReady();
  EXPECT_EQ(SmallDigest(), digest);
}

TEST_F(AdmissionTest, AnOlderCopyOfItsVolume) {
  ChangeVolume([&] { TakeAside(); });
  const auto changed = ApplyChanges(client(), "g", {Follow(1, 19'999), Follow(19'999, 1)});
  ASSERT_TRUE(changed.ok()) << Text(changed.status);
  const std::string digest = SmallDigest();
  const fs::path newer = cluster().WorkerData(1) / "newer";
  ChangeVolume([&] {
    fs::rename(graphs_, newer);
    PutBack();
  });
  ExpectRefused("is an older copy: expected version 2 of the graph, found 1");
  ChangeVolume([&] {
    fs::remove_all(graphs_);
    fs::rename(newer, graphs_);
  });
  ExpectReady();
  EXPECT_EQ(SmallDigest(), digest);
}

TEST_F(AdmissionTest, AShardInTheWrongPlace) {
  const auto swap = [&] {
    fs::rename(graphs_ / "g" / "shard-0002", aside_);
    fs::rename(graphs_ / "g" / "shard-0003", graphs_ / "g" / "shard-0002");
    fs::rename(aside_, graphs_ / "g" / "shard-0003");
  };
  ChangeVolume(swap);
  ExpectRefused("foreign");
  ChangeVolume(swap);
  ExpectReady();
}

TEST_F(AdmissionTest, OfTwoWorkersWithOneNodeIdTheFirstKeepsItsPlaceWhileItLives) {
  const TempDirectory elsewhere;
  const fs::path clone = elsewhere.path() / "clone";
  ChangeVolume([&] { cluster().CopyData(1, clone); });
  ExpectReady();
  std::vector<std::string> command = cluster().WorkerCommand(1, "127.0.0.1:0");
  std::replace(command.begin(), command.end(), cluster().WorkerData(1).string(), clone.string());
  ServerProcess twin(command, cluster().LogStem("twin"));
  const auto address = twin.WaitUntilListening(kCallTimeout);
  ASSERT_TRUE(address.ok()) << address.status();
  const auto says = [&] { return HttpGet(twin.Printed("admin port on "), "/readyz?verbose"); };
  const auto kept_by = [](const std::string& holder) {
    return absl::StrCat("w-test-1 at ", holder, " has the same node id");
  };
  const std::string first = kept_by(cluster().worker_address(1));
  EXPECT_TRUE(Eventually(kCallTimeout, [&] { return IsUnready(says(), first); })) << says().body;
  ExpectReady();
  ASSERT_EQ(client().Workers().size(), 2u);
  EXPECT_EQ(client().Workers()[1].address(), cluster().worker_address(1));
  cluster().worker(1).Kill();
  EXPECT_TRUE(Eventually(kCallTimeout, [&] { return says().code == 200; })) << says().body;
  EXPECT_TRUE(Eventually(kCallTimeout, [&] { return client().Workers()[1].address() == *address; }));
  cluster().ReviveWorker(1);
  EXPECT_TRUE(Eventually(kCallTimeout, [&] { return IsUnready(Readiness(), kept_by(*address)); }))
      << Readiness().body;
  const std::vector<std::string> said =
      absl::StrSplit(cluster().coordinator().Said(), absl::StrCat(*address, " does not join"));
  EXPECT_EQ(said.size(), 2u) << "once";
}

TEST_F(AdmissionTest, AWorkerThatCannotBeReachedHindersNobody) {
  const std::string digest = SmallDigest();
  const TempDirectory elsewhere;
  std::vector<std::string> command = cluster().WorkerCommand(1, "127.0.0.1:0");
  std::replace(command.begin(), command.end(), cluster().WorkerData(1).string(),
               (elsewhere.path() / "data").string());
  command.insert(command.end(), {"--advertise", "127.0.0.1:1"});
  ServerProcess lost(command, cluster().LogStem("lost"));
  const auto address = lost.WaitUntilListening(kCallTimeout);
  ASSERT_TRUE(address.ok()) << address.status();
  const auto says = [&] { return HttpGet(lost.Printed("admin port on "), "/readyz?verbose"); };
  EXPECT_TRUE(Eventually(kCallTimeout, [&] { return IsUnready(says(), "at 127.0.0.1:1 does not join"); }))
      << says().body;
  const auto told = [&] {
    for (const pb::WorkerStatus& worker : client().Workers()) {
      if (worker.address() == "127.0.0.1:1") return !worker.alive() && worker.problems_size() == 1;
    }
    return false;
  };
  EXPECT_TRUE(Eventually(kCallTimeout, told));
  pb::CreateGraphRequest request;
  request.set_name("h");
  request.set_preset("hyves");
  request.set_members(2'000);
  request.set_shards(6);
  const auto made = client().CreateGraph(request);
  EXPECT_TRUE(made.ok()) << Text(made.status);
  const grpc::Status deleted = client().DeleteGraph("h");
  EXPECT_TRUE(deleted.ok()) << Text(deleted);
  EXPECT_EQ(SmallDigest(), digest);
}

TEST_F(AdmissionTest, VolumesThatWereExchangedKeepTheirOnlyCopies) {
  const std::string digest = SmallDigest();
  const fs::path others = cluster().WorkerData(0) / "graphs";
  const auto exchange = [&] {
    for (std::size_t w = 0; w < 2; ++w) cluster().worker(w).Kill();
    fs::rename(graphs_, aside_);
    fs::rename(others, graphs_);
    fs::rename(aside_, others);
    for (std::size_t w = 0; w < 2; ++w) cluster().RestartWorker(w);
  };
  exchange();
  for (const pb::WorkerStatus& worker : client().Workers()) {
    EXPECT_EQ(worker.problems_size(), 2) << worker.DebugString();
    for (const std::string& problem : worker.problems()) EXPECT_THAT(problem, HasSubstr("keep this copy"));
  }
  EXPECT_THAT(client().Simulate(Scenario(1)).status,
              IsRefused(grpc::StatusCode::UNAVAILABLE, "keep this copy"));
  exchange();
  EXPECT_EQ(SmallDigest(), digest);
}

TEST_F(AdmissionTest, AnotherVersionOfTheProgramsIsRefusedNamingBoth) {
  const auto registry = pbi::RegistryService::NewStub(client().channel());
  pbi::RegisterRequest request;
  request.set_node_id("w-of-tomorrow");
  request.set_address("127.0.0.1:1");
  request.set_version("9.9.9");
  for (const std::uint32_t protocol : {kClusterProtocol + 1, 0u}) {
    request.set_protocol(protocol);
    grpc::ClientContext context;
    SetDeadline(context, kCallTimeout);
    pbi::RegisterResponse response;
    const grpc::Status status = registry->Register(&context, request, &response);
    EXPECT_THAT(status, IsRefused(grpc::StatusCode::FAILED_PRECONDITION, "is of version 9.9.9"));
    EXPECT_THAT(status.error_message(), HasSubstr(absl::StrCat("the coordinator of ", kVersion)));
  }
  EXPECT_EQ(client().Workers().size(), 2u);
  for (const pb::WorkerStatus& worker : client().Workers()) EXPECT_EQ(worker.version(), kVersion);
}

}  // namespace
}  // namespace lawine
