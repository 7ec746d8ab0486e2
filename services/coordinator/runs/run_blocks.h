// A run in blocks of replicas: what is over of an ensemble is kept and need not be done again.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_BLOCKS_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_BLOCKS_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/coordinator/runs/conductor.h"

namespace lawine {

// Replicas that are over, from the plan's first on, without gaps.
struct RunSoFar {
  ConductOutcome outcome;
  std::uint32_t replicas = 0;
  lawine::v1::Attribution attribution;  // of a run that asks for it, when all is over
};

// Adds the replicas that follow, to those there are or to nothing.
void Append(ConductOutcome part, ConductOutcome& whole);

// Adds the block that follows. DATA_LOSS when it does not follow, or contradicts itself.
absl::Status AddBlock(const RunPlan& plan, const internal::v1::RunBlock& block, RunSoFar& so_far);

struct BlockHooks {
  // The number of the next block's frames: no other block of the run had it or will have it.
  std::function<absl::StatusOr<std::uint32_t>()> next_attempt;
  // A block is over. If that fails the block has to be done again. Not called for a run of one block.
  std::function<absl::Status(const internal::v1::RunBlock&)> keep;
};

// Does what is left of `plan`, adding to `so_far`; where the plan's scenario has until_precision, until it is
// precise. Blocks take about `keep_every` each. A single replica is one block. Failures as HearRun's; what
// was over before stays in `so_far`.
absl::Status ConductRest(const RunPlan& plan, const Placement& placement, absl::Duration timeout,
                         absl::Duration keep_every, const RunWatch& watch, const BlockHooks& hooks,
                         Cancellation& cancellation, RunSoFar& so_far);

// Makes `plan` that of a run of as many replicas as were made. REQUIRES: ConductRest succeeded.
void SetReplicasMade(const RunSoFar& so_far, RunPlan& plan);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_BLOCKS_H_
