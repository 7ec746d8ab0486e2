// Replicas seen together: how their counts are spread. Counts are exact integers; only means, deviations and
// shares are not.
#ifndef LAWINE_SERVICES_COORDINATOR_ENSEMBLE_H_
#define LAWINE_SERVICES_COORDINATOR_ENSEMBLE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/spread/outcome.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine {

// A replica that ends with less than this share of the members has died out.
inline constexpr std::uint64_t kDyingOutPercent = 5;

// REQUIRES: at least two replicas, on a graph of `members_count` members.
lawine::v1::Ensemble MakeEnsemble(std::span<const LaneOutcome> lanes, std::uint32_t members_count);

// REQUIRES: at least two values, ascending.
lawine::v1::Distribution DistributionOf(std::span<const std::uint64_t> sorted);
// REQUIRES: at least one value, ascending.
std::vector<lawine::v1::HistogramBin> HistogramOf(std::span<const std::uint64_t> sorted);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_ENSEMBLE_H_
