#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "services/common/steady_time.h"
#include "services/coordinator/plan/later_plan.h"
#include "services/coordinator/runs/attribution.h"
#include "services/coordinator/runs/room.h"
#include "services/coordinator/runs/run_names.h"
#include "services/coordinator/runs/run_recovery.h"
#include "services/coordinator/runs/run_result.h"
#include "services/coordinator/runs/runs.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kRunTimeout = absl::Hours(24);

pb::RunResult ResultOf(RunPlan plan, const RunSoFar& so_far, std::uint32_t workers, absl::Time asked) {
  SetReplicasMade(so_far, plan);
  pb::RunResult result = MakeResult(plan, so_far.outcome);
  result.mutable_manifest()->set_workers(workers);
  result.mutable_timing()->set_load_seconds(so_far.outcome.load_seconds);
  result.mutable_timing()->set_processing_seconds(so_far.outcome.processing_seconds);
  result.mutable_timing()->set_makespan_seconds(absl::ToDoubleSeconds(absl::Now() - asked));
  return result;
}

// What need not be done again: grows when a run gets further.
std::uint64_t ProgressKept(const RunEntry& entry, const RunSoFar& so_far) {
  MutexLock lock(entry.mutex);
  return std::uint64_t{so_far.replicas} + entry.record.run().checkpoint_step();
}

// Who brought it to whom is in memory of workers: with a worker the whole run is lost.
absl::Status AddAttribution(const RunPlan& plan, const Placement& placement, Cancellation& cancellation,
                            RunSoFar& so_far) {
  const auto& boundaries = plan.graph.info().boundaries();
  auto attribution = ReadAttribution(placement, plan.spec.run_id, *boundaries.rbegin(), cancellation);
  if (attribution.ok()) {
    so_far.attribution = *std::move(attribution);
    return absl::OkStatus();
  }
  so_far = RunSoFar();
  if (!absl::IsNotFound(attribution.status())) return attribution.status();
  return absl::UnavailableError(attribution.status().message());
}

}  // namespace

void Runs::TakeTurns() {
  constexpr auto kLimitsMayChangeEvery = std::chrono::seconds(1);
  for (;;) {
    Entry entry;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && (entry = queue_.TakeNext()) == nullptr) {
        queue_changed_.WaitFor(mutex_, kLimitsMayChangeEvery);
      }
      if (entry == nullptr) return;
    }
    Conduct(*entry);
    MutexLock lock(mutex_);
    queue_.Over(*entry);
    queue_changed_.NotifyAll();
  }
}

void Runs::Conduct(RunEntry& entry) {
  {
    MutexLock lock(entry.mutex);
    if (entry.wish == Wish::kNone) entry.record.mutable_run()->set_state(pb::RUN_STATE_RUNNING);
  }
  Settle(entry, ConductAttempts(entry));
}

absl::StatusOr<pb::RunResult> Runs::ConductAttempts(RunEntry& entry) {
  Recovery recovery(options_.recovery);
  bool contradicted = false;
  const RunWatch watch{
      .step =
          [&](const StepCounts& counts) { contradicted = !entry.progress.Append(counts) || contradicted; },
      .replicas_done = [&](std::uint32_t replicas) { entry.progress.SetReplicasDone(replicas); },
      .started =
          [&] {
            recovery.Started();
            MutexLock lock(entry.mutex);
            entry.record.mutable_run()->clear_waiting_for();
          },
      .checkpoint = [&](std::uint32_t step) { CountCheckpoint(entry, step); }};
  RunSoFar so_far;
  Placement used;  // of the attempt that succeeds; shards stay where they are until all is read from them
  for (absl::Status status = absl::UnavailableError(""); !status.ok();) {
    const std::uint64_t before = ProgressKept(entry, so_far);
    entry.progress.BeginAttempt();
    status = TryOnce(entry, watch, so_far, used);
    if (contradicted)
      return absl::DataLossError("two attempts had different steps: no result can be trusted");
    if (status.ok()) continue;
    used = Placement();
    if (entry.cancellation.cancelled()) return absl::CancelledError("the run was stopped");
    if (IsShardsMove(status)) {
      recovery.Interrupted();
      spdlog::info("{}: pauses while shards of its graph move", RunName(entry.run_id));
    } else if (FallBack(entry, status)) {
      recovery.Interrupted();
    } else {
      LAWINE_RETURN_IF_ERROR(recovery.Lost(status, ProgressKept(entry, so_far) > before, SteadyNow()));
      spdlog::warn("{}: {}; will be tried again", RunName(entry.run_id), std::string(status.message()));
    }
    {
      MutexLock lock(entry.mutex);
      entry.record.mutable_run()->set_waiting_for(std::string(status.message()));
    }
    SleepUnlessCancelled(recovery.wait(), entry.cancellation);
  }
  const auto workers = static_cast<std::uint32_t>(used.workers.size());
  pb::RunResult result = ResultOf(*entry.plan, so_far, workers, entry.asked);
  result.mutable_manifest()->set_run(RunName(entry.run_id));
  entry.trace = std::move(so_far.outcome.traces);
  if (entry.plan->spec.record_attribution) *result.mutable_attribution() = std::move(so_far.attribution);
  LAWINE_RETURN_IF_ERROR(CheckBranchOf(entry, result));
  return result;
}

