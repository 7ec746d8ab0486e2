// Ensembles that grow until a mean is known well enough.
#ifndef LAWINE_SERVICES_COORDINATOR_STATISTICS_PRECISION_H_
#define LAWINE_SERVICES_COORDINATOR_STATISTICS_PRECISION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "engine/spread/outcome.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/statistics/ensemble.h"

namespace lawine {

// It is looked at after so many replicas at the earliest.
inline constexpr std::uint32_t kFirstLook = 32;

// Fills the defaults of until_precision, if it is there, and of replicas beside it. INVALID_ARGUMENT with the
// field's path.
absl::Status CompletePrecision(lawine::v1::Scenario& scenario);

// What replicas may be like, known before any is made.
struct PossibleReplicas {
  bool coins = true;  // they may differ
  std::uint64_t members = 0;
  bool forward_once = true;  // a member at most
};

// Too few values that differ from the most common one make no interval: what they are like, and how often
// they come, shows in none of Student's assumptions.
inline constexpr std::uint32_t kDifferingMin = 5;

// What is unknown of a mean where fewer than kDifferingMin values differ from the most common one. If `n` of
// N do, those that differ are, with 95% confidence, fewer than `at_most` in N: 3, 4.74, 6.3, 7.75, 9.15 (the
// upper limits of a Poisson count, Garwood 1936; of none the rule of three, Hanley and Lippman-Hand 1983).
// Each may be as far from the mean as anything possible.
struct FewDiffer {
  std::uint32_t differing = 0;
  double at_most = 0;
  // Of the mean: at_most / N times the largest possible distance from it; none where nothing bounds that.
  std::optional<double> half_width = std::nullopt;
};
// Of a measure's values, or of differences of it. None where enough differ, where no value is that of most,
// and where there are no coins. REQUIRES: at least two values.
std::optional<FewDiffer> FewDifferIn(std::span<const double> values, const Measure& measure,
                                     const PossibleReplicas& possible, bool differences = false);
// The same as a sentence about `what`.
std::string FewDifferText(const FewDiffer& few, const std::string& what, std::uint32_t replicas);

// How well the mean is known: half the width of its interval (Student's t), or, where that is more, what is
// unknown for few differ; where nothing bounds that it is never met. REQUIRES: at least two replicas;
// `wanted` is complete.
lawine::v1::EnsemblePrecision PrecisionOf(std::span<const LaneOutcome> lanes,
                                          const lawine::v1::UntilPrecision& wanted,
                                          const PossibleReplicas& possible);

// Whether half an interval is as narrow as was asked for; `mean` is what a part of it is a part of.
bool IsPrecise(double half_width, double mean, const lawine::v1::UntilPrecision& wanted);

// The next number of replicas, above `replicas`, after which it is looked at: 32, 64, 128, ..., `most`.
std::uint32_t NextLook(std::uint32_t replicas, std::uint32_t most);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_STATISTICS_PRECISION_H_
