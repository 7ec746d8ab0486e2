// What a graph holds, counted by its workers and added up.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_STATS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_STATS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/internal/v1/worker.pb.h"
#include "lawine/v1/graph.pb.h"
#include "services/coordinator/graphs/audience_distribution.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// All of these count the graph at the version that `graph` tells. Audiences of all members.
absl::StatusOr<AudienceDistribution> CountAudiences(const internal::v1::GraphInfo& graph,
                                                    const Placement& placement);

// The `count` communities with most members, ascending by number; fewer where there are no more.
absl::StatusOr<std::vector<std::uint32_t>> LargestCommunities(const internal::v1::GraphInfo& graph,
                                                              const Placement& placement, std::size_t count,
                                                              Cancellation* cancellation = nullptr);

// All of the stats but the graph's description.
absl::StatusOr<lawine::v1::GetGraphStatsResponse> CountGraph(const internal::v1::GraphInfo& graph,
                                                             const Placement& placement,
                                                             Cancellation& cancellation);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_STATS_H_
