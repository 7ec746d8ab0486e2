#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/page/answers.h"
#include "services/cli/page/assumptions.h"
#include "services/cli/page/page_manifest.h"
#include "services/cli/page/step_series.h"
#include "services/cli/page/what_if_page.h"
#include "services/cli/text/comparison_text.h"
#include "services/cli/text/ensemble_text.h"
#include "services/cli/text/text.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

// "organisation − personal"
std::string PairName(const v1::Difference& difference) {
  return absl::StrCat(difference.of(), " − ", difference.against());
}

// With the unit that ticks have no room for.
std::string AxisTitle(const std::string& measure) {
  return absl::StrCat(MeasureTitle(measure), measure == "target_share" ? ", %" : "");
}

PageTable VariantsRows(const v1::ComparisonResult& result) {
  PageTable table{.title = "Variants",
                  .columns = {"mean of a replica", "members reached", "deliveries", "forwards", "last step",
                              "died out", "starts at"}};
  const auto cell = [](const v1::Distribution& d) {
    return absl::StrCat(MeanText(d.mean()), " ± ", MeanText((d.ci95().high() - d.ci95().low()) / 2));
  };
  const std::vector<std::string> goals = GoalMeasures(result);
  for (const std::string& goal : goals) table.columns.push_back(MeasureTitle(goal));
  for (const v1::VariantResult& variant : result.variants()) {
    const v1::EnsembleMeasures& measures = variant.ensemble().measures();
    table.rows.push_back({VariantName(variant), cell(measures.reach()), cell(measures.deliveries()),
                          cell(measures.forwards()), Decimal(measures.steps().mean(), 1),
                          DiedOutCell(variant.ensemble()),
                          absl::StrCat(Counted(variant.seed_members(), "member", "members"), ", audience ",
                                       Thousands(variant.seed_audience()))});
    for (const std::string& goal : goals) {
      table.rows.back().push_back(MeanAndHalfWidth(goal, DistributionIn(variant.ensemble(), goal), "±"));
    }
  }
  return table;
}

PageTable DifferencesRows(const v1::ComparisonResult& result) {
  const std::string& measure = result.comparison().measure();
  PageTable table{
      .title = absl::StrCat("Differences in ", MeasureTitle(measure)),
      .columns = {"", "mean", "95% interval", "more in", "less in", "same in", "unpaired it would take"}};
  for (const v1::Difference& difference : result.differences()) {
    const v1::MeasureDifference& found = DifferenceIn(difference, measure);
    const auto count = [&](std::uint32_t replicas) {
      return difference.paired() ? Thousands(replicas) : "-";
    };
    table.rows.push_back(
        {PairName(difference), MeanText(measure, found.mean()),
         absl::StrCat(MeanText(measure, found.ci95().low()), " to ", MeanText(measure, found.ci95().high())),
         count(found.more()), count(found.less()), count(found.same()),
         found.has_unpaired_replicas() ? Counted(found.unpaired_replicas(), "replica", "replicas") : "-"});
  }
  return table;
}

enum class Pairing { kAll, kSome, kNone };

// Variants on other graphs have other luck.
Pairing PairingOf(const v1::ComparisonResult& result) {
  const auto paired = std::count_if(result.differences().begin(), result.differences().end(),
                                    [](const v1::Difference& difference) { return difference.paired(); });
  if (paired == result.differences_size()) return Pairing::kAll;
  return paired == 0 ? Pairing::kNone : Pairing::kSome;
}

const char* LuckText(Pairing pairing) {
  switch (pairing) {
    case Pairing::kAll:
      return ", all under the same luck";
    case Pairing::kSome:
      return ", under the same luck where their graphs are the same; otherwise unpaired";
    case Pairing::kNone:
      break;
  }
  return ", unpaired: their graphs differ";
}

const char* DifferencesText(Pairing pairing) {
  switch (pairing) {
    case Pairing::kAll:
      return "Mean of the paired differences with its 95% interval";
    case Pairing::kSome:
      return "Mean of the paired differences, or, where graphs differ, unpaired difference of means, with "
             "its 95% "
             "interval";
    case Pairing::kNone:
      break;
  }
  return "Unpaired difference of means with its 95% interval";
}

