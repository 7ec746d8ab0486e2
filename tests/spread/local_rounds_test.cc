// Workers' machines side by side, with machines that only count.
#include "engine/spread/local_rounds.h"

#include <memory>

#include "gtest/gtest.h"

namespace lawine {
namespace {

// Needs a frame of each of its peers before each of its turns.
class CountingMachine {
 public:
  CountingMachine(std::uint32_t turns, bool silent, LocalRounds<CountingMachine>::Send send)
      : turns_left_(turns), silent_(silent), send_(std::move(send)) {}

  absl::Status Receive(const std::string&) {
    ++frames_;
    return absl::OkStatus();
  }
  bool Ready() const { return turns_left_ > 0 && frames_ > 0; }
  bool done() const { return turns_left_ == 0; }
  absl::Status Advance(Executor&) {
    --frames_;
    --turns_left_;
    return Start();
  }
  absl::Status Start() {
    if (!silent_) send_("frame");
    return absl::OkStatus();
  }

 private:
  std::uint32_t turns_left_;
  const bool silent_;
  const LocalRounds<CountingMachine>::Send send_;
  std::uint32_t frames_ = 0;
};

absl::Status RunTwo(bool second_is_silent) {
  InlineExecutor executor;
  LocalRounds<CountingMachine> rounds(2, [&](std::size_t w, LocalRounds<CountingMachine>::Send send) {
    return std::make_unique<CountingMachine>(3, second_is_silent && w == 1, std::move(send));
  });
  const absl::Status started =
      rounds.Round(executor, [](CountingMachine& machine) { return machine.Start(); });
  return started.ok() ? rounds.RunUntilDone(executor) : started;
}

TEST(LocalRoundsTest, MachinesTakeTurnsUntilAllAreDone) { EXPECT_TRUE(RunTwo(false).ok()); }

TEST(LocalRoundsTest, MachinesThatWaitForWhatNobodySendsAreAnError) {
  const absl::Status status = RunTwo(true);
  EXPECT_TRUE(absl::IsInternal(status)) << status;
}

}  // namespace
}  // namespace lawine
