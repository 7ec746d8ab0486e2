// The cluster against the judge: same counts, receipts and digest for every graph, number of shards,
// workers and threads.
#include "engine/spread/local_cluster.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/graphs.h"
#include "tests/support/model_graph.h"
#include "tests/support/model_link_source.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

constexpr std::uint64_t kOne = Threshold::kOne;
const Threshold kNever = Threshold::FromFixed(0);
const Threshold kHalf = Threshold::FromFixed(kOne / 2);
const Threshold kAlways = Threshold::FromFixed(kOne);

Executor& Threads(std::size_t count) {
  static ThreadPool pools[] = {ThreadPool(1), ThreadPool(2), ThreadPool(3)};
  return pools[count - 1];
}

struct Setting {
  std::uint32_t shards = 1;
  std::uint32_t workers = 1;
  std::size_t threads = 1;
};

std::string Text(const Setting& s) {
  return absl::StrCat(s.shards, " shards, ", s.workers, " workers, ", s.threads, " threads");
}

void ExpectAsJudged(const Shards& shards, const Verdict& verdict, const JudgeRun& run,
                    const Setting& setting) {
  RunSpec spec = shards.SpecFor(run);
  spec.record_receipts = true;
  const auto outcome = LocalCluster(shards.images(), setting.workers).Run(spec, Threads(setting.threads));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  ASSERT_EQ(outcome->lanes.size(), 1u);
  EXPECT_EQ(Difference(verdict, outcome->steps), "") << Text(setting);
  EXPECT_EQ(Difference(verdict, outcome->lanes[0]), "") << Text(setting);
  EXPECT_EQ(Difference(verdict, shards, outcome->receipts), "") << Text(setting);
}

TEST(LocalClusterTest, NamedGraphsAreAsJudgedInAnySetting) {
  for (const TestGraph& graph : NamedGraphs()) {
    SCOPED_TRACE(graph.name);
    const VectorLinkSource source(graph);
    const JudgeGraph judged = ForJudge(graph);
    for (const std::uint32_t shards_count : {1u, 2u, 4u, 7u, 64u}) {
      const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
      for (const Threshold forward : {kNever, kHalf, kAlways}) {
        JudgeRun run{.run_seed = 7, .forward = forward, .seed_members = {graph.start}};
        if (forward == kHalf) run.link = kHalf;
        const Verdict verdict = Judge(judged, run);
        for (const std::uint32_t workers :
             {1u, std::min(2u, shards_count), std::min(4u, shards_count), shards_count}) {
          for (const std::size_t threads : {1, 2, 3}) {
            ExpectAsJudged(shards, verdict, run, {shards_count, workers, threads});
          }
        }
      }
    }
  }
}

JudgeRun RandomRun(TestRandom& random, const JudgeGraph& graph) {
  JudgeRun run{.run_seed = random.Next(), .message = random.AnySize(40)};
  const std::uint64_t thresholds[] = {0, kOne / 20, kOne / 2, kOne - kOne / 8, kOne, random.Next() >> 1};
  run.forward = Threshold::FromFixed(thresholds[random.Below(std::size(thresholds))]);
  if (random.OneIn(3)) run.link = std::exchange(run.forward, Threshold::FromFixed(kOne));
  if (random.OneIn(2)) run.max_steps = static_cast<std::uint32_t>(random.Below(6));
  for (std::uint64_t left = random.OneIn(2) ? 1 : 1 + random.Below(graph.size()); left > 0; --left) {
    run.seed_members.insert(
        std::next(graph.begin(), static_cast<std::ptrdiff_t>(random.Below(graph.size())))->first);
  }
  return run;
}

