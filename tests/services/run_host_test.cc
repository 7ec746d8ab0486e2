// What a worker keeps of runs that it takes part in, and its streams to the others that do.
#include "services/worker/runs/run_host.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "engine/base/limits.h"
#include "engine/spread/frame.h"
#include "services/common/rpc.h"
#include "services/worker/runs/peer_links.h"
#include "services/worker/worker_service.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

class Sink final : public FrameSink {
 public:
  explicit Sink(RunAttempt attempt) : FrameSink(attempt) {}
  void OnFrames(std::span<const std::string_view> frames) override {
    for (const std::string_view frame : frames) seen.emplace_back(frame);
  }
  std::vector<std::string> seen;
};

std::string FrameOf(RunAttempt attempt, std::uint32_t sequence, std::size_t payload_bytes = 0) {
  FrameHeader header;
  header.run = attempt.run;
  header.attempt = attempt.attempt;
  header.sequence = sequence;
  return EncodeFrame(header, std::string(payload_bytes, '\0'));
}

void Deliver(RunHost& runs, const std::string& frame, absl::Time now = absl::Now()) {
  const std::string_view view = frame;
  runs.Deliver({&view, 1}, now);
}

TEST(RunHostTest, WhatCameBeforeTheRunReachesItFirst) {
  constexpr RunAttempt kOne{.run = 1, .attempt = 1};
  constexpr RunAttempt kTwo{.run = 2, .attempt = 1};
  RunHost runs;
  for (std::uint32_t i = 0; i < 3; ++i) {
    Deliver(runs, FrameOf(kOne, i));
    Deliver(runs, FrameOf(kTwo, i));
  }
  const auto one = std::make_shared<Sink>(kOne), two = std::make_shared<Sink>(kTwo);
  ASSERT_EQ(runs.Add(one), absl::OkStatus());
  EXPECT_THAT(one->seen, ElementsAre(FrameOf(kOne, 0), FrameOf(kOne, 1), FrameOf(kOne, 2)));
  EXPECT_THAT(two->seen, IsEmpty());
  Deliver(runs, FrameOf(kOne, 3));
  EXPECT_EQ(one->seen.size(), 4u);
  ASSERT_EQ(runs.Add(two), absl::OkStatus());
  EXPECT_EQ(two->seen.size(), 3u);
}

