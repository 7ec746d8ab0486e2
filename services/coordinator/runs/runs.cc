#include "services/coordinator/runs/runs.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/steady_time.h"
#include "services/coordinator/plan/model_plan.h"
#include "services/coordinator/runs/run_names.h"
#include "services/coordinator/runs/run_receipts.h"

namespace lawine {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

Runs::Runs(RegistryStore& registry, Graphs& graphs, WorkerDirectory& workers, const RunsOptions& options,
           RunMetrics* metrics)
    : archive_(registry),
      graphs_(graphs),
      workers_(workers),
      options_(options),
      metrics_(metrics),
      queue_(options_) {}

Runs::~Runs() { Stop(); }

absl::Status Runs::Start() {
  std::vector<std::pair<pbi::RunRecord, std::uint64_t>> records;
  LAWINE_RETURN_IF_ERROR(archive_.ForEach([&records](pbi::RunRecord record, std::uint64_t bytes) {
    record.clear_result();
    record.clear_trace();
    records.emplace_back(std::move(record), bytes);
    return absl::OkStatus();
  }));
  for (auto& [record, bytes] : records) LAWINE_RETURN_IF_ERROR(TakeIn(std::move(record), bytes));
  {
    MutexLock lock(mutex_);
    next_id_ = std::max(next_id_, archive_.NextId());
    next_unnamed_id_ = 1ull << 63 | static_cast<std::uint64_t>(absl::ToUnixNanos(absl::Now()));
  }
  for (std::uint32_t i = 0; i < options_.at_once_max; ++i) threads_.emplace_back([this] { TakeTurns(); });
  threads_.emplace_back([this] { SweepNowAndThen(); });
  return absl::OkStatus();
}

// A run of an earlier coordinator.
absl::Status Runs::TakeIn(pbi::RunRecord record, std::uint64_t bytes) {
  const auto entry = std::make_shared<RunEntry>();
  entry->run_id = record.run_id();
  entry->owner = record.owner();
  entry->scenario_bytes = record.run().scenario().SpaceUsedLong();
  // Seconds of a run are those its caller waits, whoever conducts it.
  const std::int64_t created =
      google::protobuf::util::TimeUtil::TimestampToNanoseconds(record.run().create_time());
  entry->asked = std::min(absl::FromUnixNanos(created), absl::Now());
  const pb::RunState state = record.run().state();
  if (Ended(state)) LAWINE_RETURN_IF_ERROR(archive_.DropBlocks(entry->run_id));
  const bool queued = !Ended(state) && state != pb::RUN_STATE_PAUSED && options_.resume;
  if (!queued) entry->progress.Close();
  const std::string graph = record.run().scenario().graph();
  const bool made_checkpoints = record.checkpoints_size() > 0;
  if (!Ended(state)) {
    // Complete scenarios tell the version unless it is the first.
    const pb::Scenario& scenario = record.run().scenario();
    LAWINE_ASSIGN_OR_RETURN(entry->use, GraphUse::Of(graphs_, scenario.graph(),
                                                     std::max<std::uint64_t>(scenario.graph_version(), 1)));
    record.mutable_run()->set_state(queued ? pb::RUN_STATE_QUEUED : pb::RUN_STATE_PAUSED);
  }
  {
    MutexLock lock(entry->mutex);
    entry->record = std::move(record);
    entry->record_bytes = bytes;
  }
  MutexLock lock(mutex_);
  if (made_checkpoints) checkpoints_left_.insert(graph);
  runs_[entry->run_id] = entry;
  next_id_ = entry->run_id + 1;
  if (queued) queue_.Add(entry);
  return absl::OkStatus();
}

void Runs::Stop() {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    queue_changed_.NotifyAll();
    sweeper_changed_.NotifyAll();
    for (const auto& [run_id, entry] : runs_) entry->cancellation.Cancel();
  }
  planning_.Cancel();
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<RunPlan> Runs::Plan(const pb::Scenario& scenario, bool attribution,
                                   Cancellation* cancellation) const {
  LAWINE_ASSIGN_OR_RETURN(const pb::Scenario full, CompleteScenario(scenario));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph, graphs_.Find(full.graph(), full.graph_version()));
  LAWINE_ASSIGN_OR_RETURN(Placement placement, graphs_.Place(graph));
  Members members(graph, std::move(placement), &orders_, cancellation == nullptr ? &planning_ : cancellation);
  return PlanRun(full, graph, members, attribution);
}

