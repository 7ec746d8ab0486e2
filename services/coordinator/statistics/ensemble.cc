#include "services/coordinator/statistics/ensemble.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "services/common/dying_out.h"
#include "services/common/errors.h"
#include "services/common/json/suggest.h"
#include "services/coordinator/statistics/precision.h"
#include "services/coordinator/statistics/statistics.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

std::uint64_t NearestRank(std::span<const std::uint64_t> sorted, std::uint64_t percent) {
  return sorted[(sorted.size() * percent + 99) / 100 - 1];
}

pb::HistogramBin Bin(std::uint64_t first, std::uint64_t last) {
  pb::HistogramBin bin;
  bin.set_first(first);
  bin.set_last(last);
  return bin;
}

// 0, 1, 2 to 3, 4 to 7, ...
std::vector<pb::HistogramBin> DoublingBins(std::uint64_t least, std::uint64_t most) {
  std::vector<pb::HistogramBin> bins;
  for (auto width = std::bit_width(least); width <= std::bit_width(most); ++width) {
    const std::uint64_t first = width == 0 ? 0 : 1ull << (width - 1);
    bins.push_back(Bin(first, width == 0 ? 0 : first + (first - 1)));
  }
  return bins;
}

// About twenty, as wide as 1, 2 or 5 times a power of ten.
std::vector<pb::HistogramBin> EqualBins(std::uint64_t least, std::uint64_t most) {
  constexpr std::uint64_t kBinsMax = 20;
  std::uint64_t width = 1;
  for (int i = 0; (most - least) / width >= kBinsMax; ++i) width = i % 3 == 1 ? width / 2 * 5 : width * 2;
  std::vector<pb::HistogramBin> bins;
  for (std::uint64_t first = least / width * width;; first += width) {
    bins.push_back(Bin(first, first + (width - 1)));
    if (bins.back().last() >= most) return bins;
  }
}

std::vector<std::uint64_t> Sorted(std::vector<std::uint64_t> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<std::uint64_t> SortedCounts(std::span<const StepCounts> by_replica,
                                        std::uint64_t StepCounts::*count) {
  std::vector<std::uint64_t> values;
  for (const StepCounts& counts : by_replica) values.push_back(counts.*count);
  return Sorted(std::move(values));
}

bool HasTarget(const LaneOutcome& lane) { return lane.target_members > 0; }
bool HasCost(const LaneOutcome& lane) { return lane.cost > 0; }
bool HasSentiment(const LaneOutcome& lane) { return lane.positive_reach + lane.negative_reach > 0; }
bool HasMonitors(const LaneOutcome& lane) { return lane.monitors > 0; }

std::uint64_t TargetShare(const LaneOutcome& lane) {
  return HasTarget(lane) ? lane.target_reach * 1'000'000 / lane.target_members : 0;
}

std::uint64_t Reached(const LaneOutcome& lane) { return lane.people > 0 ? lane.people : lane.reach; }

std::uint64_t ValueOf(const LaneOutcome& lane, const Measure& measure, std::uint64_t never) {
  if (measure.step == nullptr) return measure.value_of(lane);
  return lane.*measure.step == kNoStep ? never : lane.*measure.step;
}

std::vector<std::uint64_t> SortedValues(std::span<const LaneOutcome> lanes, const Measure& measure,
                                        std::uint64_t never) {
  std::vector<std::uint64_t> values;
  for (const LaneOutcome& lane : lanes) values.push_back(ValueOf(lane, measure, never));
  return Sorted(std::move(values));
}

}  // namespace