// Frames that are missing would make a run wait for ever: it must not begin.
TEST(RunHostTest, ARunOfWhichTooMuchCameDoesNotBegin) {
  constexpr RunAttempt kRun{.run = 1, .attempt = 1};
  RunHost runs;
  const std::size_t frames = limits::kEarlyBytesOfRunMax / limits::kFramePayloadBytesMax + 1;
  for (std::uint32_t i = 0; i < frames; ++i) {
    Deliver(runs, FrameOf(kRun, i, limits::kFramePayloadBytesMax));
  }
  const auto sink = std::make_shared<Sink>(kRun);
  EXPECT_EQ(runs.Add(sink).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(sink->seen, IsEmpty());
  const auto next = std::make_shared<Sink>(RunAttempt{.run = 1, .attempt = 2});
  EXPECT_EQ(runs.Add(next), absl::OkStatus()) << "its next attempt may";
}

// Others' frames make room for each other, and none of these begins with a part of them.
TEST(RunHostTest, WhatIsKeptOfAllRunsIsBounded) {
  RunHost runs;
  const std::size_t bytes = limits::kFramePayloadBytesMax;
  const std::uint64_t count = 2 * limits::kEarlyBytesMax / bytes;
  for (std::uint64_t run = 1; run <= count; ++run) Deliver(runs, FrameOf({run, 1}, 0, bytes));
  std::uint64_t begun = 0;
  for (std::uint64_t run = 1; run <= count; ++run) {
    const auto sink = std::make_shared<Sink>(RunAttempt{.run = run, .attempt = 1});
    if (!runs.Add(sink).ok()) continue;
    ++begun;
    EXPECT_THAT(sink->seen, ElementsAreArray({FrameOf({run, 1}, 0, bytes)}));
    runs.Remove(sink->attempt());
  }
  EXPECT_GT(begun, 0u);
  EXPECT_LE(begun * bytes, limits::kEarlyBytesMax);
}

// A worker that was just started may take minutes to bring a graph into memory; others have begun meanwhile.
TEST(RunHostTest, WhatCameLongAgoIsKeptOrKnownToBeLost) {
  const absl::Time now = absl::Now();
  RunHost runs;
  for (const std::uint64_t minutes : {0, 1, 6}) {
    Deliver(runs, FrameOf({.run = minutes + 1, .attempt = 1}, 0), now + absl::Minutes(minutes));
  }
  const auto begin = [&runs](std::uint64_t run) {
    const auto sink = std::make_shared<Sink>(RunAttempt{.run = run, .attempt = 1});
    const absl::Status begun = runs.Add(sink);
    EXPECT_EQ(sink->seen.size(), begun.ok() ? 1u : 0u);
    return begun.code();
  };
  EXPECT_EQ(begin(1), absl::StatusCode::kUnavailable) << "it would wait for what is gone";
  EXPECT_EQ(begin(2), absl::StatusCode::kOk);
  EXPECT_EQ(begin(7), absl::StatusCode::kOk);
}

TEST(RunHostTest, WhatMakesRoomForManyOthersIsKnownToBeLost) {
  constexpr std::uint64_t kCount = 10'000;
  RunHost runs;
  for (std::uint64_t run = 1; run <= kCount; ++run) Deliver(runs, FrameOf({.run = run, .attempt = 1}, 0));
  Deliver(runs, FrameOf({.run = 1, .attempt = 1}, 1));
  for (const std::uint64_t run : {std::uint64_t{1}, kCount}) {
    const auto sink = std::make_shared<Sink>(RunAttempt{.run = run, .attempt = 1});
    EXPECT_EQ(runs.Add(sink).ok(), run == kCount) << run;
    EXPECT_EQ(sink->seen.size(), run == kCount ? 1u : 0u);
  }
}

// Their coordinator may read them only when all of them are over.
TEST(RunHostTest, WhatIsAwaitedOfRunsAtOnceStaysUntilItIsRead) {
  constexpr std::uint64_t kAtOnce = 6;
  static_assert(kAtOnce > RunHost::kReceiptsKept);
  RunHost runs;
  const auto kept = [&runs](std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> found;
    for (std::uint64_t run = first; run <= last; ++run) {
      if (runs.FindReceipts(run) != nullptr) found.push_back(run);
    }
    return found;
  };
  for (std::uint64_t run = 1; run <= kAtOnce; ++run) runs.Keep({.run_id = run, .awaited = true});
  for (std::uint64_t run = 11; run <= 20; ++run) runs.Keep({.run_id = run});
  EXPECT_THAT(kept(1, kAtOnce), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(kept(11, 20), ElementsAre(17, 18, 19, 20)) << "others make room for each other";
  for (std::uint64_t run = 1; run <= kAtOnce; ++run) runs.NoteRead(run);
  EXPECT_THAT(kept(1, 20), ElementsAre(3, 4, 5, 6)) << "then they are as others";
  runs.DropReceipts(4);
  EXPECT_THAT(kept(1, 20), ElementsAre(3, 5, 6));
}

TEST(RunHostTest, WhatNobodyReadsIsBounded) {
  RunHost runs;
  for (std::uint64_t run = 1; run <= 2 * limits::kRunsAtOnceMax; ++run) {
    runs.Keep({.run_id = run, .awaited = true});
  }
  EXPECT_EQ(runs.FindReceipts(limits::kRunsAtOnceMax), nullptr);
  EXPECT_NE(runs.FindReceipts(limits::kRunsAtOnceMax + 1), nullptr);
  runs.DropReceipts(limits::kRunsAtOnceMax + 1);
  EXPECT_EQ(runs.FindReceipts(limits::kRunsAtOnceMax + 1), nullptr);
}

// Takes frames from peers.
class Peer {
 public:
  ~Peer() { Stop(); }
  const std::string& address() const { return bound_.address; }
  // As a process that ends.
  void Stop() {
    exchange_.Close();
    StopServer(*bound_.server, absl::ZeroDuration());
  }

 private:
  RunHost runs_;
  ExchangeService exchange_{runs_};
  const BoundServer bound_ = *StartServer({.address = "127.0.0.1:0"}, {&exchange_});
};

// Workers come and go, each with an id of its own.
TEST(PeerLinksTest, WhoIsGoneIsForgottenWhenAnotherComes) {
  Peer first, second;
  PeerLinks links;
  const auto frames = std::make_shared<internal::v1::ExchangeRequest>();
  const auto to_first = links.Connect("w-1", first.address());
  ASSERT_TRUE(to_first.ok()) << to_first.status();
  ASSERT_TRUE((*to_first)->Send(frames).ok());
  EXPECT_TRUE((*to_first)->status().ok());
  first.Stop();
  ASSERT_TRUE(Eventually(absl::Seconds(10), [&] { return !(*to_first)->status().ok(); }))
      << "without anything being sent";
  const auto to_second = links.Connect("w-2", second.address());
  ASSERT_TRUE(to_second.ok()) << to_second.status();
  EXPECT_EQ(links.links_count(), 1u);
  EXPECT_TRUE((*to_second)->Send(frames).ok());
  const absl::Status gone = (*to_first)->Send(frames);
  EXPECT_EQ(gone.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(gone.message()), testing::HasSubstr("w-1"));
}

// What a run has sent on a stream that broke may be lost, though there is another one by now.
TEST(PeerLinksTest, AnotherStreamToAWorkerIsNotThatOfEarlierRuns) {
  Peer first;
  PeerLinks links;
  const auto before = links.Connect("w-1", first.address());
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(*links.Connect("w-1", first.address()), *before) << "one serves all";
  first.Stop();
  ASSERT_TRUE(Eventually(absl::Seconds(10), [&] { return !(*before)->status().ok(); }));
  Peer again;
  const auto after = links.Connect("w-1", again.address());
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_FALSE(RunPeers({*before}).status().ok());
  EXPECT_FALSE(RunPeers({*before}).Send({"frame"}).ok());
  EXPECT_TRUE(RunPeers({*after}).Send({"frame"}).ok());
}

}  // namespace
}  // namespace lawine
