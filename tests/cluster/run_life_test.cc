// A run's life, seen from outside.
#include <algorithm>
#include <future>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "services/common/rpc.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RunLifeTest : public LongRunTest {};

std::vector<std::string> Names(const pb::ListRunsResponse& response) {
  std::vector<std::string> names;
  for (const pb::Run& run : response.runs()) names.push_back(run.name());
  return names;
}

pb::ListRunsResponse List(Client& client, std::uint32_t page_size = 0, const std::string& token = "") {
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  pb::ListRunsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(token);
  pb::ListRunsResponse response;
  const grpc::Status status = client.simulations().ListRuns(&context, request, &response);
  EXPECT_TRUE(status.ok()) << Text(status);
  return response;
}

TEST_F(RunLifeTest, SurvivesTheClientThatCreatedIt) {
  std::string name;
  {
    Client leaves(cluster().address());
    name = leaves.CreateRun(Request(50)).value.run().name();
  }
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_TRUE(client().Result(name).ok());
}

TEST_F(RunLifeTest, EveryWatcherSeesAllStepsFromTheFirst) {
  const std::string name = StartChain(4'000);
  auto early = std::async(std::launch::async, [&] { return client().Watch(name); });
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] { return client().GetRun(name).value.steps_done() > 20; }));
  auto late = std::async(std::launch::async, [&] { return Client(cluster().address()).Watch(name); });
  const auto first = early.get(), second = late.get(), third = client().Watch(name),
             rest = client().Watch(name, 5);
  ASSERT_TRUE(first.ok() && second.ok() && third.ok() && rest.ok());
  const auto text = [](const Watched& watched) {
    std::vector<std::string> lines;
    for (const auto& step : watched.steps) lines.push_back(step.ShortDebugString());
    return lines;
  };
  std::vector<std::string> lines = text(first.value);
  EXPECT_EQ(lines.size(), 4'001u) << "the last member forwards to nobody";
  EXPECT_EQ(lines, text(second.value));
  EXPECT_EQ(lines, text(third.value));
  lines.erase(lines.begin(), lines.begin() + 5);
  EXPECT_EQ(lines, text(rest.value));
  EXPECT_EQ(second.value.last.state(), pb::RUN_STATE_SUCCEEDED);
}

TEST_F(RunLifeTest, CancelEndsItSoon) {
  const std::string name = StartLongRun();
  auto watching = std::async(std::launch::async, [&] { return client().Watch(name); });
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return AnyoneWorks(); }));
  EXPECT_THAT(client().DeleteRun(name), IsRefused(StatusCode::FAILED_PRECONDITION, "cancel it first"));
  EXPECT_THAT(client().DeleteGraph("chain-1000"), IsRefused(StatusCode::FAILED_PRECONDITION, "in use"));
  EXPECT_THAT(client().Result(name).status, IsRefused(StatusCode::FAILED_PRECONDITION, "RUNNING"));
  EXPECT_TRUE(client().Cancel(name).ok());
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(10)).state(), pb::RUN_STATE_CANCELLED);
  EXPECT_EQ(watching.get().value.last.state(), pb::RUN_STATE_CANCELLED);
  EXPECT_THAT(client().Result(name).status, IsRefused(StatusCode::FAILED_PRECONDITION, "CANCELLED"));
  EXPECT_TRUE(client().Cancel(name).ok()) << "cancelling what has ended does no harm";
  EXPECT_TRUE(client().DeleteRun(name).ok());
  EXPECT_THAT(client().GetRun(name).status, IsRefused(StatusCode::NOT_FOUND, name));
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return !AnyoneWorks(); }))
      << "workers still work on a cancelled run";
}

TEST_F(RunLifeTest, ListsPagesLatestFirst) {
  std::vector<std::string> created;
  for (int i = 0; i < 5; ++i)
    created.insert(created.begin(), client().CreateRun(Request(1)).value.run().name());
  const auto first = List(client(), 2);
  EXPECT_THAT(Names(first), ElementsAre(created[0], created[1]));
  const auto second = List(client(), 2, first.next_page_token());
  EXPECT_THAT(Names(second), ElementsAre(created[2], created[3]));
  const auto third = List(client(), 2, second.next_page_token());
  EXPECT_THAT(Names(third), ElementsAre(created[4]));
  EXPECT_EQ(third.next_page_token(), "");
  EXPECT_EQ(Names(List(client())), created);
}