// From a handful of members to some thousands, from next to no links to nearly all: sparse and dense steps.
TestGraph AnyRandomGraph(TestRandom& random) {
  const auto members = static_cast<std::uint32_t>(1 + random.AnySize(11));
  if (random.OneIn(3) && members <= 300) return RandomGraph(random, members, 1 + random.Below(9), 10);
  return RandomGraph(random, members, random.Below(2'000), 100 * std::uint64_t{members} + 2'000);
}

TEST(LocalClusterTest, RandomRunsOnRandomGraphsAreAsJudged) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    TestRandom random(seed);
    const TestGraph graph = AnyRandomGraph(random);
    SCOPED_TRACE(absl::StrCat("seed ", seed, ": ", graph.name));
    const VectorLinkSource source(graph,
                                  {.blocks_per_chunk = static_cast<std::uint32_t>(1 + random.Below(5))});
    const JudgeGraph judged = ForJudge(graph);
    const auto shards_count = static_cast<std::uint32_t>(1 + random.AnySize(5));
    const Shards shards =
        Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count));
    for (int i = 0; i < 4; ++i) {
      const JudgeRun run = RandomRun(random, judged);
      const auto workers = static_cast<std::uint32_t>(1 + random.Below(shards_count));
      ExpectAsJudged(shards, Judge(judged, run), run, {shards_count, workers, 1 + random.Below(3)});
      if (HasFailure()) return;
    }
  }
}

TEST(LocalClusterTest, ThereMayBeMoreShardsThanMembers) {
  const TestGraph graph = Diamond();
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(source.members_count(), 200));
  const JudgeRun run{.forward = kAlways, .seed_members = {10}};
  ExpectAsJudged(shards, Judge(ForJudge(graph), run), run, {200, 200, 3});
  ExpectAsJudged(shards, Judge(ForJudge(graph), run), run, {200, 3, 1});
}

TEST(LocalClusterTest, EveryReplicaIsTheSingleRunOfItsNumber) {
  TestRandom random(11);
  const TestGraph graph = RandomGraph(random, 300, 3, 300);
  const VectorLinkSource source(graph);
  const JudgeGraph judged = ForJudge(graph);
  for (const std::uint32_t shards_count : {1u, 5u}) {
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
    for (const auto max_steps : {std::optional<std::uint32_t>(), std::optional<std::uint32_t>(2)}) {
      JudgeRun run{.run_seed = 3,
                   .message = 2,
                   .forward = kHalf,
                   .max_steps = max_steps,
                   .seed_members = {graph.start}};
      RunSpec spec = shards.SpecFor(run);
      spec.first_replica = 30;
      spec.replicas = 200;
      for (const std::uint32_t lanes : {1u, 2u, 7u, limits::kLanesMax}) {
        spec.lanes = lanes;
        const auto outcome = LocalCluster(shards.images(), shards_count).Run(spec, Threads(3));
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        ASSERT_EQ(outcome->lanes.size(), 200u);
        for (run.replica = 30; run.replica < 230; ++run.replica) {
          const LaneOutcome& lane = outcome->lanes[run.replica - 30];
          EXPECT_EQ(lane.replica, run.replica);
          EXPECT_EQ(Difference(Judge(judged, run), lane), "") << "replica " << run.replica;
        }
      }
    }
  }
}

// Replica i of an ensemble, and replica i alone.
TEST(LocalClusterTest, AnyReplicaCanBeRunAlone) {
  TestRandom random(13);
  const TestGraph graph = RandomGraph(random, 400, 4, 400);
  const VectorLinkSource source(graph);
  std::vector<LaneOutcome> expected;
  for (const std::uint32_t shards_count : {1u, 2u, 4u, 7u}) {
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
    RunSpec spec = shards.SpecFor({.run_seed = 5, .forward = kHalf, .seed_members = {graph.start}});
    spec.replicas = 40;
    spec.lanes = 6;
    const auto ensemble = LocalCluster(shards.images(), shards_count).Run(spec, Threads(2));
    ASSERT_TRUE(ensemble.ok()) << ensemble.status();
    if (expected.empty()) expected = ensemble->lanes;
    EXPECT_EQ(ensemble->lanes, expected) << shards_count << " shards";
    spec.replicas = 1;
    spec.record_receipts = true;
    for (spec.first_replica = 0; spec.first_replica < 40; ++spec.first_replica) {
      const auto alone = LocalCluster(shards.images(), std::min(2u, shards_count)).Run(spec, Threads(1));
      ASSERT_TRUE(alone.ok()) << alone.status();
      ASSERT_EQ(alone->lanes.size(), 1u);
      EXPECT_EQ(alone->lanes[0], expected[spec.first_replica]) << "replica " << spec.first_replica;
    }
  }
}

