// Results: whole as soon as a run has succeeded, whatever their size.
#include <future>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/cluster/long_run.h"

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

}  // namespace
}  // namespace lawine
