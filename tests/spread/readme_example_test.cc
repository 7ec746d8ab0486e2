// The worked example of engine/README.md, whose digests come from tests/support/reference_coin.py's formulas.
#include <gtest/gtest.h>

#include <vector>

#include "engine/base/thread_pool.h"
#include "engine/graph/edge_list.h"
#include "engine/spread/local_cluster.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_builder.h"

namespace lawine {
namespace {

TEST(ReadmeExample, RingOfSevenHasTheDigestsOfThePage) {
  std::vector<KeyedLink> rows;
  for (MemberKey i = 1; i <= 7; ++i) {
    const MemberKey next = i % 7 + 1;
    rows.push_back({.from = i, .to = next});
    rows.push_back({.from = next, .to = i});
  }
  EdgeListCounts counts;
  const auto source = MakeEdgeListSource({.links = rows}, counts);
  ASSERT_TRUE(source.ok());
  InlineExecutor executor;
  MemoryShardStorage storage;
  BuildProgress progress;
  GraphInfo info;
  info.name = "ring";
  info.partition = PartitionMap::Even(7, 2);
  const auto graph = BuildGraph(**source, info, storage, executor, progress);
  ASSERT_TRUE(graph.ok()) << graph.status();
  EXPECT_EQ(graph->digest.ToHex(), "8eef8a6befd13d33b12bcd2be2a88e58");

  std::vector<std::unique_ptr<const ShardImage>> images;
  std::vector<const ShardImage*> pointers;
  for (std::uint32_t s = 0; s < 2; ++s) {
    const auto reader = storage.Open({"ring", ShardIndex(s)});
    ASSERT_TRUE(reader.ok());
    auto image = ShardImage::Hydrate(**reader, executor);
    ASSERT_TRUE(image.ok());
    images.push_back(*std::move(image));
    pointers.push_back(images.back().get());
  }
  RunSpec spec;
  spec.forward = *Threshold::FromProbability(0.5);
  spec.seed_members = {MemberId(0)};
  const auto outcome = LocalCluster(pointers, 2).Run(spec, executor);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->lanes[0].digest.ToHex(), "7ee1fd0c1bd4373b1d205842bf42157a");
  const std::uint64_t steps[][4] = {{0, 1, 0, 1}, {2, 2, 0, 1}, {2, 1, 1, 1}, {2, 1, 1, 1}, {2, 1, 1, 0}};
  ASSERT_EQ(outcome->steps.size(), std::size(steps));
  for (std::size_t i = 0; i < std::size(steps); ++i) {
    const StepCounts& step = outcome->steps[i];
    EXPECT_EQ(step.step, i);
    EXPECT_EQ(step.deliveries, steps[i][0]);
    EXPECT_EQ(step.first_receipts, steps[i][1]);
    EXPECT_EQ(step.duplicates(), steps[i][2]);
    EXPECT_EQ(step.forwards, steps[i][3]);
  }
  spec.run_seed = 2;
  EXPECT_EQ(LocalCluster(pointers, 1).Run(spec, executor)->lanes[0].digest.ToHex(),
            "4e71d77f2d7c24ddd544dec2650d6095");
}

}  // namespace
}  // namespace lawine
