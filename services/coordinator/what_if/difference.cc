#include "services/coordinator/what_if/difference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "services/common/number_text.h"
#include "services/coordinator/statistics/ensemble.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

pb::Interval IntervalOf(const DifferenceEstimate& estimate) {
  pb::Interval interval;
  interval.set_low(estimate.low());
  interval.set_high(estimate.high());
  return interval;
}

pb::MeasureDifference MeasureDifferenceOf(std::span<const double> of, std::span<const double> against,
                                          bool paired) {
  pb::MeasureDifference difference;
  DifferenceEstimate estimate;
  if (paired) {
    const PairedDifference pairs = Paired(of, against);
    estimate = pairs.estimate;
    difference.set_standard_deviation(pairs.standard_deviation);
    difference.set_more(pairs.more);
    difference.set_less(pairs.less);
    difference.set_same(pairs.same);
    difference.set_rough(pairs.rough);
    const auto replicas =
        UnpairedReplicas(MomentsOf(of).variance, MomentsOf(against).variance, estimate.half_width);
    if (pairs.standard_deviation > 0 && replicas.has_value()) difference.set_unpaired_replicas(*replicas);
  } else {
    estimate = Unpaired(of, against);
  }
  difference.set_mean(estimate.mean);
  *difference.mutable_ci95() = IntervalOf(estimate);
  return difference;
}

// Wins are each replica's own ratios', not those of what is linearised.
void SetWins(std::span<const double> of, std::span<const double> against, pb::MeasureDifference& difference) {
  std::uint32_t more = 0, less = 0, same = 0;
  for (std::size_t i = 0; i < of.size(); ++i) {
    more += of[i] > against[i];
    less += of[i] < against[i];
    same += of[i] == against[i];
  }
  difference.set_more(more);
  difference.set_less(less);
  difference.set_same(same);
}

// One value a replica at every step; those of a replica that has ended are `after` it.
using StepValue = std::function<double(const std::vector<StepCounts>& steps, std::size_t step)>;

double ReachedBy(const std::vector<StepCounts>& steps, std::size_t step) {
  double reached = 0;
  for (const StepCounts& counts : steps) {
    if (counts.step <= step) reached += static_cast<double>(counts.first_receipts);
  }
  return reached;
}

template <class Pick>
StepValue CountAt(const Pick& pick) {
  return [pick](const std::vector<StepCounts>& steps, std::size_t step) {
    const auto at = std::lower_bound(steps.begin(), steps.end(), step,
                                     [](const StepCounts& counts, std::size_t t) { return counts.step < t; });
    return at != steps.end() && at->step == step ? static_cast<double>(pick(*at)) : 0.0;
  };
}

class StepDifferences {
 public:
  StepDifferences(const ComparedRun& of, const ComparedRun& against)
      : of_(of), against_(against), paired_(IsPaired(of, against)) {}

  void AddTo(pb::Difference& difference) const {
    if (of_.kept_steps.empty() || against_.kept_steps.empty()) return;
    std::size_t steps = 0;
    for (const auto* run : {&of_, &against_}) {
      for (const auto& kept : run->kept_steps) {
        if (!kept.empty()) steps = std::max<std::size_t>(steps, kept.back().step + 1);
      }
    }
    for (std::size_t t = 0; t < steps; ++t) {
      pb::StepDifference& step = *difference.add_steps();
      step.set_step(static_cast<std::uint32_t>(t));
      *step.mutable_reach() = At(t, ReachedBy);
      *step.mutable_first_receipts() = At(t, CountAt([](const auto& c) { return c.first_receipts; }));
      *step.mutable_deliveries() = At(t, CountAt([](const auto& c) { return c.deliveries; }));
      *step.mutable_forwards() = At(t, CountAt([](const auto& c) { return c.forwards; }));
    }
  }

