// Processes that die at a named place (engine/base/failpoint.h), where no kill from outside can be timed.
// Whoever asked asks again, with the same request id: it is done once, and as if nothing had happened.
#include <cctype>
#include <filesystem>

#include "services/common/rpc.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

struct Place {
  const char* name;
  bool worker = false;  // else the coordinator dies there
};

std::string NameOf(const testing::TestParamInfo<Place>& place) {
  std::string name;
  for (const char* c = place.param.name; *c != '\0'; ++c) {
    if (std::isalnum(static_cast<unsigned char>(*c)) != 0) name += *c;
  }
  return name;
}

class FailpointTest : public testing::TestWithParam<Place> {
 protected:
  std::filesystem::path marker() const { return directory_.path() / "passed"; }
  // Worker 1 or the coordinator dies at the place.
  void StartArmed() {
    const std::vector<std::string> prefix = {
        "/usr/bin/env", absl::StrCat("LAWINE_FAILPOINTS=", GetParam().name, "=", marker().string())};
    cluster_ = std::make_unique<TestCluster>(
        ClusterOptions{.workers = 2,
                       .coordinator_flags = {"--keep-every", "10ms", "--checkpoint-every", "10ms"},
                       .coordinator_prefix = GetParam().worker ? std::vector<std::string>() : prefix,
                       .worker_prefixes = {{}, GetParam().worker ? prefix : std::vector<std::string>()}});
  }
  Client& client() { return cluster_->client(); }

  // Does what leads to the place, again and again, until it is done. Whoever died meanwhile comes back.
  template <class Done>
  void InsistUntil(const Done& done) {
    EXPECT_TRUE(Eventually(absl::Seconds(120), [&] {
      if (done()) return true;
      ServerProcess& victim = GetParam().worker ? cluster_->worker(1) : cluster_->coordinator();
      if (!victim.WaitUntilEnded(absl::ZeroDuration()).has_value()) return false;
      GetParam().worker ? cluster_->ReviveWorker(1) : cluster_->ReviveCoordinator();
      cluster_->WaitForAlive(2);
      return false;
    })) << last_;
    EXPECT_TRUE(std::filesystem::exists(marker())) << "nobody has passed " << GetParam().name;
  }

