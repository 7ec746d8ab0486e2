#include "services/coordinator/plan/later_plan.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/plan/model_plan.h"
#include "services/coordinator/plan/scenario_merge.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

const std::vector<std::string>& MayChange() {
  static const auto* const fields =
      new std::vector<std::string>{"model", "stop", "influences", "interventions", "messages", "injections"};
  return *fields;
}

absl::Status CheckFields(const pb::Scenario& change) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  change.GetReflection()->ListFields(change, &fields);
  for (const auto* field : fields) {
    if (std::find(MayChange().begin(), MayChange().end(), field->name()) != MayChange().end()) continue;
    return FieldError(
        absl::StrCat("later.change.", field->name()),
        absl::StrCat("expected nothing but ", absl::StrJoin(MayChange(), ", "), " to change after a step"));
  }
  if (!fields.empty()) return absl::OkStatus();
  return FieldError("later.change", absl::StrCat("expected ", absl::StrJoin(MayChange(), ", "), " in it"));
}

// Who is given a message is there from the start, so that giving it later would change what was before.
absl::Status CheckBesideGrowth(const pb::Scenario& scenario) {
  if (!scenario.growth().has_members_at_start() || scenario.growth().members_at_start() == 1) {
    return absl::OkStatus();
  }
  const pb::Scenario& change = scenario.later().change();
  if (change.injections_size() + change.messages_size() == 0) return absl::OkStatus();
  return FieldError(change.messages_size() > 0 ? "later.change.messages" : "later.change.injections",
                    "expected none beside members that join: who is given a message is there from the start");
}

absl::Status CheckSteps(const pb::Scenario& scenario) {
  const pb::Later& later = scenario.later();
  if (!later.has_after_step() || later.after_step() >= limits::kStepsMax) {
    return FieldError("later.after_step",
                      absl::StrCat("expected a step below ", limits::kStepsMax, ", found ",
                                   later.has_after_step() ? absl::StrCat(later.after_step()) : "none"));
  }
  if (scenario.stop().has_max_steps() && scenario.stop().max_steps() < later.after_step()) {
    return FieldError("later.after_step",
                      absl::StrCat("expected at most stop.max_steps, ", scenario.stop().max_steps(),
                                   ", found ", later.after_step()));
  }
  const pb::Stop& stop = later.change().stop();
  if (stop.has_max_steps() &&
      (stop.max_steps() < later.after_step() || stop.max_steps() > limits::kStepsMax)) {
    return FieldError("later.change.stop.max_steps",
                      absl::StrCat("expected ", later.after_step(), " to ", limits::kStepsMax, ", found ",
                                   stop.max_steps()));
  }
  for (int i = 0; i < later.change().injections_size(); ++i) {
    if (later.change().injections(i).step() > later.after_step()) continue;
    return FieldError(absl::StrCat("later.change.injections[", i, "].step"),
                      absl::StrCat("expected a step after ", later.after_step(), ", found ",
                                   later.change().injections(i).step()));
  }
  return absl::OkStatus();
}

bool SameCounts(const pb::StepCounts& a, const pb::StepCounts& b) {
  return a.deliveries() == b.deliveries() && a.first_receipts() == b.first_receipts() &&
         a.duplicates() == b.duplicates() && a.forwards() == b.forwards();
}

using Steps = google::protobuf::RepeatedPtrField<pb::StepCounts>;

// Row t is of step t. Rows end at a message's last step, which a change moves: at steps without one nothing
// happened.
const pb::StepCounts& CountsAt(int step, const Steps& steps) {
  return step < steps.size() ? steps[step] : pb::StepCounts::default_instance();
}

bool SameThrough(std::uint32_t step, const Steps& a, const Steps& b) {
  const int rows = static_cast<int>(std::min<std::int64_t>(std::max(a.size(), b.size()), step + 1ll));
  for (int t = 0; t < rows; ++t) {
    if (!SameCounts(CountsAt(t, a), CountsAt(t, b))) return false;
  }
  return true;
}

// Of all messages.
std::uint32_t LastStepOf(const pb::RunResult& run) {
  std::uint32_t last = run.totals().steps();
  for (const pb::MessageResult& message : run.messages()) last = std::max(last, message.totals().steps());
  return last;
}

}  // namespace

absl::Status CompleteLater(pb::Scenario& scenario, std::set<std::string>& names) {
  pb::Scenario& change = *scenario.mutable_later()->mutable_change();
  LAWINE_RETURN_IF_ERROR(CheckFields(change));
  LAWINE_RETURN_IF_ERROR(CompleteInjections(*change.mutable_injections(), "later.change.injections"));
  LAWINE_RETURN_IF_ERROR(CheckSteps(scenario));
  LAWINE_RETURN_IF_ERROR(CheckBesideGrowth(scenario));
  const pb::Model model = LaterModel(scenario);
  LAWINE_RETURN_IF_ERROR(PlanMessageModel(model, scenario.step_seconds(), "later.change.model").status());
  return CompleteFurther(*change.mutable_messages(), model, scenario.step_seconds(), "later.change.messages",
                         names);
}

pb::Model LaterModel(const pb::Scenario& scenario) {
  pb::Scenario base, change;
  *base.mutable_model() = scenario.model();
  if (scenario.later().change().has_model()) *change.mutable_model() = scenario.later().change().model();
  return MergeScenario(base, change).model();
}

absl::StatusOr<pb::Scenario> BranchOf(const pb::RunResult& run, std::uint32_t after_step,
                                      const pb::Scenario& change) {
  const std::string& name = run.manifest().run();
  if (run.scenario().has_later()) {
    return FieldError("branch_of.run",
                      absl::StrCat(name, " changes after step ", run.scenario().later().after_step(),
                                   " itself: branch one that does not, with all that changes"));
  }
  if (const std::uint32_t last = LastStepOf(run); after_step > last) {
    return FieldError("branch_of.after_step", absl::StrCat("expected at most ", last, ", the last step of ",
                                                           name, ", found ", after_step));
  }
  if (!change.graph().empty() && change.graph() != run.graph()) {
    return FieldError("scenario.graph",
                      absl::StrCat("expected '", run.graph(), "', the graph of ", name, ", or none"));
  }
  pb::Scenario scenario = run.scenario();
  scenario.clear_until_precision();  // it has as many replicas as were made
  scenario.set_graph_version(run.manifest().graph_version());
  scenario.mutable_later()->set_after_step(after_step);
  *scenario.mutable_later()->mutable_change() = change;
  scenario.mutable_later()->mutable_change()->clear_graph();
  return scenario;
}

absl::Status CheckBranch(const pb::RunResult& run, const pb::RunResult& branch, std::uint32_t after_step) {
  bool same =
      run.graph_digest() == branch.graph_digest() && SameThrough(after_step, run.steps(), branch.steps());
  for (int m = 0; m < run.messages_size(); ++m) {
    same = same && m < branch.messages_size() &&
           SameThrough(after_step, run.messages(m).steps(), branch.messages(m).steps());
  }
  if (same) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("up to step ", after_step, " this branch is not what ",
                                          run.manifest().run(), " was: one of them cannot be trusted"));
}

}  // namespace lawine