namespace {

void SetMean(double mean, double deviation, std::uint64_t count, pb::Distribution& distribution) {
  const double half_width = StudentT975(count - 1) * deviation / std::sqrt(static_cast<double>(count));
  distribution.set_mean(mean);
  distribution.mutable_ci95()->set_low(mean - half_width);
  distribution.mutable_ci95()->set_high(mean + half_width);
  distribution.set_standard_deviation(deviation);
}

void SetQuantiles(std::span<const std::uint64_t> sorted, pb::Distribution& distribution) {
  distribution.set_min(sorted.front());
  distribution.set_max(sorted.back());
  pb::Quantiles& quantiles = *distribution.mutable_quantiles();
  quantiles.set_p05(NearestRank(sorted, 5));
  quantiles.set_p25(NearestRank(sorted, 25));
  quantiles.set_p50(NearestRank(sorted, 50));
  quantiles.set_p75(NearestRank(sorted, 75));
  quantiles.set_p95(NearestRank(sorted, 95));
}

// Single replicas' ratios, to the nearest whole number, of those that have one; the mean is not theirs.
std::vector<std::uint64_t> SortedRatios(std::span<const LaneOutcome> lanes, const Measure& measure) {
  std::vector<std::uint64_t> ratios;
  for (const LaneOutcome& lane : lanes) {
    if (measure.over(lane) == 0) continue;
    ratios.push_back((measure.value_of(lane) + measure.over(lane) / 2) / measure.over(lane));
  }
  return Sorted(std::move(ratios));
}

pb::Distribution RatioDistribution(std::span<const LaneOutcome> lanes, const Measure& measure,
                                   std::span<const std::uint64_t> sorted) {
  const Moments moments = MomentsOf(ValuesOf(lanes, measure));
  pb::Distribution distribution;
  SetMean(moments.mean, std::sqrt(moments.variance), lanes.size(), distribution);
  SetQuantiles(sorted, distribution);
  return distribution;
}

}  // namespace

pb::Distribution DistributionOf(std::span<const std::uint64_t> sorted) {
  LAWINE_CHECK(sorted.size() >= 2);
  const std::uint64_t count = sorted.size();
  absl::uint128 sum = 0;
  for (const std::uint64_t value : sorted) sum += value;
  const double mean = static_cast<double>(sum) / static_cast<double>(count);
  double squares = 0;
  for (const std::uint64_t value : sorted) {
    const double distance = static_cast<double>(value) - mean;
    squares += distance * distance;
  }
  const double deviation = std::sqrt(squares / static_cast<double>(count - 1));
  pb::Distribution distribution;
  SetMean(mean, deviation, count, distribution);
  SetQuantiles(sorted, distribution);
  return distribution;
}

std::vector<pb::HistogramBin> HistogramOf(std::span<const std::uint64_t> sorted) {
  // Equal bins would put most replicas into the first one.
  constexpr std::uint64_t kFarBelow = 32;
  const std::uint64_t least = sorted.front();
  const std::uint64_t most = sorted.back();
  const bool far_below = most / kFarBelow >= std::max<std::uint64_t>(1, NearestRank(sorted, 50));
  std::vector<pb::HistogramBin> bins = far_below ? DoublingBins(least, most) : EqualBins(least, most);
  auto bin = bins.begin();
  for (const std::uint64_t value : sorted) {
    while (value > bin->last()) ++bin;
    bin->set_replicas(bin->replicas() + 1);
  }
  return bins;
}

