#include "services/cli/page/assumptions.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/run_text.h"
#include "services/cli/text/text.h"
#include "services/coordinator/plan/result_assumptions.h"

namespace lawine::cli {
namespace {

constexpr double kArticleRate = 0.1;
constexpr std::uint32_t kArticleAudience = 300;
constexpr char kArticleMessage[] =
    "\"I send a message to the 300 members of my network; 10% find it interesting enough to forward it\"";

Basis BasisOf(v1::AssumptionBasis basis) {
  switch (basis) {
    case v1::ASSUMPTION_BASIS_MEASURED:
      return Basis::kMeasured;
    case v1::ASSUMPTION_BASIS_ARTICLE:
      return Basis::kArticle;
    case v1::ASSUMPTION_BASIS_ASSUMED:
      return Basis::kAssumed;
    default:
      return Basis::kYours;
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
  Assumption start = {.what = "where it starts",
                      .value = SeedRuleText(scenario),
                      .basis = article ? Basis::kArticle : Basis::kYours,
                      .source = article ? "one member with a personal network of 300" : ""};
  if (!article && IsDefaultStart(seeds)) {
    start.basis = Basis::kAssumed;
    start.source = kDefaultSource;
  }
  return start;
}

}  // namespace

std::vector<Assumption> NetworkAssumptions(const std::string& graph, const std::string& origin) {
  std::vector<Assumption> assumptions;
  for (const v1::ResultAssumption& known : lawine::NetworkAssumptions(graph, origin)) {
    assumptions.push_back({.what = known.what(),
                           .value = known.value(),
                           .basis = BasisOf(known.basis()),
                           .source = known.source()});
  }
  return assumptions;
}

std::vector<Assumption> ScenarioAssumptions(const v1::Scenario& scenario) {
  std::vector<Assumption> assumptions = {SeedAssumption(scenario), RateAssumption(scenario)};
  for (const std::string& rule : RulesOf(scenario)) {
    const bool is_default = rule == kOneDecisionRule;
    assumptions.push_back({.what = "rule",
                           .value = rule,
                           .basis = is_default ? Basis::kAssumed : Basis::kYours,
                           .source = is_default ? kDefaultSource : ""});
  }
  if (const std::optional<std::uint32_t> last = MaxSteps(scenario); last.has_value()) {
    assumptions.push_back(
        {.what = "ends after", .value = Counted(*last, "step", "steps"), .basis = Basis::kYours});
  }
  return assumptions;
}

}  // namespace lawine::cli
