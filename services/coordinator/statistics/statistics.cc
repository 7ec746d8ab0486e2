#include "services/coordinator/statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <vector>

#include "engine/base/check.h"

namespace lawine {
namespace {

// Welch and Satterthwaite, for samples whose means have these variances.
double HalfWidth(double variance_a, double count_a, double variance_b, double count_b) {
  const double a = variance_a / count_a;
  const double b = variance_b / count_b;
  if (a + b == 0) return 0;
  const double degrees = (a + b) * (a + b) / (a * a / (count_a - 1) + b * b / (count_b - 1));
  constexpr double kRounding = 1e-6;  // degrees that are whole stay so
  const auto whole = static_cast<std::uint64_t>(std::max(1.0, std::floor(degrees + kRounding)));
  return StudentT975(whole) * std::sqrt(a + b);
}

}  // namespace

// Few degrees of freedom from the table, many by its expansion in their inverse (Abramowitz and Stegun
// 26.7.5), whose first four terms are good to five digits from there on.
double StudentT975(std::uint64_t degrees) {
  LAWINE_CHECK(degrees >= 1);
  constexpr double kTable[] = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582,
                               2.446912,  2.364624, 2.306004, 2.262157, 2.228139};
  if (degrees <= std::size(kTable)) return kTable[degrees - 1];
  constexpr double z = 1.959963985;
  constexpr double z3 = z * z * z;
  constexpr double z5 = z3 * z * z;
  constexpr double z7 = z5 * z * z;
  constexpr double z9 = z7 * z * z;
  const auto n = static_cast<double>(degrees);
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n) +
         (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * n * n * n * n);
}

Moments MomentsOf(std::span<const double> values) {
  LAWINE_CHECK(values.size() >= 2);
  if (std::ranges::all_of(values, [&values](double value) { return value == values[0]; })) {
    return {.mean = values[0], .variance = 0};
  }
  const auto count = static_cast<double>(values.size());
  Moments moments;
  double sum = 0;
  double squares = 0;
  for (const double value : values) sum += value;  // exact where they are counts
  moments.mean = sum / count;
  for (const double value : values) squares += (value - moments.mean) * (value - moments.mean);
  moments.variance = squares / (count - 1);
  return moments;
}

bool IsRough(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  const double mean = MomentsOf(values).mean;
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    const double distance = value - mean;
    squares += distance * distance;
    cubes += distance * distance * distance;
  }
  if (squares == 0) return false;
  const double variance = squares / count;
  const double squared_skewness = (cubes / count) * (cubes / count) / (variance * variance * variance);
  return count <= 25 * squared_skewness;
}

std::vector<double> LinearisedRatio(std::span<const double> of, std::span<const double> over) {
  LAWINE_CHECK(of.size() == over.size() && !of.empty());
  std::vector<double> values(of.size());
  const double over_sum = std::accumulate(over.begin(), over.end(), 0.0);
  if (over_sum == 0) return values;
  const double ratio = std::accumulate(of.begin(), of.end(), 0.0) / over_sum;
  const double over_mean = over_sum / static_cast<double>(over.size());
  for (std::size_t i = 0; i < of.size(); ++i) values[i] = ratio + (of[i] - ratio * over[i]) / over_mean;
  return values;
}

PairedDifference Paired(std::span<const double> of, std::span<const double> against) {
  LAWINE_CHECK(of.size() == against.size());
  PairedDifference paired;
  std::vector<double> differences;
  for (std::size_t i = 0; i < of.size(); ++i) {
    differences.push_back(of[i] - against[i]);
    paired.more += of[i] > against[i];
    paired.less += of[i] < against[i];
    paired.same += of[i] == against[i];
  }
  const Moments moments = MomentsOf(differences);
  const double count = static_cast<double>(differences.size());
  paired.standard_deviation = std::sqrt(moments.variance);
  paired.rough = IsRough(differences);
  paired.estimate = {.mean = moments.mean,
                     .half_width = StudentT975(differences.size() - 1) * std::sqrt(moments.variance / count)};
  return paired;
}

DifferenceEstimate Unpaired(std::span<const double> of, std::span<const double> against) {
  const Moments a = MomentsOf(of);
  const Moments b = MomentsOf(against);
  return {.mean = a.mean - b.mean,
          .half_width = HalfWidth(a.variance, static_cast<double>(of.size()), b.variance,
                                  static_cast<double>(against.size()))};
}

std::optional<std::uint64_t> UnpairedReplicas(double variance_of, double variance_against,
                                              double half_width) {
  const auto enough = [&](std::uint64_t replicas) {
    const auto count = static_cast<double>(replicas);
    return HalfWidth(variance_of, count, variance_against, count) <= half_width;
  };
  constexpr std::uint64_t kMost = 1ull << 50;
  std::uint64_t most = 2;
  while (!enough(most)) {
    if (most >= kMost) return std::nullopt;
    most *= 2;
  }
  // The half width falls with the number of replicas.
  std::uint64_t least = 2;
  while (least < most) {
    const std::uint64_t middle = least + (most - least) / 2;
    if (enough(middle)) {
      most = middle;
    } else {
      least = middle + 1;
    }
  }
  return most;
}

}  // namespace lawine
