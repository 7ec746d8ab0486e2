#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/cli/page/assumptions.h"
#include "services/cli/page/page_manifest.h"
#include "services/cli/page/what_if_page.h"
#include "services/cli/text/text.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

constexpr int kPlottedMax = 40;

bool Incremental(const v1::MarginalReachResult& result) {
  return result.order() == v1::MARGINAL_ORDER_INCREMENTAL;
}

PageTable MembersRows(const v1::MarginalReachResult& result) {
  const bool incremental = Incremental(result);
  PageTable table{
      .title = "Seed members",
      .columns = {"seed member", "audience", incremental ? "adds" : "is worth", "95% interval", "more in",
                  "less in", "same in", incremental ? "reach with it" : "reach without it"}};
  for (const v1::SeedMarginal& member : result.members()) {
    const v1::MeasureDifference& marginal = member.marginal();
    table.rows.push_back(
        {member.member().id(), Thousands(member.member().audience()), MeanText(marginal.mean()),
         absl::StrCat(MeanText(marginal.ci95().low()), " to ", MeanText(marginal.ci95().high())),
         Thousands(marginal.more()), Thousands(marginal.less()), Thousands(marginal.same()),
         MeanText(member.mean_reach())});
  }
  return table;
}

// The first ones: of leave-one-out the most valuable.
Plot WorthPlot(const v1::MarginalReachResult& result) {
  const int plotted = std::min(result.members_size(), kPlottedMax);
  Plot plot{.kind = Plot::Kind::kIntervals,
            .title = Incremental(result) ? "What each adds" : "What each is worth",
            .note = absl::StrCat(Incremental(result) ? "Members reached more than by those before it"
                                                     : "Members that are not reached when it is left out",
                                 ": mean over replicas with its 95% interval",
                                 plotted < result.members_size()
                                     ? absl::StrCat("; the first ", plotted, " of ", result.members_size())
                                     : std::string(),
                                 "."),
            .x = {.title = "members", .from_zero = true},
            .marks = {{.at = 0}}};
  Series series{.name = "mean", .bands = {{}}};
  for (int i = 0; i < plotted; ++i) {
    const v1::SeedMarginal& member = result.members(i);
    plot.labels.push_back(member.member().id());
    series.y.push_back(member.marginal().mean());
    series.bands[0].low.push_back(member.marginal().ci95().low());
    series.bands[0].high.push_back(member.marginal().ci95().high());
  }
  plot.series = {std::move(series)};
  return plot;
}

Plot ReachPlot(const v1::MarginalReachResult& result) {
  Plot plot{.title = "Members reached by the first ones",
            .note = "Mean over replicas, by how many of the seed members start.",
            .x = {.title = "seed members", .whole = true},
            .y = {.title = "members", .from_zero = true}};
  Series series{.name = "mean"};
  for (int i = 0; i < result.members_size(); ++i) {
    series.x.push_back(i + 1);
    series.y.push_back(result.members(i).mean_reach());
  }
  plot.series = {std::move(series)};
  return plot;
}

std::string NobodySentence(const v1::MarginalReachResult& result) {
  const auto untold = std::count_if(result.members().begin(), result.members().end(),
                                    [](const auto& member) { return member.marginal().ci95().low() <= 0; });
  const std::string replicas = Counted(result.scenario().replicas(), "replica", "replicas");
  if (untold == 0) {
    return absl::StrCat("No: of each it can be told in ", replicas, " that more is reached with it.");
  }
  return absl::StrFormat("Perhaps %s: in %s it cannot be told whether more is reached with %s.",
                         Counted(static_cast<std::uint64_t>(untold), "member", "members"), replicas,
                         untold == 1 ? "it" : "any of them");
}

// Of leave-one-out: what is reached without them is reached through others, too.
std::string SharedSentence(const v1::MarginalReachResult& result) {
  double alone = 0;
  for (const v1::SeedMarginal& member : result.members()) alone += std::max(0.0, member.marginal().mean());
  const double share = result.mean_reach() > 0 ? std::min(1.0, alone / result.mean_reach()) : 0;
  return absl::StrFormat(
      "%.0f%% of what they reach would be lost without one certain member; the rest is reached from several "
      "of them.",
      100 * share);
}

}  // namespace

Page MarginalPage(const v1::MarginalReachResult& result) {
  const v1::Scenario& scenario = result.scenario();
  const auto members = static_cast<std::uint64_t>(result.members_size());
  Page page{.title = Incremental(result) ? "What each seed member adds" : "What each seed member is worth",
            .subtitle = absl::StrCat(scenario.graph(), "; ", Counted(members, "seed member", "seed members"),
                                     ", ", Thousands(scenario.replicas()),
                                     " replicas with and without each, under the same luck"),
            .recommendation = result.answer(),
            .warnings = {result.warnings().begin(), result.warnings().end()},
            .tables = {MembersRows(result)},
            .assumptions = NetworkAssumptions(scenario.graph(), result.manifest().graph_origin()),
            .plots = {{.title = "Seed members", .plots = {WorthPlot(result)}}},
            .manifests = {MarginalManifest(result)}};
  page.answers = {{"Could one be left out?", NobodySentence(result)}};
  if (Incremental(result)) {
    page.plots[0].plots.push_back(ReachPlot(result));
  } else {
    page.answers.push_back({"Do they reach the same members?", SharedSentence(result)});
  }
  for (Assumption& assumption : ScenarioAssumptions(scenario)) {
    page.assumptions.push_back(std::move(assumption));
  }
  return page;
}

}  // namespace lawine::cli