absl::StatusOr<pb::RunResult> Runs::Simulate(const pb::Scenario& scenario, const std::string& owner,
                                             absl::Duration timeout, Cancellation& cancellation) {
  const absl::Duration allowed = std::min(timeout, options_.simulate_max);
  const SteadyTime end = SteadyNow() + allowed;
  LAWINE_ASSIGN_OR_RETURN(const GraphUse use,
                          GraphUse::Of(graphs_, scenario.graph(), scenario.graph_version()));
  LAWINE_ASSIGN_OR_RETURN(RunPlan plan, Plan(AtVersion(scenario, use), false, &cancellation));
  if (!plan.estimate.small()) {
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat("about ", plan.estimate.deliveries(),
                                                   " deliveries are expected, too many to answer at once: "
                                                   "call CreateRun and WatchRun instead")),
        "RUN_TOO_LARGE");
  }
  LAWINE_RETURN_IF_ERROR(CheckQuota(options_, owner, plan.estimate));
  const absl::StatusOr<pb::RunResult> result = UntilShardsRest(end, cancellation, [&] {
    plan.spec.run_id = NewUnnamedId();
    return Once(plan, end - SteadyNow(), cancellation);
  });
  if (result.ok() && metrics_ != nullptr) metrics_->Delivered(result->totals().deliveries());
  // Else it would be the worker that is called slow, and a longer deadline would not help.
  if (absl::IsDeadlineExceeded(result.status()) && allowed < timeout && SteadyNow() >= end) {
    return absl::DeadlineExceededError(absl::StrCat("Simulate works for at most ",
                                                    absl::FormatDuration(options_.simulate_max),
                                                    ": call CreateRun and WatchRun instead"));
  }
  return result;
}

std::uint64_t Runs::NewUnnamedId() {
  MutexLock lock(mutex_);
  return next_unnamed_id_++;
}

absl::StatusOr<std::shared_ptr<RunEntry>> Runs::Find(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t run_id, ParseRunName(name));
  MutexLock lock(mutex_);
  const auto it = runs_.find(run_id);
  if (it == runs_.end())
    return absl::NotFoundError(absl::StrCat("no run '", name, "': ListRuns tells which there are"));
  return it->second;
}

std::vector<Runs::Entry> Runs::Entries() const {
  MutexLock lock(mutex_);
  std::vector<Entry> entries;
  for (const auto& [run_id, entry] : runs_) entries.push_back(entry);
  return entries;
}

pb::Run Runs::Describe(const RunEntry& entry) const {
  pb::Run run;
  {
    MutexLock lock(entry.mutex);
    run = entry.record.run();
  }
  if (Ended(run.state())) return run;
  run.set_steps_done(entry.progress.steps_count());
  run.set_replicas_done(entry.progress.replicas_done());
  MutexLock lock(mutex_);
  run.set_queue_position(queue_.PlaceOf(entry));
  return run;
}

absl::StatusOr<pb::Run> Runs::Get(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  return Describe(*entry);
}

std::vector<pb::Run> Runs::List(std::size_t count, std::uint64_t before_id, std::size_t bytes_max,
                                bool& more) const {
  std::vector<Entry> entries;
  {
    MutexLock lock(mutex_);
    for (auto it = runs_.lower_bound(before_id); it != runs_.begin() && entries.size() <= count;) {
      entries.push_back((--it)->second);
    }
  }
  std::vector<pb::Run> runs;
  std::size_t bytes = 0;
  while (runs.size() < std::min(count, entries.size()) && bytes < bytes_max) {
    bytes += runs.emplace_back(Describe(*entries[runs.size()])).ByteSizeLong();
  }
  more = runs.size() < entries.size();
  return runs;
}

absl::StatusOr<pbi::RunRecord> Runs::Succeeded(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  const pb::Run run = Describe(*entry);
  if (run.state() != pb::RUN_STATE_SUCCEEDED) {
    return absl::FailedPreconditionError(absl::StrCat(name, " has no result: it is ", StateWord(run.state()),
                                                      run.error().empty() ? "" : ": ", run.error()));
  }
  return archive_.Load(entry->run_id);
}

absl::StatusOr<pb::RunResult> Runs::Result(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const pbi::RunRecord record, Succeeded(name));
  return record.result();
}

