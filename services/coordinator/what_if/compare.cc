#include "services/coordinator/what_if/compare.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
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

constexpr std::uint32_t kSchemaVersion = 1;
// With until_precision, of all parts together: their steps are kept until they are enough, 15 KB each at
// most.
constexpr std::uint64_t kPreciseReplicasMax = 100'000;

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
  for (const pb::SeedMember& seed : run.seed_members()) {
    result.set_seed_audience(result.seed_audience() + seed.audience());
  }
  result.set_digest(run.digest());
  *result.mutable_ensemble() = EnsembleOf(run, message);
  const auto& rows = message == 0 ? run.steps() : run.messages(static_cast<int>(message)).steps();
  const int steps = std::min(rows.size(), static_cast<int>(limits::kKeptStepsMax));
  result.mutable_steps()->Add(rows.begin(), rows.begin() + steps);
  return result;
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
      planned.spec.keep_steps = messages_.back() == 0;
      planned_.push_back(std::move(planned));
    }
    LAWINE_RETURN_IF_ERROR(CheckPreciseSize());
    if (!plan_.comparison.has_break_even()) return absl::OkStatus();
    const pb::BreakEven& wanted = plan_.comparison.break_even();
    RunPlan largest;
    for (const auto& [path, value] :
         {std::pair("break_even.from", wanted.from()), std::pair("break_even.to", wanted.to())}) {
      auto planned = PlanTrial(value);
      if (!planned.ok()) return FieldError(path, std::string(planned.status().message()));
      if (planned->estimate.deliveries() >= largest.estimate.deliveries()) largest = *std::move(planned);
    }
    return runs_.Expect("break_even", largest, kBreakEvenTrialsMax);
  }

  absl::StatusOr<pb::ComparisonResult> Run() {
    result_.set_schema_version(kSchemaVersion);
    so_far_.resize(planned_.size());
    if (planned_[0].scenario.has_until_precision()) LAWINE_RETURN_IF_ERROR(RunUntilPrecise());
    for (std::size_t i = 0; i < planned_.size(); ++i) LAWINE_RETURN_IF_ERROR(RunPart(i));
    for (std::size_t i = planned_.size() - 1; i < plan_.differences.size(); ++i) AddDifference(i);
    LAWINE_RETURN_IF_ERROR(AddBreakEven());
    AddRecommendation();
    *result_.mutable_comparison() = plan_.comparison;
    pb::Scenario& base = *result_.mutable_comparison()->mutable_base();
    const pb::UntilPrecision wanted = base.until_precision();
    base = planned_[0].scenario;
    if (result_.has_precision()) *base.mutable_until_precision() = wanted;
    for (const std::string& warning : runs_.warnings()) result_.add_warnings(warning);
    *result_.mutable_timing() = runs_.timing();
    *result_.mutable_manifest() = runs_.manifest();
    return std::move(result_);
  }

 private:
  const std::string& measure() const { return plan_.comparison.measure(); }

  // All replicas of all parts are kept until they are enough.
  absl::Status CheckPreciseSize() const {
    const RunPlan& base = planned_[0];
    if (!base.scenario.has_until_precision()) return absl::OkStatus();
    const std::uint64_t replicas = kPreciseReplicasMax / planned_.size();
    if (base.spec.replicas <= replicas) return absl::OkStatus();
    return FieldError("base.replicas",
                      absl::StrCat("expected at most ", replicas, " of each of ", planned_.size(),
                                   " beside until_precision, found ", base.spec.replicas));
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
    const std::vector<double> base = ValuesOf(lanes(0), MeasureOf(measure()));
    const double mean = MomentsOf(base).mean;
    pb::DifferencePrecision precision;
    precision.set_replicas(replicas);
    for (std::size_t i = 1; i < planned_.size(); ++i) {
      const bool paired = MadeDigest(planned_[i].graph.info()) == MadeDigest(planned_[0].graph.info());
      const double half_width = EstimateDifference(lanes(i), lanes(0), measure(), paired).half_width;
      precision.set_half_width(std::max(precision.half_width(), half_width));
    }
    if (mean > 0) precision.set_relative_half_width(precision.half_width() / mean);
    precision.set_met(IsPrecise(precision.half_width(), mean, wanted));
    return precision;
  }

  // Runs it, unless it has been, and sets it against the base.
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
    AddDifference(part - 1);
    if (!IsInPair(part)) compared_[part].kept_steps = {};
    return absl::OkStatus();
  }

  bool IsInPair(std::size_t part) const {
    const auto pairs = plan_.differences.begin() + static_cast<std::ptrdiff_t>(planned_.size()) - 1;
    return std::any_of(pairs, plan_.differences.end(),
                       [part](const auto& pair) { return pair.first == part || pair.second == part; });
  }

  void AddDifference(std::size_t index) {
    const auto [of, against] = plan_.differences[index];
    pb::Difference& difference = *result_.add_differences();
    difference = MakeDifference(compared_[of], compared_[against], measure());
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
    std::vector<double> values = ValuesOf(compared_[of].lanes, MeasureOf(measure()));
    const std::vector<double> others = ValuesOf(compared_[against].lanes, MeasureOf(measure()));
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
      return EstimateDifference(LanesOf(outcome, messages_[plan_.break_even_part]), compared_[0].lanes,
                                measure(), paired);
    };
    pb::BreakEvenResult& result = *result_.mutable_break_even();
    LAWINE_ASSIGN_OR_RETURN(result, FindBreakEven(wanted, plan_.break_even_field->whole(), at));
    result.set_answer(BreakEvenAnswer(result, plan_.comparison.base_name(), measure()));
    return absl::OkStatus();
  }

  // Whoever has most of the measure, or least, and whether the next one is told from it.
  void AddRecommendation() {
    std::vector<std::size_t> order(compared_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto mean = [this](std::size_t i) {
      return MeanOf(result_.variants(static_cast<int>(i)).ensemble(), measure());
    };
    const bool least = plan_.comparison.goal() == pb::GOAL_LEAST;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return least ? mean(a) < mean(b) : mean(a) > mean(b);
    });
    const ComparedRun& best = compared_[order[0]];
    const ComparedRun& next = compared_[order[1]];
    const MeasureWords words = WordsOf(measure());
    const DifferenceEstimate apart =
        EstimateDifference(best.lanes, next.lanes, measure(), IsPaired(best, next));
    const bool told = least ? apart.high() < 0 : apart.low() > 0;
    const std::string most = absl::StrCat(best.name, " ", least ? words.least : words.most, ", ",
                                          MeanText(mean(order[0])), " ", words.unit, " on average");
    result_.set_recommendation(
        told ? absl::StrCat(most, "; next is ", next.name, " with ", MeanText(mean(order[1])), ".")
             : absl::StrCat(most, ", but ", next.name, " with ", MeanText(mean(order[1])),
                            " is not told from it: more replicas may tell."));
  }

  ComparisonPlan plan_;
  WhatIfRuns& runs_;
  std::vector<RunPlan> planned_;
  std::vector<std::uint32_t> messages_;  // whose measure, by part
  std::vector<RunSoFar> so_far_;         // by part
  std::vector<ComparedRun> compared_;
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
