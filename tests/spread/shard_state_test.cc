// One shard's steps. Which of its three ways a step takes depends on how many deliveries are expected, and
// how many members are left; so bystanders without links turn a dense step into a sparse one.
#include "engine/spread/shard_state.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Threshold kHalf = Threshold::FromFixed(Threshold::kOne / 2);
const Threshold kAlways = Threshold::FromFixed(Threshold::kOne);

// One shard that holds the whole graph.
struct Whole {
  explicit Whole(const TestGraph& graph)
      : source(graph),
        shards(Shards::InMemory(source, PartitionMap::Even(source.members_count(), 1))),
        state(*shards.images()[0]) {}

  std::vector<MemberKey> Keys(const std::vector<MemberId>& members) const {
    std::vector<MemberKey> keys;
    for (const MemberId member : members) keys.push_back(shards.KeyOf(member));
    return keys;
  }
  StepCounts Step(const RunSpec& spec, std::uint32_t step, const std::vector<MemberKey>& frontier) {
    std::vector<MemberId> members;
    for (const MemberKey key : frontier) members.push_back(source.IdOf(key));
    const std::span<const MemberId> parts[] = {members};
    return *state.Step(spec, step, parts, forwards);
  }

  VectorLinkSource source;
  Shards shards;
  ShardState state;
  std::vector<MemberId> forwards;
};

// Enough to make any step of a small graph sparse: 32 and more members for every expected delivery.
TestGraph WithBystanders(TestGraph graph) {
  for (MemberKey key = 0; key < 20'000; ++key) graph.extra_members.push_back((1ull << 40) + key);
  return graph;
}

StepCounts Counts(std::uint32_t step, std::uint64_t deliveries, std::uint64_t first_receipts,
                  std::uint64_t forwards) {
  return {.step = step,
          .deliveries = deliveries,
          .first_receipts = first_receipts,
          .forwards = forwards,
          .acting = forwards,
          .seen = deliveries};
}

TEST(ShardStateTest, AStepDeliversDecidesAndForwards) {
  for (const TestGraph& graph : {Diamond(), WithBystanders(Diamond())}) {
    Whole whole(graph);
    const RunSpec spec = whole.shards.SpecFor({.forward = kAlways, .seed_members = {10}});
    whole.state.Begin(spec, 0);
    StepCounts counts = whole.Step(spec, 1, {10});
    EXPECT_EQ(counts, Counts(1, 2, 2, 2));
    EXPECT_THAT(whole.Keys(whole.forwards), ElementsAre(20, 30));
    counts = whole.Step(spec, 2, {20, 30});
    EXPECT_EQ(counts, Counts(2, 2, 1, 1));
    EXPECT_EQ(counts.duplicates(), 1u);
    EXPECT_THAT(whole.Keys(whole.forwards), ElementsAre(40));
  }
}

TEST(ShardStateTest, SeedMembersAndForwardersGetDuplicatesOnly) {
  for (const TestGraph& graph : {Cycle(3), WithBystanders(Cycle(3))}) {
    Whole whole(graph);
    const RunSpec spec = whole.shards.SpecFor({.forward = kAlways, .seed_members = {10}});
    whole.state.Begin(spec, 0);
    whole.Step(spec, 1, {10});
    EXPECT_EQ(whole.Step(spec, 2, {20, 30}), Counts(2, 4, 0, 0));
    EXPECT_THAT(whole.forwards, IsEmpty());
  }
}

TEST(ShardStateTest, TheFrontierMayComeInAnyPartsAndOrder) {
  TestRandom random(3);
  for (const bool sparse : {false, true}) {
    const TestGraph dense_graph = RandomGraph(random, 200, 1, 4);
    Whole whole(sparse ? WithBystanders(dense_graph) : dense_graph);
    const RunSpec spec = whole.shards.SpecFor({.forward = kHalf, .seed_members = {dense_graph.start}});
    std::vector<MemberId> frontier;
    for (const MemberKey key : dense_graph.extra_members) frontier.push_back(whole.source.IdOf(key));
    frontier.resize(60);
    std::optional<StepCounts> expected;
    std::vector<MemberId> expected_forwards;
    Digest expected_digest;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const std::size_t cut = random.Below(frontier.size() + 1);
      const std::span<const MemberId> parts[] = {
          {}, std::span(frontier).first(cut), std::span(frontier).subspan(cut)};
      whole.state.Begin(spec, 0);
      const StepCounts counts = *whole.state.Step(spec, 1, parts, whole.forwards);
      EXPECT_TRUE(std::is_sorted(whole.forwards.begin(), whole.forwards.end()));
      if (!expected.has_value()) {
        expected = counts, expected_forwards = whole.forwards, expected_digest = whole.state.digest();
      }
      EXPECT_EQ(counts, *expected);
      EXPECT_EQ(whole.forwards, expected_forwards);
      EXPECT_EQ(whole.state.digest(), expected_digest);
      std::shuffle(frontier.begin(), frontier.end(), std::mt19937_64(seed));
    }
  }
}

