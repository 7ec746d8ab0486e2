// Values of a sweep, and the critical one among them.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_SWEEP_VALUES_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_SWEEP_VALUES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "lawine/v1/sweep.pb.h"

namespace lawine {

// Ascending, each once; both ends exact. Of counts: ascending, as many as points. `whole`: whole numbers
// only. REQUIRES: `sweep` is complete and makes sense.
std::vector<double> SweepValues(const lawine::v1::Sweep& sweep, bool whole);

// Standard deviation divided by the mean; 0 where the mean is 0. REQUIRES: at least two values.
double VariabilityOf(std::span<const double> reach);

// As CriticalValue says. `reach`: by value of the sweep, then by replica, equally many of each.
lawine::v1::CriticalValue FindCritical(std::span<const double> values,
                                       const std::vector<std::vector<double>>& reach, bool log_scale,
                                       std::uint64_t run_seed);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_SWEEP_VALUES_H_
