// Senders and starts of generated messages: as the reference implementation says, and spread as promised.
#include "engine/spread/traffic_source.h"

#include <algorithm>
#include <map>

#include "gtest/gtest.h"

namespace lawine {
namespace {

TrafficGenerator Generator(std::uint64_t run_seed, std::uint32_t members, Senders senders,
                           bool daily_rhythm = false) {
  return TrafficGenerator({.messages = 1, .senders = senders, .daily_rhythm = daily_rhythm}, run_seed,
                          members);
}

TEST(TrafficGeneratorTest, AgreesWithTheReference) {
#define SENDER(run_seed, members, heavy, message, expected)                                      \
  EXPECT_EQ(Generator(run_seed, members, heavy != 0 ? Senders::kHeavyTailed : Senders::kUniform) \
                .SenderOf(message)                                                               \
                .value,                                                                          \
            expected);
#define START_SECOND(run_seed, rhythm, message, expected) \
  EXPECT_EQ(Generator(run_seed, 10, Senders::kUniform, rhythm != 0).StartOf(message), expected);
#include "tests/base/reference_vectors.inc"
}

// Messages by sender, most first.
std::vector<std::uint64_t> Activity(const TrafficGenerator& generator, std::uint32_t members,
                                    std::uint64_t messages) {
  std::vector<std::uint64_t> activity(members);
  for (std::uint64_t message = 0; message < messages; ++message)
    ++activity[generator.SenderOf(message).value];
  std::sort(activity.rbegin(), activity.rend());
  return activity;
}

TEST(TrafficGeneratorTest, UniformSendersAreAlike) {
  const auto activity = Activity(Generator(1, 1000, Senders::kUniform), 1000, 1'000'000);
  EXPECT_LT(activity.front(), 1200u);
  EXPECT_GT(activity.back(), 800u);
}

// 16,384 members are five blocks: 1,024, 1,024, 2,048, 4,096 and 8,192, each with a fifth of the messages.
TEST(TrafficGeneratorTest, ActivityFallsAsOneOverRank) {
  constexpr std::uint64_t kMessages = 1'000'000;
  const auto activity = Activity(Generator(1, 16'384, Senders::kHeavyTailed), 16'384, kMessages);
  const auto sum = [&](std::size_t begin, std::size_t end) {
    std::uint64_t messages = 0;
    for (std::size_t i = begin; i < end; ++i) messages += activity[i];
    return messages;
  };
  // The first two blocks are of equal size and rate: no order between them.
  EXPECT_NEAR(static_cast<double>(sum(0, 2048)), 0.4 * kMessages, 0.01 * kMessages);
  EXPECT_NEAR(static_cast<double>(sum(2048, 4096)), 0.2 * kMessages, 0.01 * kMessages);
  EXPECT_NEAR(static_cast<double>(sum(4096, 8192)), 0.2 * kMessages, 0.02 * kMessages);
}

TEST(TrafficGeneratorTest, StartsAreInsideTheDayAndFollowItsRhythm) {
  std::map<std::uint32_t, std::uint64_t> even, rhythm;
  const TrafficGenerator any = Generator(1, 10, Senders::kUniform);
  const TrafficGenerator daily = Generator(1, 10, Senders::kUniform, true);
  for (std::uint64_t message = 0; message < 240'000; ++message) {
    ASSERT_LT(any.StartOf(message), kDaySeconds);
    ASSERT_LT(daily.StartOf(message), kDaySeconds);
    ++even[any.StartOf(message) / 3600];
    ++rhythm[daily.StartOf(message) / 3600];
  }
  for (std::uint32_t hour = 0; hour < kDayHours; ++hour)
    EXPECT_NEAR(static_cast<double>(even[hour]), 10'000, 600);
  EXPECT_GT(rhythm[20], 10 * rhythm[3]);
}

TEST(TrafficGeneratorTest, WavesAreParts) {
  const TrafficGenerator generator = Generator(3, 5000, Senders::kHeavyTailed, true);
  const Wave whole = generator.MakeWave(0, 100);
  const Wave part = generator.MakeWave(40, 60);
  EXPECT_EQ(part.first_message, 40u);
  EXPECT_TRUE(std::equal(part.senders.begin(), part.senders.end(), whole.senders.begin() + 40));
  EXPECT_TRUE(std::equal(part.starts.begin(), part.starts.end(), whole.starts.begin() + 40));
}

}  // namespace
}  // namespace lawine
