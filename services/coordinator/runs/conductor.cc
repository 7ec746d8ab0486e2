#include "services/coordinator/runs/conductor.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/spread/local_cluster.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/runs/prepare.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

using RunCalls = WorkerCalls<pbi::ConductRunRequest, pbi::ConductRunResponse>;

void AddPrepared(const pbi::ConductRunResponse& part, ConductOutcome& whole) {
  whole.load_seconds = std::max(whole.load_seconds, part.load_seconds());
  whole.links_on_disk += part.links_on_disk();
  whole.partly_in_memory = whole.partly_in_memory || part.partly_in_memory();
}

// REQUIRES: the plan asks for groups.
std::uint64_t GroupsMax(const RunPlan& plan) {
  const std::uint32_t messages = MessagesOf(plan.spec);
  const std::uint64_t steps = messages > 1 ? StepsMaxOf(messages) + 1 : 0;
  return GroupsCount(*plan.spec.model->groups) + steps;
}

// Adds one worker's last message to the whole.
absl::Status Merge(const RunPlan& plan, const pbi::ConductRunResponse& part, ConductOutcome& whole) {
  whole.processing_seconds = std::max(whole.processing_seconds, part.processing_seconds());
  whole.exchange_bytes += part.exchange_bytes();
  whole.links_touched += part.links_touched();
  whole.traces.push_back(part.trace());
  whole.target_members += part.target_members();
  for (const pbi::GroupCounts& counts : part.groups()) {
    if (counts.message() >= whole.groups.size() || counts.group() >= GroupsMax(plan)) {
      return absl::DataLossError(absl::StrCat("a worker reports group ", counts.group(), " of message ",
                                              counts.message(), ", which nobody asked for"));
    }
    std::vector<GroupRow>& groups = whole.groups[counts.message()];
    if (counts.group() >= groups.size()) groups.resize(std::size_t{counts.group()} + 1);
    AddTo(wire::FromProto(counts), groups[counts.group()]);
  }
  std::vector<LaneOutcome> lanes;
  for (const pbi::LaneRow& row : part.lanes()) {
    LAWINE_ASSIGN_OR_RETURN(lanes.emplace_back(), wire::FromProto(row));
    if (row.steps_size() == 0) continue;
    std::vector<StepCounts>& steps = whole.kept_steps.emplace_back();
    for (const pbi::StepRow& step : row.steps()) steps.push_back(wire::FromProto(step));
  }
  return MergeLanes(lanes, whole.lanes);
}

// The sums by step must be those of the replicas.
absl::Status CheckSteps(const RunPlan& plan, const ConductOutcome& outcome) {
  const std::size_t messages = outcome.steps.size();
  const bool complete = outcome.lanes.size() == plan.spec.replicas * messages &&
                        outcome.kept_steps.size() == (plan.spec.keep_steps ? plan.spec.replicas : 0);
  for (std::size_t m = 0; m < messages; ++m) {
    StepCounts by_step, by_replica;
    for (const StepCounts& counts : outcome.steps[m]) AddTo(counts, by_step);
    for (std::size_t i = m; i < outcome.lanes.size(); i += messages) {
      by_replica.deliveries += outcome.lanes[i].deliveries;
      by_replica.first_receipts += outcome.lanes[i].reach;
      by_replica.forwards += outcome.lanes[i].forwards;
    }
    if (complete && by_step.deliveries == by_replica.deliveries &&
        by_step.first_receipts == by_replica.first_receipts && by_step.forwards == by_replica.forwards) {
      continue;
    }
    return absl::DataLossError(absl::StrCat(
        "a worker reports ", by_step.deliveries, " deliveries of message ", m, " by step and ",
        by_replica.deliveries, " in ", outcome.lanes.size(), " replicas: the result cannot be trusted"));
  }
  return absl::OkStatus();
}