 private:
  pb::DifferenceOfMeans At(std::size_t step, const StepValue& value_of) const {
    const auto values = [&](const ComparedRun& run) {
      std::vector<double> by_replica;
      for (const auto& kept : run.kept_steps) by_replica.push_back(value_of(kept, step));
      return by_replica;
    };
    const DifferenceEstimate estimate =
        paired_ ? Paired(values(of_), values(against_)).estimate : Unpaired(values(of_), values(against_));
    pb::DifferenceOfMeans difference;
    difference.set_mean(estimate.mean);
    *difference.mutable_ci95() = IntervalOf(estimate);
    return difference;
  }

  const ComparedRun& of_;
  const ComparedRun& against_;
  const bool paired_;
};

// Why an interval of pairs is not to be trusted; empty where it is.
std::string RoughText(const pb::MeasureDifference& found, std::uint32_t replicas) {
  if (!found.rough()) return "";
  const std::string why = 2 * found.same() > replicas
                              ? absl::StrCat("In ", found.same(), " of ", replicas, " pairs nothing differs")
                              : "A few pairs differ far more than the others";
  return why + ": the interval is rough, more replicas make it better.";
}

// Numbers of one sentence have the same decimals.
int DecimalsFor(double value) { return std::abs(value) >= 100 ? 0 : std::abs(value) >= 1 ? 1 : 3; }

}  // namespace

bool IsPaired(const ComparedRun& of, const ComparedRun& against) {
  return of.graph_digest == against.graph_digest;
}

DifferenceEstimate EstimateDifference(std::span<const LaneOutcome> of, std::span<const LaneOutcome> against,
                                      const std::string& measure, bool paired, std::uint64_t never) {
  const std::vector<double> a = ValuesOf(of, MeasureOf(measure), never);
  const std::vector<double> b = ValuesOf(against, MeasureOf(measure), never);
  return paired ? Paired(a, b).estimate : Unpaired(a, b);
}

pb::Difference MakeDifference(const ComparedRun& of, const ComparedRun& against, const std::string& measure,
                              std::uint64_t never) {
  LAWINE_CHECK(of.lanes.size() == against.lanes.size());
  pb::Difference difference;
  difference.set_of(of.name);
  difference.set_against(against.name);
  difference.set_paired(IsPaired(of, against));
  difference.set_replicas(static_cast<std::uint32_t>(of.lanes.size()));
  pb::MeasureDifferences& measures = *difference.mutable_measures();
  for (const Measure& each : Measures()) {
    const bool told_of = IsTold(of.lanes, each), told_against = IsTold(against.lanes, each);
    if (each.name != measure && !(each.of_both ? told_of && told_against : told_of || told_against)) continue;
    if (!HasMean(of.lanes, each) || !HasMean(against.lanes, each)) continue;
    pb::MeasureDifference found = MeasureDifferenceOf(
        ValuesOf(of.lanes, each, never), ValuesOf(against.lanes, each, never), difference.paired());
    if (each.over != nullptr && difference.paired()) {
      SetWins(SingleValuesOf(of.lanes, each, never), SingleValuesOf(against.lanes, each, never), found);
    }
    const auto* field = pb::MeasureDifferences::descriptor()->FindFieldByName(each.name);
    measures.GetReflection()->MutableMessage(&measures, field)->CopyFrom(found);
  }
  const ComparedRun* const both[] = {&of, &against};
  const std::string unranked = UnrankedText(both, measure);
  std::string answer = unranked.empty() ? AnswerOf(difference, measure) : unranked;
  for (const ComparedRun* run : both) {
    const std::string never_starts = NeverStartsText(*run);
    if (unranked.empty() && !never_starts.empty()) absl::StrAppend(&answer, " ", never_starts);
  }
  difference.set_answer(std::move(answer));
  return difference;
}

void AddStepDifferences(const ComparedRun& of, const ComparedRun& against, pb::Difference& difference) {
  StepDifferences(of, against).AddTo(difference);
}