TEST_F(RunLifeTest, RequestIdStartsOneRun) {
  pb::CreateRunRequest request = Request(3);
  request.set_request_id("once");
  std::vector<std::future<Answer<pb::CreateRunResponse>>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::async(std::launch::async, [&] { return client().CreateRun(request); }));
  }
  std::set<std::string> names;
  for (auto& call : calls) {
    const auto created = call.get();
    EXPECT_TRUE(created.ok()) << Text(created.status);
    names.insert(created.value.run().name());
  }
  EXPECT_EQ(names.size(), 1u);
  cluster().RestartCoordinator();
  EXPECT_EQ(client().CreateRun(request).value.run().name(), *names.begin());
  EXPECT_EQ(List(client()).runs_size(), 1);
  request.set_request_id("twice");
  EXPECT_NE(client().CreateRun(request).value.run().name(), *names.begin());
}

TEST_F(RunLifeTest, RequestIdIsOfOneRequest) {
  pb::CreateRunRequest request = Request(3);
  request.set_request_id("once");
  const std::string name = client().CreateRun(request).value.run().name();
  pb::CreateRunRequest other = Request(4);
  other.set_request_id("once");
  for (const bool restarted : {false, true}) {
    if (restarted) cluster().RestartCoordinator();
    EXPECT_THAT(client().CreateRun(other).status, IsBadField("request_id", "another run"));
    EXPECT_EQ(client().CreateRun(request).value.run().name(), name);
  }
  // What is only checked has nothing to do with it.
  other.set_validate_only(true);
  const auto checked = client().CreateRun(other);
  ASSERT_TRUE(checked.ok()) << Text(checked.status);
  EXPECT_EQ(checked.value.run().name(), "");
  EXPECT_EQ(checked.value.run().scenario().replicas(), 4u);
  EXPECT_GT(checked.value.estimate().deliveries(), 0u);
  WaitForEnd(name, absl::Seconds(60));
  EXPECT_TRUE(client().DeleteRun(name).ok());
  other.set_validate_only(false);
  EXPECT_TRUE(client().CreateRun(other).ok()) << "the id is free again";
}

