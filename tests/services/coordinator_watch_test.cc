// A worker ends what a coordinator has begun when it hears no more of it, and not before.
#include "services/worker/coordinator_watch.h"

#include "gtest/gtest.h"

namespace lawine {
namespace {

constexpr absl::Duration kMax = CoordinatorWatch::kSilentMax;
const absl::Time kStart = absl::UnixEpoch();

// The last of so many misses that the time decides; returns how many calls it has ended.
std::size_t MissUntil(CoordinatorWatch& watch, absl::Time end) {
  for (int i = 1; i < CoordinatorWatch::kMissesMin; ++i) EXPECT_EQ(watch.Missed(kStart), 0u);
  return watch.Missed(end);
}

TEST(CoordinatorWatchTest, CallsEndWhenItIsSilentForTooLong) {
  CoordinatorWatch watch;
  int first = 0, second = 0;
  const CoordinatorWatch::Call call(
      watch, [&first] { ++first; }, kStart);
  const CoordinatorWatch::Call another(
      watch, [&second] { ++second; }, kStart);
  EXPECT_EQ(MissUntil(watch, kStart + kMax), 0u);
  EXPECT_EQ(first + second, 0);
  EXPECT_EQ(watch.Missed(kStart + kMax + absl::Seconds(1)), 2u);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

TEST(CoordinatorWatchTest, AnAnswerBeginsTheTimeAnew) {
  CoordinatorWatch watch;
  int ended = 0;
  const CoordinatorWatch::Call call(
      watch, [&ended] { ++ended; }, kStart);
  EXPECT_EQ(MissUntil(watch, kStart + kMax), 0u);
  watch.Heard(kStart + kMax);
  EXPECT_EQ(MissUntil(watch, kStart + 2 * kMax), 0u);
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(watch.Missed(kStart + 2 * kMax + absl::Seconds(1)), 1u);
  EXPECT_EQ(ended, 1);
}

TEST(CoordinatorWatchTest, AClockThatIsSetEndsNothing) {
  CoordinatorWatch watch;
  int ended = 0;
  const CoordinatorWatch::Call call(
      watch, [&ended] { ++ended; }, kStart);
  const absl::Time later = kStart + absl::Hours(1);
  for (int i = 1; i < CoordinatorWatch::kMissesMin; ++i) EXPECT_EQ(watch.Missed(later), 0u);
  watch.Heard(later);
  for (int i = 1; i < CoordinatorWatch::kMissesMin; ++i) EXPECT_EQ(watch.Missed(2 * kMax + later), 0u);
  EXPECT_EQ(ended, 0);
}

TEST(CoordinatorWatchTest, ACallIsAnAnswerToo) {
  CoordinatorWatch watch;
  int ended = 0;
  EXPECT_EQ(MissUntil(watch, kStart), 0u) << "there is nothing to end";
  const CoordinatorWatch::Call call(
      watch, [&ended] { ++ended; }, kStart);
  EXPECT_EQ(MissUntil(watch, kStart + absl::Seconds(1)), 0u);
  EXPECT_EQ(ended, 0);
}

TEST(CoordinatorWatchTest, CallsThatAreOverAreLeftAlone) {
  CoordinatorWatch watch;
  int ended = 0;
  {
    const CoordinatorWatch::Call call(
        watch, [&ended] { ++ended; }, kStart);
  }
  EXPECT_EQ(MissUntil(watch, kStart + 2 * kMax), 0u);
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace lawine