Plot VariantsPlot(const v1::ComparisonResult& result) {
  const std::string& measure = result.comparison().measure();
  Plot plot{.kind = Plot::Kind::kIntervals,
            .title = absl::StrCat("Variants: ", MeasureTitle(measure)),
            .note = absl::StrCat("Mean of a replica with its 95% interval.",
                                 PairingOf(result) == Pairing::kNone
                                     ? ""
                                     : " Under the same luck a difference can be told where these intervals "
                                       "overlap."),
            .x = {.title = AxisTitle(measure)}};
  Series series{.name = "mean", .bands = {{}}};
  for (const v1::VariantResult& variant : result.variants()) {
    const v1::Distribution& d = DistributionIn(variant.ensemble(), measure);
    plot.labels.push_back(variant.name());
    series.y.push_back(ShownOf(measure, d.mean()));
    series.bands[0].low.push_back(ShownOf(measure, d.ci95().low()));
    series.bands[0].high.push_back(ShownOf(measure, d.ci95().high()));
  }
  plot.series = {std::move(series)};
  return plot;
}

Plot DifferencesPlot(const v1::ComparisonResult& result) {
  const std::string& measure = result.comparison().measure();
  Plot plot{.kind = Plot::Kind::kIntervals,
            .title = absl::StrCat("Differences in ", MeasureTitle(measure)),
            .note = absl::StrCat(DifferencesText(PairingOf(result)),
                                 "; where it does not touch 0 a difference is told."),
            .x = {.title = absl::StrCat("difference in ", AxisTitle(measure)), .from_zero = true},
            .marks = {{.at = 0}}};
  Series series{.name = "difference", .bands = {{}}};
  for (const v1::Difference& difference : result.differences()) {
    const v1::MeasureDifference& found = DifferenceIn(difference, measure);
    plot.labels.push_back(PairName(difference));
    series.y.push_back(ShownOf(measure, found.mean()));
    series.bands[0].low.push_back(ShownOf(measure, found.ci95().low()));
    series.bands[0].high.push_back(ShownOf(measure, found.ci95().high()));
  }
  plot.series = {std::move(series)};
  return plot;
}

// In how many paired replicas each is ahead.
Plot WinsPlot(const v1::ComparisonResult& result) {
  Plot plot{.kind = Plot::Kind::kAcross,
            .title = "Replica by replica",
            .note = "In how many paired replicas the first of each pair has more, as much, or less.",
            .x = {.title = "paired replicas", .whole = true, .from_zero = true}};
  Series more{.name = "more"}, same{.name = "as much", .reference = true}, less{.name = "less"};
  for (const v1::Difference& difference : result.differences()) {
    if (!difference.paired()) continue;
    const v1::MeasureDifference& found = DifferenceIn(difference, result.comparison().measure());
    plot.labels.push_back(PairName(difference));
    more.y.push_back(found.more());
    same.y.push_back(found.same());
    less.y.push_back(found.less());
  }
  plot.series = {std::move(more), std::move(same), std::move(less)};
  return plot;
}

StepAxis AxisOf(const v1::ComparisonResult& result) {
  std::vector<const v1::Scenario*> scenarios;
  std::uint32_t last = 0;
  for (const v1::VariantResult& variant : result.variants()) {
    scenarios.push_back(&variant.scenario());
    if (variant.steps_size() > 0) last = std::max(last, variant.steps(variant.steps_size() - 1).step());
  }
  return StepAxisOf(scenarios, last);
}

Plot CoursePlot(const v1::ComparisonResult& result, const StepAxis& axis) {
  Plot plot{.title = "Members reached",
            .note = absl::StrCat("So far, by ", axis.axis.title, "; mean of all replicas."),
            .x = axis.axis,
            .y = {.title = "members", .from_zero = true}};
  for (const v1::VariantResult& variant : result.variants()) {
    const SpreadSeries spread{.name = variant.name(),
                              .steps = {variant.steps().begin(), variant.steps().end()},
                              .replicas = variant.ensemble().replicas()};
    double reached = 0;
    plot.series.push_back(MeanSeries(spread, axis, 1, 1, [&reached](const v1::StepCounts& counts) {
      return reached += static_cast<double>(counts.first_receipts());
    }));
  }
  return plot;
}

Plot DifferenceCoursePlot(const v1::ComparisonResult& result, const StepAxis& axis) {
  Plot plot{.title = "Difference in members reached",
            .note = absl::StrCat("So far, by ", axis.axis.title, ", with its 95% interval."),
            .x = axis.axis,
            .y = {.title = "members", .from_zero = true}};
  Series zero{.name = "0: alike", .reference = true};
  for (const v1::Difference& difference : result.differences()) {
    Series series{.name = PairName(difference), .bands = {{}}};
    for (const v1::StepDifference& step : difference.steps()) {
      series.x.push_back(step.step() * axis.per_step);
      series.y.push_back(step.reach().mean());
      series.bands[0].low.push_back(step.reach().ci95().low());
      series.bands[0].high.push_back(step.reach().ci95().high());
    }
    if (series.x.size() > zero.x.size()) zero.x = series.x;
    plot.series.push_back(std::move(series));
  }
  zero.y.assign(zero.x.size(), 0);
  plot.series.push_back(std::move(zero));
  return plot;
}

