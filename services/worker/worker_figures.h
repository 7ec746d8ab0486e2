// What a worker holds and does, in figures.
#ifndef LAWINE_SERVICES_WORKER_WORKER_FIGURES_H_
#define LAWINE_SERVICES_WORKER_WORKER_FIGURES_H_

#include <cstdint>
#include <vector>

#include "services/common/metric_families.h"
#include "services/worker/runs/checkpoint_totals.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

void AddShardFigures(const std::vector<HeldShardState>& shards, std::uint64_t memory_limit_bytes,
                     MetricFamilies& families);
void AddCheckpointFigures(const CheckpointTotals& totals, MetricFamilies& families);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_WORKER_FIGURES_H_