std::span<const Measure> Measures() {
  static constexpr Measure kMeasures[] = {
      {.name = "reach",
       .value_of = [](const LaneOutcome& lane) { return lane.reach; },
       .bound = MeasureBound::kMembers},
      {"deliveries", [](const LaneOutcome& lane) { return lane.deliveries; }},
      {.name = "forwards",
       .value_of = [](const LaneOutcome& lane) { return lane.forwards; },
       .bound = MeasureBound::kMembersOnce},
      {"duplicates", [](const LaneOutcome& lane) { return lane.duplicates; }},
      {"steps", [](const LaneOutcome& lane) { return std::uint64_t{lane.last_step}; }},
      {"steps_to_half", [](const LaneOutcome& lane) { return std::uint64_t{lane.half_step}; }},
      {"steps_to_90", [](const LaneOutcome& lane) { return std::uint64_t{lane.nine_tenths_step}; }},
      {.name = "people",
       .value_of = [](const LaneOutcome& lane) { return lane.people; },
       .is_told = [](const LaneOutcome& lane) { return lane.people > 0; },
       .of_both = true,
       .bound = MeasureBound::kMembers},
      {"follows", [](const LaneOutcome& lane) { return lane.follows; },
       [](const LaneOutcome& lane) { return lane.follows > 0; }},
      {"unfollows", [](const LaneOutcome& lane) { return lane.unfollows; },
       [](const LaneOutcome& lane) { return lane.unfollows > 0; }},
      {.name = "target_reach",
       .value_of = [](const LaneOutcome& lane) { return lane.target_reach; },
       .is_told = &HasTarget,
       .of_both = true,
       .bound = MeasureBound::kMembers},
      {.name = "target_share",
       .value_of = &TargetShare,
       .is_told = &HasTarget,
       .of_both = true,
       .bound = MeasureBound::kMillion},
      {"cost", [](const LaneOutcome& lane) { return lane.cost; }, &HasCost},
      {.name = "cost_per_thousand",
       .value_of = [](const LaneOutcome& lane) { return lane.cost * 1000; },
       .is_told = [](const LaneOutcome& lane) { return HasCost(lane) && Reached(lane) > 0; },
       .over = &Reached},
      {"positive_reach", [](const LaneOutcome& lane) { return lane.positive_reach; }, &HasSentiment},
      {"negative_reach", [](const LaneOutcome& lane) { return lane.negative_reach; }, &HasSentiment},
      {.name = "monitors",
       .value_of = [](const LaneOutcome& lane) { return lane.monitors; },
       .is_told = &HasMonitors,
       .bound = MeasureBound::kMembers},
      {.name = "first_sighting", .is_told = &HasMonitors, .step = &LaneOutcome::first_sighting},
      {.name = "first_step",
       .is_told = [](const LaneOutcome& lane) { return lane.first_step != 0; },
       .step = &LaneOutcome::first_step},
      {.name = "steps_to_percent",
       .is_told = [](const LaneOutcome& lane) { return lane.percent_step != kNoStep; },
       .step = &LaneOutcome::percent_step,
       .of_both = true},
  };
  return kMeasures;
}

absl::Status CheckMeasure(const std::string& path, const std::string& measure) {
  std::vector<std::string> names;
  for (const Measure& known : Measures()) names.push_back(known.name);
  if (std::find(names.begin(), names.end(), measure) != names.end()) return absl::OkStatus();
  return FieldError(path, absl::StrCat("expected one of ", absl::StrJoin(names, ", "), ", found '", measure,
                                       "'", DidYouMean(measure, names)));
}

const Measure& MeasureOf(std::string_view name) {
  const auto measures = Measures();
  const auto found = std::find_if(measures.begin(), measures.end(),
                                  [name](const Measure& measure) { return measure.name == name; });
  LAWINE_CHECK(found != measures.end());
  return *found;
}

bool IsTold(std::span<const LaneOutcome> lanes, const Measure& measure) {
  return measure.is_told == nullptr || std::any_of(lanes.begin(), lanes.end(), measure.is_told);
}

std::uint64_t NeverOf(std::span<const LaneOutcome> lanes) {
  std::uint64_t last = 0;
  for (const LaneOutcome& lane : lanes) last = std::max<std::uint64_t>(last, lane.last_step);
  return last + 1;
}

std::uint32_t NeverCount(std::span<const LaneOutcome> lanes, const Measure& measure) {
  if (measure.step == nullptr) return 0;
  return static_cast<std::uint32_t>(std::count_if(
      lanes.begin(), lanes.end(), [&](const LaneOutcome& lane) { return lane.*measure.step == kNoStep; }));
}

bool HasMean(std::span<const LaneOutcome> lanes, const Measure& measure) {
  return measure.over == nullptr || std::any_of(lanes.begin(), lanes.end(), [&](const LaneOutcome& lane) {
           return measure.over(lane) > 0;
         });
}

namespace {

std::vector<double> Over(std::span<const LaneOutcome> lanes, const Measure& measure) {
  std::vector<double> over;
  for (const LaneOutcome& lane : lanes) over.push_back(static_cast<double>(measure.over(lane)));
  return over;
}

}  // namespace

std::vector<double> ValuesOf(std::span<const LaneOutcome> lanes, const Measure& measure,
                             std::uint64_t never) {
  std::vector<double> values;
  for (const LaneOutcome& lane : lanes) {
    values.push_back(static_cast<double>(ValueOf(lane, measure, never)));
  }
  return measure.over == nullptr || values.empty() ? values : LinearisedRatio(values, Over(lanes, measure));
}

