// Loading a new graph into workers: one LoadShard stream per shard, audiences summed in between.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_LOAD_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_LOAD_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/generator.h"
#include "engine/graph/link_source.h"
#include "engine/store/shard_manifest.h"
#include "lawine/v1/graph.pb.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// Told now and then; false ends the load.
using LoadWatcher = std::function<bool(const lawine::v1::LoadProgress&)>;

struct GraphLoadJob {
  GraphInfo graph;  // links and digest are found by loading
  std::uint64_t links_expected = 0;
  std::optional<GeneratorSpec> generator;  // workers generate by themselves; else `source` is sent to them
  const LinkSource* source = nullptr;      // REQUIRES: set when generator is not
};

// Who gets which shard, in contiguous groups; node ids by shard.
std::map<std::uint32_t, std::string> DealShards(std::uint32_t shards,
                                                const std::vector<WorkerHandle>& workers);

// Loads all shards, dealt to `workers` as by DealShards, all workers at once. Returns the finished
// graph. On failure nothing usable is left, but shards already committed must be dropped by the caller.
absl::StatusOr<GraphInfo> LoadGraph(const GraphLoadJob& job, const std::vector<WorkerHandle>& workers,
                                    const LoadWatcher& watch);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_LOAD_H_
