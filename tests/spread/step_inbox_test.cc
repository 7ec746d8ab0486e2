#include "engine/spread/step_inbox.h"

#include <algorithm>
#include <numeric>

#include "engine/base/event_codec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kRun = 77;
constexpr StepKey kStep{.replica = 0, .step = 1};
constexpr StepKey kNextStep{.replica = 0, .step = 2};

// Shard 0 is here; 1 (members 100 to 199) and 2 (200 to 299) are elsewhere.
class StepInboxTest : public testing::Test {
 protected:
  StepInboxTest() { EXPECT_TRUE(inbox_.Await(kStep).ok()); }

  static std::vector<MemberId> Ids(const std::vector<std::uint32_t>& values) {
    std::vector<MemberId> ids;
    for (const std::uint32_t value : values) ids.push_back(MemberId(value));
    return ids;
  }
  static FrameHeader Header(std::uint32_t from, std::uint32_t sequence, StepKey key = kStep) {
    return {.run = kRun, .attempt = 1, .key = key, .from = ShardIndex(from), .sequence = sequence};
  }
  std::string Events(FrameHeader header, const std::vector<std::uint32_t>& values) const {
    const auto payloads = EncodeEvents(Ids(values), partition_.range(header.from));
    header.events_count = payloads[0].events_count;
    return EncodeFrame(header, payloads[0].bytes);
  }
  // After `frames` frames with `events` events altogether.
  static std::string MarkerFrame(FrameHeader header, std::uint32_t frames, std::uint64_t events) {
    header.kind = FrameKind::kMarker;
    header.sequence = frames;
    return EncodeFrame(
        header, EncodeMarkerPayload(
                    {.deliveries = 1000, .first_receipts = 500, .forwards = events, .events_sent = events}));
  }
  static absl::Status Receive(StepInbox& inbox, std::string_view bytes) {
    const auto frame = DecodeFrame(bytes);
    return frame.ok() ? inbox.Receive(*frame) : frame.status();
  }
  void ExpectTaken(std::string frame) {
    const absl::Status status = Receive(inbox_, frame);
    EXPECT_TRUE(status.ok()) << status;
  }
  void ExpectRefused(std::string frame) { EXPECT_FALSE(Receive(inbox_, frame).ok()); }
  void Finish(std::uint32_t shard, StepKey key = kStep) {
    ExpectTaken(MarkerFrame(Header(shard, 0, key), 0, 0));
  }

  const PartitionMap partition_ = PartitionMap::Even(300, 3);
  StepInbox inbox_{partition_, {false, true, true}, kRun, 1};
};

TEST_F(StepInboxTest, AStepIsCompleteWithAllMarkersAndAllTheyAnnounce) {
  ExpectTaken(MarkerFrame(Header(1, 0), 2, 3));
  ExpectTaken(Events(Header(1, 1), {150}));
  Finish(2);
  EXPECT_FALSE(inbox_.Complete());
  ExpectTaken(Events(Header(1, 0), {110, 120}));
  ASSERT_TRUE(inbox_.Complete());
  auto parts = inbox_.Take();
  ASSERT_EQ(parts.size(), 3u);
  std::sort(parts[1].events.begin(), parts[1].events.end());
  EXPECT_EQ(parts[1].events, Ids({110, 120, 150}));
  EXPECT_THAT(parts[2].events, IsEmpty());
  EXPECT_FALSE(parts[0].marker.has_value());
  EXPECT_EQ(parts[1].marker->forwards, 3u);
}

TEST_F(StepInboxTest, WithoutRemoteShardsEveryStepIsComplete) {
  StepInbox alone(partition_, {false, false, false}, kRun, 1);
  EXPECT_TRUE(alone.Await(kStep).ok());
  EXPECT_TRUE(alone.Complete());
}

