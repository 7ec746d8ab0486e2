#include "services/coordinator/runs.h"

#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/attribution.h"
#include "services/coordinator/precision.h"
#include "services/coordinator/run_names.h"
#include "services/coordinator/run_receipts.h"
#include "services/coordinator/run_result.h"
#include "services/coordinator/run_state.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kRunTimeout = absl::Hours(24);
constexpr char kInterrupted[] =
    "the coordinator stopped while the run was going on: create it again, the same run seed gives the same "
    "result";

}  // namespace

Runs::Runs(RegistryStore& registry, Graphs& graphs, WorkerDirectory& workers, std::uint32_t at_once_max)
    : registry_(registry), graphs_(graphs), workers_(workers), at_once_max_(at_once_max) {}

Runs::~Runs() { Stop(); }

absl::Status Runs::Start() {
  std::vector<pbi::RunRecord> interrupted;
  {
    MutexLock lock(mutex_);
    LAWINE_RETURN_IF_ERROR(
        registry_.Scan("run/", [&](const std::string& key, const std::string& value) -> absl::Status {
          pbi::RunRecord record;
          if (!record.ParseFromString(value))
            return absl::DataLossError(absl::StrCat("registry record ", key, " is damaged"));
          const auto entry = std::make_shared<RunEntry>();
          entry->run_id = record.run_id();
          entry->progress.Close();
          if (!Ended(record.run().state())) {
            End(*record.mutable_run(), pb::RUN_STATE_FAILED, kInterrupted);
            interrupted.push_back(record);
          }
          MutexLock entry_lock(entry->mutex);
          entry->run = record.run();
          runs_[record.run_id()] = entry;
          next_id_ = record.run_id() + 1;
          return absl::OkStatus();
        }));
    std::uint64_t next = 0;
    if (absl::SimpleAtoi(registry_.Get(kNextRunKey).value_or(""), &next)) next_id_ = std::max(next_id_, next);
    next_unnamed_id_ = 1ull << 63 | static_cast<std::uint64_t>(absl::ToUnixNanos(absl::Now()));
  }
  for (const pbi::RunRecord& record : interrupted) {
    LAWINE_RETURN_IF_ERROR(registry_.Put(RunKey(record.run_id()), record.SerializeAsString()));
  }
  for (std::uint32_t i = 0; i < at_once_max_; ++i) conductors_.emplace_back([this] { RunQueue(); });
  return absl::OkStatus();
}

void Runs::Stop() {
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    queue_changed_.NotifyAll();
    for (const auto& [run_id, entry] : runs_) entry->cancellation.Cancel();
  }
  for (std::thread& conductor : conductors_) conductor.join();
}

absl::StatusOr<RunPlan> Runs::Plan(const pb::Scenario& scenario, bool attribution) const {
  LAWINE_ASSIGN_OR_RETURN(const pb::Scenario full, CompleteScenario(scenario));
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph, graphs_.Find(full.graph()));
  LAWINE_ASSIGN_OR_RETURN(Placement placement, graphs_.Place(graph));
  return PlanRun(full, graph, Members(graph, std::move(placement)), attribution);
}

absl::StatusOr<pb::CreateRunResponse> Runs::Create(const pb::CreateRunRequest& request) {
  if (request.request_id().size() > 64) return FieldError("request_id", "expected at most 64 bytes");
  const Turns::Turn turn(requests_, request.request_id());  // a retry finds what the first call has made
  pb::CreateRunResponse response;
  if (!request.request_id().empty()) {
    if (auto name = registry_.Get(RunRequestKey(request.request_id())); name.ok()) {
      LAWINE_ASSIGN_OR_RETURN(*response.mutable_run(), Get(*name));
      return response;
    }
  }
  const absl::Time asked = absl::Now();
  LAWINE_ASSIGN_OR_RETURN(GraphUse use, GraphUse::Of(graphs_, request.scenario().graph()));
  LAWINE_ASSIGN_OR_RETURN(RunPlan plan, Plan(request.scenario(), request.record_attribution()));
  plan.spec.record_receipts = request.record_receipts() || request.record_attribution();
  if (plan.spec.record_receipts && plan.spec.replicas != 1) {
    return FieldError(request.record_receipts() ? "record_receipts" : "record_attribution",
                      absl::StrCat("expected a single replica, found ", plan.spec.replicas));
  }
  const auto entry = std::make_shared<RunEntry>();
  entry->asked = asked;
  pb::Run run;
  *run.mutable_scenario() = plan.scenario;
  run.set_result_key(plan.result_key);
  run.set_record_receipts(plan.spec.record_receipts);
  run.set_record_attribution(plan.spec.record_attribution);
  run.set_state(pb::RUN_STATE_QUEUED);
  *run.mutable_create_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  *response.mutable_estimate() = plan.estimate;
  if (request.validate_only()) {
    *response.mutable_run() = std::move(run);
    return response;
  }
  entry->plan = std::move(plan);
  {
    MutexLock lock(mutex_);
    if (queue_.size() >= kQueuedMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat(kQueuedMax, " runs are queued already: try again later"));
    }
    entry->run_id = next_id_++;
  }
  run.set_name(RunName(entry->run_id));
  {
    MutexLock lock(entry->mutex);
    entry->run = run;
  }
  LAWINE_RETURN_IF_ERROR(Save(entry->run_id, run, nullptr));
  if (!request.request_id().empty()) {
    LAWINE_RETURN_IF_ERROR(registry_.Put(RunRequestKey(request.request_id()), run.name()));
  }
  entry->use = std::move(use);
  {
    MutexLock lock(mutex_);
    runs_[entry->run_id] = entry;
    queue_.push_back(entry);
    queue_changed_.NotifyOne();
  }
  *response.mutable_run() = Describe(*entry);
  return response;
}

