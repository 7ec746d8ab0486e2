#include "services/coordinator/plan/delay_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/traffic_source.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kDaySeconds = 86'400;
constexpr std::uint32_t kHourSeconds = 3'600;
constexpr std::uint32_t kHours = 24;
// With a rhythm delays count activity in this part of a step's mean.
constexpr std::uint32_t kActivityUnits = 16;

// The chance of at most x.
using Distribution = std::function<double(double x)>;

// Regularised lower incomplete gamma function: the series for small x, Lentz's continued fraction for the
// upper one for others (Abramowitz and Stegun 6.5.29, 6.5.31).
double LowerGamma(double shape, double x) {
  if (x <= 0) return 0;
  const double front = std::exp(-x + shape * std::log(x) - std::lgamma(shape));
  constexpr int kTermsMax = 10'000;
  constexpr double kEnough = 1e-16;
  if (x < shape + 1) {
    double term = 1 / shape, sum = term;
    for (int n = 1; n < kTermsMax && term > sum * kEnough; ++n) sum += term *= x / (shape + n);
    return sum * front;
  }
  constexpr double kTiny = 1e-300;
  double b = x + 1 - shape, c = 1 / kTiny, d = 1 / b, h = d;
  for (int n = 1; n < kTermsMax; ++n) {
    const double a = -n * (n - shape);
    b += 2;
    d = 1 / std::max(a * d + b, kTiny);
    c = std::max(b + a / c, kTiny);
    h *= d * c;
    if (std::abs(d * c - 1) < kEnough) break;
  }
  return 1 - front * h;
}

// Shorter delays are none, and those that vary less are fixed ones; beyond, sums of terms need not be
// numbers.
constexpr double kMeanMin = 1e-6;
constexpr double kShapeMin = 1e-6, kShapeMax = 1e6;

absl::StatusOr<double> Mean(bool given, double value, const std::string& path) {
  if (given && std::isfinite(value) && value >= kMeanMin) return value;
  return FieldError(path, given ? absl::StrCat("expected steps, ", kMeanMin, " or more, found ", value)
                                : std::string("expected steps, found none"));
}

absl::StatusOr<double> Positive(bool given, double value, const std::string& path) {
  if (given && std::isfinite(value) && value > 0) return value;
  return FieldError(path, given ? absl::StrCat("expected a number above 0, found ", value)
                                : std::string("expected a number above 0, found none"));
}

absl::StatusOr<Distribution> DistributionOf(const pb::Delay& delay, const std::string& path) {
  if (delay.has_exponential()) {
    const auto& of = delay.exponential();
    LAWINE_ASSIGN_OR_RETURN(const double mean, Mean(of.has_mean(), of.mean(), path + ".exponential.mean"));
    return [mean](double x) { return -std::expm1(-x / mean); };
  }
  if (delay.has_log_normal()) {
    const auto& of = delay.log_normal();
    LAWINE_ASSIGN_OR_RETURN(const double median,
                            Mean(of.has_median(), of.median(), path + ".log_normal.median"));
    LAWINE_ASSIGN_OR_RETURN(const double sigma,
                            Positive(of.has_sigma(), of.sigma(), path + ".log_normal.sigma"));
    return [median, sigma](double x) { return std::erfc(-std::log(x / median) / sigma / std::sqrt(2)) / 2; };
  }
  const auto& of = delay.gamma();
  LAWINE_ASSIGN_OR_RETURN(const double mean, Mean(of.has_mean(), of.mean(), path + ".gamma.mean"));
  const double shape = of.shape();
  if (!of.has_shape() || !(shape >= kShapeMin && shape <= kShapeMax)) {
    return FieldError(path + ".gamma.shape",
                      absl::StrCat("expected ", kShapeMin, " to ", kShapeMax, ", found ",
                                   of.has_shape() ? absl::StrCat(shape) : "none"));
  }
  return [mean, shape](double x) { return LowerGamma(shape, x * shape / mean); };
}

Threshold Rounded(double chance) {
  constexpr double kParts = 4294967296.0;  // 2^32
  const double parts = std::clamp(std::nearbyint(chance * kParts), 0.0, kParts);
  return Threshold::FromFixed(static_cast<std::uint64_t>(parts) << 31);
}

// The nearest of `units` parts of a step.
absl::StatusOr<DelayTable> Tabulate(const Distribution& at_most, std::uint32_t units,
                                    const std::string& path) {
  constexpr double kMissedMax = 1e-6;
  const Threshold one = Threshold::FromFixed(Threshold::kOne);
  DelayTable table;
  for (std::uint32_t k = 0; k < limits::kDelayStepsMax; ++k) {
    const double chance = at_most((k + 0.5) / units);
    if (std::isnan(chance)) return FieldError(path, "expected a distribution that can be worked out");
    table.cumulative.push_back(Rounded(chance));
    if (table.cumulative.back() == one) return table;
    if (k + 1 == limits::kDelayStepsMax && chance < 1 - kMissedMax) {
      return FieldError(path, absl::StrCat("expected delays below ", limits::kDelayStepsMax / units,
                                           " steps; ", 1 - chance, " of these are longer: use longer steps"));
    }
  }
  table.cumulative.back() = one;
  return table;
}

