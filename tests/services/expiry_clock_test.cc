// Steps of a clock.
#include "services/coordinator/registry/expiry_clock.h"

#include "gtest/gtest.h"

namespace lawine {
namespace {

class ExpiryClockTest : public testing::Test {
 protected:
  void Pass(absl::Duration time) {
    wall_ += time;
    steady_ = steady_ + time;
  }

  const absl::Time begun_ = absl::FromUnixSeconds(1'700'000'000);
  absl::Time wall_ = begun_;
  SteadyTime steady_ = SteadyNow();
  ExpiryClock clock_{"tests", [this] { return wall_; }, [this] { return steady_; }};
};

TEST_F(ExpiryClockTest, GoesWithTheTimeOfDay) {
  Pass(absl::Hours(48));
  EXPECT_EQ(clock_.Now(), begun_ + absl::Hours(48));
}

TEST_F(ExpiryClockTest, AStepForwardMakesNothingOlder) {
  wall_ += absl::Hours(30 * 24);
  EXPECT_EQ(clock_.Now(), begun_);
  Pass(absl::Hours(1));
  EXPECT_EQ(clock_.Now(), begun_ + absl::Hours(1));
  wall_ -= absl::Hours(30 * 24);
  EXPECT_EQ(clock_.Now(), begun_ + absl::Hours(1));
}

TEST_F(ExpiryClockTest, AStepBackMakesThingsYounger) {
  wall_ -= absl::Hours(24);
  EXPECT_EQ(clock_.Now(), begun_ - absl::Hours(24));
}

}  // namespace
}  // namespace lawine
