// Graphs that changed spread as the same graphs built from scratch: every kernel and model, every way into
// memory.
#include "tests/support/changed_graph.h"

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/spread/local_cluster.h"
#include "engine/store/memory_store.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/graphs.h"
#include "tests/support/model_link_source.h"
#include "tests/support/model_text.h"
#include "tests/support/random_model.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

constexpr std::uint64_t kOne = Threshold::kOne;
constexpr HydrateAs kWays[] = {HydrateAs::kLayer, HydrateAs::kWhole, HydrateAs::kFromStore};

using Edits = std::vector<std::pair<KeyPair, bool>>;

// One coin a member, one a link, both, everybody.
std::vector<JudgeRun> RunsFrom(MemberKey start) {
  const auto of = [](std::uint64_t fixed) { return Threshold::FromFixed(fixed); };
  std::vector<JudgeRun> runs;
  for (const auto& [forward, link] : {std::pair(kOne / 2, kOne), std::pair(kOne, kOne / 3),
                                      std::pair(kOne / 2, kOne / 2), std::pair(kOne, kOne)}) {
    runs.push_back({.run_seed = 5, .forward = of(forward), .link = of(link), .seed_members = {start}});
  }
  return runs;
}

void ExpectAsJudged(const Shards& shards, const JudgeGraph& judged, MemberKey start) {
  static ThreadPool pool(2);
  for (const JudgeRun& run : RunsFrom(start)) {
    RunSpec spec = shards.SpecFor(run);
    spec.record_receipts = true;
    const auto workers = static_cast<std::uint32_t>(shards.images().size() + 1) / 2;
    const auto outcome = LocalCluster(shards.images(), workers).Run(spec, pool);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    const Verdict verdict = Judge(judged, run);
    EXPECT_EQ(Difference(verdict, outcome->lanes[0]), "");
    EXPECT_EQ(Difference(verdict, shards, outcome->receipts), "");
  }
}

// The digest and number of links of a graph built from scratch.
GraphInfo BuiltFromScratch(const LinkSource& source) {
  return Shards::InMemory(source, BalancedPartition(source, 1)).info();
}

// Applies random batches and compares every version with the same graph from scratch, early ones again at the
// end.
void ChangeAtRandom(TestRandom& random, const TestGraph& graph, std::uint32_t shards_count,
                    std::uint64_t edits_max, LinkColumns columns) {
  const VectorLinkSource source(graph, {.columns = columns});
  MemoryShardStorage storage;
  ChangedGraph changed(source, RandomPartition(random, source.members_count(), shards_count), storage);
  std::vector<std::pair<GraphInfo, TestGraph>> versions;
  TestGraph now = graph;
  for (int batch = 0; batch < 4; ++batch) {
    const Edits edits = RandomEdits(random, now, random.Below(edits_max + 1), random.Below(4));
    if (edits.empty()) continue;
    const auto counts = changed.Apply(changed.BatchOf(edits, columns));
    ASSERT_TRUE(counts.ok()) << counts.status();
    now = AfterEdits(now, edits);
    versions.emplace_back(changed.info(), now);
    if (random.OneIn(4)) {
      ASSERT_TRUE(changed.Fold().ok());
      versions.erase(versions.begin(), versions.end() - 1);
    }
    if (random.OneIn(4)) {
      ASSERT_TRUE(changed.Reopen().ok());
    }
  }
  for (const auto& [info, expected] : versions) {
    const VectorLinkSource scratch(expected, {.columns = columns});
    const GraphInfo built = BuiltFromScratch(scratch);
    EXPECT_EQ(info.digest.ToHex(), built.digest.ToHex());
    EXPECT_EQ(info.links, built.links);
    EXPECT_EQ(info.members(), built.members());
    for (const HydrateAs way : kWays) {
      SCOPED_TRACE(absl::StrCat("version ", info.graph_version, ", way ", static_cast<int>(way)));
      ExpectAsJudged(changed.At(info, way), ForJudge(scratch), graph.start);
    }
  }
}

TEST(ChangedGraphTest, RandomChangesAreAsBuiltFromScratch) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(2 + random.AnySize(9));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(30), members + 30);
    const std::uint32_t shards_count = std::vector<std::uint32_t>{1, 2, 4, 7}[random.Below(4)];
    SCOPED_TRACE(absl::StrCat("seed ", seed, ": ", graph.name, ", ", shards_count, " shards"));
    const LinkColumns columns{.kinds = random.OneIn(2), .weights = random.OneIn(2)};
    ChangeAtRandom(random, graph, shards_count, 40, columns);
  }
}

