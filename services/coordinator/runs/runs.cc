#include "services/coordinator/runs/runs.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/plan/later_plan.h"
#include "services/coordinator/plan/model_plan.h"
#include "services/coordinator/runs/run_names.h"
#include "services/coordinator/runs/run_receipts.h"

namespace lawine {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

Runs::Runs(RegistryStore& registry, Graphs& graphs, WorkerDirectory& workers, const RunsOptions& options,
           RunMetrics* metrics)
    : archive_(registry), graphs_(graphs), workers_(workers), options_(options), metrics_(metrics) {}

Runs::~Runs() { Stop(); }

absl::Status Runs::Start() {
  LAWINE_RETURN_IF_ERROR(archive_.ForEach(
      [this](pbi::RunRecord record, std::uint64_t bytes) { return TakeIn(std::move(record), bytes); }));
  {
    MutexLock lock(mutex_);
    next_id_ = std::max(next_id_, archive_.NextId());
    next_unnamed_id_ = 1ull << 63 | static_cast<std::uint64_t>(absl::ToUnixNanos(absl::Now()));
  }
  for (std::uint32_t i = 0; i < options_.at_once_max; ++i) threads_.emplace_back([this] { RunQueue(); });
  threads_.emplace_back([this] { SweepNowAndThen(); });
  return absl::OkStatus();
}

// A run of an earlier coordinator.
absl::Status Runs::TakeIn(pbi::RunRecord record, std::uint64_t bytes) {
  const auto entry = std::make_shared<RunEntry>();
  entry->run_id = record.run_id();
  entry->owner = record.owner();
  entry->asked = absl::Now();
  LAWINE_RETURN_IF_ERROR(archive_.NoteRequest(record.request_id(), record.run().name()));
  const pb::RunState state = record.run().state();
  const bool queued = !Ended(state) && state != pb::RUN_STATE_PAUSED && options_.resume;
  if (!queued) entry->progress.Close();
  {
    MutexLock lock(entry->mutex);
    record.clear_result();
    entry->record = std::move(record);
    entry->record_bytes = bytes;
    if (Ended(state)) {
      LAWINE_RETURN_IF_ERROR(archive_.DropBlocks(entry->run_id));
    } else {
      // Complete scenarios tell the version unless it is the first.
      const pb::Scenario& scenario = entry->record.run().scenario();
      LAWINE_ASSIGN_OR_RETURN(entry->use, GraphUse::Of(graphs_, scenario.graph(),
                                                       std::max<std::uint64_t>(scenario.graph_version(), 1)));
      entry->record.mutable_run()->set_state(queued ? pb::RUN_STATE_QUEUED : pb::RUN_STATE_PAUSED);
    }
  }
  MutexLock lock(mutex_);
  runs_[entry->run_id] = entry;
  next_id_ = entry->run_id + 1;
  if (queued) queue_.push_back(entry);
  return absl::OkStatus();
}

void Runs::Stop() {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    queue_changed_.NotifyAll();
    stop_asked_.NotifyAll();
    for (const auto& [run_id, entry] : runs_) entry->cancellation.Cancel();
  }
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<RunPlan> Runs::Plan(const pb::Scenario& scenario, bool attribution) const {
  LAWINE_ASSIGN_OR_RETURN(const pb::Scenario full, CompleteScenario(scenario));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph, graphs_.Find(full.graph(), full.graph_version()));
  LAWINE_ASSIGN_OR_RETURN(Placement placement, graphs_.Place(graph));
  return PlanRun(full, graph, Members(graph, std::move(placement), &orders_), attribution);
}

absl::StatusOr<pb::Scenario> Runs::ScenarioOf(const pb::CreateRunRequest& request) const {
  if (!request.has_branch_of()) return request.scenario();
  const pb::BranchPoint& point = request.branch_of();
  auto run = Result(point.run());
  if (run.ok()) return BranchOf(*run, point.after_step(), request.scenario());
  if (!absl::IsInvalidArgument(run.status())) return run.status();
  return FieldError("branch_of.run", std::string(run.status().message()));
}

