// Frames of traffic come in any order and more than once, and the result is the same; one that is lost,
// garbled or says something else is noticed, or makes no difference.
#include <functional>
#include <string>

#include "engine/spread/frame.h"
#include "gtest/gtest.h"
#include "tests/support/shards.h"
#include "tests/support/simulation.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using End = SimulationResult::End;
using Change = std::function<std::vector<std::string>(TestRandom&, const std::string&)>;

struct Network {
  explicit Network(std::uint64_t seed) : Network(TestRandom(seed)) {}
  explicit Network(TestRandom random)
      : source(RandomGraph(random, 40, 3, 30)),
        shards(Shards::InMemory(source, BalancedPartition(source, 5))) {}
  const VectorLinkSource source;
  const Shards shards;
};

constexpr GeneratedTraffic kTraffic{.messages = 40, .senders = Senders::kUniform, .daily_rhythm = false};

TrafficSpec SpecOf(std::uint64_t seed) {
  return {.run_id = 3,
          .run_seed = seed,
          .forward = Threshold::FromFixed(Threshold::kOne / 4),
          .wave_messages = static_cast<std::uint32_t>(3 + seed % 20)};
}

bool SameTraffic(const TrafficOutcome& a, const TrafficOutcome& b) {
  return a.digest == b.digest && a.messages == b.messages && a.deliveries == b.deliveries &&
         a.reach == b.reach && a.forwards == b.forwards && a.by_last_step == b.by_last_step &&
         a.reach_bins == b.reach_bins && a.deliveries_by_hour == b.deliveries_by_hour;
}

TEST(TrafficOrderTest, FramesMayComeInAnyOrderAndAgain) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Network network(seed);
    const auto alone = SimulateTraffic(network.shards, SpecOf(seed), kTraffic, {.workers_count = 1});
    ASSERT_EQ(alone.end, End::kFinished);
    for (const bool newest_first : {false, true}) {
      const auto result = SimulateTraffic(network.shards, SpecOf(seed), kTraffic,
                                          {.schedule_seed = seed,
                                           .workers_count = static_cast<std::uint32_t>(2 + seed % 4),
                                           .repeat_percent = 30,
                                           .newest_first = newest_first});
      ASSERT_EQ(result.end, End::kFinished) << result.refusal;
      EXPECT_TRUE(SameTraffic(result.traffic, alone.traffic)) << "seed " << seed;
    }
  }
}

// A fault that rewrites the header and seals the frame again with a good checksum.
Change Header(void (*change)(FrameHeader&)) {
  return [change](TestRandom&, const std::string& bytes) -> std::vector<std::string> {
    const FrameView frame = DecodeFrame(bytes).value();
    FrameHeader header = frame.header;
    change(header);
    return {EncodeFrame(header, frame.payload)};
  };
}

struct Fault {
  std::string name;
  Change change;
};

std::vector<Fault> Faults() {
  return {
      {"lost", [](TestRandom&, const std::string&) -> std::vector<std::string> { return {}; }},
      {"bit",
       [](TestRandom& random, std::string bytes) -> std::vector<std::string> {
         bytes[random.Below(bytes.size())] ^= static_cast<char>(1u << random.Below(8));
         return {bytes};
       }},
      {"cut",
       [](TestRandom& random, const std::string& bytes) -> std::vector<std::string> {
         return {bytes.substr(0, random.Below(bytes.size()))};
       }},
      {"run", Header([](FrameHeader& h) { ++h.run; })},
      {"attempt", Header([](FrameHeader& h) { ++h.attempt; })},
      {"shard", Header([](FrameHeader& h) { ++h.from.value; })},
      {"wave", Header([](FrameHeader& h) { ++h.key.replica; })},
      {"step", Header([](FrameHeader& h) { ++h.key.step; })},
      {"place", Header([](FrameHeader& h) { ++h.sequence; })},
      {"kind", Header([](FrameHeader& h) { h.kind = FrameKind::kEvents; })},
      {"events", Header([](FrameHeader& h) { ++h.events_count; })},
  };
}

class TrafficFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(TrafficFaultTest, NothingWrongIsEverBelieved) {
  std::uint64_t noticed = 0, changed = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const Network network(seed);
    SimulationOptions options{.schedule_seed = seed,
                              .workers_count = static_cast<std::uint32_t>(2 + seed % 3)};
    const auto sound = SimulateTraffic(network.shards, SpecOf(seed), kTraffic, options);
    ASSERT_EQ(sound.end, End::kFinished);
    TestRandom random(seed);
    const std::uint64_t victim = random.Below(sound.frames_sent);
    options.fault = [&](std::uint64_t number, const std::string& frame) -> std::vector<std::string> {
      if (number != victim) return {frame};
      std::vector<std::string> frames = GetParam().change(random, frame);
      changed += frames != std::vector{frame};
      return frames;
    };
    const auto result = SimulateTraffic(network.shards, SpecOf(seed), kTraffic, options);
    if (result.end == End::kFinished) {
      EXPECT_TRUE(SameTraffic(result.traffic, sound.traffic)) << "seed " << seed;
    } else {
      ++noticed;
    }
  }
  EXPECT_EQ(changed, 100u);
  EXPECT_EQ(noticed, changed) << "nothing comes again, so nothing makes up for it";
}

INSTANTIATE_TEST_SUITE_P(Frames, TrafficFaultTest, testing::ValuesIn(Faults()),
                         [](const auto& fault) { return fault.param.name; });

}  // namespace
}  // namespace lawine
