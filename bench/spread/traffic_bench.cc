// Traffic on one thread: a wave of messages over a generated network of 200,000 members and 100 links each,
// in one shard and in four, at mean branching 0.3 and above. Items are deliveries; the label gives the
// digest, which must be the same wherever the traffic is.
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/spread/made_images.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/executor.h"
#include "engine/spread/local_traffic.h"

namespace lawine {
namespace {

constexpr std::uint32_t kMembers = 200'000;

void Traffic(benchmark::State& state) {
  const auto shards_count = static_cast<std::uint32_t>(state.range(0));
  static const Images one = MakeImages(kMembers, 100, 1), four = MakeImages(kMembers, 100, 4);
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
