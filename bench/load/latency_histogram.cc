#include "bench/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace lawine::bench {

void LatencyHistogram::Add(std::uint64_t microseconds) {
  ++bins_[BinOf(microseconds)];
  ++calls_;
  max_us_ = std::max(max_us_, microseconds);
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (std::size_t bin = 0; bin < kBins; ++bin) bins_[bin] += other.bins_[bin];
  calls_ += other.calls_;
  max_us_ = std::max(max_us_, other.max_us_);
}

std::uint64_t LatencyHistogram::Quantile(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(calls_)));
  std::uint64_t seen = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    seen += bins_[bin];
    if (seen >= rank && seen > 0) return std::min(EdgesOf(bin).last_us, max_us_);
  }
  return 0;
}

std::vector<LatencyHistogram::Bin> LatencyHistogram::Bins() const {
  std::vector<Bin> result;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (bins_[bin] == 0) continue;
    result.push_back(EdgesOf(bin));
    result.back().calls = bins_[bin];
  }
  return result;
}

// A value of n > kBits bits falls into row n - kBits by its length, and into the row's bin by its kBits bits
// after the first.
std::size_t LatencyHistogram::BinOf(std::uint64_t microseconds) {
  const int row = std::max(0, static_cast<int>(std::bit_width(microseconds)) - kBits);
  const std::size_t inside =
      row == 0 ? microseconds : (microseconds >> (row - 1)) - (std::size_t{1} << kBits);
  if (row == 0) return inside;
  return std::min(kBins - 1, (static_cast<std::size_t>(row) << kBits) + inside);
}

LatencyHistogram::Bin LatencyHistogram::EdgesOf(std::size_t bin) {
  const std::size_t row = bin >> kBits;
  const std::uint64_t inside = bin & ((std::size_t{1} << kBits) - 1);
  if (row == 0) return {.first_us = inside, .last_us = inside};
  const std::uint64_t first = ((std::uint64_t{1} << kBits) + inside) << (row - 1);
  return {.first_us = first, .last_us = first + (std::uint64_t{1} << (row - 1)) - 1};
}

}  // namespace lawine::bench
