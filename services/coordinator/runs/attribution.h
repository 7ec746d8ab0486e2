// Who brought a message to whom, as the result of a run tells it.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_ATTRIBUTION_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_ATTRIBUTION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// Reads what the workers of `placement` keep of the ended run. UNAVAILABLE names a worker that went away,
// NOT_FOUND one that has lost it.
absl::StatusOr<lawine::v1::Attribution> ReadAttribution(const Placement& placement, std::uint64_t run_id,
                                                        std::uint32_t members_count,
                                                        Cancellation& cancellation);

// Bins 0, 1, 2, 3 to 4, 5 to 8, 9 to 16, ...; none at the ends is empty.
std::vector<lawine::v1::FrequencyBin> FrequencyOf(std::span<const std::uint32_t> deliveries);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_ATTRIBUTION_H_