std::string UnrankedText(std::span<const ComparedRun* const> runs, const std::string& measure) {
  for (const ComparedRun* run : runs) {
    if (HasMean(run->lanes, MeasureOf(measure))) continue;
    return absl::StrCat("By ", measure, " nothing can be ranked: ", run->name, " reaches nobody in all ",
                        run->lanes.size(), " replicas.");
  }
  const auto never = [&measure](const ComparedRun* run) {
    return NeverCount(run->lanes, MeasureOf(measure));
  };
  const auto [least, most] = std::minmax_element(
      runs.begin(), runs.end(), [&](const auto* a, const auto* b) { return never(a) < never(b); });
  if (never(*least) == never(*most)) return "";
  return absl::StrCat((*most)->name, " and ", (*least)->name, " cannot be ranked by ", measure, ": ",
                      measure == "first_sighting" ? "no monitor got it" : "it never began", " in ",
                      never(*most), " of ", (*most)->lanes.size(), " replicas of ", (*most)->name, ", in ",
                      never(*least), " of ", (*least)->name, ".");
}

std::string NeverStartsText(const ComparedRun& run) {
  const bool starts = std::any_of(run.lanes.begin(), run.lanes.end(),
                                  [](const LaneOutcome& lane) { return lane.first_step != kNoStep; });
  if (starts || run.lanes.empty()) return "";
  return absl::StrCat(run.name, " never starts: nobody gets its message in any of ", run.lanes.size(),
                      " replicas.");
}

const pb::MeasureDifference& DifferenceIn(const pb::Difference& difference, const std::string& measure) {
  const auto* field = pb::MeasureDifferences::descriptor()->FindFieldByName(measure);
  LAWINE_CHECK(field != nullptr);
  return static_cast<const pb::MeasureDifference&>(
      difference.measures().GetReflection()->GetMessage(difference.measures(), field));
}

MeasureWords WordsOf(const std::string& measure) {
  static constexpr std::pair<std::string_view, MeasureWords> kWords[] = {
      {"reach", {"reaches more", "reaches fewer", "reaches most", "reaches fewest", "members"}},
      {"deliveries",
       {"is delivered more often", "is delivered less often", "is delivered most often",
        "is delivered least often", "deliveries"}},
      {"forwards",
       {"is forwarded more often", "is forwarded less often", "is forwarded most often",
        "is forwarded least often", "forwards"}},
      {"duplicates",
       {"makes more duplicates", "makes fewer duplicates", "makes most duplicates", "makes fewest duplicates",
        "duplicates"}},
      {"people",
       {"reaches more people", "reaches fewer people", "reaches most people", "reaches fewest people",
        "people"}},
      {"follows",
       {"wins more followers", "wins fewer followers", "wins most followers", "wins fewest followers",
        "follows"}},
      {"unfollows",
       {"loses more followers", "loses fewer followers", "loses most followers", "loses fewest followers",
        "unfollows"}},
      {"steps_to_half",
       {"takes longer to half of its reach", "is quicker to half of its reach",
        "takes longest to half of its reach", "is quickest to half of its reach", "steps"}},
      {"steps_to_90",
       {"takes longer to 90% of its reach", "is quicker to 90% of its reach",
        "takes longest to 90% of its reach", "is quickest to 90% of its reach", "steps"}},
      {"target_reach",
       {"reaches more of the target", "reaches fewer of the target", "reaches most of the target",
        "reaches fewest of the target", "members of the target"}},
      {"target_share",
       {"reaches a larger share of the target", "reaches a smaller share of the target",
        "reaches the largest share of the target", "reaches the smallest share of the target",
        "percentage points of the target"}},
      {"cost", {"costs more", "costs less", "costs most", "costs least", "units"}},
      {"cost_per_thousand",
       {"costs more for a thousand reached", "costs less for a thousand reached",
        "costs most for a thousand reached", "costs least for a thousand reached", "units"}},
      {"positive_reach",
       {"brings positive messages to more", "brings positive messages to fewer",
        "brings positive messages to most", "brings positive messages to fewest", "receipts"}},
      {"negative_reach",
       {"brings negative messages to more", "brings negative messages to fewer",
        "brings negative messages to most", "brings negative messages to fewest", "receipts"}},
      {"monitors",
       {"is seen by more monitors", "is seen by fewer monitors", "is seen by most monitors",
        "is seen by fewest monitors", "monitors"}},
      {"first_sighting",
       {"is first seen by a monitor later", "is first seen by a monitor earlier",
        "is first seen by a monitor latest", "is first seen by a monitor earliest", "steps"}},
      {"steps_to_percent",
       {"takes longer to the part asked for", "is quicker to the part asked for",
        "takes longest to the part asked for", "is quickest to the part asked for", "steps"}},
      {"first_step", {"begins later", "begins earlier", "begins latest", "begins earliest", "steps"}},
  };
  for (const auto& [name, words] : kWords) {
    if (name == measure) return words;
  }
  return {"takes more steps", "takes fewer steps", "takes most steps", "takes fewest steps", "steps"};
}