absl::StatusOr<pb::RunResult> Runs::Simulate(const pb::Scenario& scenario, absl::Duration timeout,
                                             const std::function<bool()>& cancelled) {
  const absl::Time asked = absl::Now();
  LAWINE_ASSIGN_OR_RETURN(const GraphUse use, GraphUse::Of(graphs_, scenario.graph()));
  LAWINE_ASSIGN_OR_RETURN(RunPlan plan, Plan(scenario));
  if (!plan.estimate.small()) {
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat("about ", plan.estimate.deliveries(),
                                                   " deliveries are expected, too many to answer at once: "
                                                   "call CreateRun and WatchRun instead")),
        "RUN_TOO_LARGE");
  }
  plan.spec.run_id = NewUnnamedId();
  RunProgress progress;
  Cancellation cancellation;
  // The caller may leave while workers are busy: somebody has to notice.
  std::thread guard([&] {
    while (!progress.WaitClosed(absl::Milliseconds(100))) {
      if (cancelled()) cancellation.Cancel();
    }
  });
  auto result = Execute(std::move(plan), "", asked, timeout, progress, cancellation);
  progress.Close();
  guard.join();
  return result;
}

std::uint64_t Runs::NewUnnamedId() {
  MutexLock lock(mutex_);
  return next_unnamed_id_++;
}

void Runs::RunQueue() {
  for (;;) {
    std::shared_ptr<RunEntry> entry;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) queue_changed_.Wait(mutex_);
      if (stopping_) return;
      entry = queue_.front();
      queue_.pop_front();
    }
    Finish(*entry);
  }
}

void Runs::Finish(RunEntry& entry) {
  Conduct(entry);
  entry.use = GraphUse();
}

void Runs::Conduct(RunEntry& entry) {
  {
    MutexLock lock(entry.mutex);
    if (!entry.cancellation.cancelled()) entry.run.set_state(pb::RUN_STATE_RUNNING);
  }
  RunPlan plan = entry.plan;
  plan.spec.run_id = entry.run_id;
  const auto result = Execute(std::move(plan), RunName(entry.run_id), entry.asked, kRunTimeout,
                              entry.progress, entry.cancellation);
  bool stopping = false;
  {
    MutexLock lock(mutex_);
    stopping = stopping_;
  }
  pb::Run run = Describe(entry);
  if (result.ok()) {
    run.set_reason_stopped(result->reason_stopped());
    run.set_steps_done(static_cast<std::uint32_t>(result->steps_size()));
    End(run, pb::RUN_STATE_SUCCEEDED, "");
  } else {
    const bool wanted = absl::IsCancelled(result.status()) && !stopping;
    const std::string error = stopping ? kInterrupted : std::string(result.status().message());
    End(run, wanted ? pb::RUN_STATE_CANCELLED : pb::RUN_STATE_FAILED, wanted ? "" : error);
  }
  const absl::Status saved = Save(entry.run_id, run, result.ok() ? &*result : nullptr);
  if (!saved.ok()) {
    End(run, pb::RUN_STATE_FAILED, absl::StrCat("the result could not be kept: ", saved.message()));
  }
  spdlog::info("{} on '{}': {} {}", run.name(), run.scenario().graph(), StateWord(run.state()), run.error());
  {
    MutexLock lock(entry.mutex);
    entry.run = run;
  }
  // The end is told when the result can be read.
  entry.progress.Close();
}

