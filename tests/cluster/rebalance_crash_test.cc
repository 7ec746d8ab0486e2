// Any process is killed at any moment while shards move, again and again: the rebalance ends by itself, every
// shard is there once, and runs end with the digest of those that nobody disturbs.
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "tests/cluster/crash_loop.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/placement_calls.h"

namespace lawine {
namespace {

class RebalanceCrashTest : public LongRunTest {
 protected:
  void SetUp() override {
    StartCluster({.workers = 3, .coordinator_flags = {"--keep-every", "300ms", "--attempts-max", "100000"}});
  }
  // Applies it, however often it has to be asked for.
  void Begin(const pb::RebalanceOptions& options, int round) {
    EXPECT_TRUE(Eventually(absl::Seconds(60), [&] {
      PlacementCalls calls(client());
      return calls.Apply(options, absl::StrCat("round-", round)).ok();
    }));
  }
  bool GoesOn() {
    const auto latest = PlacementCalls(client()).Latest();
    return !latest.ok() || latest.value.state() == pb::REBALANCE_STATE_RUNNING;
  }
};

// Crash loops wait for a while between kills; these are at once after the rebalance has begun.
TEST_F(RebalanceCrashTest, EveryRoundEnds) {
  const std::string digest = SmallDigest();
  CrashLoop crashes(cluster(), "Rebalance");
  int round = 0;
  for (bool more = true; more; ++round) {
    Begin(Drained({absl::StrCat("w-test-", round % 3)}), round);
    while (GoesOn() && more) more = crashes.Next();
    crashes.End();
    const pb::Rebalance ended = PlacementCalls(client()).AwaitEnd();
    ASSERT_EQ(ended.state(), pb::REBALANCE_STATE_SUCCEEDED) << crashes.Replay() << ended.DebugString();
    EXPECT_TRUE(Eventually(absl::Seconds(30),
                           [&] {
                             const auto held = ShardsByWorker(client());
                             const auto drained = held.find(absl::StrCat("w-test-", round % 3));
                             std::uint32_t shards = 0;
                             for (const auto& [worker, count] : held) shards += count;
                             return shards == 4 && drained != held.end() && drained->second == 0;
                           }))
        << crashes.Replay() << testing::PrintToString(ShardsByWorker(client()));
    const auto verified = client().Verify("g");
    EXPECT_TRUE(verified.value.sound())
        << Text(verified.status) << " " << crashes.Replay() << verified.value.DebugString();
    EXPECT_EQ(SmallDigest(), digest) << crashes.Replay();
  }
  std::printf("%u kills, %d rounds\n", crashes.kills(), round);
}

TEST_F(RebalanceCrashTest, RunsGoOnThroughAllOfIt) {
  const pb::Scenario scenario = ChainScenario(400, 2'000 / kSlowdown);
  const std::string digest = client().Result(client().RunToEnd(scenario).value.name()).value.digest();
  pb::CreateRunRequest request;
  *request.mutable_scenario() = scenario;
  const std::string name = client().CreateRun(request).value.run().name();
  CrashLoop crashes(cluster(), "RebalanceRun");
  int round = 0;
  for (bool more = true; more; ++round) {
    Begin(Drained({absl::StrCat("w-test-", round % 3)}), round);
    while (GoesOn() && more) more = crashes.Next();
    crashes.End();
    EXPECT_EQ(PlacementCalls(client()).AwaitEnd().state(), pb::REBALANCE_STATE_SUCCEEDED) << crashes.Replay();
  }
  const pb::Run run = WaitForEnd(name, absl::Minutes(5));
  EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << crashes.Replay() << run.error();
  EXPECT_EQ(client().Result(name).value.digest(), digest) << crashes.Replay();
  std::printf("%u kills, %d rounds, %u attempts\n", crashes.kills(), round, run.attempts());
}

}  // namespace
}  // namespace lawine
