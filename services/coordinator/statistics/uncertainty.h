// Rates that were counted: what is known of them, and how much of a result's spread that makes.
#ifndef LAWINE_SERVICES_COORDINATOR_STATISTICS_UNCERTAINTY_H_
#define LAWINE_SERVICES_COORDINATOR_STATISTICS_UNCERTAINTY_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lawine/v1/simulation.pb.h"
#include "lawine/v1/sweep.pb.h"

namespace lawine {

// Quantile of what is known of a rate that was counted, after a uniform prior: of the beta distribution with
// parameters successes + 1 and trials - successes + 1. REQUIRES: successes <= trials, 0 < share < 1.
double PosteriorQuantile(std::uint64_t successes, std::uint64_t trials, double share);

// As Uncertainty says. `reach`: by value, then by replica. REQUIRES: at least two values (for mean_middle95
// to be 95%, twenty), at least two replicas, equally many of each.
lawine::v1::Uncertainty UncertaintyOf(const std::vector<std::vector<double>>& reach);

// What replicas drew of a rate.
struct RateByReplica {
  std::string field;
  std::vector<double> drawn;
};
// As LuckAndIgnorance says, of the values of the same replicas. REQUIRES: at least two.
lawine::v1::LuckAndIgnorance LuckAndIgnoranceOf(std::span<const double> values,
                                                const std::vector<RateByReplica>& rates);
// Fewer replicas say too little.
inline constexpr std::size_t kLuckReplicasMin = 20;

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_STATISTICS_UNCERTAINTY_H_
