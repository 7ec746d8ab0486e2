// Parts of waves are other processes' words: what they say is looked at before it is added up.
#include "engine/spread/wave_collector.h"

#include <string>
#include <type_traits>
#include <vector>

#include "engine/base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using testing::HasSubstr;

// A worker's part of a wave of `count` messages, in which every message is delivered twice.
WaveOutcome Part(std::uint32_t wave, std::size_t count, bool says_messages) {
  WaveOutcome part;
  part.wave = wave;
  part.messages.first_message = 100 * wave;
  if (says_messages) {
    part.messages.senders.assign(count, MemberId(3));
    part.messages.starts.assign(count, 7'200);
  }
  part.reach.assign(count, 1);
  part.deliveries.assign(count, 2);
  part.forwards.assign(count, 1);
  part.last_steps.assign(count, 4);
  part.groups.assign(count, 0);
  part.hours[2] = 2 * count;
  part.shards = {{.shard = says_messages ? 0u : 1u, .deliveries = 2 * count}};
  return part;
}

void ExpectRefused(const WaveOutcome& part, const char* what) {
  WaveCollector collector(1);
  const absl::Status status = collector.Add(part);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  EXPECT_EQ(collector.outcome().waves, 0u);
}

TEST(WaveCollectorTest, PartsOfAllWorkersAreAWave) {
  WaveCollector collector(2);
  ASSERT_TRUE(collector.Add(Part(1, 3, true)).ok());
  ASSERT_TRUE(collector.Add(Part(0, 5, false)).ok());
  EXPECT_EQ(collector.outcome().waves, 0u);
  ASSERT_TRUE(collector.Add(Part(1, 3, false)).ok());
  EXPECT_TRUE(collector.ahead());
  ASSERT_TRUE(collector.Add(Part(0, 5, true)).ok());
  EXPECT_TRUE(collector.all_whole());
  EXPECT_EQ(collector.next_wave(), 2u);
  const TrafficOutcome& outcome = collector.outcome();
  EXPECT_EQ(outcome.messages, 8u);
  EXPECT_EQ(outcome.reach, 16u);
  EXPECT_EQ(outcome.deliveries, 32u);
  EXPECT_EQ(outcome.forwards, 8u);
  EXPECT_EQ(outcome.messages_by_hour[2], 8u);
  EXPECT_EQ(outcome.by_last_step[4], 8u);
}

TEST(WaveCollectorTest, ColumnsThatDifferInLengthAreRefused) {
  const auto refuse = [](auto change) {
    for (const int by : {-1, 1}) {
      WaveOutcome part = Part(0, 3, true);
      change(part, static_cast<std::size_t>(3 + by));
      ExpectRefused(part, "expected");
      // Beside a good part, whichever comes first.
      WaveCollector second(2), first(2);
      ASSERT_TRUE(second.Add(Part(0, 3, false)).ok());
      EXPECT_TRUE(absl::IsDataLoss(second.Add(part)));
      EXPECT_TRUE(absl::IsDataLoss(first.Add(part)));
    }
  };
  refuse([](WaveOutcome& part, std::size_t size) { part.reach.resize(size); });
  refuse([](WaveOutcome& part, std::size_t size) { part.deliveries.resize(size); });
  refuse([](WaveOutcome& part, std::size_t size) { part.forwards.resize(size); });
  refuse([](WaveOutcome& part, std::size_t size) { part.last_steps.resize(size); });
  refuse([](WaveOutcome& part, std::size_t size) { part.groups.resize(size); });
  refuse([](WaveOutcome& part, std::size_t size) { part.messages.starts.resize(size); });
  refuse([](WaveOutcome& part, std::size_t size) { part.messages.senders.resize(size); });
}

TEST(WaveCollectorTest, NumbersThatCannotBeAreRefused) {
  WaveOutcome part = Part(0, 3, true);
  part.last_steps[1] = limits::kStepsMax;
  EXPECT_TRUE(CheckWaveOutcome(part).ok());
  for (const std::uint32_t step : {limits::kStepsMax + 1, 0xFFFFFFFFu}) {
    part.last_steps[1] = step;
    ExpectRefused(part, "steps");
  }
  part = Part(0, 3, true);
  part.messages.starts[2] = kDaySeconds - 1;
  EXPECT_TRUE(CheckWaveOutcome(part).ok());
  part.messages.starts[2] = kDaySeconds;
  ExpectRefused(part, "starts");
  ExpectRefused(Part(0, 0, true), "found 0");
  ExpectRefused(Part(0, limits::kWaveMessages + 1, true), "messages");
}

TEST(WaveCollectorTest, AShardIsReportedOnce) {
  WaveCollector collector(2);
  ASSERT_TRUE(collector.Add(Part(0, 3, true)).ok());
  const absl::Status again = collector.Add(Part(0, 3, true));
  EXPECT_TRUE(absl::IsDataLoss(again)) << again;
  EXPECT_THAT(std::string(again.message()), HasSubstr("shard 0"));
  for (const std::vector<ShardTraffic>& shards :
       {std::vector<ShardTraffic>{{.shard = 1}, {.shard = 1}}, {{.shard = 2}, {.shard = 1}}}) {
    WaveOutcome part = Part(0, 3, true);
    part.shards = shards;
    ExpectRefused(part, "each shard once");
  }
}

TEST(WaveCollectorTest, AWaveWhoseMessagesNobodySaysIsRefused) {
  bool told = false;
  WaveCollector collector(2, [&told](WaveOutcome&) {
    told = true;
    return absl::OkStatus();
  });
  ASSERT_TRUE(collector.Add(Part(0, 3, false)).ok());
  WaveOutcome other = Part(0, 3, false);
  other.shards[0].shard = 2;
  const absl::Status status = collector.Add(other);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("say its messages"));
  EXPECT_FALSE(told);
  EXPECT_EQ(collector.outcome().waves, 0u);
}