// Whole cascades, step by step, as the judge has them: the same with and without bystanders.
TEST(ShardStateTest, SparseAndDenseStepsAreAsJudged) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    TestRandom random(seed);
    const TestGraph small =
        RandomGraph(random, static_cast<std::uint32_t>(2 + random.Below(150)), 1 + random.Below(20), 40);
    for (const TestGraph& graph : {small, WithBystanders(small)}) {
      SCOPED_TRACE(
          absl::StrCat("seed ", seed, ", ", graph.name, ", ", graph.extra_members.size(), " members"));
      Whole whole(graph);
      JudgeRun run{.run_seed = seed, .replica = seed % 3, .forward = kHalf, .seed_members = {graph.start}};
      if (seed % 3 == 0) run.forward = kAlways, run.link = kHalf;
      RunSpec spec = whole.shards.SpecFor(run);
      spec.record_receipts = true;
      const Verdict verdict = Judge(ForJudge(graph), run);
      whole.state.Begin(spec, static_cast<std::uint32_t>(run.replica));
      std::vector<StepCounts> steps = {
          {.step = 0, .first_receipts = 1, .forwards = 1, .acting = 1, .injected = 1}};
      for (std::vector<MemberKey> frontier = {graph.start}; !frontier.empty();
           frontier = whole.Keys(whole.forwards)) {
        steps.push_back(whole.Step(spec, static_cast<std::uint32_t>(steps.size()), frontier));
      }
      LaneOutcome lane;
      for (const StepCounts& step : steps) lane.Add(step);
      lane.digest = whole.state.digest();
      lane.unreached_without_followees = whole.state.UnreachedWithoutFollowees();
      EXPECT_EQ(Difference(verdict, steps), "");
      EXPECT_EQ(Difference(verdict, lane), "");
      EXPECT_EQ(Difference(verdict, whole.shards, {whole.state.receipts()}), "");
    }
  }
}

// A friendly graph in which every step of the way down is pulled. Fewer links are read than deliveries made,
// and everything is as the judge has it, who pushes.
TEST(ShardStateTest, PulledStepsCountDeliveriesTheyDoNotRead) {
  TestRandom random(9);
  TestGraph graph = ErdosRenyi(random, 3'000, 60);
  for (MemberKey key = 0; key < 50; ++key) graph.extra_members.push_back((1ull << 40) + key);
  for (const Threshold forward : {Threshold::FromFixed(Threshold::kOne / 10), kAlways}) {
    Whole whole(graph);
    const JudgeRun run{.run_seed = 4, .forward = forward, .seed_members = {graph.start}};
    const RunSpec spec = whole.shards.SpecFor(run);
    const Verdict verdict = Judge(ForJudge(graph), run);
    whole.state.Begin(spec, 0);
    LaneOutcome lane;
    lane.Add({.step = 0, .first_receipts = 1, .forwards = 1, .acting = 1, .injected = 1});
    for (std::vector<MemberKey> frontier = {graph.start}; !frontier.empty();
         frontier = whole.Keys(whole.forwards)) {
      lane.Add(whole.Step(spec, lane.last_step + 1, frontier));
    }
    lane.digest = whole.state.digest();
    lane.unreached_without_followees = whole.state.UnreachedWithoutFollowees();
    EXPECT_EQ(Difference(verdict, lane), "");
    EXPECT_GT(whole.state.links_touched(), 0u);
    EXPECT_LT(whole.state.links_touched(), forward == kAlways ? lane.deliveries / 2 : lane.deliveries);
  }
}

TEST(ShardStateTest, BeginForgetsEverything) {
  Whole whole(Complete(40));
  RunSpec spec = whole.shards.SpecFor({.forward = kHalf, .seed_members = {10}});
  spec.record_receipts = true;
  whole.state.Begin(spec, 0);
  const StepCounts first = whole.Step(spec, 1, {10});
  const Digest digest = whole.state.digest();
  const auto receipts = whole.state.receipts().receipt_steps;
  whole.Step(spec, 2, whole.Keys(whole.forwards));
  whole.state.Begin(spec, 0);
  EXPECT_EQ(whole.Step(spec, 1, {10}), first);
  EXPECT_EQ(whole.state.digest(), digest);
  EXPECT_EQ(whole.state.receipts().receipt_steps, receipts);
}

TEST(ShardStateTest, AnEmptyRangeStandsStill) {
  const VectorLinkSource source(Path(5));
  const Shards shards =
      Shards::InMemory(source, PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 5, 5}).value());
  const RunSpec spec = shards.SpecFor({.forward = kAlways, .seed_members = {10}});
  ShardState state(*shards.images()[1]);
  state.Begin(spec, 0);
  std::vector<MemberId> forwards;
  const std::span<const MemberId> parts[] = {spec.seed_members};
  EXPECT_EQ(*state.Step(spec, 1, parts, forwards), Counts(1, 0, 0, 0));
  EXPECT_THAT(forwards, IsEmpty());
  EXPECT_EQ(state.digest(), Digest());
  EXPECT_EQ(state.UnreachedWithoutFollowees(), 0u);
}

}  // namespace
}  // namespace lawine