// What the plan knows of each replica's messages.
void AddPlanned(const RunPlan& plan, ConductOutcome& outcome) {
  const std::size_t messages = outcome.steps.size();
  for (std::size_t first = 0; first < outcome.lanes.size(); first += messages) {
    std::uint64_t positive = 0, negative = 0;
    for (std::size_t m = 0; messages > 1 && m < messages; ++m) {
      const std::uint64_t reach = outcome.lanes[first + m].reach;
      if (plan.sentiments[m] == lawine::v1::SENTIMENT_POSITIVE) positive += reach;
      if (plan.sentiments[m] == lawine::v1::SENTIMENT_NEGATIVE) negative += reach;
    }
    for (std::size_t m = 0; m < messages; ++m) {
      LaneOutcome& lane = outcome.lanes[first + m];
      lane.target_members = outcome.target_members;
      lane.cost = plan.costs.empty() ? 0 : plan.costs[m].In(lane, plan.spec.max_steps);
      lane.positive_reach = positive;
      lane.negative_reach = negative;
    }
  }
}

// Which workers have said of which checkpoints that they are durable.
class DurableCheckpoints {
 public:
  explicit DurableCheckpoints(std::size_t workers_count) : workers_count_(workers_count) {}

  // Whether all have, with this word.
  bool Note(std::size_t worker, std::uint32_t step) {
    std::set<std::size_t>& workers = by_step_[step];
    workers.insert(worker);
    const bool all = workers.size() == workers_count_;
    // Of those that some worker could not keep, nothing more will be heard.
    if (all) by_step_.erase(by_step_.begin(), by_step_.upper_bound(step));
    if (by_step_.size() > kWaitingMax) by_step_.erase(by_step_.begin());
    return all;
  }

 private:
  static constexpr std::size_t kWaitingMax = 8;
  const std::size_t workers_count_;
  std::map<std::uint32_t, std::set<std::size_t>> by_step_;
};

// Reads what workers report until all have ended; the first failure ends them all.
absl::Status Follow(RunCalls& calls, const std::function<void(const pbi::ConductRunResponse&)>& report,
                    const RunWatch& watch, Cancellation& cancellation,
                    std::vector<pbi::ConductRunResponse>& lasts) {
  SharedEnd end(cancellation);
  DurableCheckpoints durable(calls.size());
  while (auto event = calls.Next()) {
    if (!event->message.has_value()) {
      const bool whole = !event->status.ok() || lasts[event->worker].done();
      end.Note(whole ? event->status : absl::InternalError("a worker ended its part early"));
      continue;
    }
    if (event->worker == 0) report(*event->message);
    if (event->message->has_checkpoint_step() && watch.checkpoint != nullptr &&
        durable.Note(event->worker, event->message->checkpoint_step())) {
      watch.checkpoint(event->message->checkpoint_step());
    }
    if (event->message->done()) lasts[event->worker] = *std::move(event->message);
  }
  return end.cause();
}

}  // namespace

std::vector<LaneOutcome> LanesOf(const ConductOutcome& outcome, std::size_t message) {
  std::vector<LaneOutcome> lanes;
  for (std::size_t i = message; i < outcome.lanes.size(); i += outcome.steps.size()) {
    lanes.push_back(outcome.lanes[i]);
  }
  return lanes;
}

namespace {

// Small runs do not wait for each other's workers, where nobody asks when they have started: what their first
// exchange comes to, a bit a member at most from each replica in flight, is kept by those that have not
// begun.
bool BeginsAtOnce(const RunPlan& plan) {
  const auto& boundaries = plan.graph.info().boundaries();
  const std::uint64_t members = boundaries[boundaries.size() - 1];
  const std::uint64_t lanes = std::uint64_t{plan.spec.lanes} * MessagesOf(plan.spec);
  return plan.estimate.small() && members / 8 * lanes <= limits::kEarlyBytesOfRunMax / 2;
}

void AddCheckpoints(const CheckpointPlan& checkpoints, pbi::RunPlan& plan) {
  if (plan.replicas() != 1) return;
  plan.set_checkpoint_milliseconds(
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, absl::ToInt64Milliseconds(checkpoints.every))));
  if (checkpoints.from.has_value()) plan.set_from_checkpoint(*checkpoints.from);
}