bool LessIsBetter(const std::string& measure) {
  static constexpr std::string_view kLess[] = {
      "duplicates",        "unfollows",      "steps",          "steps_to_half", "steps_to_90",     "cost",
      "cost_per_thousand", "negative_reach", "first_sighting", "first_step",    "steps_to_percent"};
  return std::find(std::begin(kLess), std::end(kLess), measure) != std::end(kLess);
}

std::string MeanText(double mean) { return Decimal(mean, std::abs(mean) >= 1000 ? 0 : 1); }

double ShownOf(const std::string& measure, double value) {
  return measure == "target_share" ? value / 10'000 : value;
}

std::string MeanText(const std::string& measure, double mean) {
  const double shown = ShownOf(measure, mean);
  if (measure == "target_share") return Decimal(shown, 1) + "%";
  // A thousand members may cost less than a unit.
  if (measure == "cost_per_thousand" && std::abs(shown) < 10)
    return Decimal(shown, std::abs(shown) < 1 ? 3 : 2);
  return MeanText(shown);
}

std::string MeanWithUnit(const std::string& measure, double mean) {
  const char* const unit = measure == "target_share" ? "of the target" : WordsOf(measure).unit;
  return absl::StrCat(MeanText(measure, mean), " ", unit);
}

std::string AnswerOf(const pb::Difference& difference, const std::string& measure) {
  const pb::MeasureDifference& found = DifferenceIn(difference, measure);
  const MeasureWords words = WordsOf(measure);
  const std::string& of = difference.of();
  const std::string& against = difference.against();
  const std::uint32_t replicas = difference.replicas();
  const double mean = ShownOf(measure, found.mean());
  const double low = ShownOf(measure, found.ci95().low());
  const double high = ShownOf(measure, found.ci95().high());
  const int decimals = DecimalsFor(mean == 0 ? high : mean);
  const std::string amount = absl::StrCat(mean > 0 ? "+" : "", Decimal(mean, decimals), " ", words.unit, " [",
                                          Decimal(low, decimals), " to ", Decimal(high, decimals), "]");
  if (!difference.paired()) {
    const std::string unpaired =
        absl::StrCat(" (unpaired, for the graphs differ; ", replicas, " replicas each)");
    if (low <= 0 && high >= 0) {
      return absl::StrCat("Between ", of, " and ", against, " no difference can be told: ", amount, unpaired,
                          ".");
    }
    return absl::StrCat(of, " ", low > 0 ? words.more : words.less, " than ", against, ": ", amount, unpaired,
                        ".");
  }
  if (found.same() == replicas) {
    return absl::StrCat(of, " and ", against, " are alike in all ", replicas, " paired replicas.");
  }
  const std::string rough = RoughText(found, replicas);
  const std::string end = rough.empty() ? "." : ". " + rough;
  if (low <= 0 && high >= 0) {
    return absl::StrCat("Between ", of, " and ", against, " no difference can be told: ", amount, "; ", of,
                        " ", words.more, " in ", found.more(), " of ", replicas, " paired replicas, ",
                        against, " in ", found.less(), end);
  }
  const bool more = low > 0;
  const std::uint32_t others = more ? found.less() : found.more();
  return absl::StrCat(of, " ", more ? words.more : words.less, " than ", against, " in ",
                      more ? found.more() : found.less(), " of ", replicas, " paired replicas",
                      others > 0 ? absl::StrCat(", ", against, " in ", others) : "", ": ", amount, end);
}

}  // namespace lawine
