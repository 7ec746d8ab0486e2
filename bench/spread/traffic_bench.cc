// Traffic on one thread: a wave of messages over a generated network of 200,000 members and 100 links each,
// in one shard and in four, at mean branching 0.3 and above. Items are deliveries; the label gives the
// digest, which must be the same wherever the traffic is.
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/executor.h"
#include "engine/graph/generator.h"
#include "engine/spread/local_traffic.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_builder.h"

namespace lawine {
namespace {

constexpr std::uint32_t kMembers = 200'000;

using Images = std::vector<std::unique_ptr<const ShardImage>>;

Images MakeImages(std::uint32_t shards_count) {
  GeneratorSpec spec;
  spec.members = kMembers;
  spec.links_per_member_milli = 100'000;
  InlineExecutor executor;
  const auto source = *MakeGenerator(spec, executor);
  GraphInfo info;
  info.name = "bench";
  info.partition = PartitionMap::Balanced(kMembers, shards_count,
                                          [&](MemberId member) { return source->InLinksOf(member); });
  MemoryShardStorage storage;
  BuildProgress progress;
  LAWINE_CHECK(BuildGraph(*source, info, storage, executor, progress).ok());
  Images images;
  for (std::uint32_t s = 0; s < shards_count; ++s) {
    auto image = ShardImage::Hydrate(**storage.Open({"bench", ShardIndex(s)}), executor);
    LAWINE_CHECK(image.ok());
    images.push_back(*std::move(image));
  }
  return images;
}

void Traffic(benchmark::State& state) {
  const auto shards_count = static_cast<std::uint32_t>(state.range(0));
  static const Images one = MakeImages(1), four = MakeImages(4);
  WorkerShards workers(1);
  for (const auto& image : shards_count == 1 ? one : four) workers[0].push_back(image.get());
  const TrafficSpec spec{
      .run_seed = 2009,
      .forward = Threshold::FromFixed(Threshold::kOne / 1000 * static_cast<std::uint64_t>(state.range(1)))};
  const GeneratedTraffic traffic{.messages = 100'000};
  InlineExecutor executor;
  TrafficOutcome outcome;
  for (auto _ : state) {
    auto result = RunLocalTraffic(
        workers, spec, [&] { return std::make_unique<GeneratedWaves>(traffic, spec, kMembers); }, executor);
    LAWINE_CHECK(result.ok());
    outcome = std::move(result->traffic);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(outcome.deliveries));
  state.SetLabel(absl::StrCat("reach ", outcome.reach, ", digest ", outcome.digest.ToHex()));
}

BENCHMARK(Traffic)
    ->ArgNames({"shards", "p_milli"})
    ->Args({1, 0})
    ->Args({4, 0})
    ->Args({1, 1})
    ->Args({4, 1})
    ->Args({1, 3})
    ->Args({4, 3})
    ->Args({4, 6})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lawine
