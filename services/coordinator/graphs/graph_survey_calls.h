// The survey of a graph's shape, asked of its workers.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_SURVEY_CALLS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_SURVEY_CALLS_H_

#include "absl/status/statusor.h"
#include "lawine/internal/v1/worker.pb.h"
#include "lawine/v1/graph.pb.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

absl::StatusOr<lawine::v1::GraphShape> SurveyShape(const internal::v1::GraphInfo& graph,
                                                   const Placement& placement, Cancellation& cancellation);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_SURVEY_CALLS_H_
