#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "services/common/log.h"
#include "services/coordinator/runs/room.h"
#include "services/coordinator/runs/run_names.h"
#include "services/coordinator/runs/run_receipts.h"
#include "services/coordinator/runs/runs.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;
using google::protobuf::util::TimeUtil;

void Log(const pbi::RunRecord& record) {
  const pb::Run& run = record.run();
  spdlog::info("{} on '{}': {}{}{}{}", run.name(), run.scenario().graph(), StateWord(run.state()),
               run.error().empty() ? "" : ": ", run.error(),
               LogFields({{"run", run.name()},
                          {"request", record.request_id()},
                          {"owner", record.owner()},
                          {"graph", run.scenario().graph()},
                          {"state", StateWord(run.state())}}));
}

bool RecordsReceipts(const RunEntry& entry) {
  MutexLock lock(entry.mutex);
  return entry.record.run().record_receipts();
}

// The run's record as it is when it comes to rest in `state`; what ends expires `kept` later.
pbi::RunRecord RecordAs(const RunEntry& entry, pb::RunState state, absl::Duration kept) {
  pbi::RunRecord record;
  {
    MutexLock lock(entry.mutex);
    record = entry.record;
  }
  pb::Run& run = *record.mutable_run();
  run.set_state(state);
  run.clear_waiting_for();
  // An earlier coordinator may have seen more of it.
  run.set_steps_done(std::max(run.steps_done(), entry.progress.steps_count()));
  run.set_replicas_done(std::max(run.replicas_done(), entry.progress.replicas_done()));
  if (!Ended(state)) return record;
  run.clear_checkpoint_step();
  *run.mutable_end_time() = TimeUtil::GetCurrentTime();
  *run.mutable_expire_time() =
      TimeUtil::SecondsToTimestamp(run.end_time().seconds() + absl::ToInt64Seconds(kept));
  return record;
}

}  // namespace

absl::Status Runs::Save(RunEntry& entry, const pbi::RunRecord& record) {
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t bytes, archive_.Save(record));
  MutexLock lock(entry.mutex);
  entry.record_bytes = bytes;
  return absl::OkStatus();
}

pb::RunState Runs::StateAfter(const RunEntry& entry, const absl::Status& status) const {
  bool stopping = false;
  {
    MutexLock lock(mutex_);
    stopping = stopping_;
  }
  MutexLock lock(entry.mutex);
  if (entry.wish == Wish::kCancel) return pb::RUN_STATE_CANCELLED;
  if (!absl::IsCancelled(status)) return pb::RUN_STATE_FAILED;
  // A later coordinator goes on with what is queued.
  const bool paused = entry.wish == Wish::kPause || !stopping || !options_.resume;
  return paused ? pb::RUN_STATE_PAUSED : pb::RUN_STATE_QUEUED;
}

absl::Status Runs::KeepResult(RunEntry& entry, const pb::RunResult& result) {
  pbi::RunRecord record = RecordAs(entry, pb::RUN_STATE_SUCCEEDED, options_.results_kept);
  record.mutable_run()->set_reason_stopped(result.reason_stopped());
  record.mutable_run()->set_steps_done(static_cast<std::uint32_t>(result.steps_size()));
  *record.mutable_result() = result;
  *record.mutable_trace() = {entry.trace.begin(), entry.trace.end()};
  entry.trace.clear();
  const absl::Status kept =
      WhenThereIsRoom(options_.recovery.recover_within, entry, [&] { return Save(entry, record); });
  if (kept.ok()) {
    Rest(entry, record);
  } else if (entry.cancellation.cancelled()) {
    return absl::CancelledError("the run was stopped before its result was kept");
  } else {
    return absl::Status(kept.code(), absl::StrCat("the result could not be kept: ", kept.message()));
  }
  return absl::OkStatus();
}

void Runs::Settle(RunEntry& entry, const absl::StatusOr<pb::RunResult>& result) {
  Failpoint("run.over");
  const absl::Status status = result.ok() ? KeepResult(entry, *result) : result.status();
  if (!status.ok()) {
    const pb::RunState state = StateAfter(entry, status);
    RestWithoutResult(entry, state, status);
    // Nobody will read what workers may keep of it.
    if (Ended(state) && RecordsReceipts(entry)) ForgetReceipts(workers_.Alive(), entry.run_id);
  }
  Failpoint("run.ended");
}

void Runs::RestWithoutResult(RunEntry& entry, pb::RunState state, const absl::Status& cause) {
  pbi::RunRecord record = RecordAs(entry, state, options_.results_kept);
  if (state == pb::RUN_STATE_FAILED) record.mutable_run()->set_error(std::string(cause.message()));
  if (const absl::Status saved = Save(entry, record); !saved.ok()) {
    spdlog::error("{}: that it is {} could not be kept, a later coordinator goes on with it: {}",
                  RunName(entry.run_id), StateWord(state), std::string(saved.message()));
  }
  Rest(entry, record);
}

void Runs::Rest(RunEntry& entry, const pbi::RunRecord& record) {
  const pb::RunState state = record.run().state();
  if (Ended(state)) {
    // What stays is dropped when the next coordinator starts.
    if (const absl::Status dropped = archive_.DropBlocks(entry.run_id); !dropped.ok()) {
      spdlog::warn("{}: kept replicas could not be dropped: {}", RunName(entry.run_id),
                   std::string(dropped.message()));
    }
  }
  Log(record);
  if (Ended(state) && metrics_ != nullptr) {
    metrics_->Ended(state, absl::Now() - entry.asked);
    metrics_->Delivered(record.result().totals().deliveries());
    metrics_->Traced(record.trace());
  }
  bool cancel = false;  // asked for while it was noted as paused, or as left
  {
    MutexLock lock(entry.mutex);
    cancel = !Ended(state) && entry.wish == Wish::kCancel;
    *entry.record.mutable_run() = record.run();
    entry.left = state == pb::RUN_STATE_QUEUED;
    entry.plan.reset();
    if (Ended(state)) entry.use = GraphUse();
    entry.wish = Wish::kNone;
    // Before anybody can resume it, which opens it again.
    entry.progress.Close();
  }
  if (cancel) CancelResting(entry);
  if (!Ended(state)) return;
  // Now that it shows as ended: others may expire for it, and its checkpoints are not needed.
  MutexLock lock(mutex_);
  if (record.checkpoints_size() > 0) checkpoints_left_.insert(record.run().scenario().graph());
  sweep_wanted_ = true;
  sweeper_changed_.NotifyAll();
}

bool Runs::CancelResting(RunEntry& entry) {
  std::string graph;  // of its checkpoints, which are gone when the caller is told
  {
    MutexLock writing(entry.writing);
    {
      MutexLock lock(entry.mutex);
      if (entry.record.run().state() != pb::RUN_STATE_PAUSED && !entry.left) return false;
      if (entry.record.checkpoints_size() > 0) graph = entry.record.run().scenario().graph();
    }
    RestWithoutResult(entry, pb::RUN_STATE_CANCELLED, absl::CancelledError());
  }
  if (!graph.empty()) ForgetCheckpoints(graph);
  return true;
}

}  // namespace lawine
