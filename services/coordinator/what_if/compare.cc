#include "services/coordinator/what_if/compare.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/seed_audience.h"
#include "services/coordinator/plan/foreseen.h"
#include "services/coordinator/runs/run_blocks.h"
#include "services/coordinator/runs/run_result.h"
#include "services/coordinator/statistics/ensemble.h"
#include "services/coordinator/statistics/precision.h"
#include "services/coordinator/statistics/statistics.h"
#include "services/coordinator/what_if/break_even.h"
#include "services/coordinator/what_if/comparison_plan.h"
#include "services/coordinator/what_if/difference.h"
#include "services/coordinator/workers/graph_identity.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kComparisonSchema = 1;

// What is known of the replicas of one message.
pb::Ensemble EnsembleOf(const pb::RunResult& run, std::uint32_t message) {
  return message == 0 ? run.ensemble() : run.messages(static_cast<int>(message)).ensemble();
}

pb::VariantResult VariantResultOf(const std::string& name, const RunPlan& plan, const ConductOutcome& outcome,
                                  std::uint32_t message) {
  const pb::RunResult run = MakeResult(plan, outcome);
  pb::VariantResult result;
  result.set_name(name);
  *result.mutable_scenario() = run.scenario();
  result.set_graph_digest(run.graph_digest());
  result.set_graph_members(run.graph_members());
  result.set_seed_members(static_cast<std::uint32_t>(run.seed_members_size()));
  result.set_seed_audience(SeedAudience(run.seed_members()));
  result.set_digest(run.digest());
  *result.mutable_ensemble() = EnsembleOf(run, message);
  const auto& rows = message == 0 ? run.steps() : run.messages(static_cast<int>(message)).steps();
  const int steps = std::min(rows.size(), static_cast<int>(limits::kKeptStepsMax));
  result.mutable_steps()->Add(rows.begin(), rows.begin() + steps);
  return result;
}

// One side of a difference, as far as it was made.
struct Side {
  std::string name;
  std::vector<LaneOutcome> lanes;
  PossibleReplicas possible;
};

// What is unknown of a difference for few pairs, or few replicas of a side, differ (FewDiffer): 0 where
// enough do, none where nothing bounds it.
struct UnknownDifference {
  std::optional<double> half_width = 0;
  std::string remark;

  void Add(const FewDiffer& few, const std::string& what, std::size_t replicas) {
    if (remark.empty()) remark = FewDifferText(few, what, static_cast<std::uint32_t>(replicas));
    if (half_width.has_value() && few.half_width.has_value()) {
      *half_width += *few.half_width;
    } else {
      half_width = std::nullopt;
    }
  }
};

UnknownDifference UnknownOf(const Side& of, const Side& against, const Measure& measure, bool paired,
                            std::uint64_t never) {
  UnknownDifference unknown;
  if (!paired) {
    for (const Side* side : {&of, &against}) {
      const auto few = FewDifferIn(ValuesOf(side->lanes, measure, never), measure, side->possible);
      if (few.has_value()) {
        unknown.Add(*few, absl::StrCat(measure.name, " of ", side->name), side->lanes.size());
      }
    }
    return unknown;
  }
  std::vector<double> values = ValuesOf(of.lanes, measure, never);
  const std::vector<double> others = ValuesOf(against.lanes, measure, never);
  std::transform(values.begin(), values.end(), others.begin(), values.begin(), std::minus<>());
  const PossibleReplicas possible{.coins = of.possible.coins || against.possible.coins,
                                  .members = of.possible.members,
                                  .forward_once = of.possible.forward_once && against.possible.forward_once};
  if (const auto few = FewDifferIn(values, measure, possible, /*differences=*/true)) {
    unknown.Add(*few,
                absl::StrCat("the difference in ", measure.name, " of ", of.name, " from ", against.name),
                values.size());
  }
  return unknown;
}

// One comparison while it is made. One method after the other.
class Comparer {
 public:
  Comparer(ComparisonPlan plan, WhatIfRuns& runs) : plan_(std::move(plan)), runs_(runs) {}

