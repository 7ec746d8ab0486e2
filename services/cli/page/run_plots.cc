#include "services/cli/page/run_plots.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/page/answers.h"
#include "services/cli/page/group_plots.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

constexpr std::uint32_t kPointsMax = 600;
constexpr std::uint32_t kBarsMax = 60;
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

// What all plots of a page have in common.
struct Spreads {
  std::vector<SpreadSeries> all;
  StepAxis axis;
  std::uint32_t width = 1;  // steps a point
  bool shares = false;      // graphs of several sizes: members are told as shares
  std::string step;         // "hop"
  bool time = false;

  double UnitOf(const SpreadSeries& spread) const {
    return shares ? static_cast<double>(spread.members) / 100 : 1;
  }
  std::string Members() const { return shares ? "% of members" : "members"; }
  std::string PerPoint() const {
    return width == 1 ? absl::StrCat("a ", step) : absl::StrCat("in ", width, " steps");
  }
  bool banded() const {
    return std::any_of(all.begin(), all.end(), [](const auto& each) { return each.ensemble != nullptr; });
  }
};

Spreads SpreadsOf(std::span<const v1::RunResult> results) {
  Spreads spreads{.all = SpreadSeriesOf(results), .axis = {}, .step = StepWord(results[0].scenario())};
  std::vector<const v1::Scenario*> scenarios;
  std::uint32_t last = 0;
  for (const v1::RunResult& result : results) {
    scenarios.push_back(&result.scenario());
    spreads.time = spreads.time || HasTime(result.scenario());
    spreads.shares = spreads.shares || result.graph_members() != results[0].graph_members();
  }
  for (const SpreadSeries& spread : spreads.all) {
    if (!spread.steps.empty()) last = std::max(last, spread.steps.back().step());
  }
  spreads.axis = StepAxisOf(scenarios, last);
  spreads.width = StepsAPoint(spreads.all, kPointsMax);
  return spreads;
}

std::string BandNote(const Spreads& spreads) {
  if (!spreads.banded()) return spreads.all[0].replicas > 1 ? "Mean of a replica." : "";
  const bool cut = std::any_of(spreads.all.begin(), spreads.all.end(), [](const SpreadSeries& spread) {
    return spread.ensemble != nullptr && !spread.steps.empty() &&
           spread.steps.back().step() > spread.ensemble->steps(spread.ensemble->steps_size() - 1).step();
  });
  return absl::StrCat("The median of replicas, with what nine in ten of them are within",
                      spreads.all.size() == 1 ? ", and half of them (darker)" : "", ".",
                      cut ? " Bands are known of the first 128 steps." : "");
}

Series ReachSeries(const Spreads& spreads, const SpreadSeries& spread) {
  if (spread.ensemble != nullptr) {
    return BandSeries(
        spread, spreads.axis, spreads.UnitOf(spread), spreads.all.size() == 1,
        [](const auto& step) -> const auto& { return step.reach(); });
  }
  double reached = 0;
  return MeanSeries(spread, spreads.axis, spreads.UnitOf(spread), spreads.width,
                    [&reached](const v1::StepCounts& counts) {
                      return reached += static_cast<double>(counts.first_receipts());
                    });
}

Plot ReachPlot(const Spreads& spreads) {
  Plot plot{.title = "Members reached",
            .note = absl::StrCat("So far, by ", spreads.axis.axis.title, ". ", BandNote(spreads)),
            .x = spreads.axis.axis,
            .y = {.title = spreads.Members(), .from_zero = true}};
  for (const SpreadSeries& spread : spreads.all) plot.series.push_back(ReachSeries(spreads, spread));
  if (spreads.all.size() == 1 && spreads.banded()) {
    SpreadSeries mean = spreads.all[0];
    mean.name = "mean";
    mean.ensemble = nullptr;
    plot.series.push_back(ReachSeries(spreads, mean));
    plot.series.back().dashed = true;
  }
  return plot;
}