TEST_F(StepInboxTest, RepeatedFramesCountOnce) {
  for (int i = 0; i < 3; ++i) {
    ExpectTaken(Events(Header(1, 0), {110, 120}));
    ExpectTaken(MarkerFrame(Header(1, 0), 2, 3));
  }
  EXPECT_FALSE(inbox_.Complete());
  for (int i = 0; i < 3; ++i) ExpectTaken(Events(Header(1, 1), {130}));
  for (int i = 0; i < 3; ++i) Finish(2);
  ASSERT_TRUE(inbox_.Complete());
  EXPECT_EQ(inbox_.Take()[1].events, Ids({110, 120, 130}));
  ExpectTaken(Events(Header(1, 0), {110, 120}));
  Finish(2);
  ASSERT_TRUE(inbox_.Await(kNextStep).ok());
  ExpectTaken(Events(Header(1, 0), {110, 120}));
  Finish(2);
  EXPECT_FALSE(inbox_.Complete());
  Finish(1, kNextStep);
  Finish(2, kNextStep);
  ASSERT_TRUE(inbox_.Complete());
  EXPECT_THAT(inbox_.Take()[1].events, IsEmpty());
}

TEST_F(StepInboxTest, AFrameOfEveryoneMayComeTwiceBeforeItsMarker) {
  std::vector<std::uint32_t> everyone(100);
  std::iota(everyone.begin(), everyone.end(), 100);
  ExpectTaken(Events(Header(1, 0), everyone));
  ExpectTaken(Events(Header(1, 0), everyone));
  ExpectTaken(MarkerFrame(Header(1, 0), 1, 100));
  Finish(2);
  ASSERT_TRUE(inbox_.Complete());
  EXPECT_EQ(inbox_.Take()[1].events, Ids(everyone));
}

TEST_F(StepInboxTest, FramesOfTheNextStepWaitForIt) {
  ExpectTaken(Events(Header(1, 0, kNextStep), {160}));
  ExpectTaken(MarkerFrame(Header(1, 0, kNextStep), 1, 1));
  Finish(2, kNextStep);
  EXPECT_FALSE(inbox_.Complete());
  Finish(1);
  Finish(2);
  ASSERT_TRUE(inbox_.Complete());
  EXPECT_THAT(inbox_.Take()[1].events, IsEmpty());
  ASSERT_TRUE(inbox_.Await(kNextStep).ok());
  ASSERT_TRUE(inbox_.Complete());
  EXPECT_EQ(inbox_.Take()[1].events, Ids({160}));
}

TEST_F(StepInboxTest, FramesMayComeBeforeTheFirstStepIsAwaited) {
  StepInbox early(partition_, {false, true, true}, kRun, 1);
  EXPECT_TRUE(Receive(early, MarkerFrame(Header(1, 0), 0, 0)).ok());
  EXPECT_TRUE(Receive(early, MarkerFrame(Header(2, 0), 0, 0)).ok());
  ASSERT_TRUE(early.Await(kStep).ok());
  EXPECT_TRUE(early.Complete());
}

TEST_F(StepInboxTest, TwoStepsAheadIsImpossibleAndRefused) {
  Finish(1, kNextStep);
  ExpectRefused(MarkerFrame(Header(2, 0, {.replica = 0, .step = 3}), 0, 0));
  ExpectRefused(MarkerFrame(Header(2, 0, {.replica = 1, .step = 1}), 0, 0));
}

TEST_F(StepInboxTest, AwaitingAStepThatOthersHaveNotTakenIsRefused) {
  Finish(1, {.replica = 1, .step = 1});
  EXPECT_EQ(inbox_.Await(kNextStep).code(), absl::StatusCode::kDataLoss);
}

TEST_F(StepInboxTest, FramesOfOtherRunsAndAttemptsAreDropped) {
  FrameHeader foreign = Header(1, 0);
  foreign.run = kRun + 1;
  ExpectTaken(MarkerFrame(foreign, 0, 0));
  foreign = Header(1, 0);
  for (const std::uint32_t attempt : {0u, 2u}) {
    foreign.attempt = attempt;
    ExpectTaken(Events(foreign, {111}));
    ExpectTaken(MarkerFrame(foreign, 1, 1));
  }
  Finish(2);
  EXPECT_FALSE(inbox_.Complete());
  Finish(1);
  ASSERT_TRUE(inbox_.Complete());
  EXPECT_THAT(inbox_.Take()[1].events, IsEmpty());
}

