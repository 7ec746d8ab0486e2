// Rates that were counted: what is known of them, and how much of a result's spread that makes.
#ifndef LAWINE_SERVICES_COORDINATOR_STATISTICS_UNCERTAINTY_H_
#define LAWINE_SERVICES_COORDINATOR_STATISTICS_UNCERTAINTY_H_

#include <vector>

#include "lawine/v1/sweep.pb.h"

namespace lawine {

// Quantile of the posterior that Counts defines. REQUIRES: successes <= trials, 0 < share < 1.
double PosteriorQuantile(const lawine::v1::Counts& counts, double share);

// As Uncertainty says. `reach`: by value, then by replica. REQUIRES: at least two values, at least two
// replicas, equally many of each.
lawine::v1::Uncertainty UncertaintyOf(const std::vector<std::vector<double>>& reach);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_STATISTICS_UNCERTAINTY_H_
