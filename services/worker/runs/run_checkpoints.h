// Checkpoints of the runs that a worker takes part in, kept with the shards that they are of.
#ifndef LAWINE_SERVICES_WORKER_RUNS_RUN_CHECKPOINTS_H_
#define LAWINE_SERVICES_WORKER_RUNS_RUN_CHECKPOINTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/spread/run_machine.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/runs/checkpoint_totals.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// Of one attempt at a run. One thread at a time.
class RunCheckpoints {
 public:
  // `shards` and `totals` must outlive it.
  RunCheckpoints(ShardHost& shards, const internal::v1::RunPlan& plan, CheckpointTotals& totals);

  // Brings the machine to where the plan says that it begins, if that is a checkpoint. A checkpoint that is
  // not here, or is damaged, is DATA_LOSS with reason CHECKPOINT_LOST.
  absl::Status Load(RunMachine& machine) const;
  // Asks for one when it is time.
  void AskWhenDue(RunMachine& machine, absl::Time now);
  // What the last turn made is durable when this returns: the step that it is of. None when nothing was made,
  // or when it could not be kept: the run goes on without.
  std::optional<std::uint32_t> Keep(RunMachine& machine);

 private:
  absl::Status Write(const RunCheckpoint& made) const;

  ShardHost& shards_;
  CheckpointTotals& totals_;
  const std::string graph_;
  const std::uint64_t run_id_;
  const std::optional<std::uint32_t> from_;
  const absl::Duration every_;
  absl::Time next_;
};

// Forgets those that the coordinator does not need. Returns how many.
absl::StatusOr<std::uint32_t> KeepCheckpoints(ShardHost& shards,
                                              const internal::v1::KeepCheckpointsRequest& request);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_RUN_CHECKPOINTS_H_
