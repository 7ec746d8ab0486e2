// Thousands of small runs, frames in random order, delayed and repeated: always the judge's result.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"
#include "tests/support/simulation.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

constexpr std::uint64_t kGraphs = 250;
constexpr std::uint64_t kSchedules = 12;

JudgeRun AnyRun(TestRandom& random, const TestGraph& graph) {
  JudgeRun run{.run_seed = random.Next(),
               .forward = Threshold::FromFixed(Threshold::kOne / 8 * (1 + random.Below(8)))};
  if (random.OneIn(3)) run.max_steps = static_cast<std::uint32_t>(random.Below(5));
  run.seed_members = {graph.start};
  for (std::uint64_t left = random.Below(3); left > 0; --left) {
    run.seed_members.insert(graph.extra_members[random.Below(graph.extra_members.size())]);
  }
  return run;
}

SimulationOptions AnySchedule(TestRandom& random, std::uint32_t shards_count) {
  return {.schedule_seed = random.Next(),
          .workers_count = static_cast<std::uint32_t>(1 + random.Below(shards_count)),
          .repeat_percent = static_cast<std::uint32_t>(random.Below(60)),
          .newest_first = random.OneIn(2)};
}

TEST(DeliveryOrderTest, EveryScheduleGivesTheJudgesResult) {
  for (std::uint64_t seed = 1; seed <= kGraphs; ++seed) {
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(2 + random.Below(120));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(8), members);
    const VectorLinkSource source(graph);
    const auto shards_count = static_cast<std::uint32_t>(2 + random.Below(7));
    const Shards shards = Shards::InMemory(source, RandomPartition(random, members, shards_count));
    const JudgeRun run = AnyRun(random, graph);
    const Verdict verdict = Judge(ForJudge(graph), run);
    RunSpec spec = shards.SpecFor(run);
    spec.record_receipts = true;
    for (std::uint64_t i = 0; i < kSchedules; ++i) {
      const SimulationResult result = Simulate(shards, spec, AnySchedule(random, shards_count));
      const std::string where = absl::StrCat("graph ", seed, ", schedule ", i);
      ASSERT_EQ(result.end, SimulationResult::End::kFinished) << where << ": " << result.refusal;
      ASSERT_EQ(Difference(verdict, result.lanes[0]), "") << where;
      ASSERT_EQ(Difference(verdict, shards, result.receipts), "") << where;
    }
  }
}

TEST(DeliveryOrderTest, ReplicasInFlightTogetherInAnySchedule) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    TestRandom random(seed);
    const TestGraph graph = RandomGraph(random, 40, 3, 40);
    const VectorLinkSource source(graph);
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, 4));
    JudgeRun run = AnyRun(random, graph);
    RunSpec spec = shards.SpecFor(run);
    spec.replicas = 20;
    spec.lanes = static_cast<std::uint32_t>(1 + random.Below(8));
    const SimulationResult result = Simulate(shards, spec, AnySchedule(random, 4));
    ASSERT_EQ(result.end, SimulationResult::End::kFinished) << seed << ": " << result.refusal;
    ASSERT_EQ(result.lanes.size(), 20u);
    for (run.replica = 0; run.replica < 20; ++run.replica) {
      ASSERT_EQ(Difference(Judge(ForJudge(graph), run), result.lanes[run.replica]), "") << seed;
    }
  }
}

TEST(DeliveryOrderTest, NamedGraphsInAnySchedule) {
  for (const TestGraph& graph : NamedGraphs()) {
    const VectorLinkSource source(graph);
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, 5));
    const JudgeRun run{.run_seed = 2,
                       .forward = Threshold::FromFixed(Threshold::kOne / 4 * 3),
                       .seed_members = {graph.start}};
    const Verdict verdict = Judge(ForJudge(graph), run);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      TestRandom random(seed);
      const SimulationResult result = Simulate(shards, shards.SpecFor(run), AnySchedule(random, 5));
      ASSERT_EQ(result.end, SimulationResult::End::kFinished) << graph.name << ": " << result.refusal;
      ASSERT_EQ(Difference(verdict, result.lanes[0]), "") << graph.name;
    }
  }
}

}  // namespace
}  // namespace lawine
