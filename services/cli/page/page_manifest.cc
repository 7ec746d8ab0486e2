#include "services/cli/page/page_manifest.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/graph/generator.h"
#include "services/cli/text/text.h"
#include "services/common/json/comparison_json.h"
#include "services/common/json/scenario_json.h"

namespace lawine::cli {
namespace {

using FactList = std::vector<std::pair<std::string, std::string>>;

// The command that makes the graph again, where it was generated.
std::vector<std::string> GraphCommand(const std::string& graph, const std::string& origin) {
  const std::optional<GeneratorSpec> spec = SpecOfOrigin(origin);
  if (!spec.has_value()) return {};
  std::string command = absl::StrFormat(
      "lawine graph create %s --preset %s --members %d --links-per-member %.6g --graph-seed %d", graph,
      spec->preset, spec->members, spec->links_per_member_milli / 1000.0, spec->graph_seed);
  if (spec->preset == "nl-2009") {
    const Overlaps& of = spec->overlaps;
    absl::StrAppendFormat(&command,
                          " --overlap-facebook %.6g --overlap-linkedin %.6g --overlap-twitter %.6g "
                          "--active %.6g",
                          of.facebook_ppm / 1e6, of.linkedin_ppm / 1e6, of.twitter_ppm / 1e6,
                          of.active_ppm / 1e6);
  }
  if (spec->pages > 0) absl::StrAppendFormat(&command, " --pages %d", spec->pages);
  if (spec->groups > 0) absl::StrAppendFormat(&command, " --groups %d", spec->groups);
  return {std::move(command)};
}

std::string ShardsText(const v1::Manifest& manifest) {
  return absl::StrCat(Counted(manifest.shards(), "shard", "shards"), " on ",
                      Counted(manifest.workers(), "worker", "workers"), "; no influence on the result");
}

FactList ManifestFacts(const v1::Manifest& manifest, const std::string& graph,
                       const std::string& graph_digest, const v1::Timing& timing) {
  return {{"program", absl::StrCat("lawine ", manifest.version(), ", coins and digests of version ",
                                   manifest.coin_version())},
          {"graph", graph},
          {"graph made by", manifest.graph_origin()},
          {"graph digest", graph_digest},
          {"graph version", absl::StrCat(manifest.graph_version())},
          {"took place on", ShardsText(manifest)},
          {"links read", Thousands(manifest.links_touched())},
          {"sent between workers", Bytes(manifest.exchange_bytes())},
          {"time", Duration(timing.makespan_seconds())}};
}

// In the fewest digits that are read as the same number.
std::string ExactText(double value) {
  const std::string shorter = absl::StrFormat("%.15g", value);
  double read = 0;
  return absl::SimpleAtod(shorter, &read) && read == value ? shorter : absl::StrFormat("%.17g", value);
}

// The values of a sweep, as its command says them.
std::string ValuesFlags(const v1::Sweep& sweep) {
  if (sweep.has_counts()) {
    return absl::StrCat(" --counts ", sweep.counts().successes(), "/", sweep.counts().trials());
  }
  return absl::StrCat(" --from ", ExactText(sweep.from()), " --to ", ExactText(sweep.to()), " --scale ",
                      sweep.scale() == v1::SWEEP_SCALE_LOG ? "log" : "linear");
}

}  // namespace

PageManifest RunManifest(const v1::RunResult& result) {
  const v1::Manifest& from = result.manifest();
  PageManifest manifest{.title = from.run(),
                        .commands = GraphCommand(result.graph(), from.graph_origin()),
                        .facts = ManifestFacts(from, result.graph(), result.graph_digest(), result.timing()),
                        .files = {{"scenario.json", JsonText(ScenarioToJson(result.scenario()))}}};
  manifest.commands.push_back("lawine simulate --scenario scenario.json");
  FactList own = {{"run", from.run()},
                  {"digest", result.digest()},
                  {"run seed", absl::StrCat(result.scenario().run_seed())}};
  manifest.facts.insert(manifest.facts.begin(), own.begin(), own.end());
  return manifest;
}

PageManifest ComparisonManifest(const v1::ComparisonResult& result) {
  const v1::Scenario& base = result.comparison().base();
  const v1::Manifest& from = result.manifest();
  PageManifest manifest{
      .title = "",
      .commands = GraphCommand(base.graph(), from.graph_origin()),
      .facts = ManifestFacts(from, base.graph(), result.variants(0).graph_digest(), result.timing()),
      .files = {{"comparison.json", JsonText(MessageToJson(result.comparison(), /*empty=*/false))}}};
  manifest.commands.push_back("lawine compare comparison.json");
  manifest.facts.emplace_back("run seed", absl::StrCat(base.run_seed()));
  manifest.facts.emplace_back("replicas of each", Thousands(base.replicas()));
  for (const v1::VariantResult& variant : result.variants())
    manifest.facts.emplace_back("digest of " + variant.name(), variant.digest());
  return manifest;
}

PageManifest SweepManifest(const v1::SweepResult& result) {
  const v1::Sweep& sweep = result.sweep();
  const v1::Manifest& from = result.manifest();
  PageManifest manifest{
      .title = "",
      .commands = GraphCommand(sweep.scenario().graph(), from.graph_origin()),
      .facts = ManifestFacts(from, sweep.scenario().graph(), result.graph_digest(), result.timing()),
      .files = {{"scenario.json", JsonText(ScenarioToJson(sweep.scenario()))}}};
  manifest.commands.push_back(absl::StrCat(
      "lawine sweep --scenario scenario.json --field ", sweep.field(), ValuesFlags(sweep), " --points ",
      sweep.points(), sweep.measure().empty() ? "" : absl::StrCat(" --measure ", sweep.measure())));
  manifest.facts.emplace_back("run seed", absl::StrCat(sweep.scenario().run_seed()));
  manifest.facts.emplace_back("replicas of each", Thousands(sweep.scenario().replicas()));
  std::string digests;
  for (const v1::SweepPoint& point : result.points())
    absl::StrAppendFormat(&digests, "%-12.9g  %s\n", point.value(), point.digest());
  manifest.files.emplace_back("digests by value", std::move(digests));
  return manifest;
}

PageManifest MarginalManifest(const v1::MarginalReachResult& result) {
  const v1::Scenario& scenario = result.scenario();
  const v1::Manifest& from = result.manifest();
  PageManifest manifest{
      .title = "",
      .commands = GraphCommand(scenario.graph(), from.graph_origin()),
      .facts = ManifestFacts(from, scenario.graph(), result.graph_digest(), result.timing()),
      .files = {{"scenario.json", JsonText(ScenarioToJson(scenario))}}};
  manifest.commands.push_back(
      absl::StrCat("lawine marginal --scenario scenario.json",
                   result.order() == v1::MARGINAL_ORDER_INCREMENTAL ? " --incremental" : ""));
  manifest.facts.emplace_back("run seed", absl::StrCat(scenario.run_seed()));
  manifest.facts.emplace_back("replicas of each", Thousands(scenario.replicas()));
  return manifest;
}

}  // namespace lawine::cli
