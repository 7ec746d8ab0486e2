#include "services/coordinator/ensemble.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "absl/numeric/int128.h"
#include "engine/base/check.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

// The 97.5% quantile of Student's t. Few degrees of freedom from the table, many by its expansion in their
// inverse (Abramowitz and Stegun 26.7.5), which is good to four digits from there on.
double StudentT975(std::uint64_t degrees) {
  constexpr double kTable[] = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582,
                               2.446912,  2.364624, 2.306004, 2.262157, 2.228139};
  if (degrees <= std::size(kTable)) return kTable[degrees - 1];
  constexpr double z = 1.959963985;
  constexpr double z3 = z * z * z;
  constexpr double z5 = z3 * z * z;
  const auto n = static_cast<double>(degrees);
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n);
}

std::uint64_t NearestRank(std::span<const std::uint64_t> sorted, std::uint64_t percent) {
  return sorted[(sorted.size() * percent + 99) / 100 - 1];
}

pb::HistogramBin Bin(std::uint64_t first, std::uint64_t last) {
  pb::HistogramBin bin;
  bin.set_first(first);
  bin.set_last(last);
  return bin;
}

// 0, 1, 2 to 3, 4 to 7, ...
std::vector<pb::HistogramBin> DoublingBins(std::uint64_t least, std::uint64_t most) {
  std::vector<pb::HistogramBin> bins;
  for (auto width = std::bit_width(least); width <= std::bit_width(most); ++width) {
    const std::uint64_t first = width == 0 ? 0 : 1ull << (width - 1);
    bins.push_back(Bin(first, width == 0 ? 0 : first + (first - 1)));
  }
  return bins;
}

// About twenty, as wide as 1, 2 or 5 times a power of ten.
std::vector<pb::HistogramBin> EqualBins(std::uint64_t least, std::uint64_t most) {
  constexpr std::uint64_t kBinsMax = 20;
  std::uint64_t width = 1;
  for (int i = 0; (most - least) / width >= kBinsMax; ++i) width = i % 3 == 1 ? width / 2 * 5 : width * 2;
  std::vector<pb::HistogramBin> bins;
  for (std::uint64_t first = least / width * width;; first += width) {
    bins.push_back(Bin(first, first + (width - 1)));
    if (bins.back().last() >= most) return bins;
  }
}

}  // namespace

pb::Distribution DistributionOf(std::span<const std::uint64_t> sorted) {
  LAWINE_CHECK(sorted.size() >= 2);
  const std::uint64_t count = sorted.size();
  absl::uint128 sum = 0;
  for (const std::uint64_t value : sorted) sum += value;
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  double squares = 0;
  for (const std::uint64_t value : sorted) {
    const double distance = static_cast<double>(value) - mean;
    squares += distance * distance;
  }
  const double deviation = std::sqrt(squares / static_cast<double>(count - 1));
  const double half_width = StudentT975(count - 1) * deviation / std::sqrt(static_cast<double>(count));
  pb::Distribution distribution;
  distribution.set_mean(mean);
  distribution.mutable_ci95()->set_low(mean - half_width);
  distribution.mutable_ci95()->set_high(mean + half_width);
  distribution.set_standard_deviation(deviation);
  distribution.set_min(sorted.front());
  distribution.set_max(sorted.back());
  pb::Quantiles& quantiles = *distribution.mutable_quantiles();
  quantiles.set_p05(NearestRank(sorted, 5));
  quantiles.set_p25(NearestRank(sorted, 25));
  quantiles.set_p50(NearestRank(sorted, 50));
  quantiles.set_p75(NearestRank(sorted, 75));
  quantiles.set_p95(NearestRank(sorted, 95));
  return distribution;
}

std::vector<pb::HistogramBin> HistogramOf(std::span<const std::uint64_t> sorted) {
  // Equal bins would put most replicas into the first one.
  constexpr std::uint64_t kFarBelow = 32;
  const std::uint64_t least = sorted.front();
  const std::uint64_t most = sorted.back();
  const bool far_below = most / kFarBelow >= std::max<std::uint64_t>(1, NearestRank(sorted, 50));
  std::vector<pb::HistogramBin> bins = far_below ? DoublingBins(least, most) : EqualBins(least, most);
  auto bin = bins.begin();
  for (const std::uint64_t value : sorted) {
    while (value > bin->last()) ++bin;
    bin->set_replicas(bin->replicas() + 1);
  }
  return bins;
}

pb::Ensemble MakeEnsemble(std::span<const LaneOutcome> lanes, std::uint32_t members_count) {
  pb::Ensemble ensemble;
  std::vector<std::uint64_t> values(lanes.size());
  const auto add = [&](const auto& value_of, pb::Distribution& distribution, auto& histogram) {
    std::transform(lanes.begin(), lanes.end(), values.begin(), value_of);
    std::sort(values.begin(), values.end());
    distribution = DistributionOf(values);
    const auto bins = HistogramOf(values);
    histogram.Add(bins.begin(), bins.end());
  };
  pb::EnsembleMeasures& measures = *ensemble.mutable_measures();
  pb::EnsembleHistograms& histograms = *ensemble.mutable_histogram();
  add([](const LaneOutcome& lane) { return lane.reach; }, *measures.mutable_reach(),
      *histograms.mutable_reach());
  add([](const LaneOutcome& lane) { return lane.deliveries; }, *measures.mutable_deliveries(),
      *histograms.mutable_deliveries());
  add([](const LaneOutcome& lane) { return lane.forwards; }, *measures.mutable_forwards(),
      *histograms.mutable_forwards());
  add([](const LaneOutcome& lane) { return lane.duplicates; }, *measures.mutable_duplicates(),
      *histograms.mutable_duplicates());
  add([](const LaneOutcome& lane) { return std::uint64_t{lane.last_step}; }, *measures.mutable_steps(),
      *histograms.mutable_steps());
  const std::uint64_t below = (members_count * kDyingOutPercent + 99) / 100;
  const auto died = std::count_if(lanes.begin(), lanes.end(), [below](const LaneOutcome& lane) {
    return lane.stop == StopReason::kNothingPending && lane.reach < below;
  });
  ensemble.set_replicas(static_cast<std::uint32_t>(lanes.size()));
  ensemble.set_dying_out_share(static_cast<double>(died) / static_cast<double>(lanes.size()));
  ensemble.set_dying_out_below(below);
  return ensemble;
}

}  // namespace lawine
