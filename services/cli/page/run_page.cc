#include "services/cli/page/run_page.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/cli/page/answers.h"
#include "services/cli/page/assumptions.h"
#include "services/cli/page/page_manifest.h"
#include "services/cli/page/run_plots.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/result_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

std::string WhatSpreads(const v1::RunResult& result) {
  const std::string& kind = result.scenario().message().kind();
  return kind.empty() || kind == "message" ? absl::StrCat("A message in ", result.graph())
                                           : absl::StrCat("“", kind, "” in ", result.graph());
}

// For the middle of a sentence.
std::string Uncapitalised(std::string sentence) {
  if (!sentence.empty()) {
    sentence[0] = absl::ascii_tolower(static_cast<unsigned char>(sentence[0]));
  }
  return sentence;
}

std::string Subtitle(const v1::RunResult& result) {
  return absl::StrCat(Counted(result.graph_members(), "member", "members"), ", ",
                      Counted(result.graph_links(), "link", "links"), "; starts at ",
                      SeedRuleText(result.scenario()), "; ",
                      Uncapitalised(ModelSentence(result.scenario().model())), "; ",
                      Counted(std::max(1u, result.scenario().replicas()), "realisation", "realisations"));
}

PageTable EnsembleRows(const v1::Ensemble& ensemble) {
  PageTable table{.title = "Over all replicas",
                  .columns = {"", "mean", "95% interval of it", "5%", "25%", "median", "75%", "95%", "most"}};
  const auto add = [&table](const char* name, const v1::Distribution& d) {
    const v1::Quantiles& q = d.quantiles();
    table.rows.push_back({name, Decimal(d.mean(), 1),
                          absl::StrCat(Decimal(d.ci95().low(), 1), " to ", Decimal(d.ci95().high(), 1)),
                          Thousands(q.p05()), Thousands(q.p25()), Thousands(q.p50()), Thousands(q.p75()),
                          Thousands(q.p95()), Thousands(d.max())});
  };
  const v1::EnsembleMeasures& measures = ensemble.measures();
  add("members reached", measures.reach());
  add("deliveries", measures.deliveries());
  add("forwards", measures.forwards());
  add("duplicates", measures.duplicates());
  add("last step", measures.steps());
  return table;
}

// A column a run.
PageTable SideBySide(std::span<const v1::RunResult> results) {
  PageTable table{.title = "Side by side", .columns = {""}};
  for (const v1::RunResult& result : results) table.columns.push_back(RunLabel(result));
  const auto add = [&](const std::string& name, const std::function<std::string(const v1::RunResult&)>& of) {
    std::vector<std::string>& row = table.rows.emplace_back(1, name);
    for (const v1::RunResult& result : results) row.push_back(of(result));
  };
  const auto mean = [](std::uint64_t sum, const v1::RunResult& result) {
    return Decimal(static_cast<double>(sum) / Replicas(result), Replicas(result) > 1 ? 1 : 0);
  };
  add("members", [](const auto& result) { return Thousands(result.graph_members()); });
  add("starts at", [](const auto& result) { return SeedRuleText(result.scenario()); });
  add("replicas", [](const auto& result) { return Decimal(Replicas(result), 0); });
  add("members reached, mean", [&](const auto& result) { return mean(result.totals().reach(), result); });
  add("share of members", [](const auto& result) {
    return Decimal(100 * MeanReach(result) / std::max(1u, result.graph_members()), 2) + "%";
  });
  add("deliveries, mean", [&](const auto& result) { return mean(result.totals().deliveries(), result); });
  add("deliveries a reached member", [](const auto& result) {
    const auto reach = static_cast<double>(result.totals().reach());
    return reach > 0 ? Decimal(static_cast<double>(result.totals().deliveries()) / reach, 2) : "-";
  });
  add("forwards, mean", [&](const auto& result) { return mean(result.totals().forwards(), result); });
  add("last step", [](const auto& result) { return Thousands(result.totals().steps()); });
  add("died out", [](const auto& result) {
    const v1::Ensemble& ensemble = result.ensemble();
    return ensemble.dying_out_below() > 0 ? Decimal(100 * ensemble.dying_out_share(), 1) + "%" : "-";
  });
  return table;
}

// What is the same for several runs is said once.
void AddAssumptions(std::vector<Assumption> more, std::vector<Assumption>& assumptions) {
  for (Assumption& assumption : more) {
    const bool known = std::any_of(assumptions.begin(), assumptions.end(), [&](const Assumption& each) {
      return each.what == assumption.what && each.value == assumption.value &&
             each.source == assumption.source;
    });
    if (!known) assumptions.push_back(std::move(assumption));
  }
}

void AddResult(const v1::RunResult& result, bool several, Page& page) {
  if (several) {
    page.answers.push_back(RunInShort(result));
  } else {
    page.answers = RunAnswers(result);
  }
  for (const std::string& warning : result.warnings()) {
    page.warnings.push_back(several ? absl::StrCat(RunLabel(result), ": ", warning) : warning);
  }
  AddAssumptions(NetworkAssumptions(result.graph(), result.manifest().graph_origin()), page.assumptions);
  AddAssumptions(ScenarioAssumptions(result.scenario()), page.assumptions);
  page.manifests.push_back(RunManifest(result));
  if (!several) page.manifests.back().title = "";
}

}  // namespace

Page RunsPage(std::span<const v1::RunResult> results) {
  const bool several = results.size() > 1;
  Page page{.title = several ? absl::StrCat(results.size(), " runs side by side") : WhatSpreads(results[0]),
            .subtitle = several ? "" : Subtitle(results[0]),
            .recommendation = several ? RunsRecommendation(results) : RunRecommendation(results[0])};
  for (const v1::RunResult& result : results) AddResult(result, several, page);
  if (several) page.tables.push_back(SideBySide(results));
  if (!several && results[0].has_ensemble()) page.tables.push_back(EnsembleRows(results[0].ensemble()));
  page.plots = RunPlots(results);
  return page;
}

}  // namespace lawine::cli
