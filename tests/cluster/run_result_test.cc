// Results: whole as soon as a run has succeeded, whatever their size.
#include <cstdint>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/rpc.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

// A message that every member of a path forwards: one member a step.
TEST(LargeResultTest, IsReadWhole) {
  constexpr std::uint32_t kMembers = 400'000;
  TestCluster cluster({.workers = 1});
  pb::ImportOptions options;
  options.set_name("path");
  options.set_row("from,to");
  options.set_shards(1);
  std::string rows;
  for (std::uint32_t m = 0; m + 1 < kMembers; ++m) absl::StrAppend(&rows, m, " ", m + 1, "\n");
  const auto imported = cluster.client().Import(options, {{"path.txt", rows}});
  ASSERT_TRUE(imported.ok()) << Text(imported.status);
  pb::Scenario scenario;
  scenario.set_graph("path");
  scenario.mutable_seed_members()->add_ids("0");
  scenario.mutable_model()->mutable_forward()->set_probability(1);
  const auto run = cluster.client().RunToEnd(scenario);
  ASSERT_TRUE(run.ok()) << Text(run.status);
  ASSERT_EQ(run.value.state(), pb::RUN_STATE_SUCCEEDED) << run.value.error();
  const auto result = cluster.client().Result(run.value.name());
  ASSERT_TRUE(result.ok()) << Text(result.status);
  EXPECT_GT(result.value.ByteSizeLong(), 4u << 20) << "not larger than what gRPC takes anyway";
  EXPECT_EQ(result.value.totals().reach(), kMembers);
  EXPECT_EQ(static_cast<std::uint32_t>(result.value.steps_size()), run.value.steps_done());
  EXPECT_EQ(result.value.totals().steps(), kMembers) << "the last member's forward reaches nobody";
}

class RunResultTest : public LongRunTest {};

TEST_F(RunResultTest, IsThereTheMomentTheRunHasSucceeded) {
  // Thousands of seed members are listed in the result, which takes its time to be kept.
  pb::CreateRunRequest request = Request(1);
  request.mutable_scenario()->clear_seed_members();
  request.mutable_scenario()->mutable_seed_members()->set_random(true);
  request.mutable_scenario()->mutable_seed_members()->set_count(3'000);
  request.mutable_scenario()->mutable_stop()->set_max_steps(1);
  const std::string digest = client().Simulate(request.scenario()).value.digest();
  ASSERT_NE(digest, "");
  const auto create_and_read = [&] {
    Client own(cluster().address());
    for (int i = 0; i < 20; ++i) {
      const std::string name = own.CreateRun(request).value.run().name();
      pb::RunState state = pb::RUN_STATE_QUEUED;
      while (state == pb::RUN_STATE_QUEUED || state == pb::RUN_STATE_RUNNING)
        state = own.GetRun(name).value.state();
      ASSERT_EQ(state, pb::RUN_STATE_SUCCEEDED) << pb::RunState_Name(state);
      const auto result = own.Result(name);
      ASSERT_TRUE(result.ok()) << Text(result.status);
      ASSERT_EQ(result.value.digest(), digest) << name;
      ASSERT_GT(result.value.steps_size(), 0);
    }
  };
  std::vector<std::future<void>> callers;
  for (int c = 0; c < 4; ++c) callers.push_back(std::async(std::launch::async, create_and_read));
  for (auto& caller : callers) caller.get();
}

TEST_F(RunResultTest, AMaskSaysWhichFieldsAreRead) {
  const std::string name = client().RunToEnd(Scenario(1)).value.name();
  const pb::RunResult whole = client().Result(name).value;
  const auto read = [&](const std::string& path, pb::RunResult& result) {
    grpc::ClientContext context;
    SetDeadline(context, kCallTimeout);
    pb::GetRunResultRequest request;
    request.set_name(name);
    request.mutable_read_mask()->add_paths("digest");
    request.mutable_read_mask()->add_paths(path);
    pb::GetRunResultResponse response;
    const grpc::Status status = client().simulations().GetRunResult(&context, request, &response);
    result = response.result();
    return status;
  };
  pb::RunResult some, wanted;
  ASSERT_TRUE(read("totals.reach", some).ok());
  wanted.set_digest(whole.digest());
  wanted.mutable_totals()->set_reach(whole.totals().reach());
  EXPECT_EQ(some.SerializeAsString(), wanted.SerializeAsString()) << some.ShortDebugString();
  EXPECT_THAT(read("totals.richness", some), IsBadField("read_mask", "totals.richness"));
}

// Of scenarios in scenarios, each path exists.
TEST_F(RunResultTest, MasksThatAreTooDeepTooLongOrTooManyAreRefused) {
  const std::string name = client().RunToEnd(Scenario(1)).value.name();
  const auto refusal = [&](int paths, int scenarios) {
    grpc::ClientContext context;
    SetDeadline(context, kCallTimeout);
    pb::GetRunResultRequest request;
    request.set_name(name);
    std::string path = "scenario";
    for (int i = 0; i < scenarios; ++i) path += ".later.change";
    for (int i = 0; i < paths; ++i) request.mutable_read_mask()->add_paths(path);
    pb::GetRunResultResponse response;
    return client().simulations().GetRunResult(&context, request, &response);
  };
  EXPECT_THAT(refusal(1, 8), IsBadField("read_mask", "at most 16 names"));
  EXPECT_THAT(refusal(1, 1'000'000),
              IsBadField("read_mask", "at most 512 bytes, found one of 2000001 names"));
  EXPECT_THAT(refusal(257, 1), IsBadField("read_mask", "at most 256 paths, found 257"));
  EXPECT_TRUE(refusal(256, 7).ok());
}

// Who waited how long differs from run to run; what adds up does not.
TEST_F(RunResultTest, TracesEveryWorker) {
  pb::CreateRunRequest request = Request(1);
  request.mutable_scenario()->mutable_stop()->set_max_steps(3);
  const std::string name = client().CreateRun(request).value.run().name();
  ASSERT_EQ(WaitForEnd(name, absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
  const auto trace = client().Trace(name);
  ASSERT_TRUE(trace.ok()) << Text(trace.status);
  std::set<std::string> workers;
  for (const pb::WorkerTrace& part : trace.value.workers()) {
    workers.insert(part.worker());
    ASSERT_GT(part.turns_size(), 0);
    std::uint64_t end = 0, worked = 0;
    for (const pb::TraceTurn& turn : part.turns()) {
      EXPECT_GE(turn.begin_us() + 1, end) << "turns overlap";  // each time is rounded on its own
      end = turn.begin_us() + turn.took_us();
      worked += turn.took_us();
    }
    EXPECT_EQ(part.worked_us(), worked);
    EXPECT_EQ(part.turns(part.turns_size() - 1).steps_closed(), 4u) << "steps 0 to 3";
    EXPECT_EQ(part.turns_left_out(), 0u);
  }
  EXPECT_EQ(workers.size(), cluster().workers_count());
  EXPECT_EQ(static_cast<std::size_t>(trace.value.workers_size()), workers.size());
}

TEST_F(RunResultTest, HasNoTraceBeforeItsEnd) {
  EXPECT_EQ(client().Trace("runs/123").status.error_code(), grpc::StatusCode::NOT_FOUND);
  const std::string name = StartLongRun();
  EXPECT_EQ(client().Trace(name).status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  client().Cancel(name);
  WaitForEnd(name, absl::Seconds(60));
  EXPECT_EQ(client().Trace(name).status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

}  // namespace
}  // namespace lawine
