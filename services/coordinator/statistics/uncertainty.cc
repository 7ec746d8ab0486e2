#include "services/coordinator/statistics/uncertainty.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

#include "engine/base/check.h"
#include "services/coordinator/statistics/statistics.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

// The smallest range of sorted values that leaves out at most 2.5% at each end.
pb::Interval Middle95(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t left_out = values.size() / 40;
  pb::Interval interval;
  interval.set_low(values[left_out]);
  interval.set_high(values[values.size() - 1 - left_out]);
  return interval;
}

// The table of values and replicas as two-way analysis of variance sees it.
struct MeanSquares {
  std::vector<double> value_means;
  double mean = 0;
  double values = 0;    // of the means by value
  double replicas = 0;  // of the means by replica
  double rest = 0;
};

MeanSquares MeanSquaresOf(const std::vector<std::vector<double>>& reach) {
  const auto values_count = static_cast<double>(reach.size());
  const auto replicas_count = static_cast<double>(reach[0].size());
  MeanSquares found;
  std::vector<double> replica_means(reach[0].size());
  double total = 0;
  for (const std::vector<double>& row : reach) {
    LAWINE_CHECK(row.size() == replica_means.size());
    double sum = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      sum += row[i];
      replica_means[i] += row[i] / values_count;
    }
    found.value_means.push_back(sum / replicas_count);
    total += sum;
  }
  found.mean = total / (values_count * replicas_count);
  found.values = replicas_count * MomentsOf(found.value_means).variance;
  found.replicas = values_count * MomentsOf(replica_means).variance;
  for (std::size_t v = 0; v < reach.size(); ++v) {
    for (std::size_t i = 0; i < replica_means.size(); ++i) {
      const double rest = reach[v][i] - found.value_means[v] - replica_means[i] + found.mean;
      found.rest += rest * rest / ((values_count - 1) * (replicas_count - 1));
    }
  }
  return found;
}

// Variance without what the rate does: that between replicas whose draws are neighbours.
double VarianceWithout(std::span<const double> values, const std::vector<double>& drawn) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&drawn](std::size_t a, std::size_t b) { return drawn[a] < drawn[b]; });
  double squares = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const double step = values[order[i]] - values[order[i - 1]];
    squares += step * step;
  }
  return squares / (2 * static_cast<double>(order.size() - 1));
}

}  // namespace

double PosteriorQuantile(std::uint64_t successes, std::uint64_t trials, double share) {
  const boost::math::beta_distribution<double> posterior(static_cast<double>(successes) + 1,
                                                         static_cast<double>(trials - successes) + 1);
  return boost::math::quantile(posterior, share);
}

pb::Uncertainty UncertaintyOf(const std::vector<std::vector<double>>& reach) {
  LAWINE_CHECK(reach.size() >= 2 && reach[0].size() >= 2);
  const MeanSquares squares = MeanSquaresOf(reach);
  const double ignorance =
      std::max(0.0, (squares.values - squares.rest) / static_cast<double>(reach[0].size()));
  const double luck =
      std::max(0.0, (squares.replicas - squares.rest) / static_cast<double>(reach.size())) + squares.rest;
  std::vector<double> all;
  for (const std::vector<double>& row : reach) all.insert(all.end(), row.begin(), row.end());
  pb::Uncertainty uncertainty;
  uncertainty.set_mean(squares.mean);
  uncertainty.set_luck(std::sqrt(luck));
  uncertainty.set_ignorance(std::sqrt(ignorance));
  uncertainty.set_ignorance_share(luck + ignorance > 0 ? ignorance / (luck + ignorance) : 0);
  *uncertainty.mutable_middle95() = Middle95(std::move(all));
  *uncertainty.mutable_mean_middle95() = Middle95(squares.value_means);
  return uncertainty;
}

pb::LuckAndIgnorance LuckAndIgnoranceOf(std::span<const double> values,
                                        const std::vector<RateByReplica>& rates) {
  LAWINE_CHECK(values.size() >= 2);
  const double variance = MomentsOf(values).variance;
  pb::LuckAndIgnorance found;
  double share = 0;
  for (const RateByReplica& rate : rates) {
    pb::RateShare& one = *found.add_rates();
    one.set_field(rate.field);
    if (variance == 0) continue;
    const double estimate = 1 - VarianceWithout(values, rate.drawn) / variance;
    one.set_share(std::clamp(estimate, 0.0, 1.0));
    share += estimate;  // below 0 as often as above where the rate does nothing
  }
  share = std::clamp(share, 0.0, 1.0);
  found.set_luck(std::sqrt(variance * (1 - share)));
  found.set_ignorance(std::sqrt(variance * share));
  found.set_ignorance_share(share);
  return found;
}

}  // namespace lawine
