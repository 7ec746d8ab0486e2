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

void AddCheckpointFigures(const CheckpointTotals& totals, MetricFamilies& families) {
  const auto value = [](const std::atomic<std::uint64_t>& total) {
    return static_cast<double>(total.load());
  };
  AddCounters(families, "lawine_checkpoints_total", "Checkpoints of runs, those written and the others.",
              {{value(totals.kept), {{"result", "ok"}}}, {value(totals.failed), {{"result", "failed"}}}});
  AddCounters(families, "lawine_checkpoint_bytes_total", "Bytes of checkpoints written.",
              {{value(totals.bytes)}});
  AddCounters(families, "lawine_checkpoint_seconds_total", "Seconds in which runs waited for that.",
              {{value(totals.microseconds) / 1e6}});
}

}  // namespace lawine