absl::StatusOr<pb::GetRunTraceResponse> Runs::Trace(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const pbi::RunRecord record, Succeeded(name));
  pb::GetRunTraceResponse response;
  *response.mutable_workers() = record.trace();
  return response;
}

absl::StatusOr<pb::Run> Runs::Cancel(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const Entry entry, Find(name));
  return Stopped(entry, Wish::kCancel);
}

absl::StatusOr<pb::Run> Runs::Pause(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const Entry entry, Find(name));
  pb::Run run = Stopped(entry, Wish::kPause);
  if (!Ended(run.state())) return run;
  return absl::FailedPreconditionError(absl::StrCat(name, " has ended: it is ", StateWord(run.state())));
}

// Tells whoever conducts the run, or stands in for them when it has not had its turn.
pb::Run Runs::Stopped(const Entry& entry, Wish wish) {
  for (bool rests = true; rests;) {
    if (wish == Wish::kCancel && CancelResting(*entry)) return Describe(*entry);
    MutexLock lock(entry->mutex);
    const pb::RunState state = entry->record.run().state();
    rests = state == pb::RUN_STATE_PAUSED || entry->left;
    if (Ended(state) || (rests && wish == Wish::kPause)) return entry->record.run();
    if (rests) continue;  // since a moment ago
    if (entry->wish != Wish::kCancel) entry->wish = wish;
    entry->cancellation.Cancel();
  }
  bool queued = false;
  {
    MutexLock lock(mutex_);
    queued = queue_.Remove(entry);
  }
  if (queued) Conduct(*entry);
  return Describe(*entry);
}

absl::StatusOr<pb::Run> Runs::Resume(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const Entry entry, Find(name));
  MutexLock writing(entry->writing);
  pbi::RunRecord record;
  {
    MutexLock lock(entry->mutex);
    const pb::RunState state = entry->record.run().state();
    if (Ended(state) || (state != pb::RUN_STATE_PAUSED && entry->wish != Wish::kNone)) {
      return absl::FailedPreconditionError(absl::StrCat(
          name, Ended(state) ? " has ended: it is " : " has not come to rest yet, try again: it is ",
          StateWord(state)));
    }
    if (state != pb::RUN_STATE_PAUSED) return entry->record.run();
    record = entry->record;
  }
  record.mutable_run()->set_state(pb::RUN_STATE_QUEUED);
  LAWINE_RETURN_IF_ERROR(Save(*entry, record));
  {
    MutexLock lock(entry->mutex);
    *entry->record.mutable_run() = record.run();
    entry->wish = Wish::kNone;
    entry->cancellation.Reset();
    entry->progress.Reopen();
  }
  Enqueue(entry);
  return Describe(*entry);
}

absl::Status Runs::Receipts(const std::string& name, const std::string& message, const WriteReceipts& write,
                            Cancellation& cancellation) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  const pb::Run run = Describe(*entry);
  if (!run.record_receipts() || run.state() != pb::RUN_STATE_SUCCEEDED) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " has no receipts: it was not asked to record them, or has not succeeded"));
  }
  LAWINE_ASSIGN_OR_RETURN(const std::uint32_t number,
                          MessageNumber(MessageNames(run.scenario()), message, "message"));
  // While they are read the graph is not deleted.
  LAWINE_ASSIGN_OR_RETURN(const GraphUse use, GraphUse::Of(graphs_, run.scenario().graph()));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph, graphs_.Find(run.scenario().graph()));
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(graph));
  const auto pass_on = [&](const pb::ListReceiptsResponse& part) { return write(part, *placement.lease); };
  for (const WorkerHandle& worker : placement.workers) {
    LAWINE_RETURN_IF_ERROR(placement.Ended(
        ReadReceipts(worker, entry->run_id, number, pass_on, cancellation, placement.lease.get())));
  }
  return absl::OkStatus();
}

void Runs::Count(std::uint32_t& running, std::uint32_t& queued) const {
  {
    MutexLock lock(mutex_);
    queued = static_cast<std::uint32_t>(queue_.size());
  }
  running = 0;
  for (const Entry& entry : Entries()) {
    MutexLock lock(entry->mutex);
    running += entry->record.run().state() == pb::RUN_STATE_RUNNING;
  }
}

}  // namespace lawine
