#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "services/common/log.h"
#include "services/coordinator/plan/later_plan.h"
#include "services/coordinator/runs/attribution.h"
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

// Keeps something of a run. A disk that is full may have room again: the run pauses for it, as for a worker
// that was lost.
absl::Status WhenThereIsRoom(absl::Duration wait_max, RunEntry& entry,
                             const std::function<absl::Status()>& keep) {
  constexpr absl::Duration kTryEvery = absl::Milliseconds(500);
  const absl::Time end = absl::Now() + wait_max;
  absl::Status kept = keep();
  const auto may_pass = [&kept] { return absl::IsResourceExhausted(kept) || absl::IsUnavailable(kept); };
  if (!may_pass()) return kept;
  spdlog::warn("{}: pauses: {}", RunName(entry.run_id), std::string(kept.message()));
  while (may_pass()) {
    if (absl::Now() >= end || entry.cancellation.cancelled()) return kept;
    {
      MutexLock lock(entry.mutex);
      entry.record.mutable_run()->set_waiting_for(std::string(kept.message()));
    }
    SleepUnlessCancelled(kTryEvery, entry.cancellation);
    kept = keep();
  }
  MutexLock lock(entry.mutex);
  entry.record.mutable_run()->clear_waiting_for();
  return kept;
}

}  // namespace

Runs::Entry Runs::TakeNext() {
  for (auto it = queue_.begin(); it != queue_.end(); ++it) {
    const std::string& owner = (*it)->owner;
    const std::uint32_t most = LimitsOf(owner).runs_at_once;
    std::uint32_t& running = running_of_[owner];
    if (most > 0 && running >= most) continue;
    ++running;
    Entry entry = *it;
    queue_.erase(it);
    return entry;
  }
  return nullptr;
}

void Runs::RunQueue() {
  constexpr auto kLimitsMayChangeEvery = std::chrono::seconds(1);
  for (;;) {
    Entry entry;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && (entry = TakeNext()) == nullptr) {
        queue_changed_.WaitFor(mutex_, kLimitsMayChangeEvery);
      }
      if (entry == nullptr) return;
    }
    Conduct(*entry);
    MutexLock lock(mutex_);
    if (--running_of_[entry->owner] == 0) running_of_.erase(entry->owner);
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
      LAWINE_RETURN_IF_ERROR(recovery.Lost(status, ProgressKept(entry, so_far) > before, absl::Now()));
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
  LAWINE_RETURN_IF_ERROR(CheckBranchOf(entry, result));
  if (!entry.plan->spec.record_attribution) return result;
  LAWINE_ASSIGN_OR_RETURN(*result.mutable_attribution(),
                          ReadAttribution(used, entry.run_id, result.graph_members()));
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
  return ConductRest(plan, used, kRunTimeout, options_.keep_every, watch,
                     {.next_attempt = [&] { return NextAttempt(entry); },
                      .keep =
                          [&](const pbi::RunBlock& block) {
                            const absl::Status kept =
                                WhenThereIsRoom(options_.recovery.recover_within, entry,
                                                [&] { return archive_.AddBlock(entry.run_id, block); });
                            Failpoint("run.block_kept");
                            return kept;
                          }},
                     attempt, so_far);
}

absl::StatusOr<std::uint32_t> Runs::NextAttempt(RunEntry& entry) {
  std::uint32_t attempt = 0;
  {
    MutexLock lock(entry.mutex);
    if (std::exchange(entry.attempt_is_fresh, false)) return entry.record.attempt();
    attempt = entry.record.attempt() + 1;
    entry.record.set_attempt(attempt);
  }
  LAWINE_RETURN_IF_ERROR(WhenThereIsRoom(options_.recovery.recover_within, entry, [&] {
    MutexLock lock(entry.mutex);
    return Save(entry, nullptr);
  }));
  return attempt;
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

void Runs::CountEnd(const RunEntry& entry, const absl::StatusOr<pb::RunResult>& result) {
  if (metrics_ == nullptr) return;
  metrics_->Ended(entry.record.run().state(), absl::Now() - entry.asked);
  if (result.ok()) metrics_->Delivered(result->totals().deliveries());
}

void Runs::Settle(RunEntry& entry, const absl::StatusOr<pb::RunResult>& result) {
  bool stopping = false;
  {
    MutexLock lock(mutex_);
    stopping = stopping_;
  }
  {
    MutexLock lock(entry.mutex);
    pb::Run& run = *entry.record.mutable_run();
    run.clear_waiting_for();
    run.set_steps_done(entry.progress.steps_count());
    run.set_replicas_done(entry.progress.replicas_done());
    Failpoint("run.over");
    if (result.ok()) {
      run.set_reason_stopped(result->reason_stopped());
      run.set_steps_done(static_cast<std::uint32_t>(result->steps_size()));
      End(entry, pb::RUN_STATE_SUCCEEDED, "", &*result);
    } else if (entry.wish == Wish::kCancel) {
      End(entry, pb::RUN_STATE_CANCELLED, "", nullptr);
    } else if (!absl::IsCancelled(result.status())) {
      End(entry, pb::RUN_STATE_FAILED, std::string(result.status().message()), nullptr);
    } else {
      // A later coordinator goes on with what is queued.
      const bool paused = entry.wish == Wish::kPause || !stopping || !options_.resume;
      run.set_state(paused ? pb::RUN_STATE_PAUSED : pb::RUN_STATE_QUEUED);
      if (const absl::Status saved = Save(entry, nullptr); !saved.ok()) {
        spdlog::error("{}: its state could not be kept: {}", run.name(), std::string(saved.message()));
      }
    }
    spdlog::info("{} on '{}': {} {}{}", run.name(), run.scenario().graph(), StateWord(run.state()),
                 run.error(),
                 LogFields({{"run", run.name()},
                            {"request", entry.record.request_id()},
                            {"owner", entry.owner},
                            {"graph", run.scenario().graph()},
                            {"state", StateWord(run.state())}}));
    if (Ended(run.state())) {
      CountEnd(entry, result);
      entry.use = GraphUse();
      entry.plan.reset();
    }
    entry.wish = Wish::kNone;
  }
  Failpoint("run.ended");
  // The end is told when the result can be read.
  entry.progress.Close();
  ForgetIfEnded(entry);
  Sweep();
}

}  // namespace lawine
