// Integers and forward events, coded and decoded. Labels give the checksum of the bytes and their number an
// item.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"
#include "engine/base/check.h"
#include "engine/base/coin.h"
#include "engine/base/crc32c.h"
#include "engine/base/event_codec.h"
#include "engine/base/int_codec.h"

namespace lawine {
namespace {

constexpr std::size_t kInts = 1'000'000;
constexpr CoinLane kInputs({.run_seed = 1}, CoinPurpose::kSeedChoice);

// Integers of about `mean`, spread as gaps between random ids are.
std::vector<std::uint32_t> Gaps(std::uint64_t mean) {
  std::vector<std::uint32_t> gaps(kInts);
  for (std::size_t i = 0; i < kInts; ++i)
    gaps[i] = static_cast<std::uint32_t>(kInputs.Coin(i) % (2 * mean + 1));
  return gaps;
}

void Report(benchmark::State& state, std::string_view bytes, std::size_t items) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
  state.SetLabel(absl::StrFormat("crc %08x, %.3f bytes each", Crc32c(bytes),
                                 static_cast<double>(bytes.size()) / static_cast<double>(items)));
}

void EncodeInts(benchmark::State& state) {
  const auto gaps = Gaps(static_cast<std::uint64_t>(state.range(0)));
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    lawine::EncodeInts(gaps, bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  Report(state, bytes, kInts);
}
BENCHMARK(EncodeInts)->ArgName("mean_gap")->Arg(20)->Arg(5'000)->Arg(20'000)->Arg(1'000'000);

void DecodeInts(benchmark::State& state) {
  const auto gaps = Gaps(static_cast<std::uint64_t>(state.range(0)));
  std::string bytes;
  lawine::EncodeInts(gaps, bytes);
  std::vector<std::uint32_t> decoded(kInts);
  for (auto _ : state) {
    LAWINE_CHECK(lawine::DecodeInts(bytes, decoded) == bytes.size());
    benchmark::DoNotOptimize(decoded.data());
  }
  LAWINE_CHECK(decoded == gaps);
  Report(state, bytes, kInts);
}
BENCHMARK(DecodeInts)->ArgName("mean_gap")->Arg(20)->Arg(5'000)->Arg(20'000)->Arg(1'000'000);

// A quarter of six million members, each forwarding with the given chance in ten thousand.
constexpr MemberRange kRange{MemberId(1'500'000), 1'500'000};

std::vector<MemberId> Forwarders(std::int64_t per_ten_thousand) {
  std::vector<MemberId> ids;
  for (std::uint32_t m = kRange.first.value; m < kRange.end(); ++m) {
    if (static_cast<std::int64_t>(kInputs.Coin(m) % 10'000) < per_ten_thousand) ids.push_back(MemberId(m));
  }
  return ids;
}

std::string AllBytes(const std::vector<EventPayload>& payloads) {
  std::string bytes;
  for (const EventPayload& payload : payloads) bytes += payload.bytes;
  return bytes;
}

void EncodeEvents(benchmark::State& state) {
  const auto ids = Forwarders(state.range(0));
  std::vector<EventPayload> payloads;
  for (auto _ : state) benchmark::DoNotOptimize(payloads = lawine::EncodeEvents(ids, kRange));
  Report(state, AllBytes(payloads), ids.size());
}
BENCHMARK(EncodeEvents)->ArgName("per_10k")->Arg(1)->Arg(100)->Arg(1'000)->Arg(5'000);

void DecodeEvents(benchmark::State& state) {
  const auto ids = Forwarders(state.range(0));
  const auto payloads = lawine::EncodeEvents(ids, kRange);
  std::vector<MemberId> decoded;
  for (auto _ : state) {
    decoded.clear();
    for (const EventPayload& payload : payloads) {
      LAWINE_CHECK(lawine::DecodeEvents(payload.bytes, kRange, payload.events_count, decoded).ok());
    }
  }
  LAWINE_CHECK(decoded == ids);
  Report(state, AllBytes(payloads), ids.size());
}
BENCHMARK(DecodeEvents)->ArgName("per_10k")->Arg(1)->Arg(100)->Arg(1'000)->Arg(5'000);

void Checksum(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  std::uint32_t crc = 0;
  for (auto _ : state) benchmark::DoNotOptimize(crc = Crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.SetLabel(absl::StrFormat("crc %08x", crc));
}
BENCHMARK(Checksum)->ArgName("bytes")->Arg(4'096)->Arg(1 << 20);

}  // namespace
}  // namespace lawine
