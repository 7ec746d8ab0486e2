// Shard 0 is here, shard 1 (members 100 to 199) elsewhere; four replicas from number 10, two in flight.
#include "engine/spread/lane_inboxes.h"

#include "gtest/gtest.h"

namespace lawine {
namespace {

class LaneInboxesTest : public testing::Test {
 protected:
  std::string Marker(std::uint32_t replica, std::uint32_t step) const {
    return EncodeFrame({.kind = FrameKind::kMarker,
                        .run = frames_.run,
                        .attempt = frames_.attempt,
                        .key = {.replica = replica, .step = step},
                        .from = ShardIndex(1)},
                       EncodeMarkerPayload({}));
  }
  absl::StatusCode Receive(std::uint32_t replica, std::uint32_t step) {
    return inboxes_.Receive(Marker(replica, step)).code();
  }

  LaneFrames frames_{.run = 5, .attempt = 1, .first = 10, .end = 14, .lanes = 2};
  const PartitionMap partition_ = PartitionMap::Even(200, 2);
  LaneInboxes inboxes_{frames_, partition_, {false, true}};
};

constexpr auto kOk = absl::StatusCode::kOk;
constexpr auto kRefused = absl::StatusCode::kDataLoss;

TEST_F(LaneInboxesTest, ReplicasDoNotWaitForEachOther) {
  const auto first = inboxes_.Begin(10), second = inboxes_.Begin(11);
  ASSERT_TRUE(first->Await({10, 1}).ok() && second->Await({11, 1}).ok());
  EXPECT_EQ(Receive(11, 1), kOk);
  EXPECT_TRUE(second->Complete());
  EXPECT_FALSE(first->Complete());
}

TEST_F(LaneInboxesTest, FramesOfReplicasThatBeginLaterWaitForThem) {
  inboxes_.Begin(10);
  EXPECT_EQ(Receive(12, 1), kOk);
  EXPECT_EQ(Receive(11, 1), kOk);
  inboxes_.Begin(11);
  const auto third = inboxes_.Begin(12);
  ASSERT_TRUE(third->Await({12, 1}).ok());
  EXPECT_TRUE(third->Complete());
}

TEST_F(LaneInboxesTest, NobodyIsMoreThanTheLanesAhead) {
  EXPECT_EQ(Receive(11, 1), kOk);
  EXPECT_EQ(Receive(12, 1), kRefused);
  inboxes_.Begin(10);
  EXPECT_EQ(Receive(12, 1), kOk);
  EXPECT_EQ(Receive(13, 1), kRefused);
}

TEST_F(LaneInboxesTest, ThereAreNoReplicasBeyondTheLast) {
  for (std::uint32_t replica = 10; replica < 14; ++replica) inboxes_.Begin(replica);
  EXPECT_EQ(Receive(14, 1), kRefused);
  EXPECT_EQ(Receive(~0u, 1), kRefused);
}

TEST_F(LaneInboxesTest, OneThatHasNotBegunHoldsOneStep) {
  inboxes_.Begin(10);
  EXPECT_EQ(Receive(11, 1), kOk);
  EXPECT_EQ(Receive(11, 2), kRefused);
}

TEST_F(LaneInboxesTest, LateFramesOfEndedAndEarlierReplicasAreDropped) {
  inboxes_.Begin(10);
  inboxes_.End(10);
  EXPECT_EQ(Receive(10, 1), kOk);
  EXPECT_EQ(Receive(10, 1u << 30), kOk);
  EXPECT_EQ(Receive(9, 1), kOk);
}

TEST_F(LaneInboxesTest, FramesOfOtherRunsAreDroppedAndGarbledOnesRefused) {
  frames_.run = 6;
  const std::string foreign = Marker(~0u, 1);
  frames_.run = 5;
  EXPECT_TRUE(inboxes_.Receive(foreign).ok());
  EXPECT_EQ(inboxes_.Receive("LWF1").code(), kRefused);
}

}  // namespace
}  // namespace lawine