  // Plans every run.
  absl::Status Prepare() {
    for (const ComparisonPlan::Part& part : plan_.parts) {
      LAWINE_ASSIGN_OR_RETURN(RunPlan planned, runs_.Plan(part.path, part.scenario));
      LAWINE_RETURN_IF_ERROR(runs_.Expect("base.replicas", planned));
      LAWINE_ASSIGN_OR_RETURN(messages_.emplace_back(),
                              MessageNumber(planned.message_names, plan_.comparison.message(), "message"));
      LAWINE_RETURN_IF_ERROR(
          CheckTold("measure", measure(), planned, messages_.back(), absl::StrCat("'", part.name, "'")));
      planned_.push_back(std::move(planned));
    }
    // Steps are kept of each run's first message, and compared only where that is everybody's.
    const bool keep_steps = std::ranges::all_of(messages_, [](std::uint32_t m) { return m == 0; });
    for (RunPlan& planned : planned_) planned.spec.keep_steps = keep_steps;
    LAWINE_RETURN_IF_ERROR(CheckKept());
    return PrepareBreakEven();
  }

  absl::StatusOr<pb::ComparisonResult> Run() {
    result_.set_schema_version(kComparisonSchema);
    so_far_.resize(planned_.size());
    if (planned_[0].scenario.has_until_precision()) LAWINE_RETURN_IF_ERROR(RunUntilPrecise());
    for (std::size_t i = 0; i < planned_.size(); ++i) LAWINE_RETURN_IF_ERROR(RunPart(i));
    for (const ComparedRun& run : compared_) never_ = std::max(never_, NeverOf(run.lanes));
    for (std::size_t i = 0; i < plan_.differences.size(); ++i) AddDifference(i);
    LAWINE_RETURN_IF_ERROR(AddBreakEven());
    AddRecommendation();
    *result_.mutable_comparison() = plan_.comparison;
    // Else as given: a base whose defaults are filled has other variants.
    pb::Scenario& base = *result_.mutable_comparison()->mutable_base();
    base.set_replicas(planned_[0].scenario.replicas());
    base.set_run_seed(planned_[0].scenario.run_seed());
    base.set_first_replica(planned_[0].scenario.first_replica());
    for (const std::string& warning : plan_.warnings) result_.add_warnings(warning);
    for (const std::string& warning : runs_.warnings()) result_.add_warnings(warning);
    *result_.mutable_timing() = runs_.timing();
    *result_.mutable_manifest() = runs_.manifest();
    return std::move(result_);
  }

 private:
  const std::string& measure() const { return plan_.comparison.measure(); }

  // All replicas of all parts are kept until they are enough.
  absl::Status CheckKept() const {
    std::uint64_t messages = 0;
    for (const RunPlan& planned : planned_) messages += planned.message_names.size();
    return CheckPreciseSize("base.replicas", planned_[0].scenario, messages);
  }

  absl::Status PrepareBreakEven() {
    if (!plan_.comparison.has_break_even()) return absl::OkStatus();
    const pb::BreakEven& wanted = plan_.comparison.break_even();
    RunPlan largest;
    for (const auto& [path, value] :
         {std::pair("break_even.from", wanted.from()), std::pair("break_even.to", wanted.to())}) {
      auto planned = PlanTrial(value);
      if (absl::IsInvalidArgument(planned.status())) {
        return FieldError(path, std::string(planned.status().message()));
      }
      LAWINE_RETURN_IF_ERROR(planned.status());
      if (planned->estimate.deliveries() >= largest.estimate.deliveries()) largest = *std::move(planned);
    }
    return runs_.Expect("break_even", largest, BreakEvenTrialsMax(wanted, plan_.break_even_field->whole()));
  }

  std::string NameOf(std::size_t part) const { return plan_.parts[part].name; }

  // Replicas of all parts, until every difference from the base is known well enough.
  absl::Status RunUntilPrecise() {
    const pb::UntilPrecision wanted = planned_[0].scenario.until_precision();
    const std::uint32_t most = planned_[0].spec.replicas;
    pb::DifferencePrecision& precision = *result_.mutable_precision();
    for (std::uint32_t replicas = 0; !precision.met() && replicas < most;) {
      replicas = NextLook(replicas, most);
      for (std::size_t i = 0; i < planned_.size(); ++i) {
        LAWINE_RETURN_IF_ERROR(runs_.RunMore(planned_[i], replicas, NameOf(i), so_far_[i]));
      }
      precision = PrecisionNow(wanted, replicas);
    }
    for (std::size_t i = 0; i < planned_.size(); ++i) {
      SetReplicasMade(so_far_[i], planned_[i]);
      planned_[i].scenario.clear_until_precision();  // differences are what is precise
    }
    plan_.parts[plan_.break_even_part].scenario.set_replicas(precision.replicas());
    plan_.parts[plan_.break_even_part].scenario.clear_until_precision();
    return absl::OkStatus();
  }

