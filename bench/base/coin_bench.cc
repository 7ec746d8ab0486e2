// What a coin and a digest term cost, over an array of a million keys: as the portable build does them, with
// AVX2, and with the instruction set chosen at run time (engine/base/vectorised.h), which is what kernels do;
// digest terms are then those of engine/base/key_batch.h, whose loop the others repeat. The label is the
// result; it must be the same for all.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "engine/base/coin.h"
#include "engine/base/digest.h"
#include "engine/base/key_batch.h"
#include "engine/base/probability.h"
#include "engine/base/vectorised.h"

#if defined(__x86_64__)
#define LAWINE_AVX2 __attribute__((target("avx2")))
#else
#define LAWINE_AVX2
#endif

namespace lawine {
namespace {

constexpr std::size_t kKeys = 1'000'000;
constexpr CoinKey kLuck{.run_seed = 2009, .message = 1, .replica = 2};
constexpr std::uint64_t kTenPercent = Threshold::kOne / 10;

// Keys with gaps, as members' keys have.
const std::vector<std::uint64_t>& Keys() {
  static const std::vector<std::uint64_t> keys = [] {
    std::vector<std::uint64_t> made(kKeys);
    for (std::size_t i = 0; i < kKeys; ++i) made[i] = 3 * i + (i & 1);
    return made;
  }();
  return keys;
}

using CoinSpan = std::span<const std::uint64_t>;

inline std::uint64_t CountPasses(const CoinLane& lane, CoinSpan keys) {
  const CoinLane own = lane;
  std::uint64_t passes = 0;
  for (const std::uint64_t key : keys)
    passes += Threshold::FromFixed(kTenPercent).Passes(own.Coin(key)) ? 1 : 0;
  return passes;
}

// The loop of key_batch.cc, for one instruction set.
inline Digest SumTermsInline(const DigestLane& lane, CoinSpan keys) {
  const DigestLane own = lane;
  std::uint64_t high = 0, middle = 0, low = 0;
  for (const std::uint64_t key : keys) {
    const Digest term = own.Term(key);
    high += term.high;
    middle += term.low >> 32;
    low += term.low & 0xFFFFFFFF;
  }
  middle += low >> 32;
  return {.high = high + (middle >> 32), .low = middle << 32 | (low & 0xFFFFFFFF)};
}

std::uint64_t CountPassesPortable(const CoinLane& lane, CoinSpan keys) { return CountPasses(lane, keys); }
LAWINE_AVX2 std::uint64_t CountPassesAvx2(const CoinLane& lane, CoinSpan keys) {
  return CountPasses(lane, keys);
}
LAWINE_VECTORISED std::uint64_t CountPassesVectorised(const CoinLane& lane, CoinSpan keys) {
  return CountPasses(lane, keys);
}

Digest SumTermsPlain(const DigestLane& lane, CoinSpan keys) {
  Digest sum;
  for (const std::uint64_t key : keys) sum += lane.Term(key);
  return sum;
}
Digest SumTermsPortable(const DigestLane& lane, CoinSpan keys) { return SumTermsInline(lane, keys); }
LAWINE_AVX2 Digest SumTermsAvx2(const DigestLane& lane, CoinSpan keys) { return SumTermsInline(lane, keys); }

bool HasAvx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") != 0;
#else
  return true;
#endif
}

void SetRate(benchmark::State& state, const char* name, std::size_t per_iteration) {
  state.counters[name] =
      benchmark::Counter(static_cast<double>(per_iteration),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(per_iteration));
}

template <std::uint64_t Count(const CoinLane&, CoinSpan)>
void MemberCoins(benchmark::State& state) {
  if (Count == CountPassesAvx2 && !HasAvx2()) return state.SkipWithError("no AVX2 on this machine");
  const CoinLane lane(kLuck, CoinPurpose::kForward);
  std::uint64_t passes = 0;
  for (auto _ : state) benchmark::DoNotOptimize(passes = Count(lane, Keys()));
  state.SetLabel(absl::StrCat(passes, " pass"));
  SetRate(state, "per_coin", kKeys);
}
BENCHMARK(MemberCoins<CountPassesPortable>)->Name("MemberCoins/portable");
BENCHMARK(MemberCoins<CountPassesAvx2>)->Name("MemberCoins/avx2");
BENCHMARK(MemberCoins<CountPassesVectorised>)->Name("MemberCoins/vectorised");

// One lane for each source, as link models do: 1,000 sources with 1,000 followers.
template <std::uint64_t Count(const CoinLane&, CoinSpan)>
void LinkCoins(benchmark::State& state) {
  if (Count == CountPassesAvx2 && !HasAvx2()) return state.SkipWithError("no AVX2 on this machine");
  const CoinLane lane(kLuck, CoinPurpose::kLink);
  std::uint64_t passes = 0;
  for (auto _ : state) {
    passes = 0;
    for (std::uint64_t s = 0; s < 1000; ++s)
      passes += Count(lane.ForSource(s), CoinSpan(Keys()).subspan(s * 1000, 1000));
    benchmark::DoNotOptimize(passes);
  }
  state.SetLabel(absl::StrCat(passes, " pass"));
  SetRate(state, "per_coin", kKeys);
}
BENCHMARK(LinkCoins<CountPassesPortable>)->Name("LinkCoins/portable");
BENCHMARK(LinkCoins<CountPassesAvx2>)->Name("LinkCoins/avx2");
BENCHMARK(LinkCoins<CountPassesVectorised>)->Name("LinkCoins/vectorised");

void CoinLanes(benchmark::State& state) {
  std::uint64_t sum = 0;
  for (auto _ : state) {
    sum = 0;
    for (std::uint64_t message = 0; message < 1000; ++message) {
      sum += CoinLane({2009, message, 0}, CoinPurpose::kForward).Coin(message);
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetLabel(absl::StrCat("sum ", sum));
  SetRate(state, "per_lane", 1000);
}
BENCHMARK(CoinLanes);

template <Digest Sum(const DigestLane&, CoinSpan)>
void DigestTerms(benchmark::State& state) {
  if (Sum == SumTermsAvx2 && !HasAvx2()) return state.SkipWithError("no AVX2 on this machine");
  const DigestLane lane(1, 2, 3, TransitionEvent::kReceipt);
  Digest digest;
  for (auto _ : state) benchmark::DoNotOptimize(digest = Sum(lane, Keys()));
  state.SetLabel(digest.ToHex());
  SetRate(state, "per_term", kKeys);
}
BENCHMARK(DigestTerms<SumTermsPlain>)->Name("DigestTerms/one_by_one");
BENCHMARK(DigestTerms<SumTermsPortable>)->Name("DigestTerms/portable");
BENCHMARK(DigestTerms<SumTermsAvx2>)->Name("DigestTerms/avx2");
BENCHMARK(DigestTerms<SumTerms>)->Name("DigestTerms/vectorised");

}  // namespace
}  // namespace lawine
