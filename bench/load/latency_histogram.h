// Latencies in buckets whose width is at most 1/128 of their value: any quantile is known to 0.8%, whatever
// the number of calls, in 34 KiB.
#ifndef LAWINE_BENCH_LOAD_LATENCY_HISTOGRAM_H_
#define LAWINE_BENCH_LOAD_LATENCY_HISTOGRAM_H_

#include <array>
#include <cstdint>
#include <vector>

namespace lawine::bench {

// Thread-compatible.
class LatencyHistogram {
 public:
  struct Bin {
    std::uint64_t first_us = 0;  // the smallest latency of the bin
    std::uint64_t last_us = 0;   // the largest
    std::uint64_t calls = 0;
  };

  void Add(std::uint64_t microseconds);
  void Add(const LatencyHistogram& other);

  std::uint64_t calls() const { return calls_; }
  std::uint64_t max_us() const { return max_us_; }
  // The latency that `share` of the calls did not exceed: an upper bound, at most 0.8% above. 0 without
  // calls. REQUIRES: 0 < share <= 1.
  std::uint64_t Quantile(double share) const;
  // Those with calls, ascending.
  std::vector<Bin> Bins() const;

 private:
  static constexpr int kBits = 7;  // below 2^kBits every value has a bin of its own
  static constexpr std::size_t kBins = 34 << kBits;

  static std::size_t BinOf(std::uint64_t microseconds);
  static Bin EdgesOf(std::size_t bin);

  std::array<std::uint64_t, kBins> bins_ = {};
  std::uint64_t calls_ = 0;
  std::uint64_t max_us_ = 0;
};

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_LOAD_LATENCY_HISTOGRAM_H_