absl::StatusOr<pb::CreateRunResponse> Runs::Create(const pb::CreateRunRequest& request,
                                                   const std::string& owner) {
  if (request.request_id().size() > 64) return FieldError("request_id", "expected at most 64 bytes");
  const Turns::Turn turn(requests_, request.request_id());  // a retry finds what the first call has made
  pb::CreateRunResponse response;
  LAWINE_ASSIGN_OR_RETURN(const std::string made, archive_.RunOfRequest(request.request_id()));
  if (auto run = Get(made); !made.empty() && run.ok()) {
    *response.mutable_run() = *std::move(run);
    return response;
  }
  const auto entry = std::make_shared<RunEntry>();
  entry->asked = absl::Now();
  LAWINE_ASSIGN_OR_RETURN(const pb::Scenario scenario, ScenarioOf(request));
  LAWINE_ASSIGN_OR_RETURN(entry->use, GraphUse::Of(graphs_, scenario.graph(), scenario.graph_version()));
  LAWINE_ASSIGN_OR_RETURN(RunPlan plan, Plan(AtVersion(scenario, entry->use), request.record_attribution()));
  plan.spec.record_receipts = request.record_receipts() || request.record_attribution();
  if (plan.spec.record_receipts && plan.spec.replicas != 1) {
    return FieldError(request.record_receipts() ? "record_receipts" : "record_attribution",
                      absl::StrCat("expected a single replica, found ", plan.spec.replicas));
  }
  plan.estimate = EstimateRun(plan);  // receipts take memory
  LAWINE_RETURN_IF_ERROR(CheckQuota(owner, LimitsOf(owner), plan.estimate));
  pb::Run run;
  *run.mutable_scenario() = plan.scenario;
  run.set_result_key(plan.result_key);
  run.set_record_receipts(plan.spec.record_receipts);
  run.set_record_attribution(plan.spec.record_attribution);
  if (request.has_branch_of()) *run.mutable_branch_of() = request.branch_of();
  run.set_state(pb::RUN_STATE_QUEUED);
  *run.mutable_create_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  *response.mutable_estimate() = plan.estimate;
  if (request.validate_only()) {
    *response.mutable_run() = std::move(run);
    return response;
  }
  {
    MutexLock lock(mutex_);
    LAWINE_RETURN_IF_ERROR(CheckQueue(owner));
    entry->run_id = next_id_++;
  }
  entry->owner = owner;
  run.set_name(RunName(entry->run_id));
  LAWINE_RETURN_IF_ERROR(Accept(*entry, std::move(run), plan, request.request_id()));
  entry->plan = std::move(plan);
  Enqueue(entry);
  *response.mutable_run() = Describe(*entry);
  return response;
}

// From here on the run survives. A request that could not be noted is when the record is found again.
absl::Status Runs::Accept(RunEntry& entry, pb::Run run, const RunPlan& plan, const std::string& request_id) {
  const std::string name = run.name();
  MutexLock lock(entry.mutex);
  entry.record.set_run_id(entry.run_id);
  entry.record.set_attempt(1);
  entry.record.set_graph_digest(plan.graph.info().digest());
  entry.record.set_request_id(request_id);
  entry.record.set_owner(entry.owner);
  *entry.record.mutable_run() = std::move(run);
  entry.attempt_is_fresh = true;
  LAWINE_RETURN_IF_ERROR(Save(entry, nullptr));
  Failpoint("run.saved");
  const absl::Status noted = archive_.NoteRequest(request_id, name);
  Failpoint("run.noted");
  return noted;
}

OwnerLimits Runs::LimitsOf(const std::string& owner) const {
  return owner.empty() || options_.limits_of == nullptr ? OwnerLimits() : options_.limits_of(owner);
}

absl::Status Runs::CheckQueue(const std::string& owner) const {
  constexpr absl::Duration kRetry = absl::Seconds(10);
  if (queue_.size() >= kQueuedMax) {
    return WithRetry(WithReason(absl::ResourceExhaustedError(
                                    absl::StrCat(kQueuedMax, " runs are queued already: try again later")),
                                "QUEUE_FULL"),
                     kRetry);
  }
  const std::uint32_t most = LimitsOf(owner).runs_queued;
  if (most == 0) return absl::OkStatus();
  const auto queued =
      std::count_if(queue_.begin(), queue_.end(), [&](const Entry& entry) { return entry->owner == owner; });
  if (queued < most) return absl::OkStatus();
  return WithRetry(
      WithReason(absl::ResourceExhaustedError(absl::StrCat(
                     "token '", owner, "' has ", queued,
                     " runs queued, as many as it may: wait until some have begun, or cancel one")),
                 "RUN_QUOTA"),
      kRetry);
}

void Runs::Enqueue(const Entry& entry) {
  MutexLock lock(mutex_);
  runs_[entry->run_id] = entry;
  queue_.push_back(entry);
  queue_changed_.NotifyOne();
}

