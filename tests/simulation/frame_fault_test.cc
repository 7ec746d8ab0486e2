// One frame on its way to one worker is lost, garbled, or replaced by one that says something else. The run
// is refused, or waits for ever, or ends with the judge's result: never with another one.
#include <algorithm>
#include <cctype>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/spread/frame.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"
#include "tests/support/simulation.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using End = SimulationResult::End;
using Change = std::function<std::vector<std::string>(TestRandom&, const std::string&)>;

// A fault that rewrites the header and seals the frame again with a good checksum.
Change Header(void (*change)(TestRandom&, FrameHeader&)) {
  return [change](TestRandom& random, const std::string& bytes) -> std::vector<std::string> {
    const FrameView frame = DecodeFrame(bytes).value();
    FrameHeader header = frame.header;
    change(random, header);
    return {EncodeFrame(header, frame.payload)};
  };
}

// The same for markers; other frames go through unchanged.
Change MarkerOf(void (*change)(Marker&)) {
  return [change](TestRandom&, const std::string& bytes) -> std::vector<std::string> {
    const FrameView frame = DecodeFrame(bytes).value();
    if (frame.header.kind != FrameKind::kMarker) return {bytes};
    Marker marker = DecodeMarkerPayload(frame.payload).value();
    change(marker);
    return {EncodeFrame(frame.header, EncodeMarkerPayload(marker))};
  };
}

struct Fault {
  std::string name;
  Change change;
  bool always_noticed = true;  // whenever the frame itself was changed
};

std::vector<Fault> Faults() {
  return {
      {"lost", [](TestRandom&, const std::string&) -> std::vector<std::string> { return {}; }},
      {"repeated",
       [](TestRandom&, const std::string& bytes) -> std::vector<std::string> {
         return {bytes, bytes, bytes};
       },
       false},
      {"one bit flipped",
       [](TestRandom& random, std::string bytes) -> std::vector<std::string> {
         bytes[random.Below(bytes.size())] ^= static_cast<char>(1u << random.Below(8));
         return {bytes};
       }},
      {"cut short",
       [](TestRandom& random, const std::string& bytes) -> std::vector<std::string> {
         return {bytes.substr(0, random.Below(bytes.size()))};
       }},
      {"not a frame",
       [](TestRandom& random, const std::string&) -> std::vector<std::string> {
         return {random.Bytes(random.Below(200))};
       }},
      {"garbled, then whole",
       [](TestRandom& random, const std::string& bytes) -> std::vector<std::string> {
         return {random.Bytes(60), bytes};
       },
       false},
      {"of another run", Header([](TestRandom& random, FrameHeader& h) { h.run ^= 1 + random.AnySize(60); })},
      {"of another attempt",
       Header([](TestRandom& random, FrameHeader& h) { h.attempt += random.OneIn(2) ? 1 : -1; })},
      {"of another shard", Header([](TestRandom& random, FrameHeader& h) {
         h.from.value += static_cast<std::uint32_t>(1 + random.Below(5));
       })},
      {"of another step",
       Header([](TestRandom& random, FrameHeader& h) { h.key.step += random.OneIn(2) ? 1 : -1; })},
      {"of another replica", Header([](TestRandom& random, FrameHeader& h) {
         h.key.replica += static_cast<std::uint32_t>(1 + random.Below(3));
       })},
      {"of another place in its step", Header([](TestRandom& random, FrameHeader& h) {
         h.sequence += static_cast<std::uint32_t>(1 + random.Below(3));
       })},
      {"of another kind", Header([](TestRandom&, FrameHeader& h) {
         h.kind = h.kind == FrameKind::kMarker ? FrameKind::kEvents : FrameKind::kMarker;
       })},
      {"with other deliveries", MarkerOf([](Marker& m) { ++m.deliveries; }), false},
      {"with other first receipts", MarkerOf([](Marker& m) { ++m.deliveries, ++m.first_receipts; }), false},
      {"with other forwards", MarkerOf([](Marker& m) { ++m.deliveries, ++m.first_receipts, ++m.forwards; }),
       false},
      {"with other events", MarkerOf([](Marker& m) { ++m.events_sent; }), false},
      {"with other forwards and events",
       MarkerOf([](Marker& m) { ++m.deliveries, ++m.first_receipts, ++m.forwards, ++m.events_sent; }), false},
  };
}

class FrameFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(FrameFaultTest, NothingWrongIsEverBelieved) {
  std::uint64_t noticed = 0, changed = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    TestRandom random(seed);
    const TestGraph graph = RandomGraph(random, 30, 3, 30);
    const VectorLinkSource source(graph);
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, 4));
    JudgeRun run{.run_seed = seed,
                 .forward = Threshold::FromFixed(Threshold::kOne / 4 * 3),
                 .seed_members = {graph.start}};
    RunSpec spec = shards.SpecFor(run);
    spec.replicas = static_cast<std::uint32_t>(1 + seed % 3);
    spec.lanes = static_cast<std::uint32_t>(1 + seed % 2);
    SimulationOptions options{.schedule_seed = seed,
                              .workers_count = static_cast<std::uint32_t>(2 + seed % 3)};
    const SimulationResult sound = Simulate(shards, spec, options);
    ASSERT_EQ(sound.end, End::kFinished);
    const std::uint64_t victim = random.Below(sound.frames_sent);
    bool hit = false;
    options.fault = [&](std::uint64_t number, const std::string& frame) -> std::vector<std::string> {
      if (number != victim) return {frame};
      std::vector<std::string> frames = GetParam().change(random, frame);
      hit = frames != std::vector{frame};
      return frames;
    };
    const SimulationResult result = Simulate(shards, spec, options);
    changed += hit;
    noticed += hit && result.end != End::kFinished;
    if (result.end != End::kFinished) continue;
    for (const LaneOutcome& lane : result.lanes) {
      run.replica = lane.replica;
      EXPECT_EQ(Difference(Judge(ForJudge(graph), run), lane), "") << "seed " << seed;
    }
  }
  EXPECT_GT(changed, 100u);
  if (GetParam().always_noticed) {
    EXPECT_EQ(noticed, changed);
  }
}

std::string NameOf(const testing::TestParamInfo<Fault>& fault) {
  std::string name = fault.param.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalpha(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, FrameFaultTest, testing::ValuesIn(Faults()), NameOf);

}  // namespace
}  // namespace lawine
