// Checkpoints of the runs that a worker takes part in, kept with the shards that they are of.
#ifndef LAWINE_SERVICES_WORKER_RUNS_RUN_CHECKPOINTS_H_
#define LAWINE_SERVICES_WORKER_RUNS_RUN_CHECKPOINTS_H_

#include <cstdint>
#include <memory>
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

  // Brings the machine to where the plan says that it begins, if that is a checkpoint. `images` are those it
  // was made of. A checkpoint that is not here, or is damaged, is DATA_LOSS with reason CHECKPOINT_LOST;
  // UNAVAILABLE when a shard has gone since.
  absl::Status Load(RunMachine& machine, const Images& images) const;
  // Asks for one when it is time, by the clock of the worker with shard 0. Where the worker is `draining` its
  // own clock asks too, and sooner: after that little is done again elsewhere.
  void AskWhenDue(RunMachine& machine, absl::Time now, bool draining);
  // What the last turn made is durable when this returns: the step that it is of. None when nothing was made,
  // or when it could not be kept: the run goes on without.
  std::optional<std::uint32_t> Keep(RunMachine& machine, const Images& images);

 private:
  // Of the shard that the image is of.
  absl::StatusOr<std::shared_ptr<ShardLog>> LogOf(const ShardImage& image) const;
  absl::Status Write(const RunCheckpoint& made, const Images& images) const;

  ShardHost& shards_;
  CheckpointTotals& totals_;
  const std::string graph_;
  const std::uint64_t run_id_;
  const std::optional<std::uint32_t> from_;
  const absl::Duration every_;
  absl::Time last_;  // the last one, or the attempt's beginning
  bool asked_ = false;
};

// Forgets those that the coordinator does not need. Returns how many.
absl::StatusOr<std::uint32_t> KeepCheckpoints(ShardHost& shards,
                                              const internal::v1::KeepCheckpointsRequest& request);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_RUN_CHECKPOINTS_H_