  pb::DifferencePrecision PrecisionNow(const pb::UntilPrecision& wanted, std::uint32_t replicas) const {
    const auto lanes = [this](std::size_t i) { return LanesOf(so_far_[i].outcome, messages_[i]); };
    std::uint64_t never = 0;
    for (std::size_t i = 0; i < planned_.size(); ++i) never = std::max(never, NeverOf(lanes(i)));
    const double mean = MomentsOf(ValuesOf(lanes(0), MeasureOf(measure()), never)).mean;
    pb::DifferencePrecision precision;
    precision.set_replicas(replicas);
    precision.set_met(true);
    for (std::size_t i = 1; i < planned_.size(); ++i) {
      const bool paired = MadeDigest(planned_[i].graph.info()) == MadeDigest(planned_[0].graph.info());
      const UnknownDifference unknown =
          UnknownOf({NameOf(i), lanes(i), PossibleOf(planned_[i])},
                    {NameOf(0), lanes(0), PossibleOf(planned_[0])}, MeasureOf(measure()), paired, never);
      const double half_width =
          std::max(EstimateDifference(lanes(i), lanes(0), measure(), paired, never).half_width,
                   unknown.half_width.value_or(0));
      if (precision.remark().empty()) precision.set_remark(unknown.remark);
      precision.set_half_width(std::max(precision.half_width(), half_width));
      precision.set_met(precision.met() && unknown.half_width.has_value() &&
                        IsPrecise(half_width, mean, wanted));
    }
    if (mean > 0) precision.set_relative_half_width(precision.half_width() / mean);
    return precision;
  }

  // Runs it, unless it has been, and sets its steps against the base's: they need not be kept then.
  absl::Status RunPart(std::size_t part) {
    const std::string& name = plan_.parts[part].name;
    RunSoFar& so_far = so_far_[part];
    if (so_far.replicas == 0) {
      LAWINE_RETURN_IF_ERROR(runs_.RunMore(planned_[part], planned_[part].spec.replicas, name, so_far));
    }
    ConductOutcome outcome = std::move(so_far.outcome);
    *result_.add_variants() = VariantResultOf(name, planned_[part], outcome, messages_[part]);
    compared_.push_back({.name = name,
                         .graph_digest = MadeDigest(planned_[part].graph.info()),
                         .lanes = LanesOf(outcome, messages_[part]),
                         .kept_steps = std::move(outcome.kept_steps)});
    if (part == 0) return absl::OkStatus();
    AddStepDifferences(compared_[part], compared_[0], *result_.add_differences());
    if (!IsInPair(part)) compared_[part].kept_steps = {};
    return absl::OkStatus();
  }

  bool IsInPair(std::size_t part) const {
    const auto pairs = plan_.differences.begin() + static_cast<std::ptrdiff_t>(planned_.size()) - 1;
    return std::any_of(pairs, plan_.differences.end(),
                       [part](const auto& pair) { return pair.first == part || pair.second == part; });
  }

  // What was counted of all parts is there by now, and steps of those that were run.
  void AddDifference(std::size_t index) {
    const auto [of, against] = plan_.differences[index];
    if (index >= static_cast<std::size_t>(result_.differences_size())) {
      AddStepDifferences(compared_[of], compared_[against], *result_.add_differences());
    }
    pb::Difference& difference = *result_.mutable_differences(static_cast<int>(index));
    difference.MergeFrom(MakeDifference(compared_[of], compared_[against], measure(), never_));
    if (difference.paired()) AddLuckAndIgnorance(of, against, difference);
  }

  // Both sides have the same draws of a rate.
  void AddLuckAndIgnorance(std::size_t of, std::size_t against, pb::Difference& difference) const {
    std::vector<RateDraws> draws = planned_[of].draws;
    for (const RateDraws& more : planned_[against].draws) {
      const bool known = std::ranges::any_of(
          draws, [&more](const RateDraws& one) { return one.rate.field == more.rate.field; });
      if (!known) draws.push_back(more);
    }
    std::vector<double> values = Values(compared_[of]);
    const std::vector<double> others = Values(compared_[against]);
    std::transform(values.begin(), values.end(), others.begin(), values.begin(), std::minus<>());
    const auto found = LuckAndIgnoranceIn(values, measure(), compared_[of].lanes, draws);
    if (found.has_value()) *difference.mutable_luck_and_ignorance() = *found;
  }

  absl::StatusOr<RunPlan> PlanTrial(double value) {
    pb::Scenario scenario = plan_.parts[plan_.break_even_part].scenario;
    plan_.break_even_field->Set(scenario, value);
    return runs_.Plan(plan_.parts[plan_.break_even_part].path, scenario);
  }

