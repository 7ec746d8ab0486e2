#include "services/cli/text/sweep_text.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"
#include "services/cli/text/comparison_text.h"
#include "services/cli/text/ensemble_text.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;

// A bar as long as the share of `most`; some is never shown as none.
std::string Bar(double value, double most) {
  constexpr double kBarMax = 12;
  return std::string(static_cast<std::size_t>(std::ceil(most > 0 ? kBarMax * value / most : 0)), '#');
}

std::string PointsTable(const v1::SweepResult& result, bool color) {
  std::vector<std::pair<std::string, Align>> columns = {
      {result.sweep().field(), Align::kRight},
      {"members reached", Align::kRight},
      {"half of them between", Align::kRight},
      {"died out", Align::kRight},
      {StepsWord(result.sweep().scenario()), Align::kRight}};
  const std::string own = OwnColumn(result);
  if (!own.empty()) columns.emplace_back(MeasureTitle(own), Align::kRight);
  columns.emplace_back("variability", Align::kLeft);
  Table table(std::move(columns));
  double most = 0;
  for (const v1::SweepPoint& point : result.points()) most = std::max(most, point.variability());
  for (const v1::SweepPoint& point : result.points()) {
    const v1::EnsembleMeasures& measures = point.ensemble().measures();
    const v1::Distribution& reach = measures.reach();
    const int decimals = reach.mean() >= 1000 ? 0 : 1;
    const bool critical = result.critical().found() && point.value() == result.critical().value();
    std::vector<std::string> row = {
        absl::StrFormat("%.6g", point.value()),
        absl::StrCat(Decimal(reach.mean(), decimals), " +/- ",
                     Decimal((reach.ci95().high() - reach.ci95().low()) / 2, decimals)),
        absl::StrCat(Thousands(reach.quantiles().p25()), " and ", Thousands(reach.quantiles().p75())),
        DiedOutCell(point.ensemble()), Decimal(measures.steps().mean(), 1)};
    if (!own.empty()) row.push_back(MeanAndHalfWidth(own, DistributionIn(point.ensemble(), own), "+/-"));
    row.push_back(absl::StrFormat("%.2f %s%s", point.variability(), Bar(point.variability(), most),
                                  critical ? " most" : ""));
    table.AddRow(std::move(row));
  }
  return table.Render(color);
}

std::string UncertaintyFacts(const v1::Uncertainty& found) {
  const auto range = [](const v1::Interval& interval) {
    return absl::StrCat(Decimal(interval.low(), 0), " to ", Decimal(interval.high(), 0));
  };
  return Facts(
      {{"standard deviation", absl::StrCat(Decimal(found.luck(), 1), " by luck, ",
                                           Decimal(found.ignorance(), 1), " by not knowing the rate better")},
       {"middle 95%",
        absl::StrCat(range(found.middle95()), "; of the mean alone ", range(found.mean_middle95()))}});
}

std::string SweepFacts(const v1::SweepResult& result) {
  const v1::Scenario& scenario = result.sweep().scenario();
  return Facts(
      {{"graph", absl::StrCat(scenario.graph(), ", ", Thousands(result.graph_members()), " members")},
       {"replicas of each", Thousands(scenario.replicas())},
       {"run seed", absl::StrCat(scenario.run_seed())},
       {"time", Duration(result.timing().makespan_seconds())}});
}

// Of that measure, as columns of a file.
std::string OwnHeader(const std::string& own) {
  if (own.empty()) return "";
  const std::string name = own == "target_share" ? "target_share_percent" : own;
  return absl::StrCat(",", name, "_mean,", name, "_low,", name, "_high");
}

std::string OwnCells(const std::string& own, const v1::Ensemble& ensemble) {
  if (own.empty()) return "";
  const v1::Distribution& found = DistributionIn(ensemble, own);
  return absl::StrFormat(",%.17g,%.17g,%.17g", ShownOf(own, found.mean()), ShownOf(own, found.ci95().low()),
                         ShownOf(own, found.ci95().high()));
}

}  // namespace

std::string OwnColumn(const v1::SweepResult& result) {
  const std::string& measure = result.sweep().measure();
  return measure == "reach" || measure == "steps" ? "" : measure;
}

std::string SweepReport(const v1::SweepResult& result, bool color) {
  const std::string headline = Wrap(result.answer());
  std::string text = absl::StrCat(
      color ? absl::StrCat("\033[1m", headline, "\033[0m") : headline, "\n\n", PointsTable(result, color),
      "\n",
      result.has_uncertainty()
          ? absl::StrCat(Wrap("The values are quantiles of what the counts say of the rate: each stands for "
                              "equally much of what is not known."),
                         "\n\n", UncertaintyFacts(result.uncertainty()))
          : absl::StrCat(Wrap("Variability is the standard deviation of reach over its mean. Over a rate it "
                              "is largest at the critical one: below it nearly every message dies out, above "
                              "it some go far."),
                         "\n\n"),
      SweepFacts(result), "\n");
  if (const std::string draw = SeedDrawSentence(result.sweep().scenario()); !draw.empty()) {
    absl::StrAppend(&text, Wrap(draw), "\n");
  }
  for (const std::string& warning : result.warnings()) {
    absl::StrAppend(&text, Wrap(absl::StrCat("warning: ", warning), 9), "\n");
  }
  return text;
}

absl::Status WriteSweep(const v1::SweepResult& result, OutputFile& file) {
  const std::string own = OwnColumn(result);
  std::string text = absl::StrCat(
      "value,replicas,reach_mean,reach_low,reach_high,reach_p05,reach_p25,reach_p50,reach_p75,reach_p95,"
      "deliveries_mean,forwards_mean,steps_mean,dying_out_share,variability,digest",
      OwnHeader(own), "\n");
  for (const v1::SweepPoint& point : result.points()) {
    const v1::EnsembleMeasures& measures = point.ensemble().measures();
    const v1::Distribution& reach = measures.reach();
    const v1::Quantiles& q = reach.quantiles();
    absl::StrAppend(
        &text,
        absl::StrFormat("%.17g,%d,%.17g,%.17g,%.17g,%d,%d,%d,%d,%d,%.17g,%.17g,%.17g,%.17g,%.17g,%s%s\n",
                        point.value(), point.ensemble().replicas(), reach.mean(), reach.ci95().low(),
                        reach.ci95().high(), q.p05(), q.p25(), q.p50(), q.p75(), q.p95(),
                        measures.deliveries().mean(), measures.forwards().mean(), measures.steps().mean(),
                        point.ensemble().dying_out_share(), point.variability(), point.digest(),
                        OwnCells(own, point.ensemble())));
  }
  LAWINE_RETURN_IF_ERROR(file.Write(text));
  return file.Finish();
}

}  // namespace lawine::cli