TEST_F(StepInboxTest, FramesFromNowhereAreRefused) {
  ExpectRefused(MarkerFrame(Header(0, 0), 0, 0));
  ExpectRefused(MarkerFrame(Header(3, 0), 0, 0));
  ExpectRefused(MarkerFrame(Header(0xFFFFFFFF, 0), 0, 0));
  ExpectRefused("");
  ExpectRefused("LWF1");
}

TEST_F(StepInboxTest, EventsThatAreNotTheSendersAreRefused) {
  const auto payload = EncodeEvents(Ids({100, 199}), partition_.range(ShardIndex(1)))[0].bytes;
  FrameHeader header = Header(1, 0);
  for (const std::uint32_t count : {0u, 1u, 3u, 101u, 0xFFFFFFFFu}) {
    header.events_count = count;
    ExpectRefused(EncodeFrame(header, payload));
  }
  header.events_count = 2;
  ExpectRefused(EncodeFrame(header, payload + '\0'));
  ExpectRefused(EncodeFrame(header, ""));
  const auto beyond = EncodeEvents(Ids({300}), {.first = MemberId(100), .count = 300})[0].bytes;
  header.events_count = 1;
  ExpectRefused(EncodeFrame(header, beyond));
}

TEST_F(StepInboxTest, MarkersThatLieAreRefused) {
  ExpectTaken(Events(Header(1, 0), {110, 120}));
  ExpectRefused(MarkerFrame(Header(1, 0), 1, 3));
  ExpectTaken(Events(Header(2, 0), {210, 220}));
  ExpectRefused(MarkerFrame(Header(2, 0), 0, 2));
  EXPECT_FALSE(inbox_.Complete());
}

TEST_F(StepInboxTest, ALostFrameKeepsTheStepOpen) {
  ExpectTaken(Events(Header(1, 0), {110}));
  ExpectTaken(MarkerFrame(Header(1, 0), 2, 2));
  Finish(2);
  EXPECT_FALSE(inbox_.Complete());
}

TEST_F(StepInboxTest, AFrameBeyondThoseAnnouncedIsRefused) {
  ExpectTaken(Events(Header(1, 0), {110}));
  ExpectTaken(Events(Header(1, 5), {120}));
  ExpectRefused(MarkerFrame(Header(1, 0), 2, 2));
  Finish(2);
  EXPECT_FALSE(inbox_.Complete());
}

TEST_F(StepInboxTest, AMemberThatForwardsTwiceInAStepIsRefused) {
  ExpectTaken(Events(Header(1, 0), {110, 120}));
  ExpectTaken(Events(Header(1, 1), {120, 130}));
  ExpectRefused(MarkerFrame(Header(1, 0), 2, 4));
  Finish(2);
  EXPECT_FALSE(inbox_.Complete());
}

TEST_F(StepInboxTest, SequencesAreBoundedByTheSendersMembers) {
  ExpectRefused(Events(Header(1, 100), {110}));
}

TEST_F(StepInboxTest, AnyOrderGivesTheSameStep) {
  std::vector<std::string> frames = {MarkerFrame(Header(1, 0), 3, 4),  MarkerFrame(Header(2, 0), 1, 2),
                                     Events(Header(1, 0), {101}),      Events(Header(1, 1), {102, 103}),
                                     Events(Header(1, 2), {190}),      Events(Header(2, 0), {205, 299}),
                                     Events(Header(1, 1), {102, 103}), MarkerFrame(Header(1, 0), 3, 4)};
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    TestRandom random(seed);
    std::shuffle(frames.begin(), frames.end(), std::mt19937_64(seed));
    StepInbox inbox(partition_, {false, true, true}, kRun, 1);
    const std::size_t awaited_at = random.Below(frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (i == awaited_at) {
        ASSERT_TRUE(inbox.Await(kStep).ok()) << seed;
      }
      ASSERT_TRUE(Receive(inbox, frames[i]).ok()) << seed;
    }
    ASSERT_TRUE(inbox.Complete()) << seed;
    const auto parts = inbox.Take();
    EXPECT_EQ(parts[1].events, Ids({101, 102, 103, 190})) << seed;
    EXPECT_EQ(parts[2].events, Ids({205, 299})) << seed;
  }
}

}  // namespace
}  // namespace lawine