// Keys that count up, and new members that go on with it or do not; several strides; steps that pull.
TEST(ChangedGraphTest, LargeGraphsWithDenseKeysAreAsBuiltFromScratch) {
  for (const bool dense : {true, false}) {
    TestRandom random(31);
    const TestGraph graph = ErdosRenyi(random, 30'000, 12);
    const VectorLinkSource source(graph, {.blocks_per_chunk = 64});
    MemoryShardStorage storage;
    ChangedGraph changed(source, BalancedPartition(source, 3), storage);
    Edits edits = RandomEdits(random, graph, 20'000, 0);
    const auto next = static_cast<MemberKey>(source.members_count()) + (dense ? 0 : 17);
    for (MemberKey key = next; key < next + 2'000; ++key) {
      edits.push_back({{random.Below(30'000), key}, true});
      edits.push_back({{key, random.Below(30'000)}, true});
    }
    std::erase_if(
        edits, [&](const auto& edit) { return edit.first.first >= 30'000 && edit.first.second >= 30'000; });
    ASSERT_TRUE(changed.Apply(changed.BatchOf(edits, {})).ok());
    const VectorLinkSource scratch(AfterEdits(graph, edits), {.blocks_per_chunk = 64});
    EXPECT_EQ(changed.info().digest.ToHex(), BuiltFromScratch(scratch).digest.ToHex());
    const JudgeGraph judged = ForJudge(scratch);
    for (const HydrateAs way : kWays) ExpectAsJudged(changed.At(changed.info(), way), judged, graph.start);
    ASSERT_TRUE(changed.Fold().ok());
    ASSERT_TRUE(changed.Reopen().ok());
    ExpectAsJudged(changed.At(changed.info(), HydrateAs::kLayer), judged, graph.start);
  }
}

// Graphs whose keys are not stored, until members come whose keys are no dense ids.
TEST(ChangedGraphTest, GeneratedGraphsGrow) {
  InlineExecutor executor;
  GeneratorSpec spec;
  spec.preset = "hyves";
  spec.members = 5'000;
  spec.links_per_member_milli = 12'000;
  spec.graph_seed = 5;
  const auto source = MakeGenerator(spec, executor);
  ASSERT_TRUE(source.ok()) << source.status();
  JudgeGraph judged = ForJudge(**source);
  TestGraph graph{.name = "generated", .links = {}};
  for (const auto& [from, followers] : judged) {
    graph.extra_members.push_back(from);
    for (const MemberKey to : followers) graph.links.emplace_back(from, to);
  }
  MemoryShardStorage storage;
  ChangedGraph changed(**source, BalancedPartition(**source, 4), storage);
  TestRandom random(9);
  for (const MemberKey next : {MemberKey{5'000}, MemberKey{1'000'000}, MemberKey{400'000}}) {
    Edits edits = RandomEdits(random, graph, 800, 0);
    for (MemberKey key = next; key < next + 300; ++key) {
      edits.push_back({{random.Below(5'000), key}, true});
      edits.push_back({{key, random.Below(5'000)}, true});
    }
    ASSERT_TRUE(changed.Apply(changed.BatchOf(edits, {})).ok());
    graph = AfterEdits(graph, edits);
    const VectorLinkSource scratch(graph);
    EXPECT_EQ(changed.info().digest.ToHex(), BuiltFromScratch(scratch).digest.ToHex());
    for (const HydrateAs way : kWays) ExpectAsJudged(changed.At(changed.info(), way), ForJudge(scratch), 17);
    if (next == 1'000'000) {
      ASSERT_TRUE(changed.Fold().ok());
      ASSERT_TRUE(changed.Reopen().ok());
      ExpectAsJudged(changed.At(changed.info(), HydrateAs::kLayer), ForJudge(scratch), 17);
    }
  }
}

// The graph of a model with some links left out, and these links.
ModelGraph WithoutSome(TestRandom& random, const ModelGraph& graph, std::vector<ModelLink>& left_out) {
  ModelGraph before = graph;
  before.links.clear();
  for (const ModelLink& link : graph.links) {
    // Who owns which accounts cannot change.
    const bool stays = link.kind == 1 || !random.OneIn(3);
    (stays ? before.links : left_out).push_back(link);
  }
  return before;
}

LinkEdit EditOf(const ChangedGraph& graph, const ModelLink& link, bool there) {
  return {.source = graph.Ref(link.source),
          .receiver = graph.Ref(link.receiver),
          .kind = link.kind,
          .there = there,
          .weight = link.weight};
}

TEST(ChangedGraphTest, EveryModelIsAsJudged) {
  static ThreadPool pool(2);
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    TestRandom random(seed);
    const RandomModel model = MakeRandomModel(random);
    SCOPED_TRACE(absl::StrCat("seed ", seed, "\n", Told(model.spec)));
    std::vector<ModelLink> left_out;
    const ModelLinkSource before(WithoutSome(random, model.graph, left_out));
    MemoryShardStorage storage;
    const auto shards_count = static_cast<std::uint32_t>(1 + random.Below(4));
    ChangedGraph changed(before, RandomPartition(random, before.members_count(), shards_count), storage);
    ChangeBatch batch;
    for (const ModelLink& link : left_out) batch.links.push_back(EditOf(changed, link, true));
    ASSERT_TRUE(changed.Apply(batch).ok());
    const Shards shards = changed.At(changed.info(), random.OneIn(2) ? HydrateAs::kLayer : HydrateAs::kWhole);
    EXPECT_EQ(changed.info().digest, BuiltFromScratch(ModelLinkSource(model.graph)).digest);
    RunSpec spec;
    spec.run_seed = model.run_seed;
    spec.first_replica = static_cast<std::uint32_t>(model.replica);
    spec.model = std::make_shared<ModelSpec>(model.spec);
    spec.max_steps = model.max_steps;
    const auto outcome = LocalCluster(shards.images(), 1).Run(spec, pool);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    const Shards scratch =
        Shards::InMemory(ModelLinkSource(model.graph), BalancedPartition(ModelLinkSource(model.graph), 2));
    const auto expected = LocalCluster(scratch.images(), 1).Run(spec, pool);
    ASSERT_TRUE(expected.ok()) << expected.status();
    for (std::size_t m = 0; m < expected->lanes.size(); ++m) {
      EXPECT_EQ(outcome->lanes[m].digest.ToHex(), expected->lanes[m].digest.ToHex());
      EXPECT_EQ(outcome->message_steps[m], expected->message_steps[m]);
      EXPECT_EQ(outcome->lanes[m].people, expected->lanes[m].people);
    }
    EXPECT_EQ(outcome->groups, expected->groups);
  }
}

}  // namespace
}  // namespace lawine