// Columns of any lengths and any numbers: added up, or refused, and nothing else.
TEST(WaveCollectorTest, AnyPartsAreAddedUpOrRefused) {
  std::uint64_t added = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    TestRandom random(seed);
    const std::size_t count = random.Below(6);
    const auto workers = static_cast<std::uint32_t>(1 + random.Below(2));
    const auto fill = [&](auto& column, std::uint64_t most) {
      column.resize(random.OneIn(20) ? random.Below(8) : count);
      for (auto& value : column) value = static_cast<std::remove_reference_t<decltype(value)>>(most);
      if (!column.empty() && random.OneIn(10)) column[0] = static_cast<std::uint8_t>(random.Next());
    };
    WaveCollector collector(workers);
    bool ok = true;
    for (std::uint32_t w = 0; w < workers && ok; ++w) {
      WaveOutcome part;
      fill(part.reach, random.AnySize(32));
      fill(part.deliveries, random.AnySize(64));
      fill(part.forwards, 1);
      fill(part.last_steps, random.OneIn(10) ? random.AnySize(32) : 9);
      fill(part.groups, random.Below(256));
      if (!random.OneIn(4)) {
        fill(part.messages.starts, random.OneIn(10) ? random.AnySize(32) : 5);
        part.messages.senders.resize(random.OneIn(20) ? random.Below(8) : part.messages.starts.size());
      }
      if (random.OneIn(4)) part.shards.push_back({.shard = static_cast<std::uint32_t>(random.AnySize(32))});
      const absl::Status status = collector.Add(std::move(part));
      EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << status;
      ok = status.ok();
    }
    (ok ? added : refused) += 1;
    EXPECT_EQ(collector.outcome().waves, ok ? 1u : 0u) << "seed " << seed;
    EXPECT_EQ(collector.outcome().messages, ok ? count : 0u) << "seed " << seed;
  }
  EXPECT_GT(added, 1'000u);
  EXPECT_GT(refused, 1'000u);
}

}  // namespace
}  // namespace lawine
