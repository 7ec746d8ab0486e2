// Graphs of which only a part is in memory spread as the judge says, and so as they do when all of it is.
// What goes wrong in the store in the middle of a run ends the run, and says so.
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "engine/store/rocks_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/graphs.h"
#include "tests/support/shards.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

constexpr std::uint64_t kOne = Threshold::kOne;
constexpr LinksLimit kLimits[] = {{0, 0}, {25, 0}, {50, 0}, {100, 0}, {100, 99}, {100, 100}};

std::string Text(const LinksLimit& limit) {
  return absl::StrCat(limit.lists_percent, "% of lists, ", limit.followees_percent, "% of followees");
}

void ExpectAsJudged(const Shards& shards, const Verdict& verdict, const JudgeRun& run) {
  static ThreadPool pool(2);
  RunSpec spec = shards.SpecFor(run);
  spec.record_receipts = true;
  const auto workers = static_cast<std::uint32_t>(shards.images().size() + 1) / 2;
  const auto outcome = LocalCluster(shards.images(), workers).Run(spec, pool);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(Difference(verdict, outcome->lanes[0]), "");
  EXPECT_EQ(Difference(verdict, shards, outcome->receipts), "");
}

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

TEST(MemoryLimitTest, NamedGraphsAreAsJudgedWithinAnyLimit) {
  for (const TestGraph& graph : NamedGraphs()) {
    const VectorLinkSource source(graph);
    const JudgeGraph judged = ForJudge(graph);
    for (const std::uint32_t shards_count : {1u, 2u, 4u, 7u}) {
      for (const LinksLimit& limit : kLimits) {
        SCOPED_TRACE(absl::StrCat(graph.name, ", ", shards_count, " shards, ", Text(limit)));
        const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count), limit);
        if (limit.lists_percent != 100) {
          EXPECT_EQ(shards.links_in_memory(), 0u);
        }
        for (const JudgeRun& run : RunsFrom(graph.start)) {
          ExpectAsJudged(shards, Judge(judged, run), run);
        }
      }
    }
  }
}

// Three strides of sources: at a quarter and at a half, some lists are in memory and some are not.
TEST(MemoryLimitTest, LargeGraphsAreAsJudgedWithinAnyLimit) {
  TestRandom random(21);
  const TestGraph graph = ErdosRenyi(random, 40'000, 8);
  const VectorLinkSource source(graph, {.blocks_per_chunk = 64});
  const JudgeGraph judged = ForJudge(graph);
  const std::vector<JudgeRun> runs = RunsFrom(graph.start);
  std::vector<Verdict> verdicts;
  for (const JudgeRun& run : runs) verdicts.push_back(Judge(judged, run));
  for (const std::uint32_t shards_count : {1u, 2u, 4u, 7u}) {
    std::uint64_t before = 0;
    for (const LinksLimit& limit : kLimits) {
      SCOPED_TRACE(absl::StrCat(shards_count, " shards, ", Text(limit)));
      const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count), limit);
      EXPECT_GE(shards.links_in_memory(), before);
      before = shards.links_in_memory();
      EXPECT_EQ(before == graph.links.size(), limit.lists_percent == 100);
      EXPECT_EQ(before > 0, limit.lists_percent >= 50);
      for (const ShardImage* image : shards.images()) {
        EXPECT_EQ(image->HasFollowees(), limit.followees_percent == 100);
      }
      for (std::size_t i = 0; i < runs.size(); ++i) ExpectAsJudged(shards, verdicts[i], runs[i]);
    }
  }
}

TEST(MemoryLimitTest, RandomGraphsAreAsJudgedFromTheStoreAlone) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(2 + random.AnySize(10));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(30), members + 30);
    SCOPED_TRACE(absl::StrCat("seed ", seed, ": ", graph.name));
    const LinkColumns columns{.kinds = random.OneIn(2), .weights = random.OneIn(2)};
    const VectorLinkSource source(graph, {.columns = columns});
    const auto shards_count = static_cast<std::uint32_t>(1 + random.Below(7));
    const Shards shards =
        Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count), {0, 0});
    const JudgeGraph judged = ForJudge(source);
    for (const JudgeRun& run : RunsFrom(graph.start)) ExpectAsJudged(shards, Judge(judged, run), run);
  }
}

// Zeroes the middle of the tables that hold links.
void DamageTables(const fs::path& shard) {
  for (const auto& entry : fs::directory_iterator(shard)) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 100'000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(entry.file_size() / 2));
    file << std::string(1'000, '\0');
  }
}

TEST(MemoryLimitTest, DamageInTheMiddleOfARunEndsItAndNamesTheShard) {
  TestRandom random(22);
  const TestGraph graph = ErdosRenyi(random, 40'000, 8);
  const VectorLinkSource source(graph, {.blocks_per_chunk = 700});
  const TempDirectory root;
  const auto storage = OpenRocksStorage(root.path().string(), {});
  ASSERT_TRUE(storage.ok()) << storage.status();
  InlineExecutor executor;
  const auto shards = Shards::Build(source, PartitionMap::Even(40'000, 2), **storage, executor, {0, 0});
  ASSERT_TRUE(shards.ok()) << shards.status();
  const JudgeRun run{.forward = Threshold::FromFixed(kOne), .seed_members = {graph.start}};
  const RunSpec spec = shards->SpecFor(run);
  const auto run_by_hand = [&](std::uint32_t damage_after_steps) {
    RunMachine machine(spec, shards->info().partition, shards->images(), [](std::string) {});
    absl::Status status = machine.Start(executor);
    for (std::uint32_t step = 1; status.ok() && !machine.done(); ++step) {
      if (step == damage_after_steps) DamageTables(root.path() / "test" / "shard-0001");
      status = machine.Advance(executor);
    }
    return status;
  };
  EXPECT_TRUE(run_by_hand(1'000).ok());
  const absl::Status status = run_by_hand(2);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), AnyOf(HasSubstr("shard-0001"), HasSubstr("shard 1")));
}

}  // namespace
}  // namespace lawine