std::vector<double> SingleValuesOf(std::span<const LaneOutcome> lanes, const Measure& measure,
                                   std::uint64_t never) {
  if (measure.over == nullptr) return ValuesOf(lanes, measure, never);
  std::vector<double> values = Over(lanes, measure);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = values[i] > 0 ? static_cast<double>(measure.value_of(lanes[i])) / values[i]
                              : std::numeric_limits<double>::infinity();
  }
  return values;
}

std::vector<double> ValuesOf(std::span<const LaneOutcome> lanes, const Measure& measure) {
  return ValuesOf(lanes, measure, NeverOf(lanes));
}

double MeanOf(const pb::Ensemble& ensemble, const std::string& measure) {
  const pb::EnsembleMeasures& measures = ensemble.measures();
  const auto* field = pb::EnsembleMeasures::descriptor()->FindFieldByName(measure);
  return static_cast<const pb::Distribution&>(measures.GetReflection()->GetMessage(measures, field)).mean();
}

pb::Ensemble MakeEnsemble(std::span<const LaneOutcome> lanes, std::uint32_t members_count,
                          std::uint64_t first_audience, bool coins) {
  pb::Ensemble ensemble;
  const std::uint64_t never = NeverOf(lanes);
  pb::EnsembleMeasures& measures = *ensemble.mutable_measures();
  pb::EnsembleHistograms& histograms = *ensemble.mutable_histogram();
  for (const Measure& measure : Measures()) {
    if (!IsTold(lanes, measure)) continue;
    const bool ratio = measure.over != nullptr;
    const std::vector<std::uint64_t> values =
        ratio ? SortedRatios(lanes, measure) : SortedValues(lanes, measure, never);
    const auto* field = pb::EnsembleMeasures::descriptor()->FindFieldByName(measure.name);
    measures.GetReflection()
        ->MutableMessage(&measures, field)
        ->CopyFrom(ratio ? RatioDistribution(lanes, measure, values) : DistributionOf(values));
    const auto* bins = pb::EnsembleHistograms::descriptor()->FindFieldByName(measure.name);
    for (const pb::HistogramBin& bin : HistogramOf(values)) {
      histograms.GetReflection()->AddMessage(&histograms, bins)->CopyFrom(bin);
    }
  }
  const std::uint64_t below = DyingOutBelow(members_count, first_audience);
  const auto died = std::count_if(lanes.begin(), lanes.end(), [below](const LaneOutcome& lane) {
    return lane.stop == StopReason::kNothingPending && lane.reach < below;
  });
  ensemble.set_replicas(static_cast<std::uint32_t>(lanes.size()));
  ensemble.set_dying_out_share(static_cast<double>(died) / static_cast<double>(lanes.size()));
  ensemble.set_dying_out_below(below);
  const Measure& reach = MeasureOf("reach");
  if (const auto few =
          FewDifferIn(ValuesOf(lanes, reach), reach, {.coins = coins, .members = members_count})) {
    ensemble.set_remark(FewDifferText(*few, reach.name, ensemble.replicas()));
  }
  return ensemble;
}

void AddSteps(std::span<const std::vector<StepCounts>> kept_steps, pb::Ensemble& ensemble) {
  std::uint32_t steps = 0;
  for (const auto& kept : kept_steps) {
    if (!kept.empty()) steps = std::max(steps, kept.back().step + 1);
  }
  std::vector<std::size_t> next(kept_steps.size());
  std::vector<std::uint64_t> reached(kept_steps.size());
  for (std::uint32_t t = 0; t < steps; ++t) {
    std::vector<StepCounts> now(kept_steps.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (next[i] < kept_steps[i].size() && kept_steps[i][next[i]].step == t)
        now[i] = kept_steps[i][next[i]++];
      reached[i] += now[i].first_receipts;
    }
    pb::EnsembleStep& step = *ensemble.add_steps();
    step.set_step(t);
    *step.mutable_reach() = DistributionOf(Sorted(reached));
    *step.mutable_first_receipts() = DistributionOf(SortedCounts(now, &StepCounts::first_receipts));
    *step.mutable_deliveries() = DistributionOf(SortedCounts(now, &StepCounts::deliveries));
    *step.mutable_forwards() = DistributionOf(SortedCounts(now, &StepCounts::forwards));
  }
}

}  // namespace lawine
