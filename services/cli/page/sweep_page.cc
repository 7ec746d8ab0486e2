#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/page/answers.h"
#include "services/cli/page/assumptions.h"
#include "services/cli/page/page_manifest.h"
#include "services/cli/page/what_if_page.h"
#include "services/cli/text/comparison_text.h"
#include "services/cli/text/ensemble_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/sweep_text.h"
#include "services/cli/text/text.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

PageTable PointsRows(const v1::SweepResult& result) {
  PageTable table{.title = "Value by value",
                  .columns = {result.sweep().field(), "members reached", "95% interval", "5%", "median",
                              "95%", "died out", "last step", "variability"}};
  const std::string own = OwnColumn(result);
  if (!own.empty()) table.columns.push_back(MeasureTitle(own));
  for (const v1::SweepPoint& point : result.points()) {
    const v1::Distribution& reach = point.ensemble().measures().reach();
    const int decimals = reach.mean() >= 1000 ? 0 : 1;
    table.rows.push_back(
        {absl::StrFormat("%.6g", point.value()), Decimal(reach.mean(), decimals),
         absl::StrCat(Decimal(reach.ci95().low(), decimals), " to ", Decimal(reach.ci95().high(), decimals)),
         Thousands(reach.quantiles().p05()), Thousands(reach.quantiles().p50()),
         Thousands(reach.quantiles().p95()), DiedOutCell(point.ensemble()),
         Decimal(point.ensemble().measures().steps().mean(), 1), Decimal(point.variability(), 2)});
    if (!own.empty()) {
      table.rows.back().push_back(MeanAndHalfWidth(own, DistributionIn(point.ensemble(), own), "±"));
    }
  }
  return table;
}

// A plot over the field's values, with the critical one marked.
Plot OverValues(const v1::SweepResult& result, std::string title, std::string note, Axis y) {
  Plot plot{.title = std::move(title),
            .note = std::move(note),
            .x = {.title = result.sweep().field(), .log = result.sweep().scale() == v1::SWEEP_SCALE_LOG},
            .y = std::move(y)};
  const v1::CriticalValue& critical = result.critical();
  if (critical.found()) {
    plot.marks.push_back(
        {.at = critical.value(), .low = critical.ci95().low(), .high = critical.ci95().high()});
  }
  return plot;
}

std::vector<double> Values(const v1::SweepResult& result) {
  std::vector<double> values;
  for (const v1::SweepPoint& point : result.points()) values.push_back(point.value());
  return values;
}

Plot MeasurePlot(const v1::SweepResult& result, Plot plot,
                 const v1::Distribution& (v1::EnsembleMeasures::*of)() const) {
  Series median{.name = "median", .x = Values(result), .bands = {{}, {}}},
      mean{.name = "mean", .dashed = true};
  mean.x = median.x;
  for (const v1::SweepPoint& point : result.points()) {
    const v1::Distribution& d = (point.ensemble().measures().*of)();
    const v1::Quantiles& q = d.quantiles();
    median.y.push_back(static_cast<double>(q.p50()));
    median.bands[0].low.push_back(static_cast<double>(q.p25()));
    median.bands[0].high.push_back(static_cast<double>(q.p75()));
    median.bands[1].low.push_back(static_cast<double>(q.p05()));
    median.bands[1].high.push_back(static_cast<double>(q.p95()));
    mean.y.push_back(d.mean());
  }
  plot.series = {std::move(median), std::move(mean)};
  return plot;
}

// The measure asked for: its mean, which of a cost is no single replica's.
Plot OwnPlot(const v1::SweepResult& result, const std::string& own, const std::string& mark) {
  const char* const unit = own == "target_share" ? "%" : WordsOf(own).unit;
  Plot plot =
      OverValues(result, absl::StrCat("Asked for: ", MeasureTitle(own)),
                 absl::StrCat("The mean with its 95% interval.", mark), {.title = unit, .from_zero = true});
  Series mean{.name = "mean", .x = Values(result), .bands = {{}}};
  for (const v1::SweepPoint& point : result.points()) {
    const v1::Distribution& found = DistributionIn(point.ensemble(), own);
    mean.y.push_back(ShownOf(own, found.mean()));
    mean.bands[0].low.push_back(ShownOf(own, found.ci95().low()));
    mean.bands[0].high.push_back(ShownOf(own, found.ci95().high()));
  }
  plot.series = {std::move(mean)};
  return plot;
}

template <class Value>
Plot ValuePlot(const v1::SweepResult& result, Plot plot, const char* name, const Value& value_of) {
  Series series{.name = name, .x = Values(result)};
  for (const v1::SweepPoint& point : result.points()) series.y.push_back(value_of(point));
  plot.series = {std::move(series)};
  return plot;
}

