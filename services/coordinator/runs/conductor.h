// Conducting one run over the workers of its graph: the coordinator's side of ConductRun. The coordinator
// starts, watches and collects; steps are agreed between workers without it.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_CONDUCTOR_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_CONDUCTOR_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/spread/group_counts.h"
#include "engine/spread/outcome.h"
#include "lawine/internal/v1/registry.pb.h"
#include "services/common/steady_time.h"
#include "services/coordinator/plan/scenario_plan.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

struct ConductOutcome {
  std::vector<std::vector<StepCounts>> steps;  // by message, summed over replicas
  // By replica, and inside a replica by message; whole graph: digests and unreached summed over workers.
  std::vector<LaneOutcome> lanes;
  // Of the first message by replica, its first limits::kKeptStepsMax steps; only when the spec asks.
  std::vector<std::vector<StepCounts>> kept_steps;
  // By message, summed over workers and replicas; only when the spec asks.
  std::vector<std::vector<GroupRow>> groups;
  std::uint64_t target_members = 0;
  double load_seconds = 0;
  std::uint64_t links_on_disk = 0;  // of all workers, by their memory limits
  bool partly_in_memory = false;
  double processing_seconds = 0;
  std::uint64_t exchange_bytes = 0;
  std::uint64_t links_touched = 0;
  std::vector<lawine::v1::WorkerTrace> traces;  // of each worker; of blocks one after the other
};

// One message's replicas.
std::vector<LaneOutcome> LanesOf(const ConductOutcome& outcome, std::size_t message);

// Told how far a run is, from one thread: every step of its first message, in order, where there is one
// replica; how many replicas are over.
struct RunWatch {
  std::function<void(const StepCounts&)> step;
  std::function<void(std::uint32_t)> replicas_done;
  std::function<void()> started = nullptr;  // all workers are prepared, the run begins
  // All workers say that the checkpoint of this step is durable.
  std::function<void(std::uint32_t)> checkpoint = nullptr;
};

// Runs `plan` as `run_id` on the workers of `placement` and returns what they said.
// UNAVAILABLE names the worker that went away, or is ShardsMove. A failure cancels `cancellation`.
absl::StatusOr<internal::v1::RunBlock> HearRun(const RunPlan& plan, const Placement& placement,
                                               absl::Duration timeout, const RunWatch& watch,
                                               Cancellation& cancellation);
// Puts together what workers said of a run of `plan`. DATA_LOSS when they disagree.
absl::StatusOr<ConductOutcome> OutcomeOf(const RunPlan& plan, const internal::v1::RunBlock& block);

// Both.
absl::StatusOr<ConductOutcome> ConductRun(const RunPlan& plan, const Placement& placement,
                                          absl::Duration timeout, const RunWatch& watch,
                                          Cancellation& cancellation);

// Tries again while shards of the graph move: `try_once`, an absl::StatusOr<>(), makes an attempt of its own
// each time. Returns what the last one says: that it had no time left, where there is none before `end`.
template <class TryOnce>
auto UntilShardsRest(SteadyTime end, const Cancellation& cancellation, TryOnce&& try_once) {
  for (;;) {
    auto result = try_once();
    if (!IsShardsMove(result.status()) || cancellation.cancelled() || SteadyNow() >= end) return result;
  }
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_CONDUCTOR_H_
