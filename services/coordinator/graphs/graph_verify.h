// Checking what workers have of a graph on disk.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_VERIFY_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_VERIFY_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/graph.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_handle.h"

namespace lawine {

// Asks all `holders` of something of the graph. What is damaged or missing stands in the answer; what a
// worker still has of shards that are another's does not: `owners` are node ids by shard, empty for those
// that whoever holds them owns.
absl::StatusOr<lawine::v1::VerifyGraphResponse> VerifyGraph(const internal::v1::GraphInfo& graph,
                                                            std::span<const WorkerHandle> holders,
                                                            std::span<const std::string> owners,
                                                            Cancellation& cancellation);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_VERIFY_H_
