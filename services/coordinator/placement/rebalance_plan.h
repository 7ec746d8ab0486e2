// Which shards go where, so that every worker holds about as many of each graph, and those that are drained
// none.
#ifndef LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCE_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCE_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lawine {

struct PlannedShard {
  std::string graph;
  std::uint32_t shard = 0;
  std::uint64_t bytes = 0;
};

struct PlannedWorker {
  std::string node_id;
  bool drained = false;
  std::vector<PlannedShard> shards;

  std::uint64_t bytes() const;
};

struct PlannedMove {
  PlannedShard shard;
  std::size_t from = 0;  // of the workers
  std::size_t to = 0;
  std::string reason;
};

// The moves for the shards of one graph; afterwards `workers` are as they will be. Every worker that is not
// drained gets as many shards of it as any other, or one less: a run uses all shards of a graph at once, and
// shards of a graph are about as large. No more moves than that takes; who holds less of all graphs is
// preferred. Deterministic. REQUIRES: one worker at least is not drained.
std::vector<PlannedMove> PlanMoves(const std::string& graph, std::vector<PlannedWorker>& workers);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCE_PLAN_H_
