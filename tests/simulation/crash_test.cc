// Thousands of small runs whose workers die, are cut off, and whose coordinators begin again: always the
// judge's result. LAWINE_SIMULATION_SEEDS=N tries N seeds instead, LAWINE_SIMULATION_SEED=S only the one.
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"
#include "tests/support/simulation.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using End = SimulationResult::End;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  std::uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

struct Seeds {
  explicit Seeds(std::uint64_t by_default)
      : first(FromEnvironment("LAWINE_SIMULATION_SEED", 1)),
        last(std::getenv("LAWINE_SIMULATION_SEED") != nullptr
                 ? first
                 : FromEnvironment("LAWINE_SIMULATION_SEEDS", by_default)) {}
  const std::uint64_t first;
  const std::uint64_t last;
};

std::string Replay(std::uint64_t seed) {
  const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat("again: LAWINE_SIMULATION_SEED=", seed,
                      " lawine_simulation_tests --gtest_filter=", test->test_suite_name(), ".", test->name());
}

SimulationOptions AnyFaults(TestRandom& random, std::uint32_t workers_max) {
  return {.schedule_seed = random.Next() >> 20,
          .workers_count = static_cast<std::uint32_t>(2 + random.Below(workers_max - 1)),
          .repeat_percent = static_cast<std::uint32_t>(random.Below(40)),
          .newest_first = random.OneIn(2),
          .crash_chance = static_cast<std::uint32_t>(random.Below(2'000)),
          .cut_chance = static_cast<std::uint32_t>(random.Below(2'000)),
          .give_up_chance = static_cast<std::uint32_t>(random.Below(500))};
}

void Add(const SimulatedAttempts& attempts, SimulatedAttempts& sum) {
  sum.attempts += attempts.attempts;
  sum.crashes += attempts.crashes;
  sum.cuts += attempts.cuts;
  sum.blocks_lost += attempts.blocks_lost;
  sum.stale_frames += attempts.stale_frames;
}

void ExpectAllKinds(const Seeds& seeds, const SimulatedAttempts& sum) {
  testing::Test::RecordProperty("crashes", static_cast<int>(sum.crashes));
  std::printf("%llu seeds: %u attempts, %u crashes, %u cuts, %u blocks lost, %llu stale frames\n",
              static_cast<unsigned long long>(seeds.last - seeds.first + 1), sum.attempts, sum.crashes,
              sum.cuts, sum.blocks_lost, static_cast<unsigned long long>(sum.stale_frames));
  if (seeds.first == seeds.last) return;
  EXPECT_GT(sum.crashes, 100u);
  EXPECT_GT(sum.cuts, 100u);
  EXPECT_GT(sum.blocks_lost, 100u);
  EXPECT_GT(sum.stale_frames, 1'000u);
}

TEST(CrashTest, RunsEndWithTheJudgesResult) {
  const Seeds seeds(1'500);
  SimulatedAttempts sum;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(5 + random.Below(60));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(6), members);
    const VectorLinkSource source(graph);
    const Shards shards = Shards::InMemory(source, RandomPartition(random, members, 4));
    JudgeRun run{.run_seed = seed,
                 .forward = Threshold::FromFixed(Threshold::kOne / 8 * (1 + random.Below(8))),
                 .seed_members = {graph.start}};
    RunSpec spec = shards.SpecFor(run);
    spec.replicas = static_cast<std::uint32_t>(1 + random.Below(12));
    spec.lanes = static_cast<std::uint32_t>(1 + random.Below(4));
    SimulatedAttempts attempts;
    const SimulationResult result = SimulateAttempts(shards, spec, AnyFaults(random, 4), 8, attempts);
    ASSERT_EQ(result.end, End::kFinished) << result.refusal << "; " << Replay(seed);
    ASSERT_EQ(result.lanes.size(), spec.replicas) << Replay(seed);
    for (run.replica = 0; run.replica < spec.replicas; ++run.replica) {
      ASSERT_EQ(Difference(Judge(ForJudge(graph), run), result.lanes[run.replica]), "") << Replay(seed);
    }
    Add(attempts, sum);
  }
  ExpectAllKinds(seeds, sum);
}

TEST(CrashTest, TrafficEndsAsUndisturbed) {
  const Seeds seeds(700);
  SimulatedAttempts sum;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    TestRandom random(seed);
    const VectorLinkSource source(RandomGraph(random, 40, 3, 30));
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, 5));
    const TrafficSpec spec{.run_id = 3,
                           .run_seed = seed,
                           .forward = Threshold::FromFixed(Threshold::kOne / 4),
                           .wave_messages = static_cast<std::uint32_t>(3 + seed % 20)};
    const GeneratedTraffic traffic{.messages = 60};
    const auto alone = SimulateTraffic(shards, spec, traffic, {.workers_count = 1});
    SimulatedAttempts attempts;
    const auto result = SimulateTrafficAttempts(shards, spec, traffic, AnyFaults(random, 5), 8, attempts);
    ASSERT_EQ(result.end, End::kFinished) << result.refusal << "; " << Replay(seed);
    ASSERT_EQ(result.traffic.digest, alone.traffic.digest) << Replay(seed);
    ASSERT_EQ(result.traffic.deliveries, alone.traffic.deliveries) << Replay(seed);
    ASSERT_EQ(result.traffic.messages, alone.traffic.messages) << Replay(seed);
    ASSERT_EQ(result.traffic.reach_bins, alone.traffic.reach_bins) << Replay(seed);
    ASSERT_EQ(result.traffic.deliveries_by_hour, alone.traffic.deliveries_by_hour) << Replay(seed);
    Add(attempts, sum);
  }
  ExpectAllKinds(seeds, sum);
}

}  // namespace
}  // namespace lawine
