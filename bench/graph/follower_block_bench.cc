// Follower blocks of one shard of four: 1,500,000 receivers, `links` followers of each source in the range.
// The label gives the checksum of the block and its bytes a link.
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/coin.h"
#include "engine/base/crc32c.h"
#include "engine/graph/follower_block.h"

namespace lawine {
namespace {

constexpr std::uint32_t kReceivers = 1'500'000;

// Followers at random places, one in each of `links` equal parts of the range.
FollowerLists MakeLists(std::uint32_t links, LinkColumns columns) {
  const CoinLane places({.run_seed = 5}, CoinPurpose::kSeedChoice);
  FollowerLists lists;
  for (std::uint32_t source = 0; source < limits::kSourcesPerBlock; ++source) {
    lists.counts.push_back(links);
    const std::uint32_t part = kReceivers / links;
    for (std::uint32_t i = 0; i < links; ++i) {
      const std::uint64_t coin = places.Coin(source, i);
      lists.followers.push_back(i * part + static_cast<std::uint32_t>(coin % part));
      if (columns.kinds) lists.kinds.push_back(static_cast<std::uint8_t>(coin >> 60));
      if (columns.weights) lists.weights.push_back(static_cast<std::uint32_t>(coin >> 33));
    }
  }
  return lists;
}

// A block ends with its own checksum, and the checksum of such bytes is always the same: so without it.
void Report(benchmark::State& state, std::string_view block, const FollowerLists& lists) {
  const std::size_t links = lists.followers.size();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(links));
  state.SetLabel(absl::StrFormat("crc %08x, %.3f bytes a link", Crc32c(*WithoutChecksum(block)),
                                 static_cast<double>(block.size()) / static_cast<double>(links)));
}

std::string Encoded(const FollowerLists& lists) {
  std::string block;
  EncodeFollowerBlock({lists.counts, lists.followers, lists.kinds, lists.weights}, block);
  return block;
}

void EncodeBlock(benchmark::State& state, LinkColumns columns) {
  const FollowerLists lists = MakeLists(static_cast<std::uint32_t>(state.range(0)), columns);
  std::string block;
  for (auto _ : state) {
    EncodeFollowerBlock({lists.counts, lists.followers, lists.kinds, lists.weights}, block);
    benchmark::DoNotOptimize(block.data());
  }
  Report(state, block, lists);
}

void DecodeBlock(benchmark::State& state, LinkColumns columns) {
  const FollowerLists lists = MakeLists(static_cast<std::uint32_t>(state.range(0)), columns);
  const std::string block = Encoded(lists);
  FollowerLists decoded;
  for (auto _ : state) {
    decoded.Clear();
    LAWINE_CHECK(DecodeFollowerBlock(block, kReceivers, columns, decoded).ok());
    benchmark::DoNotOptimize(decoded.followers.data());
  }
  LAWINE_CHECK(decoded.followers == lists.followers);
  Report(state, block, lists);
}

constexpr LinkColumns kPlain{}, kBoth{.kinds = true, .weights = true};
BENCHMARK_CAPTURE(EncodeBlock, plain, kPlain)->ArgName("links")->Arg(5)->Arg(75)->Arg(1'000);
BENCHMARK_CAPTURE(EncodeBlock, kinds_and_weights, kBoth)->ArgName("links")->Arg(75);
BENCHMARK_CAPTURE(DecodeBlock, plain, kPlain)->ArgName("links")->Arg(5)->Arg(75)->Arg(1'000);
BENCHMARK_CAPTURE(DecodeBlock, kinds_and_weights, kBoth)->ArgName("links")->Arg(75);

}  // namespace
}  // namespace lawine