DelayTable Fixed(std::uint64_t steps) {
  DelayTable table;
  table.cumulative.assign(steps, Threshold());
  table.cumulative.push_back(Threshold::FromFixed(Threshold::kOne));
  return table;
}

// Activity of each step of a day, in kActivityUnits of its mean.
std::vector<std::uint32_t> ActivityBySteps(const std::array<std::uint32_t, kHours>& hours,
                                           std::uint32_t start_hour, std::uint32_t step_seconds) {
  const std::uint64_t sum = std::accumulate(hours.begin(), hours.end(), std::uint64_t{0});
  std::vector<std::uint32_t> activity;
  for (std::uint32_t begin = 0; begin < kDaySeconds; begin += step_seconds) {
    std::uint64_t weight = 0;  // in seconds
    for (std::uint32_t at = begin; at < begin + step_seconds;) {
      const std::uint32_t end = std::min(begin + step_seconds, (at / kHourSeconds + 1) * kHourSeconds);
      weight += std::uint64_t{hours[(start_hour + at / kHourSeconds) % kHours]} * (end - at);
      at = end;
    }
    const std::uint64_t mean = sum * step_seconds;  // of `weight`, 24 times
    activity.push_back(static_cast<std::uint32_t>((weight * kHours * kActivityUnits + mean / 2) / mean));
  }
  return activity;
}

absl::StatusOr<Rhythm> PlanRhythm(const pb::DailyRhythm& rhythm, std::uint32_t step_seconds,
                                  const std::string& path) {
  if (step_seconds == 0 || kDaySeconds % step_seconds != 0) {
    return FieldError("step_seconds", absl::StrCat("expected a divisor of ", kDaySeconds, " beside ", path,
                                                   ", found ", step_seconds));
  }
  if (rhythm.start_hour() >= kHours) {
    return FieldError(path + ".start_hour", absl::StrCat("expected 0 to 23, found ", rhythm.start_hour()));
  }
  std::array<std::uint32_t, kHours> hours = TrafficHourWeights();
  if (rhythm.hours_size() > 0) {
    constexpr std::uint32_t kWeightMax = 1'000'000;
    const std::uint32_t largest = *std::max_element(rhythm.hours().begin(), rhythm.hours().end());
    if (rhythm.hours_size() != kHours || largest > kWeightMax || largest == 0) {
      return FieldError(path + ".hours",
                        absl::StrCat("expected 24 numbers of at most ", kWeightMax, ", not all 0, found ",
                                     rhythm.hours_size(), ", the largest ", largest));
    }
    std::copy(rhythm.hours().begin(), rhythm.hours().end(), hours.begin());
  }
  const std::uint32_t start = rhythm.has_start_hour() ? rhythm.start_hour() : 9;
  return Rhythm{.activity = ActivityBySteps(hours, start, step_seconds), .first = 0};
}

}  // namespace

absl::StatusOr<DelayPlan> PlanDelay(const pb::Delay& delay, std::uint32_t step_seconds,
                                    const std::string& path) {
  const int distributions =
      delay.has_fixed() + delay.has_exponential() + delay.has_log_normal() + delay.has_gamma();
  if (distributions != 1) {
    return FieldError(
        path,
        absl::StrCat("expected exactly one of fixed, exponential, log_normal, gamma; found ", distributions));
  }
  DelayPlan plan;
  std::uint32_t units = 1;
  if (delay.has_rhythm()) {
    LAWINE_ASSIGN_OR_RETURN(plan.rhythm, PlanRhythm(delay.rhythm(), step_seconds, path + ".rhythm"));
    units = kActivityUnits;
  }
  if (!delay.has_fixed()) {
    LAWINE_ASSIGN_OR_RETURN(const Distribution distribution, DistributionOf(delay, path));
    LAWINE_ASSIGN_OR_RETURN(plan.table, Tabulate(distribution, units, path));
    return plan;
  }
  const std::uint64_t steps = std::uint64_t{delay.fixed()} * units;
  if (steps >= limits::kDelayStepsMax) {
    return FieldError(path + ".fixed", absl::StrCat("expected less than ", limits::kDelayStepsMax / units,
                                                    " steps, found ", delay.fixed()));
  }
  plan.table = Fixed(steps);
  return plan;
}

}  // namespace lawine
