#include "services/coordinator/what_if/sweep.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/json/field_path.h"
#include "services/coordinator/plan/foreseen.h"
#include "services/coordinator/plan/labels.h"
#include "services/coordinator/runs/run_blocks.h"
#include "services/coordinator/runs/run_result.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/statistics/precision.h"
#include "services/coordinator/statistics/uncertainty.h"
#include "services/coordinator/what_if/comparison_plan.h"
#include "services/coordinator/what_if/difference.h"
#include "services/coordinator/what_if/sweep_values.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kSweepSchema = 1;
constexpr std::uint32_t kPointsDefault = 20;
constexpr std::uint32_t kPointsMax = 200;
// The first and the last of so many quantiles are those between which 95% are.
constexpr std::uint32_t kCountsPointsMin = 20;
constexpr std::uint64_t kTrialsMax = 1'000'000'000'000;

absl::Status CheckCounts(const pb::Sweep& sweep, const FieldPath& field) {
  if (field.whole()) {
    return FieldError("field", absl::StrCat("expected a rate beside counts, found ", field.text()));
  }
  if (sweep.from() != 0 || sweep.to() != 0 || sweep.scale() != pb::SWEEP_SCALE_UNSPECIFIED) {
    return FieldError("counts", "expected neither from, to nor scale beside it: the counts give the values");
  }
  const pb::Counts& counts = sweep.counts();
  if (counts.trials() < 1 || counts.trials() > kTrialsMax) {
    return FieldError("counts.trials",
                      absl::StrCat("expected 1 to ", kTrialsMax, ", found ", counts.trials()));
  }
  if (counts.successes() > counts.trials()) {
    return FieldError("counts.successes", absl::StrCat("expected at most the ", counts.trials(),
                                                       " trials, found ", counts.successes()));
  }
  return absl::OkStatus();
}

absl::Status CheckRange(const pb::Sweep& sweep, const FieldPath& field) {
  for (const auto& [path, value] : {std::pair("from", sweep.from()), std::pair("to", sweep.to())}) {
    const absl::Status held = field.Check(value);
    if (!held.ok()) return FieldError(path, std::string(held.message()));
  }
  if (sweep.from() >= sweep.to()) {
    return FieldError("to",
                      absl::StrCat("expected more than `from`, ", sweep.from(), ", found ", sweep.to()));
  }
  if (!pb::SweepScale_IsValid(sweep.scale())) {
    return FieldError("scale", UnknownValue(*pb::SweepScale_descriptor(), sweep.scale()));
  }
  if (sweep.scale() == pb::SWEEP_SCALE_LOG && sweep.from() <= 0) {
    return FieldError("from", absl::StrCat("expected more than 0 on a log scale, found ", sweep.from()));
  }
  return absl::OkStatus();
}

// Fills defaults; the scenario's own are filled when it is planned.
absl::StatusOr<FieldPath> Complete(pb::Sweep& sweep) {
  auto field = FieldPath::Parse(*pb::Scenario::descriptor(), sweep.field());
  if (!field.ok()) return FieldError("field", std::string(field.status().message()));
  LAWINE_RETURN_IF_ERROR(CheckMayChange("field", *field));
  if (sweep.measure().empty()) sweep.set_measure("reach");
  LAWINE_RETURN_IF_ERROR(CheckMeasure("measure", sweep.measure()));
  if (sweep.points() == 0) sweep.set_points(kPointsDefault);
  const std::uint32_t least = sweep.has_counts() ? kCountsPointsMin : 2;
  if (sweep.points() < least || sweep.points() > kPointsMax) {
    return FieldError("points",
                      absl::StrCat("expected ", least, " to ", kPointsMax,
                                   sweep.has_counts() ? " beside counts" : "", ", found ", sweep.points()));
  }
  LAWINE_RETURN_IF_ERROR(CompleteReplicas("scenario.replicas", sweep.points(), *sweep.mutable_scenario()));
  if (sweep.has_counts()) {
    LAWINE_RETURN_IF_ERROR(CheckCounts(sweep, *field));
    return field;
  }
  if (sweep.scale() == pb::SWEEP_SCALE_UNSPECIFIED) sweep.set_scale(pb::SWEEP_SCALE_LINEAR);
  LAWINE_RETURN_IF_ERROR(CheckRange(sweep, *field));
  return field;
}

