// Watching runs: from where one likes, as slowly as one likes, many at once.
#include <algorithm>

#include "services/common/rpc.h"
#include "services/coordinator/access/gate.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;

class WatchTest : public LongRunTest {};

// More than fit the buffers on the way.
constexpr std::uint32_t kManySteps = 30'000 / kSlowdown;

// A watcher that reads next to nothing: whoever reads nothing at all for a minute is sent away.
TEST_F(WatchTest, SlowWatchersHoldNobodyUp) {
  const std::string name = StartChain(kManySteps);
  grpc::ClientContext context;
  SetDeadline(context, kCallTimeout);
  pb::WatchRunRequest request;
  request.set_name(name);
  const auto slow = client().simulations().WatchRun(&context, request);
  pb::WatchRunResponse response;
  ASSERT_TRUE(slow->Read(&response));
  std::size_t steps = response.has_step();
  pb::Run run;
  absl::Time rested = absl::Now();
  EXPECT_TRUE(Eventually(absl::Seconds(100), [&] {
    run = client().GetRun(name).value;
    if (absl::Now() - rested < absl::Seconds(20)) return run.has_end_time();
    for (int i = 0; i < 1'000 && slow->Read(&response); ++i) steps += response.has_step();
    rested = absl::Now();
    return run.has_end_time();
  }));
  EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << run.error();
  EXPECT_EQ(client().Watch(name).value.steps.size(), kManySteps + 1);
  while (slow->Read(&response)) steps += response.has_step();
  const grpc::Status status = slow->Finish();
  EXPECT_TRUE(status.ok()) << Text(status);
  EXPECT_EQ(steps, kManySteps + 1) << "late, but nothing is left out";
}

TEST_F(WatchTest, ManyWatchersThatReadNothingChangeNothing) {
  constexpr std::size_t kWatchers = 100;
  const std::string alone = StartChain(kManySteps);
  const std::string digest = WaitForEnd(alone, absl::Seconds(100)).has_end_time()
                                 ? client().Result(alone).value.digest()
                                 : "the run alone has not ended";
  const std::string name = StartChain(kManySteps);
  std::vector<grpc::ClientContext> contexts(kWatchers);
  std::vector<std::unique_ptr<grpc::ClientReader<pb::WatchRunResponse>>> watchers;
  pb::WatchRunRequest request;
  request.set_name(name);
  pb::WatchRunResponse response;
  for (grpc::ClientContext& context : contexts) {
    SetDeadline(context, kCallTimeout);
    watchers.push_back(client().simulations().WatchRun(&context, request));
    ASSERT_TRUE(watchers.back()->Read(&response));
  }
  EXPECT_EQ(WaitForEnd(name, absl::Seconds(100)).state(), pb::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(client().Result(name).value.digest(), digest);
  for (grpc::ClientContext& context : contexts) context.TryCancel();
  for (const auto& watcher : watchers) EXPECT_FALSE(watcher->Finish().ok());
}

TEST_F(WatchTest, WatchingMayBeginAnywhere) {
  const std::string name = client().RunToEnd(Scenario(1)).value.name();
  const std::size_t steps = client().Watch(name).value.steps.size();
  ASSERT_GT(steps, 1u);
  for (const bool restarted : {false, true}) {
    if (restarted) cluster().RestartCoordinator();
    for (const std::uint32_t after : {0u, 1u, static_cast<std::uint32_t>(steps), 1u << 31, ~0u}) {
      const auto watched = client().Watch(name, after);
      EXPECT_TRUE(watched.ok()) << Text(watched.status);
      EXPECT_EQ(watched.value.steps.size(), steps - std::min<std::size_t>(after, steps)) << after;
      EXPECT_EQ(watched.value.last.state(), pb::RUN_STATE_SUCCEEDED) << after;
    }
  }
}

TEST_F(WatchTest, StreamsLeaveThreadsForShortCalls) {
  const std::string name = StartLongRun();
  pb::WatchRunRequest request;
  request.set_name(name);
  std::vector<grpc::ClientContext> contexts(Gate::kStreamsMax + 1);
  std::vector<std::unique_ptr<grpc::ClientReader<pb::WatchRunResponse>>> watchers;
  pb::WatchRunResponse response;
  for (grpc::ClientContext& context : contexts) {
    SetDeadline(context, kCallTimeout);
    watchers.push_back(client().simulations().WatchRun(&context, request));
    EXPECT_EQ(watchers.back()->Read(&response), watchers.size() <= Gate::kStreamsMax);
  }
  const grpc::Status refused = watchers.back()->Finish();
  EXPECT_THAT(refused, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "384 streams"));
  EXPECT_GT(DetailsOf(refused).retry_seconds, 0);
  watchers.pop_back();
  EXPECT_EQ(client().GetRun(name).value.state(), pb::RUN_STATE_RUNNING);
  for (std::size_t i = 0; i < watchers.size(); ++i) contexts[i].TryCancel();
  for (const auto& watcher : watchers) EXPECT_FALSE(watcher->Finish().ok());
  EXPECT_TRUE(client().Cancel(name).ok());
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return client().Watch(name).ok(); }))
      << "those who left have not made room";
}

}  // namespace
}  // namespace lawine