absl::StatusOr<pb::RunResult> Runs::Simulate(const pb::Scenario& scenario, absl::Duration timeout,
                                             const std::function<bool()>& cancelled) {
  LAWINE_ASSIGN_OR_RETURN(const GraphUse use,
                          GraphUse::Of(graphs_, scenario.graph(), scenario.graph_version()));
  LAWINE_ASSIGN_OR_RETURN(RunPlan plan, Plan(AtVersion(scenario, use)));
  if (!plan.estimate.small()) {
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat("about ", plan.estimate.deliveries(),
                                                   " deliveries are expected, too many to answer at once: "
                                                   "call CreateRun and WatchRun instead")),
        "RUN_TOO_LARGE");
  }
  RunProgress progress;
  Cancellation cancellation;
  // The caller may leave while workers are busy: somebody has to notice.
  std::thread guard([&] {
    while (!progress.WaitClosed(absl::Milliseconds(100))) {
      if (cancelled()) cancellation.Cancel();
    }
  });
  const absl::Time end = absl::Now() + timeout;
  absl::StatusOr<pb::RunResult> result = absl::DeadlineExceededError("no time was left for it");
  do {
    plan.spec.run_id = NewUnnamedId();
    result = Once(plan, end - absl::Now(), cancellation);
  } while (IsShardsMove(result.status()) && absl::Now() < end && !cancelled());
  progress.Close();
  guard.join();
  if (result.ok() && metrics_ != nullptr) metrics_->Delivered(result->totals().deliveries());
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
    return absl::NotFoundError(absl::StrCat("no run '", name, "': see 'lawine run list'"));
  return it->second;
}

std::uint32_t Runs::QueuePosition(std::uint64_t run_id) const {
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    if (queue_[i]->run_id == run_id) return static_cast<std::uint32_t>(i) + 1;
  }
  return 0;
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
  run.set_queue_position(QueuePosition(entry.run_id));
  return run;
}

absl::StatusOr<pb::Run> Runs::Get(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  return Describe(*entry);
}

std::vector<pb::Run> Runs::List(std::size_t count, std::uint64_t before_id) const {
  std::vector<std::shared_ptr<RunEntry>> entries;
  {
    MutexLock lock(mutex_);
    for (auto it = runs_.lower_bound(before_id); it != runs_.begin() && entries.size() < count;) {
      entries.push_back((--it)->second);
    }
  }
  std::vector<pb::Run> runs;
  for (const auto& entry : entries) runs.push_back(Describe(*entry));
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
  {
    MutexLock lock(entry->mutex);
    const pb::RunState state = entry->record.run().state();
    if (state == pb::RUN_STATE_PAUSED && wish == Wish::kCancel) {
      End(*entry, pb::RUN_STATE_CANCELLED, "", nullptr);
      entry->use = GraphUse();
    }
    if (Ended(state) || state == pb::RUN_STATE_PAUSED) return entry->record.run();
    if (entry->wish != Wish::kCancel) entry->wish = wish;
    entry->cancellation.Cancel();
  }
  bool queued = false;
  {
    MutexLock lock(mutex_);
    queued = std::erase(queue_, entry) > 0;
  }
  if (queued) Conduct(*entry);
  return Describe(*entry);
}

absl::StatusOr<pb::Run> Runs::Resume(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const Entry entry, Find(name));
  {
    MutexLock lock(entry->mutex);
    const pb::RunState state = entry->record.run().state();
    if (Ended(state) || (state != pb::RUN_STATE_PAUSED && entry->wish != Wish::kNone)) {
      return absl::FailedPreconditionError(absl::StrCat(
          name, Ended(state) ? " has ended: it is " : " has not come to rest yet, try again: it is ",
          StateWord(state)));
    }
    if (state != pb::RUN_STATE_PAUSED) return entry->record.run();
    entry->record.mutable_run()->set_state(pb::RUN_STATE_QUEUED);
    if (absl::Status saved = Save(*entry, nullptr); !saved.ok()) {
      entry->record.mutable_run()->set_state(pb::RUN_STATE_PAUSED);
      return saved;
    }
    entry->wish = Wish::kNone;
    entry->cancellation.Reset();
    entry->progress.Reopen();
  }
  Enqueue(entry);
  return Describe(*entry);
}

absl::Status Runs::Receipts(const std::string& name, const std::string& message,
                            const std::function<bool(const pb::ListReceiptsResponse&)>& write) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  const pb::Run run = Describe(*entry);
  if (!run.record_receipts() || run.state() != pb::RUN_STATE_SUCCEEDED) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " has no receipts: it was not asked to record them, or has not succeeded"));
  }
  LAWINE_ASSIGN_OR_RETURN(const std::uint32_t number,
                          MessageNumber(MessageNames(run.scenario()), message, "message"));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph, graphs_.Find(run.scenario().graph()));
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(graph));
  for (const WorkerHandle& worker : placement.workers) {
    LAWINE_RETURN_IF_ERROR(ReadReceipts(worker, entry->run_id, number, write));
  }
  return absl::OkStatus();
}

void Runs::Count(std::uint32_t& running, std::uint32_t& queued) const {
  MutexLock lock(mutex_);
  queued = static_cast<std::uint32_t>(queue_.size());
  running = 0;
  for (const auto& [run_id, entry] : runs_) {
    MutexLock entry_lock(entry->mutex);
    running += entry->record.run().state() == pb::RUN_STATE_RUNNING;
  }
}

}  // namespace lawine
