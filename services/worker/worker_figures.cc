#include "services/worker/worker_figures.h"

namespace lawine {

void AddShardFigures(const std::vector<HeldShardState>& shards, std::uint64_t memory_limit_bytes,
                     MetricFamilies& families) {
  double ok = 0;
  double disk_bytes = 0;
  double resident_bytes = 0;
  for (const HeldShardState& shard : shards) {
    ok += shard.status.ok();
    disk_bytes += static_cast<double>(shard.disk_bytes);
    resident_bytes += static_cast<double>(shard.resident_bytes);
  }
  AddGauges(families, "lawine_shards", "Shards on this worker's volume: those it can open, and the others.",
            {{ok, {{"state", "ok"}}}, {static_cast<double>(shards.size()) - ok, {{"state", "bad"}}}});
  AddGauges(families, "lawine_shard_disk_bytes", "Shards on disk.", {{disk_bytes}});
  AddGauges(families, "lawine_shard_resident_bytes", "Shards in memory.", {{resident_bytes}});
  AddGauges(families, "lawine_memory_limit_bytes", "What graphs may take in memory; 0: no limit.",
            {{static_cast<double>(memory_limit_bytes)}});
}

}  // namespace lawine
