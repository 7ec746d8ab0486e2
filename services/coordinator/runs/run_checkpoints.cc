// Checkpoints of runs of one replica: which count, where an attempt begins, and when workers may forget them.
#include <spdlog/spdlog.h>

#include "engine/base/failpoint.h"
#include "services/common/errors.h"
#include "services/coordinator/runs/run_names.h"
#include "services/coordinator/runs/runs.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr int kKeptMax = 2;  // the last one may turn out to be damaged

// Says the same in the part of the record that callers see.
void ShowLast(pbi::RunRecord& record) {
  record.mutable_run()->clear_checkpoint_step();
  if (record.checkpoints_size() == 0) return;
  record.mutable_run()->set_checkpoint_step(*record.checkpoints().rbegin());
}

}  // namespace

CheckpointPlan Runs::NextBeginning(RunEntry& entry) const {
  CheckpointPlan plan{.every = options_.checkpoint_every, .from = {}};
  MutexLock lock(entry.mutex);
  if (entry.record.checkpoints_size() > 0) plan.from = *entry.record.checkpoints().rbegin();
  lawine::v1::Run& run = *entry.record.mutable_run();
  run.set_attempts(run.attempts() + 1);
  run.set_began_at_step(plan.from.value_or(0));
  return plan;
}

// It counts once the registry has it: from then on earlier ones are not needed.
void Runs::CountCheckpoint(RunEntry& entry, std::uint32_t step) {
  pbi::RunRecord record;
  {
    MutexLock lock(entry.mutex);
    record = entry.record;
  }
  auto& steps = *record.mutable_checkpoints();
  steps.Add(step);
  if (steps.size() > kKeptMax) steps.erase(steps.begin(), steps.end() - kKeptMax);
  ShowLast(record);
  if (const absl::Status saved = Save(entry, record); !saved.ok()) {
    spdlog::warn("{}: the checkpoint of step {} does not count: {}", RunName(entry.run_id), step,
                 std::string(saved.message()));
    return;
  }
  {
    MutexLock lock(entry.mutex);
    *entry.record.mutable_checkpoints() = record.checkpoints();
    ShowLast(entry.record);
  }
  Failpoint("run.checkpoint_counts");
  ForgetCheckpoints(record.run().scenario().graph());
}

// Whether the attempt failed because the checkpoint it was to begin at is lost somewhere: the next one begins
// at the one before, or at the beginning.
bool Runs::FallBack(RunEntry& entry, const absl::Status& failure) {
  if (ReasonOf(failure) != kCheckpointLost) return false;
  pbi::RunRecord record;
  {
    MutexLock lock(entry.mutex);
    if (entry.record.checkpoints_size() == 0) return false;
    entry.record.mutable_checkpoints()->RemoveLast();
    ShowLast(entry.record);
    record = entry.record;
  }
  spdlog::warn("{}: {}; an earlier one will do", RunName(entry.run_id), std::string(failure.message()));
  // Where it cannot be noted a later coordinator finds out by itself.
  Save(entry, record).IgnoreError();
  return true;
}

// Tells workers which checkpoints on the graph are needed. Who cannot be told keeps the others until it is
// told the next time.
void Runs::ForgetCheckpoints(const std::string& graph) {
  constexpr absl::Duration kTimeout = absl::Seconds(5);
  pbi::KeepCheckpointsRequest request;
  request.set_graph(graph);
  bool all_known = false;
  {
    MutexLock lock(mutex_);
    checkpoints_left_.erase(graph);  // who ends from here on notes it again
    // A run that is being noted, and not listed yet, may have checkpoints before all workers have this.
    request.set_end_run_id(queue_.FirstComing().value_or(next_id_));
    all_known = request.end_run_id() == next_id_;
    for (const auto& [run_id, entry] : runs_) {
      MutexLock entry_lock(entry->mutex);
      const lawine::v1::Run& run = entry->record.run();
      if (Ended(run.state()) || run.scenario().graph() != graph) continue;
      pbi::KeptRun& kept = *request.add_runs();
      kept.set_run_id(run_id);
      if (entry->record.checkpoints_size() > 0) kept.set_first_step(entry->record.checkpoints(0));
    }
  }
  const std::vector<WorkerHandle> workers = workers_.HoldersOf(graph);
  const absl::Status told =
      AskAll(workers, &WorkerStub::KeepCheckpoints, request, kTimeout, {&planning_}).status();
  if (!told.ok())
    spdlog::info("checkpoints on '{}' are forgotten later: {}", graph, std::string(told.message()));
  const bool gone = absl::IsNotFound(graphs_.Find(graph).status());
  if (gone || (told.ok() && all_known && !workers.empty())) return;
  MutexLock lock(mutex_);
  checkpoints_left_.insert(graph);
}

}  // namespace lawine