TEST(LocalClusterTest, StepsAreSumsOverReplicas) {
  TestRandom random(14);
  const TestGraph graph = RandomGraph(random, 100, 4, 100);
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 3));
  JudgeRun run{.forward = kHalf, .seed_members = {graph.start}};
  RunSpec spec = shards.SpecFor(run);
  spec.replicas = 50;
  spec.lanes = 4;
  const auto outcome = LocalCluster(shards.images(), 3).Run(spec, Threads(2));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  std::vector<StepCounts> sums;
  for (run.replica = 0; run.replica < 50; ++run.replica) {
    for (const JudgeStep& step : Judge(ForJudge(graph), run).steps) {
      AddTo(CountsOf(step), sums);
    }
  }
  EXPECT_EQ(outcome->steps, sums);
}

TEST(LocalClusterTest, RunsMayShareACluster) {
  TestRandom random(12);
  const TestGraph graph = RandomGraph(random, 500, 5, 500);
  const VectorLinkSource source(graph);
  const JudgeGraph judged = ForJudge(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 6));
  const LocalCluster cluster(shards.images(), 3);
  std::vector<std::string> differences(16);
  Threads(3).ParallelFor(differences.size(), [&](std::size_t i) {
    const JudgeRun run{.run_seed = i, .forward = kHalf, .seed_members = {graph.start}};
    const auto outcome = cluster.Run(shards.SpecFor(run), Threads(3));
    differences[i] =
        outcome.ok() ? Difference(Judge(judged, run), outcome->lanes[0]) : outcome.status().ToString();
  });
  for (const std::string& difference : differences) EXPECT_EQ(difference, "");
}

TEST(LocalClusterTest, OneWorkerSendsNothing) {
  const VectorLinkSource source(Complete(40));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 4));
  const RunSpec spec = shards.SpecFor({.forward = kAlways, .seed_members = {10}});
  const auto alone = LocalCluster(shards.images(), 1).Run(spec, Threads(1));
  const auto shared = LocalCluster(shards.images(), 4).Run(spec, Threads(1));
  ASSERT_TRUE(alone.ok() && shared.ok());
  EXPECT_EQ(alone->frame_bytes, 0u);
  EXPECT_GT(shared->frame_bytes, 0u);
  EXPECT_EQ(shared->events, 39u);
  EXPECT_EQ(alone->lanes, shared->lanes);
}

TEST(LocalClusterTest, AWrongSpecIsRefused) {
  const VectorLinkSource source(Path(5));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 2));
  RunSpec spec;
  spec.seed_members = {MemberId(5)};
  EXPECT_EQ(LocalCluster(shards.images(), 2).Run(spec, Threads(1)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(MergeLanesTest, WorkersThatDisagreeAreFound) {
  std::vector<LaneOutcome> first(1);
  first[0].Add({.step = 0, .first_receipts = 1, .forwards = 1});
  std::vector<LaneOutcome> whole;
  ASSERT_TRUE(MergeLanes(first, whole).ok());
  EXPECT_TRUE(MergeLanes(first, whole).ok());
  std::vector<LaneOutcome> other(1);
  other[0].Add({.step = 0, .first_receipts = 1, .forwards = 0});
  EXPECT_EQ(MergeLanes(other, whole).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(MergeLanes({}, whole).code(), absl::StatusCode::kDataLoss);
}

// So that a row for each step of each message fits a message of ours.
TEST(LocalClusterTest, StepsAreSharedByMessages) {
  const ModelGraph graph = ForModels(Path(2));
  const ModelLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 1));
  constexpr std::uint32_t kStepsMax = StepsMaxOf(limits::kMessagesMax);
  static_assert(kStepsMax == limits::kStepsMax / 64);
  // Nobody follows the member: the step after its injection is the last one.
  for (const std::uint32_t last : {kStepsMax, kStepsMax + 1}) {
    ModelSpec model;
    model.messages.resize(limits::kMessagesMax);
    for (MessageSpec& message : model.messages) message.injections = {{.members = {MemberId(1)}}};
    model.messages.back().injections = {{.step = last - 1, .members = {MemberId(1)}}};
    RunSpec spec;
    spec.model = std::make_shared<const ModelSpec>(model);
    const auto outcome = LocalCluster(shards.images(), 1).Run(spec, Threads(1));
    EXPECT_EQ(outcome.ok(), last == kStepsMax) << outcome.status();
    if (!outcome.ok()) {
      EXPECT_EQ(outcome.status().code(), absl::StatusCode::kResourceExhausted);
    }
  }
}

}  // namespace
}  // namespace lawine