  absl::Status AddBreakEven() {
    if (!plan_.comparison.has_break_even()) return absl::OkStatus();
    const pb::BreakEven& wanted = plan_.comparison.break_even();
    const auto at = [&](double value) -> absl::StatusOr<DifferenceEstimate> {
      LAWINE_ASSIGN_OR_RETURN(RunPlan planned, PlanTrial(value));
      const bool paired = MadeDigest(planned.graph.info()) == compared_[0].graph_digest;
      LAWINE_ASSIGN_OR_RETURN(
          const ConductOutcome outcome,
          runs_.Run(std::move(planned), absl::StrFormat("%s = %.6g", wanted.field(), value)));
      const std::vector<LaneOutcome> lanes = LanesOf(outcome, messages_[plan_.break_even_part]);
      return EstimateDifference(lanes, compared_[0].lanes, measure(), paired,
                                std::max(never_, NeverOf(lanes)));
    };
    pb::BreakEvenResult& result = *result_.mutable_break_even();
    LAWINE_ASSIGN_OR_RETURN(result, FindBreakEven(wanted, plan_.break_even_field->whole(), at));
    result.set_answer(BreakEvenAnswer(result, plan_.comparison.base_name(), measure()));
    return absl::OkStatus();
  }

  void AddRecommendation() {
    std::vector<const ComparedRun*> runs;
    for (const ComparedRun& run : compared_) runs.push_back(&run);
    std::string text = UnrankedText(runs, measure());
    if (text.empty()) {
      text = RankedText(std::move(runs));
      for (const ComparedRun& run : compared_) {
        const std::string never_starts = NeverStartsText(run);
        if (!never_starts.empty()) absl::StrAppend(&text, " ", never_starts);
      }
    }
    if (!result_.precision().remark().empty()) absl::StrAppend(&text, " ", result_.precision().remark());
    result_.set_recommendation(text);
  }

  // Whoever has most of the measure, or least, and whether the next one is told from it.
  std::string RankedText(std::vector<const ComparedRun*> order) const {
    const auto mean = [this](const ComparedRun* run) { return MomentsOf(Values(*run)).mean; };
    const bool least = plan_.comparison.goal() == pb::GOAL_LEAST;
    std::stable_sort(order.begin(), order.end(), [&](const ComparedRun* a, const ComparedRun* b) {
      return least ? mean(a) < mean(b) : mean(a) > mean(b);
    });
    const ComparedRun& best = *order[0];
    const ComparedRun& next = *order[1];
    const MeasureWords words = WordsOf(measure());
    const bool paired = IsPaired(best, next);
    const DifferenceEstimate apart = EstimateDifference(best.lanes, next.lanes, measure(), paired, never_);
    const std::string most = absl::StrCat(best.name, " ", least ? words.least : words.most, ", ",
                                          MeanWithUnit(measure(), mean(order[0])),
                                          MeasureOf(measure()).over == nullptr ? " on average" : "");
    if (least ? apart.high() < 0 : apart.low() > 0) {
      return absl::StrCat(most, "; next is ", next.name, " with ", MeanText(measure(), mean(order[1])), ".");
    }
    if (paired && Values(best) == Values(next)) {
      return absl::StrCat(most, "; ", best.name, " and ", next.name, " are alike in all ", best.lanes.size(),
                          " paired replicas.");
    }
    return absl::StrCat(most, ", but ", next.name, " with ", MeanText(measure(), mean(order[1])),
                        " is not told from it: more replicas may tell.");
  }

  std::vector<double> Values(const ComparedRun& run) const {
    return ValuesOf(run.lanes, MeasureOf(measure()), never_);
  }

  ComparisonPlan plan_;
  WhatIfRuns& runs_;
  std::vector<RunPlan> planned_;
  std::vector<std::uint32_t> messages_;  // whose measure, by part
  std::vector<RunSoFar> so_far_;         // by part
  std::vector<ComparedRun> compared_;
  std::uint64_t never_ = 0;  // of all of them
  pb::ComparisonResult result_;
};

}  // namespace

absl::StatusOr<pb::CompareResponse> Compare(const pb::CompareRequest& request, WhatIfRuns& runs) {
  LAWINE_ASSIGN_OR_RETURN(ComparisonPlan plan, PlanComparison(request.comparison()));
  Comparer comparer(std::move(plan), runs);
  LAWINE_RETURN_IF_ERROR(comparer.Prepare());
  pb::CompareResponse response;
  if (request.validate_only()) {
    *response.mutable_estimate() = runs.estimate();
    return response;
  }
  LAWINE_ASSIGN_OR_RETURN(*response.mutable_result(), comparer.Run());
  return response;
}

}  // namespace lawine