absl::Status Runs::CheckBranchOf(const RunEntry& entry, pb::RunResult& result) const {
  pb::BranchPoint point;
  {
    MutexLock lock(entry.mutex);
    if (!entry.record.run().has_branch_of()) return absl::OkStatus();
    point = entry.record.run().branch_of();
  }
  result.mutable_manifest()->set_branch_of(point.run());
  const absl::StatusOr<pb::RunResult> run = Result(point.run());
  return run.ok() ? CheckBranch(*run, result, point.after_step()) : absl::OkStatus();
}

// What another attempt can do better is UNAVAILABLE. Adds what gets done to `so_far`, also when it fails.
absl::Status Runs::TryOnce(RunEntry& entry, const RunWatch& watch, RunSoFar& so_far, Placement& used) {
  if (entry.cancellation.cancelled()) return absl::CancelledError("the run was stopped before its turn");
  if (!entry.plan.has_value()) {
    pbi::RunRecord record;
    {
      MutexLock lock(entry.mutex);
      record = entry.record;
    }
    LAWINE_ASSIGN_OR_RETURN(
        RunPlan plan, Plan(AtVersion(record.run().scenario(), entry.use), record.run().record_attribution()));
    if (plan.graph.info().digest() != record.graph_digest()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "graph '", plan.graph.info().name(),
          "' is not the one the run was asked for: expected "
          "digest ",
          record.graph_digest(), ", found ", plan.graph.info().digest(), ": create the run again"));
    }
    plan.spec.record_receipts = record.run().record_receipts();
    entry.plan = std::move(plan);
  }
  RunPlan plan = *entry.plan;
  plan.spec.run_id = entry.run_id;
  plan.spec.keep_steps = plan.spec.replicas > 1;  // bands over replicas
  LAWINE_ASSIGN_OR_RETURN(used, graphs_.Place(plan.graph));
  if (so_far.replicas == 0) {
    LAWINE_ASSIGN_OR_RETURN(const std::vector<pbi::RunBlock> blocks, archive_.Blocks(entry.run_id));
    for (const pbi::RunBlock& block : blocks) LAWINE_RETURN_IF_ERROR(AddBlock(plan, block, so_far));
    entry.progress.SetReplicasDone(so_far.replicas);
  }
  Cancellation attempt(entry.cancellation);
  plan.checkpoints = NextBeginning(entry);
  LAWINE_RETURN_IF_ERROR(ConductRest(plan, used, kRunTimeout, options_.keep_every, watch,
                                     {.next_attempt = [&] { return NextAttempt(entry); },
                                      .keep =
                                          [&](const pbi::RunBlock& block) {
                                            const absl::Status kept = WhenThereIsRoom(
                                                options_.recovery.recover_within, entry,
                                                [&] { return archive_.AddBlock(entry.run_id, block); });
                                            Failpoint("run.block_kept");
                                            return kept;
                                          }},
                                     attempt, so_far));
  return plan.spec.record_attribution ? AddAttribution(plan, used, attempt, so_far) : absl::OkStatus();
}

absl::StatusOr<std::uint32_t> Runs::NextAttempt(RunEntry& entry) {
  pbi::RunRecord record;
  {
    MutexLock lock(entry.mutex);
    if (std::exchange(entry.attempt_is_fresh, false)) return entry.record.attempt();
    entry.record.set_attempt(entry.record.attempt() + 1);
    record = entry.record;
  }
  LAWINE_RETURN_IF_ERROR(
      WhenThereIsRoom(options_.recovery.recover_within, entry, [&] { return Save(entry, record); }));
  return record.attempt();
}

// One attempt at a run that nobody keeps.
absl::StatusOr<pb::RunResult> Runs::Once(RunPlan plan, absl::Duration timeout, Cancellation& cancellation) {
  const absl::Time asked = absl::Now();
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(plan.graph));
  std::uint32_t attempt = 0;
  const BlockHooks hooks{.next_attempt = [&attempt]() -> absl::StatusOr<std::uint32_t> { return ++attempt; },
                         .keep = [](const pbi::RunBlock&) { return absl::OkStatus(); }};
  const RunWatch watch{.step = [](const StepCounts&) {}, .replicas_done = [](std::uint32_t) {}};
  RunSoFar so_far;
  Cancellation once(cancellation);
  LAWINE_RETURN_IF_ERROR(
      ConductRest(plan, placement, timeout, absl::InfiniteDuration(), watch, hooks, once, so_far));
  return ResultOf(std::move(plan), so_far, static_cast<std::uint32_t>(placement.workers.size()), asked);
}

}  // namespace lawine