absl::StatusOr<pb::RunResult> Runs::Execute(RunPlan plan, const std::string& name, absl::Time asked,
                                            absl::Duration timeout, RunProgress& progress,
                                            Cancellation& cancellation) const {
  if (cancellation.cancelled()) return absl::CancelledError("the run was cancelled before its turn");
  plan.spec.keep_steps = plan.spec.replicas > 1;
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(plan.graph));
  const RunWatch watch{
      .step = [&progress](const StepCounts& counts) { progress.Append(counts); },
      .replicas_done = [&progress](std::uint32_t replicas) { progress.SetReplicasDone(replicas); }};
  LAWINE_ASSIGN_OR_RETURN(const ConductOutcome outcome,
                          ConductUntilPrecise(plan, placement, timeout, watch, cancellation));
  pb::RunResult result = MakeResult(plan, outcome);
  if (plan.spec.record_attribution) {
    LAWINE_ASSIGN_OR_RETURN(*result.mutable_attribution(),
                            ReadAttribution(placement, plan.spec.run_id, result.graph_members()));
  }
  result.mutable_manifest()->set_run(name);
  result.mutable_manifest()->set_workers(static_cast<std::uint32_t>(placement.workers.size()));
  result.mutable_timing()->set_load_seconds(outcome.load_seconds);
  result.mutable_timing()->set_processing_seconds(outcome.processing_seconds);
  result.mutable_timing()->set_makespan_seconds(absl::ToDoubleSeconds(absl::Now() - asked));
  return result;
}

absl::Status Runs::Save(std::uint64_t run_id, const pb::Run& run, const pb::RunResult* result) {
  pbi::RunRecord record;
  record.set_run_id(run_id);
  *record.mutable_run() = run;
  if (result != nullptr) *record.mutable_result() = *result;
  return registry_.Put(RunKey(run_id), record.SerializeAsString());
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
    run = entry.run;
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

absl::StatusOr<pb::RunResult> Runs::Result(const std::string& name) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  const pb::Run run = Describe(*entry);
  if (run.state() != pb::RUN_STATE_SUCCEEDED) {
    return absl::FailedPreconditionError(absl::StrCat(name, " has no result: it is ", StateWord(run.state()),
                                                      run.error().empty() ? "" : ": ", run.error()));
  }
  LAWINE_ASSIGN_OR_RETURN(const std::string value, registry_.Get(RunKey(entry->run_id)));
  pbi::RunRecord record;
  if (!record.ParseFromString(value))
    return absl::DataLossError(absl::StrCat("the record of ", name, " is damaged"));
  return record.result();
}

absl::StatusOr<pb::Run> Runs::Cancel(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  entry->cancellation.Cancel();
  bool queued = false;
  {
    MutexLock lock(mutex_);
    queued = std::erase(queue_, entry) > 0;
  }
  if (queued) Finish(*entry);  // ends here and now
  return Describe(*entry);
}

absl::Status Runs::Delete(const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  const pb::Run run = Describe(*entry);
  if (!Ended(run.state())) {
    return absl::FailedPreconditionError(absl::StrCat(name, " is going on: cancel it first"));
  }
  {
    MutexLock lock(mutex_);
    // Numbers are not used twice: workers may still know this one.
    LAWINE_RETURN_IF_ERROR(registry_.Put(kNextRunKey, absl::StrCat(next_id_)));
  }
  LAWINE_RETURN_IF_ERROR(registry_.Delete(RunKey(entry->run_id)));
  {
    MutexLock lock(mutex_);
    runs_.erase(entry->run_id);
  }
  if (!run.record_receipts()) return absl::OkStatus();
  for (const WorkerHandle& worker : workers_.Alive()) ForgetReceipts(worker, entry->run_id);
  return absl::OkStatus();
}

absl::Status Runs::Receipts(const std::string& name,
                            const std::function<bool(const pb::ListReceiptsResponse&)>& write) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<RunEntry> entry, Find(name));
  const pb::Run run = Describe(*entry);
  if (!run.record_receipts() || run.state() != pb::RUN_STATE_SUCCEEDED) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " has no receipts: it was not asked to record them, or has not succeeded"));
  }
  LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord graph, graphs_.Find(run.scenario().graph()));
  LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(graph));
  for (const WorkerHandle& worker : placement.workers) {
    LAWINE_RETURN_IF_ERROR(ReadReceipts(worker, entry->run_id, write));
  }
  return absl::OkStatus();
}

void Runs::Count(std::uint32_t& running, std::uint32_t& queued) const {
  MutexLock lock(mutex_);
  queued = static_cast<std::uint32_t>(queue_.size());
  running = 0;
  for (const auto& [run_id, entry] : runs_) {
    MutexLock entry_lock(entry->mutex);
    running += entry->run.state() == pb::RUN_STATE_RUNNING;
  }
}

}  // namespace lawine
