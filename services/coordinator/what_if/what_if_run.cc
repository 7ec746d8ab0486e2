#include "services/coordinator/what_if/what_if_run.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/plan/deliveries_limit.h"
#include "services/coordinator/runs/run_result.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr absl::Duration kTellEvery = absl::Milliseconds(200);

}  // namespace

absl::StatusOr<RunPlan> WhatIfRuns::Plan(const std::string& path, const pb::Scenario& scenario) {
  if (cancellation_.cancelled()) return absl::CancelledError("the caller is gone");
  if (SteadyNow() > end_) return absl::DeadlineExceededError("no time was left to plan all of it");
  // All scenarios on a graph use the same version, unless they say which.
  const std::pair used(scenario.graph(), scenario.graph_version());
  auto use = uses_.find(used);
  if (use == uses_.end() && !scenario.graph().empty()) {
    LAWINE_ASSIGN_OR_RETURN(GraphUse one, GraphUse::Of(graphs_, scenario.graph(), scenario.graph_version()));
    use = uses_.emplace(used, std::move(one)).first;
  }
  auto plan =
      runs_.Plan(use == uses_.end() ? scenario : AtVersion(scenario, use->second), false, &cancellation_);
  if (!plan.ok()) return InPart(path, plan.status());
  warnings_.insert(plan->warnings.begin(), plan->warnings.end());
  return plan;
}

absl::Status WhatIfRuns::Expect(const std::string& path, const RunPlan& plan, std::uint32_t runs) {
  estimate_.set_deliveries(estimate_.deliveries() + runs * plan.estimate.deliveries());
  estimate_.set_forwards(estimate_.forwards() + runs * plan.estimate.forwards());
  estimate_.set_seconds(estimate_.seconds() + runs * plan.estimate.seconds());
  estimate_.set_memory_bytes(std::max(estimate_.memory_bytes(), plan.estimate.memory_bytes()));
  progress_.set_runs(progress_.runs() + runs);
  if (estimate_.deliveries() <= kDeliveriesExpectedMax) {
    return CheckQuota(runs_.options(), options_.owner, estimate_);
  }
  return FieldError(path, absl::StrFormat("all runs together are expected to make more than %.0e "
                                          "deliveries, the most that a call may take: ask for fewer replicas",
                                          static_cast<double>(kDeliveriesExpectedMax)));
}

absl::StatusOr<ConductOutcome> WhatIfRuns::Run(RunPlan plan, const std::string& name) {
  if (cancellation_.cancelled()) return absl::CancelledError("the caller is gone");
  progress_.set_now(name);
  progress_.set_replicas(plan.spec.replicas);
  if (!Tell(0, true)) return absl::CancelledError("the caller is gone");
  const RunWatch watch{.step = [](const StepCounts&) {},
                       .replicas_done =
                           [this](std::uint32_t replicas) {
                             if (!Tell(replicas, false)) cancellation_.Cancel();
                           }};
  std::size_t workers_count = 0;
  const auto try_once = [&]() -> absl::StatusOr<ConductOutcome> {
    LAWINE_ASSIGN_OR_RETURN(const Placement placement, graphs_.Place(plan.graph));
    workers_count = placement.workers.size();
    plan.spec.run_id = runs_.NewUnnamedId();
    Cancellation attempt(cancellation_);
    return ConductRun(plan, placement, end_ - SteadyNow(), watch, attempt);
  };
  LAWINE_ASSIGN_OR_RETURN(ConductOutcome outcome, UntilShardsRest(end_, cancellation_, try_once));
  progress_.set_runs_done(progress_.runs_done() + 1);
  timing_.set_load_seconds(timing_.load_seconds() + outcome.load_seconds);
  timing_.set_processing_seconds(timing_.processing_seconds() + outcome.processing_seconds);
  if (manifest_.version().empty()) {
    manifest_ = MakeManifest(plan.graph.info(), 0);
    manifest_.set_workers(static_cast<std::uint32_t>(workers_count));
  }
  manifest_.set_exchange_bytes(manifest_.exchange_bytes() + outcome.exchange_bytes);
  manifest_.set_links_touched(manifest_.links_touched() + outcome.links_touched);
  return outcome;
}

absl::Status WhatIfRuns::RunMore(const RunPlan& plan, std::uint32_t replicas, const std::string& name,
                                 RunSoFar& so_far) {
  RunPlan more = plan;
  more.spec.first_replica = plan.spec.first_replica + so_far.replicas;
  more.spec.replicas = replicas - so_far.replicas;
  const std::uint32_t runs_done = progress_.runs_done();
  LAWINE_ASSIGN_OR_RETURN(ConductOutcome part, Run(std::move(more), name));
  if (so_far.replicas > 0) progress_.set_runs_done(runs_done);  // the same run
  Append(std::move(part), so_far.outcome);
  so_far.replicas = replicas;
  return absl::OkStatus();
}

pb::Timing WhatIfRuns::timing() const {
  pb::Timing timing = timing_;
  timing.set_makespan_seconds(absl::ToDoubleSeconds(absl::Now() - started_));
  return timing;
}

bool WhatIfRuns::Tell(std::uint32_t replicas_done, bool now) {
  const absl::Time time = absl::Now();
  if (!now && time - told_ < kTellEvery) return true;
  told_ = time;
  progress_.set_replicas_done(replicas_done);
  return options_.tell(progress_);
}

}  // namespace lawine
