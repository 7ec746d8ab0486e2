// A whole cluster in one process: workers that exchange frames through memory. The same machines and
// frames as over the network, without it; the yardstick for what the network costs.
#ifndef LAWINE_ENGINE_SPREAD_LOCAL_CLUSTER_H_
#define LAWINE_ENGINE_SPREAD_LOCAL_CLUSTER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_machine.h"
#include "engine/store/shard_image.h"

namespace lawine {

struct ClusterOutcome {
  std::vector<StepCounts> steps;                       // of the first message, summed over replicas
  std::vector<std::vector<StepCounts>> message_steps;  // of all messages
  std::vector<LaneOutcome> lanes;  // by replica, and inside a replica by message; whole graph
  std::vector<Receipts> receipts;  // of the first message by shard, then of the next; only when the spec asks
  std::vector<std::vector<GroupRow>> groups;  // by message, summed over replicas; only when the spec asks
  std::uint64_t frame_bytes = 0;              // produced by all workers; each goes to every other worker
  std::uint64_t events = 0;
  std::uint64_t links_touched = 0;
};

// Immutable; Run may be called from several threads at once.
class LocalCluster {
 public:
  // All shards of one graph, in order, dealt to `workers_count` workers in contiguous groups.
  // REQUIRES: 1 <= workers_count <= images.size(). The images must outlive the cluster.
  LocalCluster(std::vector<const ShardImage*> images, std::uint32_t workers_count);

  absl::StatusOr<ClusterOutcome> Run(const RunSpec& spec, Executor& executor) const;

 private:
  std::vector<std::vector<const ShardImage*>> workers_;
};

// Adds a worker's part to the whole. Fails when their counts differ: workers must agree exactly.
absl::Status MergeLanes(const std::vector<LaneOutcome>& part, std::vector<LaneOutcome>& whole);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LOCAL_CLUSTER_H_