  static pb::CreateGraphRequest Graph(const std::string& name) {
    pb::CreateGraphRequest request;
    request.set_name(name);
    request.set_preset("hyves");
    request.set_members(5'000);
    request.set_links_per_member(10);
    request.set_shards(4);
    request.set_request_id("make-" + name);
    return request;
  }
  // Made by a cluster that nobody disturbs.
  static std::string DigestUndisturbed() {
    TestCluster cluster({.workers = 1});
    return cluster.client().CreateGraph(Graph("g")).value.digest();
  }

  const TempDirectory directory_;
  std::unique_ptr<TestCluster> cluster_;
  std::string last_;  // what was said last
};

using GraphFailpointTest = FailpointTest;

TEST_P(GraphFailpointTest, AGraphIsMadeOnceAndWhole) {
  const std::string digest = DigestUndisturbed();
  StartArmed();
  Answer<pb::Graph> graph;
  InsistUntil([&] {
    graph = client().CreateGraph(Graph("g"));
    last_ = Text(graph.status);
    // A shard that was whole when its worker died comes back with it, and is in nobody's way.
    EXPECT_EQ(last_.find("delete it first"), std::string::npos) << last_;
    return graph.ok();
  });
  EXPECT_EQ(graph.value.digest(), digest);
  const auto verified = client().Verify("g");
  EXPECT_TRUE(verified.value.sound()) << verified.value.ShortDebugString();
  EXPECT_TRUE(client().DeleteGraph("g").ok());
}

INSTANTIATE_TEST_SUITE_P(Places, GraphFailpointTest,
                         testing::Values(Place{"store.ingested", true}, Place{"store.manifest_written", true},
                                         Place{"store.synced", true}, Place{"store.renamed", true},
                                         Place{"graph.loaded"}, Place{"graph.registered"}),
                         NameOf);

using DeleteFailpointTest = FailpointTest;

TEST_P(DeleteFailpointTest, AGraphThatIsDeletedStaysDeleted) {
  StartArmed();
  ASSERT_TRUE(client().CreateGraph(Graph("g")).ok());
  InsistUntil([&] {
    const grpc::Status status = client().DeleteGraph("g");
    last_ = Text(status);
    return status.ok() || status.error_code() == grpc::StatusCode::NOT_FOUND;
  });
  EXPECT_THAT(client().GraphNames(), testing::IsEmpty());
  pb::CreateGraphRequest again = Graph("g");
  again.set_request_id("again");
  const auto graph = client().CreateGraph(again);
  EXPECT_TRUE(graph.ok()) << Text(graph.status);
}

INSTANTIATE_TEST_SUITE_P(Places, DeleteFailpointTest,
                         testing::Values(Place{"graph.delete_noted"}, Place{"graph.dropped"},
                                         Place{"store.deleting", true}),
                         NameOf);

using RunFailpointTest = FailpointTest;

TEST_P(RunFailpointTest, ARunIsMadeOnceAndEndsAsUndisturbed) {
  StartArmed();
  ASSERT_TRUE(client().CreateGraph(Graph("g")).ok());
  pb::CreateRunRequest request;
  request.mutable_scenario()->set_graph("g");
  request.mutable_scenario()->mutable_seed_members()->set_highest_audience(true);
  request.mutable_scenario()->mutable_model()->mutable_forward()->set_probability(0.3);
  request.mutable_scenario()->set_replicas(3'000);
  const auto undisturbed = client().Simulate(request.scenario());
  ASSERT_TRUE(undisturbed.ok()) << Text(undisturbed.status);
  request.set_request_id("run-it");
  Answer<pb::RunResult> result;
  pb::ListRunsResponse runs;
  InsistUntil([&] {
    const auto created = client().CreateRun(request);
    last_ = Text(created.status);
    if (!created.ok()) return false;
    // The coordinator may end itself the moment after it has told of the run's end: all is asked again then.
    result = client().Result(created.value.run().name());
    grpc::ClientContext context;
    SetDeadline(context, kCallTimeout);
    return result.ok() && client().simulations().ListRuns(&context, {}, &runs).ok();
  });
  EXPECT_EQ(result.value.digest(), undisturbed.value.digest());
  EXPECT_EQ(runs.runs_size(), 1) << runs.ShortDebugString();
}

INSTANTIATE_TEST_SUITE_P(Places, RunFailpointTest,
                         testing::Values(Place{"run.saved"}, Place{"run.block_kept"}, Place{"run.over"},
                                         Place{"run.ended"}),
                         NameOf);

using CheckpointFailpointTest = FailpointTest;

TEST_P(CheckpointFailpointTest, ARunGoesOnAndEndsAsUndisturbed) {
  StartArmed();
  ASSERT_TRUE(client().CreateGraph(Graph("g")).ok());
  pb::CreateRunRequest request;
  request.mutable_scenario()->set_graph("g");
  request.mutable_scenario()->mutable_seed_members()->set_highest_audience(true);
  request.mutable_scenario()->mutable_model()->mutable_sis()->set_infection(0.02);
  request.mutable_scenario()->mutable_model()->mutable_sis()->set_recovery(0.1);
  request.mutable_scenario()->mutable_stop()->set_max_steps(1'000);  // some checkpoints on any machine
  const auto undisturbed = client().Simulate(request.scenario());
  ASSERT_TRUE(undisturbed.ok()) << Text(undisturbed.status);
  request.set_request_id("run-it");
  Answer<pb::RunResult> result;
  InsistUntil([&] {
    const auto created = client().CreateRun(request);
    last_ = Text(created.status);
    if (created.ok()) result = client().Result(created.value.run().name());
    return created.ok() && result.ok();
  });
  EXPECT_EQ(result.value.digest(), undisturbed.value.digest());
}

INSTANTIATE_TEST_SUITE_P(Places, CheckpointFailpointTest,
                         testing::Values(Place{"store.run_state_written", true},
                                         Place{"run.checkpoint_written", true},
                                         Place{"run.checkpoint_counts"}),
                         NameOf);

using ChangeFailpointTest = FailpointTest;

TEST_P(ChangeFailpointTest, ABatchIsAppliedOnceOnAllShardsOrNone) {
  StartArmed();
  ASSERT_TRUE(client().CreateGraph(Graph("g")).ok());
  const std::string made = client().GetGraph("g").value.digest();
  const std::vector<pb::Change> batch = {AddMember(5'000), Follow(5'000, 17), Follow(4'711, 5'000),
                                         Follow(17, 4'711)};
  std::uint64_t version = 0;
  InsistUntil([&] {
    const pb::Graph before = client().GetGraph("g").value;
    EXPECT_TRUE(before.digest().empty() || before.digest() == made || before.graph_version() == 2);
    const auto applied = ApplyChanges(client(), "g", batch, "once");
    last_ = Text(applied.status);
    if (!applied.ok()) return false;
    version = applied.value.graph_version();
    const auto folded = FoldChanges(client(), "g");
    last_ = Text(folded.status);
    return folded.ok();
  });
  EXPECT_EQ(version, 2u);
  const pb::Graph once = client().GetGraph("g").value;
  EXPECT_EQ(once.graph_version(), 2u);
  EXPECT_EQ(once.members(), 5'001u);
  const auto verified = client().Verify("g");
  EXPECT_TRUE(verified.value.sound()) << verified.value.ShortDebugString();
  // What it came to, without anybody dying.
  pb::CreateGraphRequest again = Graph("h");
  ASSERT_TRUE(client().CreateGraph(again).ok());
  ASSERT_TRUE(ApplyChanges(client(), "h", batch).ok());
  EXPECT_EQ(client().GetGraph("h").value.digest(), once.digest());
}

INSTANTIATE_TEST_SUITE_P(Places, ChangeFailpointTest,
                         testing::Values(Place{"changes.prepared"}, Place{"changes.committed"},
                                         Place{"store.change_written", true},
                                         Place{"store.fold_written", true}, Place{"store.folded", true},
                                         Place{"store.records_gone", true}),
                         NameOf);

}  // namespace
}  // namespace lawine
