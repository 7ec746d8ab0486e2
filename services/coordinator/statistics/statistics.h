// Means of samples, their differences, and how sure they are.
#ifndef LAWINE_SERVICES_COORDINATOR_STATISTICS_STATISTICS_H_
#define LAWINE_SERVICES_COORDINATOR_STATISTICS_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lawine {

// The 97.5% quantile of Student's t. REQUIRES: degrees >= 1.
double StudentT975(std::uint64_t degrees);

struct Moments {
  double mean = 0;
  double variance = 0;  // divided by N - 1
};
// REQUIRES: at least two values. The variance of values that are all the same is 0, not a rounding error.
Moments MomentsOf(std::span<const double> values);

// The mean of `of` over the mean of `over`, linearised: values whose mean it is, and whose variance over
// their number is the ratio's (the delta method; Cochran, Sampling Techniques, 1977, chapter 6). Good where
// the mean of `over` is known to a small part of itself. Those of paired samples may be subtracted pair by
// pair. All 0 where `over` is. REQUIRES: equally many of both, at least one.
std::vector<double> LinearisedRatio(std::span<const double> of, std::span<const double> over);

// Whether values are too few, for so skewed a sample, for Student's interval to hold its 95%: no more than 25
// times the square of their skewness (Cochran, Sampling Techniques, 1977, chapter 2: a 95% interval then may
// fail more than 6% of the time).
bool IsRough(std::span<const double> values);

struct DifferenceEstimate {
  double mean = 0;
  double half_width = 0;  // of its 95% interval

  double low() const { return mean - half_width; }
  double high() const { return mean + half_width; }
};

// Of paired values: the mean of of[i] - against[i] with Student's interval.
struct PairedDifference {
  DifferenceEstimate estimate;
  double standard_deviation = 0;  // of the differences
  std::uint32_t more = 0;         // pairs with of[i] > against[i]
  std::uint32_t less = 0;
  std::uint32_t same = 0;
  bool rough = false;  // fewer pairs than the skewness of the differences asks for
};
// REQUIRES: equally many values, at least two.
PairedDifference Paired(std::span<const double> of, std::span<const double> against);

// Of independent samples (Welch 1947): degrees of freedom by Satterthwaite's formula, rounded down.
// REQUIRES: at least two values each.
DifferenceEstimate Unpaired(std::span<const double> of, std::span<const double> against);

// The least number of replicas of each with which Welch's interval, at these variances, is as narrow as
// `half_width`. None if that is 0 and the variances are not.
std::optional<std::uint64_t> UnpairedReplicas(double variance_of, double variance_against, double half_width);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_STATISTICS_STATISTICS_H_
