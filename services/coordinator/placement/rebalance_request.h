// What a caller asks to rebalance, against what workers hold.
#ifndef LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCE_REQUEST_H_
#define LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCE_REQUEST_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/v1/placement.pb.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// What to move of what workers hold. NOT_FOUND for a graph that is none; INVALID_ARGUMENT for a worker that
// is none, or when none is left to hold anything; FAILED_PRECONDITION when a worker to be drained has a shard
// that cannot be moved.
struct RebalancePlan {
  lawine::v1::PlanRebalanceResponse response;
  std::vector<std::string> graph_digests;  // parallel to its moves
  std::set<std::string> drained;
};
absl::StatusOr<RebalancePlan> PlanRebalance(const lawine::v1::RebalanceOptions& options, const Graphs& graphs,
                                            const WorkerDirectory& workers);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCE_REQUEST_H_