Plot NewPlot(const Spreads& spreads) {
  Plot plot{.title = absl::StrCat("New members ", spreads.PerPoint()),
            .note = absl::StrCat("Members that get it for the first time. ", BandNote(spreads)),
            .x = spreads.axis.axis,
            .y = {.title = spreads.Members(), .from_zero = true}};
  for (const SpreadSeries& spread : spreads.all) {
    if (spread.ensemble != nullptr && spreads.width == 1) {
      plot.series.push_back(BandSeries(
          spread, spreads.axis, spreads.UnitOf(spread), spreads.all.size() == 1,
          [](const auto& step) -> const auto& { return step.first_receipts(); }));
      continue;
    }
    plot.series.push_back(MeanSeries(
        spread, spreads.axis, spreads.UnitOf(spread), spreads.width,
        [](const v1::StepCounts& counts) { return static_cast<double>(counts.first_receipts()); }));
  }
  return plot;
}

// Of one spread alone: what deliveries were, step by step.
Plot DeliveriesPlot(const Spreads& spreads) {
  const SpreadSeries& spread = spreads.all[0];
  const std::uint32_t width = StepsAPoint(spreads.all, kBarsMax);
  Plot plot{.kind = Plot::Kind::kStacked,
            .title = absl::StrCat("Deliveries ",
                                  width == 1 ? "a " + spreads.step : absl::StrCat("in ", width, " steps")),
            .note = "To members that get it for the first time, and to members that have it.",
            .x = spreads.axis.axis,
            .y = {.title = spread.replicas > 1 ? "deliveries, mean" : "deliveries", .from_zero = true}};
  Series first{.name = "first receipts"}, again{.name = "duplicates"};
  for (const v1::StepCounts& counts : Gathered(spread.steps, width)) {
    if (counts.deliveries() == 0) continue;
    const auto replicas = static_cast<double>(spread.replicas);
    plot.labels.push_back(absl::StrFormat("%.4g", counts.step() * spreads.axis.per_step));
    first.y.push_back(static_cast<double>(counts.deliveries() - counts.duplicates()) / replicas);
    again.y.push_back(static_cast<double>(counts.duplicates()) / replicas);
  }
  plot.series = {std::move(first), std::move(again)};
  return plot;
}

Plot OftenPlot(const Spreads& spreads) {
  Plot plot{.title = "How often a reached member has got it",
            .note = "Deliveries so far for each member reached so far.",
            .x = spreads.axis.axis,
            .y = {.title = "deliveries a member", .from_zero = true}};
  for (const SpreadSeries& spread : spreads.all) {
    double deliveries = 0, reached = 0;
    SpreadSeries ratio = spread;
    ratio.replicas = 1;
    plot.series.push_back(
        MeanSeries(ratio, spreads.axis, 1, spreads.width, [&](const v1::StepCounts& counts) {
          deliveries += static_cast<double>(counts.deliveries());
          reached += static_cast<double>(counts.first_receipts());
          return reached > 0 ? deliveries / reached : kNothing;
        }));
    if (spreads.all.size() == 1) plot.series.back().name = "deliveries a member";
  }
  return plot;
}

Plot BranchingPlot(const Spreads& spreads) {
  Plot plot{.title = spreads.time ? "Growth of forwards" : "Branching factor by generation",
            .note = spreads.time
                        ? "Forwards beside those just before: above 1 it grows."
                        : "Forwards beside those of the hop before: above 1 it grows, below 1 it dies "
                          "out.",
            .x = spreads.axis.axis,
            .y = {.title = "forwards / forwards before", .log = true}};
  // Where steps are not generations one by one they say little.
  const std::uint32_t width = spreads.time ? StepsAPoint(spreads.all, kBarsMax / 2) : spreads.width;
  if (width > 1) absl::StrAppend(&plot.note, " ", width, " steps are taken together.");
  Series one{.name = "1: as many", .reference = true};
  for (const SpreadSeries& spread : spreads.all) {
    double before = 0;
    SpreadSeries ratio = spread;
    ratio.replicas = 1;
    Series series = MeanSeries(ratio, spreads.axis, 1, width, [&](const v1::StepCounts& counts) {
      const auto now = static_cast<double>(counts.forwards());
      const double factor = before > 0 && now > 0 ? now / before : kNothing;
      before = now;
      return factor;
    });
    if (spreads.all.size() == 1) series.name = "branching factor";
    if (series.x.size() > one.x.size()) one.x = series.x;
    plot.series.push_back(std::move(series));
  }
  one.y.assign(one.x.size(), 1);
  plot.series.push_back(std::move(one));
  return plot;
}

}  // namespace