std::string CountsAnswerOf(const pb::SweepResult& result) {
  const pb::Uncertainty& found = result.uncertainty();
  return absl::StrFormat(
      "With %d of %d counted, the message reaches %s members on average; 95%% of the time %s to %s. Not "
      "knowing %s better makes %.0f%% of that variance, luck the rest.",
      result.sweep().counts().successes(), result.sweep().counts().trials(), MeanText(found.mean()),
      MeanText(found.middle95().low()), MeanText(found.middle95().high()), result.sweep().field(),
      100 * found.ignorance_share());
}

// One sweep while it is made.
class Sweeper {
 public:
  Sweeper(const pb::Sweep& sweep, FieldPath field, WhatIfRuns& runs)
      : asked_(sweep.scenario()),
        field_(std::move(field)),
        values_(SweepValues(sweep, field_.whole())),
        runs_(runs) {
    *result_.mutable_sweep() = sweep;
  }

  // Checks and expects every run. Plans are made again when their turn comes: they may be large.
  absl::Status Prepare() {
    for (const double value : values_) {
      LAWINE_ASSIGN_OR_RETURN(const RunPlan planned, Plan(value));
      LAWINE_RETURN_IF_ERROR(runs_.Expect("scenario.replicas", planned));
      LAWINE_RETURN_IF_ERROR(CheckTold("measure", result_.sweep().measure(), planned, 0, NameOf(value)));
      LAWINE_RETURN_IF_ERROR(CheckPreciseSize("scenario.replicas", planned.scenario,
                                              values_.size() * planned.message_names.size()));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<pb::SweepResult> Run() {
    result_.set_schema_version(kSweepSchema);
    so_far_.resize(values_.size());
    if (asked_.has_until_precision()) LAWINE_RETURN_IF_ERROR(RunUntilPrecise());
    for (std::size_t i = 0; i < values_.size(); ++i) LAWINE_RETURN_IF_ERROR(RunPoint(i));
    if (result_.sweep().has_counts()) {
      *result_.mutable_uncertainty() = UncertaintyOf(reach_);
      result_.set_answer(CountsAnswerOf(result_));
    } else {
      const bool log_scale = result_.sweep().scale() == pb::SWEEP_SCALE_LOG;
      *result_.mutable_critical() =
          FindCritical(values_, reach_, log_scale, result_.sweep().scenario().run_seed());
      result_.set_answer(SweepAnswer(result_, field_.whole()));
    }
    if (!alike_.empty()) result_.set_answer(absl::StrCat(result_.answer(), " For some values: ", alike_));
    for (const std::string& warning : runs_.warnings()) result_.add_warnings(warning);
    *result_.mutable_timing() = runs_.timing();
    *result_.mutable_manifest() = runs_.manifest();
    return std::move(result_);
  }

 private:
  absl::StatusOr<RunPlan> Plan(double value) {
    pb::Scenario scenario = asked_;
    field_.Set(scenario, value);
    return runs_.Plan("scenario", scenario);
  }

  std::string NameOf(double value) const { return absl::StrFormat("%s = %.6g", field_.text(), value); }

  // Replicas of all values, until each one's mean is known well enough: as many of each, for they are
  // compared.
  absl::Status RunUntilPrecise() {
    bool met = false;
    std::uint32_t most = 1;
    for (std::uint32_t replicas = 0; !met && replicas < most;) {
      met = true;
      std::uint32_t look = 0;
      for (std::size_t i = 0; i < values_.size(); ++i) {
        LAWINE_ASSIGN_OR_RETURN(const RunPlan planned, Plan(values_[i]));
        most = planned.spec.replicas;
        look = NextLook(replicas, most);
        LAWINE_RETURN_IF_ERROR(runs_.RunMore(planned, look, NameOf(values_[i]), so_far_[i]));
        const pb::UntilPrecision& wanted = planned.scenario.until_precision();
        const std::uint32_t message = *MessageNumber(planned.message_names, wanted.message(), "");
        const pb::EnsemblePrecision precision =
            PrecisionOf(LanesOf(so_far_[i].outcome, message), wanted, PossibleOf(planned));
        met = met && precision.met();
        if (i == 0 || alike_.empty()) alike_ = precision.remark();
      }
      replicas = look;
    }
    return absl::OkStatus();
  }

  // What was asked, completed at the first value, but for what depends on the value: models of messages that
  // have the first one's.
  pb::Scenario ForEveryValue(pb::Scenario complete) const {
    const auto clear = [](const auto& asked, auto& messages) {
      for (int m = 0; m < asked.size(); ++m) {
        if (!asked[m].has_model()) messages[m].clear_model();
      }
    };
    clear(asked_.messages(), *complete.mutable_messages());
    if (asked_.has_later()) {
      clear(asked_.later().change().messages(),
            *complete.mutable_later()->mutable_change()->mutable_messages());
    }
    return complete;
  }

  absl::Status RunPoint(std::size_t i) {
    const double value = values_[i];
    LAWINE_ASSIGN_OR_RETURN(RunPlan planned, Plan(value));
    RunSoFar& so_far = so_far_[i];
    if (so_far.replicas == 0) {
      LAWINE_RETURN_IF_ERROR(runs_.RunMore(planned, planned.spec.replicas, NameOf(value), so_far));
    }
    SetReplicasMade(so_far, planned);
    const ConductOutcome outcome = std::move(so_far.outcome);
    const pb::RunResult run = MakeResult(planned, outcome);
    if (result_.points_size() == 0) {
      result_.set_graph_digest(run.graph_digest());
      result_.set_graph_members(run.graph_members());
      *result_.mutable_sweep()->mutable_scenario() = ForEveryValue(planned.scenario);
    }
    std::vector<double>& reached = reach_.emplace_back();
    for (const LaneOutcome& lane : LanesOf(outcome, 0)) reached.push_back(static_cast<double>(lane.reach));
    pb::SweepPoint& point = *result_.add_points();
    point.set_value(value);
    point.set_digest(run.digest());
    *point.mutable_ensemble() = run.ensemble();
    point.set_variability(VariabilityOf(reached));
    return absl::OkStatus();
  }

  const pb::Scenario asked_;
  const FieldPath field_;
  const std::vector<double> values_;
  WhatIfRuns& runs_;
  std::vector<RunSoFar> so_far_;            // by value
  std::vector<std::vector<double>> reach_;  // by value, then by replica
  std::string alike_;                       // of the first value at which few replicas differ
  pb::SweepResult result_;
};

}  // namespace

std::string SweepAnswer(const pb::SweepResult& result, bool whole) {
  const std::string& measure = result.sweep().measure();
  const auto at = [&](const pb::SweepPoint& point) {
    return absl::StrFormat("%s where it is %.4g", MeanWithUnit(measure, MeanOf(point.ensemble(), measure)),
                           point.value());
  };
  const std::string ends =
      absl::StrCat("Over ", result.sweep().field(), ", the mean ", measure, " goes from ",
                   at(result.points(0)), " to ", at(result.points(result.points_size() - 1)));
  if (std::all_of(result.points().begin(), result.points().end(),
                  [](const pb::SweepPoint& point) { return point.variability() == 0; })) {
    return absl::StrCat(ends, "; replicas do not differ in reach at any value.");
  }
  // A number of things has no critical value, but replicas still differ more at one than at another.
  const char* const what = whole ? "the value at which replicas differ most" : "the critical value";
  if (!result.critical().found()) return absl::StrCat(ends, "; ", what, " is not inside this range.");
  return absl::StrFormat("%s; %s is about %.4g [%.4g to %.4g].", ends, what, result.critical().value(),
                         result.critical().ci95().low(), result.critical().ci95().high());
}

absl::StatusOr<pb::SweepResponse> Sweep(const pb::SweepRequest& request, WhatIfRuns& runs) {
  pb::Sweep sweep = request.sweep();
  LAWINE_ASSIGN_OR_RETURN(FieldPath field, Complete(sweep));
  Sweeper sweeper(sweep, std::move(field), runs);
  LAWINE_RETURN_IF_ERROR(sweeper.Prepare());
  pb::SweepResponse response;
  if (request.validate_only()) {
    *response.mutable_estimate() = runs.estimate();
    return response;
  }
  LAWINE_ASSIGN_OR_RETURN(*response.mutable_result(), sweeper.Run());
  return response;
}

}  // namespace lawine
