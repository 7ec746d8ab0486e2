#include "services/cli/assumptions.h"

#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/graph/generator.h"
#include "engine/graph/preset_figures.h"
#include "services/cli/model_text.h"
#include "services/cli/run_text.h"
#include "services/cli/text.h"

namespace lawine::cli {
namespace {

constexpr double kArticleRate = 0.1;
constexpr std::uint32_t kArticleAudience = 300;
constexpr char kArticleMessage[] =
    "\"I send a message to the 300 members of my network; 10% find it interesting enough to forward it\"";

// Everyday rates and growth say what could be asked, not what was.
bool ShapesTheGraph(Figure figure) { return figure <= Figure::kInsideCommunities; }

std::string FigureValue(const PresetFigure& figure) {
  switch (figure.figure) {
    case Figure::kIsolated:
    case Figure::kReciprocity:
    case Figure::kInsideCommunities:
      return Percent(figure.value());
    default:
      break;
  }
  return figure.value() >= 1000 ? Decimal(figure.value(), 0) : absl::StrFormat("%.6g", figure.value());
}

Assumption FigureAssumption(const PresetFigure& figure) {
  return {.what = std::string(FigureName(figure.figure)),
          .value = FigureValue(figure),
          .basis = figure.measured ? Basis::kMeasured : Basis::kAssumed,
          .source = std::string(figure.source)};
}

// Of "Measured: members (source). Assumed: the rest." the first part.
Assumption MembersOf(const Preset& preset) {
  const std::string_view first = preset.sources.substr(0, preset.sources.find(". "));
  const std::size_t colon = first.find(": ");
  return {.what = "members",
          .value = Thousands(preset.members),
          .basis = first.starts_with("Measured") ? Basis::kMeasured : Basis::kAssumed,
          .source = std::string(colon == first.npos ? first : first.substr(colon + 2))};
}

void AddPreset(const GeneratorSpec& spec, const Preset& preset, std::vector<Assumption>& assumptions) {
  const bool own_mean = spec.links_per_member_milli != preset.links_per_member_milli;
  assumptions.push_back(
      spec.members == preset.members
          ? MembersOf(preset)
          : Assumption{.what = "members",
                       .value = Thousands(spec.members),
                       .basis = Basis::kYours,
                       .source = absl::StrCat("the preset has ", Thousands(preset.members))});
  if (own_mean || !preset.networks.empty()) {
    assumptions.push_back({.what = "mean audience",
                           .value = absl::StrFormat("%.6g", spec.links_per_member_milli / 1000.0),
                           .basis = own_mean ? Basis::kYours : Basis::kAssumed,
                           .source = own_mean ? "not the preset's" : "of all networks together"});
  }
  for (const PresetFigure& figure : FiguresOf(preset)) {
    if (!ShapesTheGraph(figure.figure)) continue;
    // Figures of audiences are those of the preset's own mean.
    if (own_mean && figure.figure <= Figure::kLargest) continue;
    assumptions.push_back(FigureAssumption(figure));
  }
}

Assumption RateAssumption(const v1::Scenario& scenario) {
  const v1::Model& model = scenario.model();
  const bool article = model.has_forward() && model.forward().probability() == kArticleRate;
  return {.what = "how it spreads",
          .value = ModelSentence(model),
          .basis = article ? Basis::kArticle : Basis::kYours,
          .source = article ? kArticleMessage : ""};
}

Assumption SeedAssumption(const v1::Scenario& scenario) {
  const v1::SeedMembers& seeds = scenario.seed_members();
  const bool article = seeds.audience() == kArticleAudience && seeds.count() <= 1;
  return {.what = "where it starts",
          .value = SeedRuleText(scenario),
          .basis = article ? Basis::kArticle : Basis::kYours,
          .source = article ? "one member with a personal network of 300" : ""};
}

}  // namespace

std::vector<Assumption> NetworkAssumptions(const std::string& graph, const std::string& origin) {
  const std::optional<GeneratorSpec> spec = SpecOfOrigin(origin);
  if (!spec.has_value()) {
    return {{.what = "network", .value = graph, .basis = Basis::kYours, .source = origin}};
  }
  const Preset& preset = **FindPreset(spec->preset);
  std::vector<Assumption> assumptions = {{.what = "network",
                                          .value = absl::StrCat(graph, ": ", std::string(preset.title)),
                                          .basis = Basis::kAssumed,
                                          .source = "generated; no real member and no real link is in it"}};
  AddPreset(*spec, preset, assumptions);
  return assumptions;
}

std::vector<Assumption> ScenarioAssumptions(const v1::Scenario& scenario) {
  std::vector<Assumption> assumptions = {SeedAssumption(scenario), RateAssumption(scenario)};
  for (const std::string& rule : RulesOf(scenario)) {
    assumptions.push_back({.what = "rule", .value = rule, .basis = Basis::kYours});
  }
  if (scenario.stop().has_max_steps()) {
    assumptions.push_back({.what = "ends after",
                           .value = Counted(scenario.stop().max_steps(), "step", "steps"),
                           .basis = Basis::kYours});
  }
  return assumptions;
}

}  // namespace lawine::cli
