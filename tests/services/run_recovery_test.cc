#include "services/coordinator/runs/run_recovery.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/coordinator/runs/conductor.h"

namespace lawine {
namespace {

using testing::HasSubstr;

const SteadyTime kStart = SteadyNow();

absl::Status Gone() { return absl::UnavailableError("worker w-1 has disappeared"); }

TEST(RecoveryTest, OnlyLossesAreTriedAgain) {
  for (const auto& loss : {absl::UnavailableError("x"), absl::DeadlineExceededError("x"),
                           absl::CancelledError("x"), absl::UnknownError("x")}) {
    EXPECT_TRUE(Recovery({}).Lost(loss, false, kStart).ok()) << loss;
  }
  for (const auto& other : {absl::DataLossError("x"), absl::InvalidArgumentError("x"),
                            absl::ResourceExhaustedError("x"), absl::InternalError("x")}) {
    EXPECT_EQ(Recovery({}).Lost(other, false, kStart), other);
  }
}

TEST(RecoveryTest, WaitsSoLongForWorkersAndNoLonger) {
  Recovery recovery({.recover_within = absl::Seconds(60)});
  recovery.Started();
  EXPECT_TRUE(recovery.Lost(Gone(), false, kStart).ok());
  EXPECT_LT(recovery.wait(), absl::Seconds(1));
  EXPECT_TRUE(recovery.Lost(Gone(), false, kStart + absl::Seconds(59)).ok());
  const absl::Status given_up = recovery.Lost(Gone(), false, kStart + absl::Seconds(60));
  EXPECT_EQ(given_up.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(given_up.message()), HasSubstr("w-1 has disappeared; waited 1m"));
}

TEST(RecoveryTest, TellsWhatWasLostAndWhatWasMissingInTheEnd) {
  Recovery recovery({.recover_within = absl::Seconds(60)});
  recovery.Started();
  EXPECT_TRUE(recovery.Lost(Gone(), false, kStart).ok());
  const absl::Status given_up =
      recovery.Lost(absl::UnavailableError("no live worker holds shard 2"), false, kStart + absl::Minutes(2));
  EXPECT_THAT(std::string(given_up.message()), HasSubstr("w-1 has disappeared; waited 1m"));
  EXPECT_THAT(std::string(given_up.message()), HasSubstr("holds shard 2"));
}

TEST(RecoveryTest, WorkersThatCameBackMayBeWaitedForAgain) {
  Recovery recovery({.recover_within = absl::Seconds(60)});
  for (int loss = 0; loss < 10; ++loss) {
    recovery.Started();
    EXPECT_TRUE(recovery.Lost(Gone(), false, kStart + absl::Hours(loss)).ok());
  }
}

TEST(RecoveryTest, WhatWeInterruptSaysNothingAgainstTheRun) {
  Recovery recovery({.attempts_max = 2});
  for (int moves = 0; moves < 10; ++moves) {
    recovery.Started();
    recovery.Interrupted();
    recovery.Interrupted();  // it could not begin again yet
  }
  recovery.Started();
  EXPECT_TRUE(recovery.Lost(Gone(), false, kStart).ok());
  recovery.Started();
  EXPECT_FALSE(recovery.Lost(Gone(), false, kStart).ok());
}

TEST(RecoveryTest, ARunThatNeverGetsFurtherIsGivenUp) {
  Recovery recovery({.attempts_max = 3});
  for (int attempt = 1; attempt < 3; ++attempt) {
    recovery.Started();
    EXPECT_TRUE(recovery.Lost(Gone(), false, kStart).ok());
  }
  recovery.Started();
  EXPECT_THAT(std::string(recovery.Lost(Gone(), false, kStart).message()),
              HasSubstr("begun 3 times without getting further"));
}

TEST(RecoveryTest, OneThatGetsFurtherIsNot) {
  Recovery recovery({.attempts_max = 3});
  for (int attempt = 0; attempt < 50; ++attempt) {
    recovery.Started();
    EXPECT_TRUE(recovery.Lost(Gone(), true, kStart).ok());
  }
}

TEST(RecoveryTest, CancelledIsForThoseWhoAskedForIt) {
  Recovery recovery({.attempts_max = 1});
  recovery.Started();
  EXPECT_EQ(recovery.Lost(absl::CancelledError("stopping"), false, kStart).code(),
            absl::StatusCode::kUnavailable);
}

TEST(UntilShardsRestTest, OnlyMovesOfShardsAreWaitedFor) {
  Cancellation cancellation;
  int attempts = 0;
  const auto succeeds_third = [&attempts]() -> absl::StatusOr<int> {
    if (++attempts < 3) return ShardsMove("shards of graph 'g' are moving");
    return attempts;
  };
  const SteadyTime later = SteadyTime::Never();
  EXPECT_EQ(*UntilShardsRest(later, cancellation, succeeds_third), 3);
  const auto is_gone = [&attempts]() -> absl::StatusOr<int> {
    ++attempts;
    return Gone();
  };
  EXPECT_EQ(UntilShardsRest(later, cancellation, is_gone).status(), Gone());
  EXPECT_EQ(attempts, 4);
  attempts = 0;
  EXPECT_TRUE(IsShardsMove(UntilShardsRest(SteadyTime(), cancellation, succeeds_third).status()));
  cancellation.Cancel();
  EXPECT_TRUE(IsShardsMove(UntilShardsRest(later, cancellation, succeeds_third).status()));
  EXPECT_EQ(attempts, 2);
}

}  // namespace
}  // namespace lawine
