// Conducting traffic over the workers of its graph: the coordinator's side of ConductTraffic.
#ifndef LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_CONDUCTOR_H_
#define LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_CONDUCTOR_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/spread/traffic_outcome.h"
#include "engine/spread/wave_collector.h"
#include "services/coordinator/traffic/traffic_plan.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// What is done of traffic, by all attempts.
struct TrafficConducted {
  WaveCollector waves{1};
  double load_seconds = 0;
  double processing_seconds = 0;
  std::uint64_t exchange_bytes = 0;
};

struct TrafficHooks {
  // The caller's next batch, none after the last; asked on the conducting thread. Null where messages are
  // generated.
  std::function<absl::StatusOr<std::optional<internal::v1::WaveBatch>>()> next_batch;
  // A wave is over: the wave, and everything so far without it. One call at a time; while it lasts the
  // workers wait.
  std::function<absl::Status(const WaveOutcome& wave, const TrafficOutcome& before)> wave;
  std::function<void()> started = nullptr;  // all workers are prepared, the traffic begins
};

// Does what is left of `job` on the workers of `placement`, adding to `so_far`. UNAVAILABLE names the worker
// that went away, and what was over before stays in `so_far`: where messages are generated it can be gone on
// with. DATA_LOSS when workers disagree. Any failure cancels `cancellation`.
absl::Status ConductTraffic(const TrafficJob& job, const Placement& placement, absl::Duration timeout,
                            const TrafficHooks& hooks, Cancellation& cancellation, TrafficConducted& so_far);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_CONDUCTOR_H_