std::vector<Plot> SweepPlots(const v1::SweepResult& result) {
  const std::string mark =
      result.critical().found() ? " The line is where replicas differ most, in grey its 95% interval." : "";
  std::vector<Plot> plots = {
      MeasurePlot(
          result,
          OverValues(result, "Members reached",
                     absl::StrCat("By value: the median of replicas, with what half of them and nine in ten "
                                  "of them are within.",
                                  mark),
                     {.title = "members", .from_zero = true}),
          &v1::EnsembleMeasures::reach),
      ValuePlot(result,
                OverValues(result, "Dying out",
                           absl::StrCat("Share of replicas that end before 5% of all members had it; where "
                                        "the first audience alone "
                                        "is as many, before 5% beside it had.",
                                        mark),
                           {.title = "% of replicas", .from_zero = true}),
                "died out", [](const auto& point) { return 100 * point.ensemble().dying_out_share(); }),
      MeasurePlot(result,
                  OverValues(result, "Last step", absl::StrCat("How long it goes on.", mark),
                             {.title = "steps", .from_zero = true}),
                  &v1::EnsembleMeasures::steps),
      ValuePlot(
          result,
          OverValues(result, "Variability of reach",
                     "Standard deviation over mean: largest at the critical value, below which nearly every "
                     "message dies out.",
                     {.title = "variability", .from_zero = true}),
          "variability", [](const auto& point) { return point.variability(); }),
  };
  const std::string own = OwnColumn(result);
  if (!own.empty()) plots.insert(plots.begin(), OwnPlot(result, own, mark));
  return plots;
}

const v1::SweepPoint& First(const v1::SweepResult& result) { return result.points(0); }
const v1::SweepPoint& Last(const v1::SweepResult& result) { return result.points(result.points_size() - 1); }

std::string DyingSentence(const v1::SweepResult& result) {
  return absl::StrFormat("It dies out in %.0f%% of replicas where %s is %.4g, in %.0f%% where it is %.4g.",
                         100 * First(result).ensemble().dying_out_share(), result.sweep().field(),
                         First(result).value(), 100 * Last(result).ensemble().dying_out_share(),
                         Last(result).value());
}

std::string FarSentence(const v1::SweepResult& result) {
  const auto half = [](const v1::SweepPoint& point) {
    return Thousands(point.ensemble().measures().reach().quantiles().p50());
  };
  return absl::StrFormat(
      "Half of all replicas reach at most %s members where it is %.4g, and at most %s where it is "
      "%.4g.",
      half(First(result)), First(result).value(), half(Last(result)), Last(result).value());
}

std::string LongSentence(const v1::SweepResult& result) {
  const auto steps = [](const v1::SweepPoint& point) { return point.ensemble().measures().steps().mean(); };
  const auto longest = std::max_element(result.points().begin(), result.points().end(),
                                        [&](const auto& a, const auto& b) { return steps(a) < steps(b); });
  return absl::StrFormat("It goes on longest, %s steps on average, where it is %.4g.",
                         Decimal(steps(*longest), 1), longest->value());
}

Assumption SweptAssumption(const v1::Sweep& sweep) {
  Assumption swept = {.what = sweep.field(),
                      .value = absl::StrFormat("%.6g to %.6g", sweep.from(), sweep.to()),
                      .basis = Basis::kYours,
                      .source = "swept, in place of the scenario's own"};
  if (sweep.has_counts()) {
    swept.value = absl::StrCat(Thousands(sweep.counts().successes()), " of ",
                               Thousands(sweep.counts().trials()), " as counted");
    swept.source = "every value stands for equally much of what the counts leave open";
  }
  return swept;
}

}  // namespace

Page SweepPage(const v1::SweepResult& result) {
  const v1::Scenario& scenario = result.sweep().scenario();
  Page page{
      .title = absl::StrCat("Sweep of ", result.sweep().field()),
      .subtitle = absl::StrCat(scenario.graph(), ", ", Counted(result.graph_members(), "member", "members"),
                               "; ", Counted(result.points_size(), "value", "values"), ", ",
                               Thousands(scenario.replicas()), " replicas of each, all under the same luck"),
      .recommendation = result.answer(),
      .warnings = {result.warnings().begin(), result.warnings().end()},
      .tables = {PointsRows(result)},
      .assumptions = NetworkAssumptions(scenario.graph(), result.manifest().graph_origin()),
      .plots = {{.title = "Sweep", .plots = SweepPlots(result)}},
      .manifests = {SweepManifest(result)}};
  for (Assumption& assumption : ScenarioAssumptions(scenario)) {
    if (assumption.source.empty()) assumption.source = "at the first value";
    page.assumptions.push_back(std::move(assumption));
  }
  page.assumptions.push_back(SweptAssumption(result.sweep()));
  page.answers = {{"How far does it go?", FarSentence(result)},
                  {"How long does it go on?", LongSentence(result)}};
  const bool tells_dying = std::all_of(result.points().begin(), result.points().end(), [](const auto& point) {
    return point.ensemble().dying_out_below() > 0;
  });
  if (tells_dying) {
    page.answers.insert(page.answers.begin() + 1, {"When does it die out?", DyingSentence(result)});
  }
  if (std::string draw = SeedDrawSentence(scenario); !draw.empty()) {
    page.answers.push_back({kSeedsQuestion, std::move(draw)});
  }
  return page;
}

}  // namespace lawine::cli
