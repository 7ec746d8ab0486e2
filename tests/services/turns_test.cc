#include "services/common/turns.h"

#include <gtest/gtest.h>

#include <future>
#include <utility>

namespace lawine {
namespace {

bool Never() { return false; }

TEST(TurnsTest, WhoWaitsTooLongIsToldThatItGoesOn) {
  Turns turns;
  const auto first = turns.Take("a", Never);
  ASSERT_TRUE(first.ok());
  const auto second = turns.Take("a", Never, absl::Milliseconds(20));
  EXPECT_TRUE(absl::IsAborted(second.status())) << second.status();
  EXPECT_EQ(ReasonOf(second.status()), "STILL_GOING_ON");
}

TEST(TurnsTest, WhoseCallerLeavesWaitsNoMore) {
  Turns turns;
  const auto first = turns.Take("a", Never);
  const absl::Time start = absl::Now();
  const auto second = turns.Take("a", [&] { return absl::Now() - start > absl::Milliseconds(100); });
  EXPECT_TRUE(absl::IsCancelled(second.status())) << second.status();
  EXPECT_LT(absl::Now() - start, Turns::kPatience / 2);
}

TEST(TurnsTest, TheNextComesWhenTheFirstIsOver) {
  Turns turns;
  auto first = std::make_unique<absl::StatusOr<Turns::Turn>>(turns.Take("a", Never));
  auto second = std::async(std::launch::async, [&turns] { return turns.Take("a", Never).status(); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  first = nullptr;
  EXPECT_TRUE(second.get().ok());
  EXPECT_TRUE(turns.Take("a", Never, absl::ZeroDuration()).ok()) << "the second is over too";
}

TEST(TurnsTest, OthersDoNotWait) {
  Turns turns;
  const auto first = turns.Take("a", Never), none = turns.Take("", Never);
  EXPECT_TRUE(turns.Take("b", Never, absl::ZeroDuration()).ok());
  EXPECT_TRUE(turns.Take("", Never, absl::ZeroDuration()).ok());
}

}  // namespace
}  // namespace lawine