Plot BreakEvenPlot(const v1::BreakEvenResult& result, const std::string& measure) {
  Plot plot{.title = absl::StrCat("Break-even of ", result.break_even().variant()),
            .note = result.answer(),
            .x = {.title = result.break_even().field()},
            .y = {.title = absl::StrCat("difference from the base", measure == "target_share" ? ", %" : ""),
                  .from_zero = true}};
  Series series{.name = "difference", .bands = {{}}}, zero{.name = "0: alike", .reference = true};
  for (const v1::BreakEvenTrial& trial : result.trials()) {
    series.x.push_back(trial.value());
    series.y.push_back(ShownOf(measure, trial.difference().mean()));
    series.bands[0].low.push_back(ShownOf(measure, trial.difference().ci95().low()));
    series.bands[0].high.push_back(ShownOf(measure, trial.difference().ci95().high()));
  }
  zero.x = series.x;
  zero.y.assign(zero.x.size(), 0);
  plot.series = {std::move(series), std::move(zero)};
  if (result.has_value())
    plot.marks.push_back({.at = result.value(), .low = result.ci95().low(), .high = result.ci95().high()});
  return plot;
}

// What a variant changes, as the file says it.
std::vector<Assumption> Changes(const v1::ComparisonResult& result) {
  std::vector<Assumption> changes;
  for (const v1::Variant& variant : result.comparison().variants()) {
    changes.push_back({.what = variant.name(),
                       .value = JsonLine(MessageToJson(variant.change(), /*empty=*/false)),
                       .basis = Basis::kYours,
                       .source = "what it changes of the base"});
    changes.back().value.pop_back();  // the line's end
  }
  return changes;
}

}  // namespace

Page ComparisonPage(const v1::ComparisonResult& result) {
  const v1::Scenario& base = result.comparison().base();
  Page page{.title = absl::StrCat("What if: ", result.comparison().base_name(), " and ",
                                  Counted(result.comparison().variants_size(), "variant", "variants")),
            .subtitle = absl::StrCat(
                base.graph(), ", ", Counted(result.variants(0).graph_members(), "member", "members"), "; ",
                Thousands(base.replicas()), " replicas of each", LuckText(PairingOf(result))),
            .recommendation = result.recommendation()};
  for (const v1::Difference& difference : result.differences()) {
    page.answers.push_back(
        {absl::StrCat(difference.of(), " or ", difference.against(), "?"), DifferenceSentence(difference)});
  }
  if (result.has_break_even()) {
    page.answers.push_back({absl::StrCat("When does ", result.break_even().break_even().variant(),
                                         " do as well as ", result.comparison().base_name(), "?"),
                            result.break_even().answer()});
  }
  if (std::string draw = SeedDrawSentence(result); !draw.empty()) {
    page.answers.push_back({kSeedsQuestion, std::move(draw)});
  }
  page.warnings = {result.warnings().begin(), result.warnings().end()};
  page.tables = {VariantsRows(result), DifferencesRows(result)};
  page.assumptions = NetworkAssumptions(base.graph(), result.manifest().graph_origin());
  // The base as it was run, which tells defaults too.
  const v1::VariantResult& as_run = result.variants(0);
  const v1::Scenario& assumed = as_run.has_scenario() ? as_run.scenario() : base;
  for (std::vector<Assumption> more : {ScenarioAssumptions(assumed), Changes(result)}) {
    std::move(more.begin(), more.end(), std::back_inserter(page.assumptions));
  }
  const StepAxis axis = AxisOf(result);
  PagePlots plots{.title = "Comparison",
                  .plots = {VariantsPlot(result), DifferencesPlot(result), WinsPlot(result),
                            CoursePlot(result, axis), DifferenceCoursePlot(result, axis)}};
  if (result.has_break_even()) {
    plots.plots.push_back(BreakEvenPlot(result.break_even(), result.comparison().measure()));
  }
  page.plots = {std::move(plots)};
  page.manifests = {ComparisonManifest(result)};
  return page;
}

}  // namespace lawine::cli