absl::StatusOr<pbi::RunBlock> HearAll(const RunPlan& plan, const Placement& placement, absl::Duration timeout,
                                      const RunWatch& watch, Cancellation& cancellation) {
  if (cancellation.cancelled()) return absl::CancelledError("the run was cancelled");
  RunCalls calls(placement, &WorkerStub::ConductRun, absl::Now() + timeout, cancellation);
  pbi::RunBlock block;
  block.set_first_replica(plan.spec.first_replica);
  block.set_replicas(plan.spec.replicas);
  pbi::ConductRunRequest request;
  *request.mutable_plan() = wire::ToProto(plan.spec);
  FillPlan(plan.graph.info(), placement, *request.mutable_plan());
  AddCheckpoints(plan.checkpoints, *request.mutable_plan());
  const auto adapt = [&placement](pbi::RunPlan& own, std::size_t w) {
    own.set_own_node_id(placement.workers[w].node_id);
    own.set_report_steps(w == 0);
  };
  const auto prepared = [&block](const pbi::ConductRunResponse& response) { *block.add_said() = response; };
  request.mutable_plan()->set_begin_at_once(watch.started == nullptr && BeginsAtOnce(plan));
  if (request.plan().begin_at_once()) {
    SendPlans(calls, request, adapt);
  } else {
    LAWINE_RETURN_IF_ERROR(PrepareAll(calls, std::move(request), adapt, prepared));
  }
  if (watch.started != nullptr) watch.started();
  const auto report = [&](const pbi::ConductRunResponse& response) {
    for (const pbi::StepRow& row : response.steps()) {
      if (plan.spec.replicas == 1 && row.message() == 0) watch.step(wire::FromProto(row));
    }
    if (response.steps_size() > 0 && !response.done()) *block.add_said() = response;
    if (response.replicas_done() > 0) watch.replicas_done(response.replicas_done());
  };
  std::vector<pbi::ConductRunResponse> lasts(calls.size());
  LAWINE_RETURN_IF_ERROR(Follow(calls, report, watch, cancellation, lasts));
  for (pbi::ConductRunResponse& last : lasts) {
    last.mutable_trace()->set_first_replica(plan.spec.first_replica);
    *block.add_said() = std::move(last);
  }
  return block;
}

}  // namespace

absl::StatusOr<pbi::RunBlock> HearRun(const RunPlan& plan, const Placement& placement, absl::Duration timeout,
                                      const RunWatch& watch, Cancellation& cancellation) {
  absl::StatusOr<pbi::RunBlock> block = HearAll(plan, placement, timeout, watch, cancellation);
  if (block.ok()) return block;
  return placement.Ended(block.status());
}

absl::StatusOr<ConductOutcome> OutcomeOf(const RunPlan& plan, const pbi::RunBlock& block) {
  ConductOutcome outcome;
  outcome.steps.resize(MessagesOf(plan.spec));
  if (plan.spec.model != nullptr && plan.spec.model->groups.has_value()) {
    const std::vector<GroupRow> none(GroupsCount(*plan.spec.model->groups));
    outcome.groups.assign(outcome.steps.size(), none);
  }
  for (const pbi::ConductRunResponse& said : block.said()) {
    if (said.prepared()) AddPrepared(said, outcome);
    for (const pbi::StepRow& row : said.steps()) {
      if (row.message() >= outcome.steps.size()) continue;  // CheckSteps misses it
      outcome.steps[row.message()].push_back(wire::FromProto(row));
    }
    if (said.done()) LAWINE_RETURN_IF_ERROR(Merge(plan, said, outcome));
  }
  LAWINE_RETURN_IF_ERROR(CheckSteps(plan, outcome));
  AddPlanned(plan, outcome);
  return outcome;
}

absl::StatusOr<ConductOutcome> ConductRun(const RunPlan& plan, const Placement& placement,
                                          absl::Duration timeout, const RunWatch& watch,
                                          Cancellation& cancellation) {
  LAWINE_ASSIGN_OR_RETURN(const pbi::RunBlock block, HearRun(plan, placement, timeout, watch, cancellation));
  return OutcomeOf(plan, block);
}

}  // namespace lawine
