#include "services/coordinator/what_if/sweep_values.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/coin.h"
#include "services/coordinator/statistics/statistics.h"
#include "services/coordinator/statistics/uncertainty.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kSamples = 400;

// Nine digits: enough to tell values apart, and few enough that all mathematics libraries agree on them.
double Rounded(double value) {
  double rounded = 0;
  LAWINE_CHECK(absl::SimpleAtod(absl::StrFormat("%.9g", value), &rounded));
  return rounded;
}

double Between(double a, double b, double share, bool log_scale) {
  return log_scale ? a * std::pow(b / a, share) : a + (b - a) * share;
}

// Where the variability of the picked replicas is largest, the first of equals.
std::size_t MostVariable(const std::vector<std::vector<double>>& reach,
                         std::span<const std::uint32_t> replicas) {
  std::size_t most = 0;
  double largest = -1;
  std::vector<double> picked(replicas.size());
  for (std::size_t v = 0; v < reach.size(); ++v) {
    std::transform(replicas.begin(), replicas.end(), picked.begin(),
                   [&](std::uint32_t replica) { return reach[v][replica]; });
    const double variability = VariabilityOf(picked);
    if (variability <= largest) continue;
    largest = variability;
    most = v;
  }
  return most;
}

// Places of the largest variability in samples of the replicas, ascending.
std::vector<std::size_t> Resampled(const std::vector<std::vector<double>>& reach, std::uint64_t run_seed) {
  const CoinLane lane({.run_seed = run_seed}, CoinPurpose::kResample);
  const std::uint64_t count = reach[0].size();
  std::vector<std::size_t> places;
  std::vector<std::uint32_t> replicas(count);
  for (std::uint32_t sample = 0; sample < kSamples; ++sample) {
    for (std::uint64_t i = 0; i < count; ++i) {
      replicas[i] = static_cast<std::uint32_t>(MulHigh(lane.Coin(sample, i), count));
    }
    places.push_back(MostVariable(reach, replicas));
  }
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

std::vector<double> SweepValues(const pb::Sweep& sweep, bool whole) {
  std::vector<double> values;
  if (sweep.has_counts()) {
    for (std::uint32_t k = 0; k < sweep.points(); ++k)
      values.push_back(Rounded(PosteriorQuantile(sweep.counts().successes(), sweep.counts().trials(),
                                                 (k + 0.5) / sweep.points())));
    return values;
  }
  const std::uint32_t last = sweep.points() - 1;
  for (std::uint32_t i = 0; i <= last; ++i) {
    const bool is_end = i == 0 || i == last;
    double value = i == 0 ? sweep.from() : sweep.to();
    if (!is_end) {
      value = Rounded(Between(sweep.from(), sweep.to(), static_cast<double>(i) / last,
                              sweep.scale() == pb::SWEEP_SCALE_LOG));
    }
    if (whole) value = std::round(value);
    values.push_back(std::clamp(value, sweep.from(), sweep.to()));
  }
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

double VariabilityOf(std::span<const double> reach) {
  const Moments moments = MomentsOf(reach);
  return moments.mean == 0 ? 0 : std::sqrt(moments.variance) / moments.mean;
}

pb::CriticalValue FindCritical(std::span<const double> values, const std::vector<std::vector<double>>& reach,
                               bool log_scale, std::uint64_t run_seed) {
  LAWINE_CHECK(values.size() >= 2 && reach.size() == values.size());
  std::vector<std::uint32_t> all(reach[0].size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  const std::size_t most = MostVariable(reach, all);
  const std::size_t last = values.size() - 1;
  pb::CriticalValue critical;
  critical.set_found(most > 0 && most < last);
  if (!critical.found()) return critical;
  const std::vector<std::size_t> places = Resampled(reach, run_seed);
  const std::size_t low = places[(kSamples * 25 + 999) / 1000 - 1];
  const std::size_t high = places[(kSamples * 975 + 999) / 1000 - 1];
  const auto half_way = [&](std::size_t v) { return Between(values[v], values[v + 1], 0.5, log_scale); };
  critical.set_value(values[most]);
  critical.mutable_ci95()->set_low(low == 0 ? values[0] : half_way(low - 1));
  critical.mutable_ci95()->set_high(high == last ? values[last] : half_way(high));
  return critical;
}

}  // namespace lawine
