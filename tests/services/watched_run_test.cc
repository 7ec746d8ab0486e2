#include <thread>

#include "gtest/gtest.h"
#include "services/coordinator/runs/run_entry.h"

namespace lawine {
namespace {

using View = WatchedRun::View;

StepCounts Step(std::uint32_t step) { return {.step = step, .deliveries = step * 3ull}; }

TEST(WatchedRun, GivesASlowWatcherEverythingInPieces) {
  constexpr std::uint32_t kSteps = 3 * WatchedRun::kStepsAtOnceMax + 7;
  WatchedRun progress;
  for (std::uint32_t i = 0; i < kSteps; ++i) progress.Append(Step(i));
  progress.Close();
  std::vector<StepCounts> seen;
  for (View view; !view.last;) {
    view = progress.Read(seen.size(), 0, absl::ZeroDuration());
    ASSERT_FALSE(view.steps.empty());
    ASSERT_LE(view.steps.size(), WatchedRun::kStepsAtOnceMax) << "a watcher's memory is bounded";
    seen.insert(seen.end(), view.steps.begin(), view.steps.end());
  }
  ASSERT_EQ(seen.size(), kSteps);
  for (std::uint32_t i = 0; i < kSteps; ++i) ASSERT_EQ(seen[i], Step(i));
}

TEST(WatchedRun, KeepsOnlyTheLatestNumberOfReplicas) {
  WatchedRun progress;
  for (std::uint32_t i = 1; i <= 10'000; ++i) progress.SetReplicasDone(i);
  const View view = progress.Read(0, 0, absl::ZeroDuration());
  EXPECT_EQ(view.replicas_done, 10'000u);
  EXPECT_TRUE(view.steps.empty());
  EXPECT_FALSE(view.last);
}

TEST(WatchedRun, WakesWhoWaits) {
  WatchedRun progress;
  std::thread writer([&] {
    progress.Append(Step(0));
    progress.SetReplicasDone(1);
    progress.Close();
  });
  std::size_t steps = 0;
  std::uint32_t replicas = 0;
  for (View view; !view.last;) {
    view = progress.Read(steps, replicas, absl::Minutes(1));
    steps += view.steps.size();
    replicas = view.replicas_done;
  }
  writer.join();
  EXPECT_EQ(steps, 1u);
  EXPECT_EQ(replicas, 1u);
}

TEST(WatchedRun, AWatcherThatAsksForMoreThanThereIsGetsTheEnd) {
  WatchedRun progress;
  progress.Append(Step(0));
  EXPECT_FALSE(progress.Read(5, 0, absl::Milliseconds(1)).last);
  progress.Close();
  EXPECT_TRUE(progress.Read(5, 0, absl::ZeroDuration()).last);
}

}  // namespace
}  // namespace lawine