Plot SizePlot(const v1::Ensemble& ensemble, const std::string& of) {
  Plot plot{.kind = Plot::Kind::kBars,
            .title = absl::StrCat("Final size", of.empty() ? "" : ": ", of),
            .note = absl::StrCat("How many of ", Thousands(ensemble.replicas()),
                                 " replicas reached how many members."),
            .x = {.title = "members reached, from so many up to the next"},
            .y = {.title = "replicas", .whole = true, .from_zero = true}};
  Series replicas{.name = "replicas"};
  for (const v1::HistogramBin& bin : ensemble.histogram().reach()) {
    plot.labels.push_back(Thousands(bin.first()));
    replicas.y.push_back(bin.replicas());
  }
  plot.series = {std::move(replicas)};
  return plot;
}

namespace {

Plot DepthPlot(const v1::Attribution& attribution) {
  Plot plot{.kind = Plot::Kind::kBars,
            .title = "Through how many hands",
            .note = "Members by how many others passed it on from its start to them.",
            .x = {.title = "hands"},
            .y = {.title = "members", .from_zero = true}};
  Series members{.name = "members"};
  for (const std::uint64_t at_depth : attribution.members_by_depth()) {
    plot.labels.push_back(absl::StrCat(plot.labels.size()));
    members.y.push_back(static_cast<double>(at_depth));
  }
  plot.series = {std::move(members)};
  return plot;
}

Plot FrequencyPlot(const v1::Attribution& attribution) {
  Plot plot{.kind = Plot::Kind::kBars,
            .title = "How often members got it",
            .note = "Members by the number of deliveries to each.",
            .x = {.title = "times"},
            .y = {.title = "members", .from_zero = true}};
  Series members{.name = "members"};
  for (const v1::FrequencyBin& bin : attribution.frequency()) {
    plot.labels.push_back(bin.first() == bin.last()
                              ? Thousands(bin.first())
                              : absl::StrCat(Thousands(bin.first()), "–", Thousands(bin.last())));
    members.y.push_back(static_cast<double>(bin.members()));
  }
  plot.series = {std::move(members)};
  return plot;
}

}  // namespace

std::vector<PagePlots> RunPlots(std::span<const v1::RunResult> results) {
  const Spreads spreads = SpreadsOf(results);
  PagePlots course{.title = "How it went", .plots = {ReachPlot(spreads), NewPlot(spreads)}};
  if (spreads.all.size() == 1) course.plots.push_back(DeliveriesPlot(spreads));
  course.plots.push_back(OftenPlot(spreads));
  course.plots.push_back(BranchingPlot(spreads));
  for (const v1::RunResult& result : results) {
    if (result.has_ensemble())
      course.plots.push_back(SizePlot(result.ensemble(), results.size() > 1 ? RunLabel(result) : ""));
  }
  std::vector<PagePlots> groups = {std::move(course)};
  for (const v1::RunResult& result : results) {
    PagePlots by_group = GroupPlots(
        result, absl::StrCat("By group of members", results.size() > 1 ? ": " + RunLabel(result) : ""));
    if (!by_group.plots.empty()) groups.push_back(std::move(by_group));
  }
  for (const v1::RunResult& result : results) {
    if (!result.has_attribution()) continue;
    groups.push_back(
        {.title = absl::StrCat("Who brought it to whom", results.size() > 1 ? ": " + RunLabel(result) : ""),
         .plots = {DepthPlot(result.attribution()), FrequencyPlot(result.attribution())}});
  }
  return groups;
}

}  // namespace lawine::cli
