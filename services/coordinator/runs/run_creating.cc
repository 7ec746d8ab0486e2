#include <google/protobuf/util/time_util.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/failpoint.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/request_id.h"
#include "services/coordinator/plan/later_plan.h"
#include "services/coordinator/runs/run_names.h"
#include "services/coordinator/runs/runs.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

pb::Run RunOf(const pb::CreateRunRequest& request, const RunPlan& plan) {
  pb::Run run;
  *run.mutable_scenario() = plan.scenario;
  run.set_result_key(plan.result_key);
  run.set_record_receipts(plan.spec.record_receipts);
  run.set_record_attribution(plan.spec.record_attribution);
  if (request.has_branch_of()) *run.mutable_branch_of() = request.branch_of();
  run.set_state(pb::RUN_STATE_QUEUED);
  *run.mutable_create_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  return run;
}

PausedRuns CountPaused(const std::map<std::uint64_t, std::shared_ptr<RunEntry>>& runs,
                       const std::string& owner) {
  PausedRuns paused;
  for (const auto& [run_id, entry] : runs) {
    MutexLock lock(entry->mutex);
    if (entry->record.run().state() != pb::RUN_STATE_PAUSED) continue;
    ++paused.runs;
    paused.of_owner += entry->owner == owner ? 1 : 0;
    paused.scenario_bytes += entry->scenario_bytes;
  }
  return paused;
}

}  // namespace

absl::StatusOr<pb::Scenario> Runs::ScenarioOf(const pb::CreateRunRequest& request) const {
  if (!request.has_branch_of()) return request.scenario();
  const pb::BranchPoint& point = request.branch_of();
  auto run = Result(point.run());
  if (run.ok()) return BranchOf(*run, point.after_step(), request.scenario());
  if (!absl::IsInvalidArgument(run.status())) return run.status();
  return AboutField("branch_of.run", run.status());
}

// What a branch changes stands in its request's scenario, and the step in branch_of.
absl::Status InBranch(const absl::Status& status) {
  std::string field = FieldOf(status);
  if (field == "later.after_step") return AboutField("branch_of.after_step", status);
  if (field == "later.change") return AboutField("scenario", status);
  constexpr std::size_t kChange = std::string_view("later.change.").size();
  return field.starts_with("later.change.") ? AboutField(field.substr(kChange), status) : status;
}

absl::StatusOr<RunPlan> Runs::PlanOf(const pb::CreateRunRequest& request, RunEntry& entry) const {
  LAWINE_ASSIGN_OR_RETURN(const pb::Scenario scenario, ScenarioOf(request));
  LAWINE_ASSIGN_OR_RETURN(entry.use, GraphUse::Of(graphs_, scenario.graph(), scenario.graph_version()));
  absl::StatusOr<RunPlan> planned = Plan(AtVersion(scenario, entry.use), request.record_attribution());
  // Its caller has not left: it ended with Stop.
  if (absl::IsCancelled(planned.status())) {
    return absl::UnavailableError("the coordinator is stopping: try again");
  }
  if (request.has_branch_of()) LAWINE_RETURN_IF_ERROR(InBranch(planned.status()));
  LAWINE_ASSIGN_OR_RETURN(RunPlan plan, std::move(planned));
  plan.spec.record_receipts = request.record_receipts() || request.record_attribution();
  if (plan.spec.record_receipts && plan.spec.replicas != 1) {
    return FieldError(request.record_receipts() ? "record_receipts" : "record_attribution",
                      absl::StrCat("expected a single replica, found ", plan.spec.replicas));
  }
  plan.estimate = EstimateRun(plan);  // receipts take memory
  LAWINE_RETURN_IF_ERROR(CheckQuota(options_, entry.owner, plan.estimate));
  return plan;
}

absl::StatusOr<std::optional<pb::Run>> Runs::MadeBefore(const pb::CreateRunRequest& request,
                                                        const std::string& owner) const {
  LAWINE_ASSIGN_OR_RETURN(const std::string made, archive_.RunOfRequest(request.request_id()));
  const auto entry = made.empty() ? absl::NotFoundError("") : Find(made);
  if (!entry.ok()) return std::optional<pb::Run>();
  std::uint64_t request_hash = 0;
  {
    MutexLock lock((*entry)->mutex);
    request_hash = (*entry)->record.request_hash();
  }
  const bool same = IsNotedRequest(request_hash, RequestHash(request));
  if (same && (*entry)->owner == owner) return std::optional(Describe(**entry));
  return RequestIdUsed("run");
}

absl::StatusOr<pb::CreateRunResponse> Runs::Create(const pb::CreateRunRequest& request,
                                                   const std::string& owner, const Turns::Gone& gone) {
  LAWINE_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  pb::CreateRunResponse response;
  const auto entry = std::make_shared<RunEntry>();
  entry->asked = absl::Now();
  entry->owner = owner;
  if (request.validate_only()) {
    LAWINE_ASSIGN_OR_RETURN(const RunPlan plan, PlanOf(request, *entry));
    *response.mutable_run() = RunOf(request, plan);
    *response.mutable_estimate() = plan.estimate;
    return response;
  }
  // A retry finds what the first call has made.
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, requests_.Take(request.request_id(), gone));
  LAWINE_ASSIGN_OR_RETURN(std::optional<pb::Run> made, MadeBefore(request, owner));
  if (made.has_value()) {
    *response.mutable_run() = *std::move(made);
    return response;
  }
  LAWINE_ASSIGN_OR_RETURN(RunPlan plan, PlanOf(request, *entry));
  entry->scenario_bytes = plan.scenario.SpaceUsedLong();
  {
    MutexLock lock(mutex_);
    LAWINE_RETURN_IF_ERROR(queue_.Reserve(entry, CountPaused(runs_, owner)));
    entry->run_id = next_id_++;
  }
  *response.mutable_estimate() = plan.estimate;
  if (const absl::Status accepted = Accept(request, plan, *entry); !accepted.ok()) {
    MutexLock lock(mutex_);
    queue_.GiveUp(entry);
    return accepted;
  }
  entry->plan = std::move(plan);
  Enqueue(entry);
  *response.mutable_run() = Describe(*entry);
  return response;
}

// From here on the run survives.
absl::Status Runs::Accept(const pb::CreateRunRequest& request, const RunPlan& plan, RunEntry& entry) {
  internal::v1::RunRecord record;
  record.set_run_id(entry.run_id);
  record.set_attempt(1);
  record.set_graph_digest(plan.graph.info().digest());
  record.set_request_id(request.request_id());
  if (!request.request_id().empty()) record.set_request_hash(RequestHash(request));
  record.set_owner(entry.owner);
  *record.mutable_run() = RunOf(request, plan);
  record.mutable_run()->set_name(RunName(entry.run_id));
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t bytes, archive_.Add(record));
  Failpoint("run.saved");
  entry.attempt_is_fresh = true;
  MutexLock lock(entry.mutex);
  entry.record = std::move(record);
  entry.record_bytes = bytes;
  return absl::OkStatus();
}

void Runs::Enqueue(const Entry& entry) {
  MutexLock lock(mutex_);
  runs_[entry->run_id] = entry;
  queue_.Add(entry);
  queue_changed_.NotifyOne();
}

}  // namespace lawine
