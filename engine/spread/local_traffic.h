// Traffic in a whole cluster in one process: LocalCluster for many messages at once.
#ifndef LAWINE_ENGINE_SPREAD_LOCAL_TRAFFIC_H_
#define LAWINE_ENGINE_SPREAD_LOCAL_TRAFFIC_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/spread/traffic_machine.h"
#include "engine/spread/wave_collector.h"

namespace lawine {

struct LocalTrafficOutcome {
  TrafficOutcome traffic;
  std::uint64_t frame_bytes = 0;  // produced by all workers; each goes to every other worker
  std::uint64_t events = 0;
};

// Each worker's shards, and a source of waves for each: the same waves.
using WorkerShards = std::vector<std::vector<const ShardImage*>>;
using MakeWaves = std::function<std::unique_ptr<WaveSource>()>;

// All shards of one graph, in order. `when_whole`, if any, gets every wave that is over.
absl::StatusOr<LocalTrafficOutcome> RunLocalTraffic(
    const WorkerShards& workers, const TrafficSpec& spec, const MakeWaves& make_waves, Executor& executor,
    const std::function<void(const WaveOutcome&)>& when_whole = nullptr);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LOCAL_TRAFFIC_H_
