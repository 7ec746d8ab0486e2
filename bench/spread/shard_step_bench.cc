// What a step costs on one shard and one thread, over a generated network of 200,000 members and 50 links
// each, and what a whole cascade costs beside a plain loop over one array of links without shards, frames or
// digests. Items are deliveries; the label gives the digest, which must be the same wherever the run is.
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/spread/made_images.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/coin.h"
#include "engine/base/executor.h"
#include "engine/spread/local_cluster.h"
#include "engine/spread/shard_state.h"

namespace lawine {
namespace {

constexpr std::uint32_t kMembers = 200'000;

const Images& InShards(std::uint32_t shards_count) {
  static const Images one = MakeImages(kMembers, 50, 1), four = MakeImages(kMembers, 50, 4);
  return shards_count == 1 ? one : four;
}

RunSpec Spec(std::uint64_t percent) {
  RunSpec spec;
  spec.run_seed = 2009;
  spec.forward = Threshold::FromFixed(Threshold::kOne / 100 * percent);
  for (std::uint32_t m = 0; m < kMembers; m += kMembers / 20) spec.seed_members.push_back(MemberId(m));
  return spec;
}

// One first step: a few forwarders take the sparse way, many the dense one.
void ShardStep(benchmark::State& state) {
  const ShardImage& image = *InShards(1)[0];
  RunSpec spec = Spec(10);
  const auto forwarders = static_cast<std::uint32_t>(state.range(0));
  spec.seed_members.clear();
  for (std::uint32_t i = 0; i < forwarders; ++i) {
    spec.seed_members.push_back(
        MemberId(static_cast<std::uint32_t>(std::uint64_t{kMembers} * i / forwarders)));
  }
  ShardState shard(image);
  std::vector<MemberId> forwards;
  const std::span<const MemberId> frontier[] = {spec.seed_members};
  std::uint64_t deliveries = 0;
  for (auto _ : state) {
    shard.Begin(spec, 0);
    deliveries += shard.Step(spec, 1, frontier, forwards)->deliveries;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(deliveries));
  state.SetLabel(absl::StrCat("digest ", shard.digest().ToHex()));
}

void Cascade(benchmark::State& state) {
  const auto shards_count = static_cast<std::uint32_t>(state.range(0));
  std::vector<const ShardImage*> images;
  for (const auto& image : InShards(shards_count)) images.push_back(image.get());
  const LocalCluster cluster(images, static_cast<std::uint32_t>(state.range(1)));
  InlineExecutor executor;
  const RunSpec spec = Spec(10);
  LaneOutcome lane;
  for (auto _ : state) {
    auto outcome = cluster.Run(spec, executor);
    LAWINE_CHECK(outcome.ok());
    lane = std::move(outcome->lanes[0]);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lane.deliveries));
  state.SetLabel(absl::StrCat("reach ", lane.reach, ", digest ", lane.digest.ToHex()));
}

// The baseline: a queue, a byte a member, one array of links.
void CascadeBaseline(benchmark::State& state) {
  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::uint32_t> followers;
  for (std::uint32_t m = 0; m < kMembers; ++m) {
    const auto list = InShards(1)[0]->ReadFollowers(MemberId(m)).followers;
    followers.insert(followers.end(), list.begin(), list.end());
    offsets.push_back(followers.size());
  }
  const RunSpec spec = Spec(10);
  std::uint64_t deliveries = 0, reach = 0;
  for (auto _ : state) {
    const CoinLane coins({spec.run_seed, spec.message, 0}, CoinPurpose::kForward);
    std::vector<std::uint8_t> received(kMembers);
    std::vector<std::uint32_t> queue;
    for (const MemberId seed : spec.seed_members) {
      received[seed.value] = 1;
      queue.push_back(seed.value);
    }
    reach = queue.size();
    for (std::size_t at = 0; at < queue.size(); ++at) {
      for (std::uint64_t link = offsets[queue[at]]; link < offsets[queue[at] + 1]; ++link) {
        ++deliveries;
        const std::uint32_t member = followers[link];
        if (received[member] != 0) continue;
        received[member] = 1;
        ++reach;
        if (spec.forward.Passes(coins.Coin(member))) queue.push_back(member);
      }
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(deliveries));
  state.SetLabel(absl::StrCat("reach ", reach));
}

BENCHMARK(ShardStep)->ArgName("forwarders")->Arg(20)->Arg(1'000)->Arg(20'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(Cascade)
    ->ArgNames({"shards", "workers"})
    ->Args({1, 1})
    ->Args({4, 1})
    ->Args({4, 4})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(CascadeBaseline)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lawine
