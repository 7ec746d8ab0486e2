// A worker's part of the survey of a graph's shape.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_SURVEY_H_
#define LAWINE_SERVICES_WORKER_SHARDS_SURVEY_H_

#include "absl/status/status.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// Takes one step on all of this worker's shards of the graph. INVALID_ARGUMENT for a step that is none.
absl::Status Survey(ShardHost& shards, const internal::v1::SurveyShardsRequest& request,
                    internal::v1::SurveyShardsResponse& response);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_SURVEY_H_