TEST_F(RunLifeTest, RequestIdMakesOneGraph) {
  pb::CreateGraphRequest request;
  request.set_name("h");
  request.set_preset("hyves");
  request.set_members(1'000);
  request.set_links_per_member(10);
  request.set_request_id("once");
  const auto first = client().CreateGraph(request);
  ASSERT_TRUE(first.ok()) << Text(first.status);
  const auto again = client().CreateGraph(request);
  ASSERT_TRUE(again.ok()) << Text(again.status);
  EXPECT_EQ(again.value.create_time().nanos(), first.value.create_time().nanos());
  request.set_request_id("another");
  EXPECT_THAT(client().CreateGraph(request).status, IsRefused(StatusCode::ALREADY_EXISTS, "'h' exists"));
  EXPECT_THAT(client().GraphNames(), ElementsAre("g", "h"));
}

TEST_F(RunLifeTest, ResultOutlivesTheCoordinator) {
  const auto run = client().RunToEnd(Scenario(3));
  ASSERT_EQ(run.value.state(), pb::RUN_STATE_SUCCEEDED) << run.value.error();
  const auto single = client().RunToEnd(Scenario(1));
  const auto before = client().Result(run.value.name());
  const auto steps = client().Watch(single.value.name()).value.steps.size();
  cluster().RestartCoordinator();
  const auto after = client().Result(run.value.name());
  ASSERT_TRUE(after.ok()) << Text(after.status);
  EXPECT_EQ(after.value.SerializeAsString(), before.value.SerializeAsString());
  EXPECT_EQ(client().GetRun(run.value.name()).value.ShortDebugString(), run.value.ShortDebugString());
  EXPECT_GT(steps, 2u);
  EXPECT_EQ(client().Watch(single.value.name()).value.steps.size(), steps);
  const Watched watched = client().Watch(run.value.name()).value;
  EXPECT_THAT(watched.steps, IsEmpty()) << "steps of several replicas are told by nobody";
  EXPECT_EQ(watched.last.replicas_done(), 3u);
}

TEST_F(RunLifeTest, EnsemblesTellHowManyReplicasAreDone) {
  const std::string name = StartLongRun();
  auto watching = std::async(std::launch::async, [&] { return client().Watch(name); });
  const auto watched = client().Watch(StartChain(500, 400));
  ASSERT_TRUE(watched.ok()) << Text(watched.status);
  EXPECT_THAT(watched.value.steps, IsEmpty());
  ASSERT_FALSE(watched.value.replicas_done.empty());
  EXPECT_EQ(watched.value.replicas_done.back(), 400u);
  EXPECT_EQ(watched.value.last.replicas_done(), 400u);
  EXPECT_TRUE(client().Cancel(name).ok());
  EXPECT_LT(WaitForEnd(name, absl::Seconds(10)).replicas_done(), 10'000u);
  const std::vector<std::uint32_t> done = watching.get().value.replicas_done;
  EXPECT_GT(done.size(), 1u) << "of a run that goes on for long";
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
}

class CoordinatorStopTest : public LongRunTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override { StartCluster({.workers = 2, .runs_at_once = 1}); }
};

TEST_P(CoordinatorStopTest, LeavesRunsThatHadNotEndedToTheNext) {
  const std::string digest = SmallDigest();
  const std::string running = StartLongRun();
  const std::string queued = client().CreateRun(Request(1)).value.run().name();
  EXPECT_EQ(client().GetRun(queued).value.queue_position(), 1u);
  cluster().coordinator().Signal(GetParam());
  const auto code = cluster().coordinator().WaitUntilEnded(absl::Seconds(20));
  EXPECT_EQ(code, GetParam() == SIGTERM ? 0 : 128 + SIGKILL);
  cluster().RestartCoordinator();
  for (const std::string& name : {running, queued}) {
    const pb::Run run = client().GetRun(name).value;
    EXPECT_THAT(run.state(), testing::AnyOf(pb::RUN_STATE_QUEUED, pb::RUN_STATE_RUNNING))
        << pb::RunState_Name(run.state()) << " " << run.error();
    EXPECT_FALSE(run.has_end_time());
  }
  // The one that waits comes first: it would be over a moment after it has the place.
  for (const std::string& name : {queued, running}) EXPECT_TRUE(client().Cancel(name).ok());
  EXPECT_EQ(SmallDigest(), digest);
  // Numbers are not used twice: frames and receipts are named by them.
  EXPECT_NE(client().CreateRun(Request(1)).value.run().name(), queued);
}

INSTANTIATE_TEST_SUITE_P(Signals, CoordinatorStopTest, testing::Values(SIGTERM, SIGKILL),
                         [](const auto& signal) { return signal.param == SIGTERM ? "Term" : "Kill"; });

TEST_P(CoordinatorStopTest, NeverUsesARunNumberAgain) {
  EXPECT_TRUE(client().Simulate(Scenario(1)).ok());
  const std::string deleted = client().RunToEnd(Scenario(1)).value.name();
  ASSERT_TRUE(client().DeleteRun(deleted).ok());
  cluster().coordinator().Signal(GetParam());
  ASSERT_TRUE(cluster().coordinator().WaitUntilEnded(absl::Seconds(20)).has_value());
  cluster().RestartCoordinator();
  const std::string next = client().CreateRun(Request(1)).value.run().name();
  EXPECT_GT(std::stoull(next.substr(5)), std::stoull(deleted.substr(5)));
}

class QueueTest : public LongRunTest {
 protected:
  void SetUp() override { StartCluster({.workers = 2, .runs_at_once = 1}); }
};

TEST_F(QueueTest, HasPlacesAndLetsGoOfWhatIsCancelled) {
  const std::string running = StartLongRun();
  std::vector<std::string> queued;
  for (int i = 0; i < 3; ++i) queued.push_back(client().CreateRun(Request(1)).value.run().name());
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(client().GetRun(queued[i]).value.queue_position(), i + 1);
  EXPECT_TRUE(client().Cancel(queued[0]).ok());
  EXPECT_EQ(WaitForEnd(queued[0], absl::Seconds(5)).state(), pb::RUN_STATE_CANCELLED)
      << "a queued run must not wait for its turn to be cancelled";
  EXPECT_EQ(client().GetRun(queued[1]).value.queue_position(), 1u);
  EXPECT_TRUE(client().Cancel(running).ok());
  for (const int i : {1, 2})
    EXPECT_EQ(WaitForEnd(queued[i], absl::Seconds(30)).state(), pb::RUN_STATE_SUCCEEDED);
}

TEST_F(RunLifeTest, ReceiptsAreKeptByWorkersOnly) {
  pb::CreateRunRequest request = Request(1);
  request.set_record_receipts(true);
  const std::string name = client().CreateRun(request).value.run().name();
  ASSERT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_GT(client().Receipts(name).value.size(), 10u);
  const auto without = client().RunToEnd(Scenario(1));
  EXPECT_THAT(client().Receipts(without.value.name()).status,
              IsRefused(StatusCode::FAILED_PRECONDITION, "not asked to record"));
  cluster().RestartCoordinator();
  EXPECT_GT(client().Receipts(name).value.size(), 10u);
  cluster().RestartWorker(1);
  EXPECT_THAT(client().Receipts(name).status, IsRefused(StatusCode::NOT_FOUND, "repeat the run"));
}

TEST_F(RunLifeTest, ReceiptsDoNotKeepAGraphFromBeingDeleted) {
  pb::CreateRunRequest request = Request(1);
  request.set_record_receipts(true);
  const std::string name = client().CreateRun(request).value.run().name();
  ASSERT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_GT(client().Receipts(name).value.size(), 10u);
  const grpc::Status deleted = client().DeleteGraph("g");
  EXPECT_TRUE(deleted.ok()) << Text(deleted);
  EXPECT_FALSE(client().Receipts(name).ok());
}

TEST_F(RunLifeTest, ValidateOnlyEstimatesAndRunsNothing) {
  pb::CreateRunRequest request = Request(10'000);
  request.set_validate_only(true);
  const auto checked = client().CreateRun(request);
  ASSERT_TRUE(checked.ok()) << Text(checked.status);
  EXPECT_EQ(checked.value.run().name(), "");
  EXPECT_EQ(checked.value.run().scenario().run_seed(), 1u) << "defaults are filled in";
  EXPECT_GT(checked.value.estimate().deliveries(), 100'000'000u);
  EXPECT_FALSE(checked.value.estimate().small());
  EXPECT_EQ(List(client()).runs_size(), 0);
}

TEST_F(RunLifeTest, SimulateRefusesWhatIsTooLargeToAnswerAtOnce) {
  const auto result = client().Simulate(Scenario(10'000));
  EXPECT_THAT(result.status, IsRefused(StatusCode::FAILED_PRECONDITION, "CreateRun"));
  EXPECT_EQ(DetailsOf(result.status).reason, "RUN_TOO_LARGE");
}

TEST_F(RunLifeTest, SimulateEndsWithItsCaller) {
  const std::string digest = SmallDigest();
  pb::SimulateRequest request;
  *request.mutable_scenario() = ChainScenario(100'000, 1);
  grpc::ClientContext leaves;
  SetDeadline(leaves, kCallTimeout);
  auto left = std::async(std::launch::async, [&] {
    pb::SimulateResponse response;
    return client().simulations().Simulate(&leaves, request, &response);
  });
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return AnyoneWorks(); }));
  leaves.TryCancel();
  EXPECT_EQ(left.get().error_code(), StatusCode::CANCELLED);
  // What comes to its end is not said to have ended so.
  for (const std::size_t w : {0u, 1u}) {
    EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
      return absl::StrContains(cluster().worker(w).Said(), " ended: ");
    })) << w;
  }
  const auto late = client().Simulate(request.scenario(), absl::Milliseconds(200));
  EXPECT_EQ(late.status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return !AnyoneWorks(); }));
  EXPECT_EQ(SmallDigest(), digest);
}

// The health service has no generated stub here: an empty HealthCheckRequest, and field 1 = 1 (SERVING) back.
std::string CheckHealth(const std::string& address) {
  grpc::GenericStub stub(OpenChannel(address));
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(20));
  grpc::CompletionQueue queue;
  const grpc::Slice nothing("");
  const grpc::ByteBuffer request(&nothing, 1);
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice bytes;
  if (!status.ok() || !response.DumpToSingleSlice(&bytes).ok()) return Text(status);
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

TEST_F(RunLifeTest, HealthServiceAnswersEverywhere) {
  EXPECT_EQ(CheckHealth(cluster().address()), "\x08\x01");
  EXPECT_EQ(CheckHealth(cluster().worker_address(0)), "\x08\x01");
}

}  // namespace
}  // namespace lawine
