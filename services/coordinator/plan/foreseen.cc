#include "services/coordinator/plan/foreseen.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "engine/spread/drawn_rates.h"
#include "engine/spread/message_spec.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

bool IsCertain(Threshold chance) {
  return chance == Threshold() || chance == Threshold::FromFixed(Threshold::kOne);
}

bool IsCertain(const DelayTable& delay) {
  return std::ranges::all_of(delay.cumulative, [](Threshold chance) { return IsCertain(chance); });
}

// But for its chances.
bool HasCoins(const MessageSpec& message) {
  const bool by_link =
      message.link.kind == LinkChance::Kind::kByWeight || message.link.kind == LinkChance::Kind::kByFollowees;
  const bool by_threshold = message.acceptance.kind == Acceptance::Kind::kLinearEqual ||
                            message.acceptance.kind == Acceptance::Kind::kLinearByWeight;
  const bool factors = !message.factors.by_account_kind.empty() || !message.factors.by_community.empty() ||
                       !message.factors.by_age.empty() || !message.influences.empty();
  return by_link || by_threshold || factors || !IsCertain(message.delay) || !IsCertain(message.link_delay);
}

const pb::Model& ModelOf(const pb::Scenario& scenario, std::uint32_t message) {
  const auto first = static_cast<std::uint32_t>(scenario.messages_size());
  if (message == 0) return scenario.model();
  if (message <= first) return scenario.messages(static_cast<int>(message) - 1).model();
  return scenario.later().change().messages(static_cast<int>(message - first) - 1).model();
}

// What a scenario needs for the measure to be told; empty where it has it.
std::string_view MissingFor(std::string_view measure, const RunPlan& plan, std::uint32_t message) {
  const ModelSpec* const model = plan.spec.model.get();
  const pb::Reactions& reactions = ModelOf(plan.scenario, message).reactions();
  const pb::Reactions& later = plan.scenario.later().change().model().reactions();
  const auto is = [measure](std::string_view name) { return measure == name; };
  if (is("target_reach") || is("target_share")) return plan.spec.target.has_value() ? "" : "target";
  if (is("cost") || is("cost_per_thousand")) return plan.scenario.has_costs() ? "" : "costs";
  if (is("people")) return model != nullptr && model->people.has_value() ? "" : "a graph that knows persons";
  if (is("monitors") || is("first_sighting"))
    return model != nullptr && !model->monitors.empty() ? "" : "monitors";
  if (is("steps_to_percent")) return plan.spec.steps_to_percent > 0 ? "" : "steps_to_percent";
  if (is("positive_reach") || is("negative_reach")) return plan.sentiments.size() > 1 ? "" : "messages";
  const auto given = [](const pb::Reactions& r, bool follow) {
    return follow ? r.has_follow() || r.has_follow_counts() : r.has_unfollow() || r.has_unfollow_counts();
  };
  if (is("follows")) return given(reactions, true) || given(later, true) ? "" : "model.reactions.follow";
  if (is("unfollows"))
    return given(reactions, false) || given(later, false) ? "" : "model.reactions.unfollow";
  return "";
}

}  // namespace

bool HasCoins(const RunSpec& spec) {
  if (!spec.drawn_rates.empty()) return true;
  if (spec.model == nullptr) return !IsCertain(spec.forward) || !IsCertain(spec.link);
  ModelSpec model = *spec.model;
  const bool changes = model.growth.has_value() || model.first_met_only || !model.interventions.empty();
  return changes ||
         std::ranges::any_of(RatesOf(model), [](const Threshold* chance) { return !IsCertain(*chance); }) ||
         std::ranges::any_of(AllRules(model), [](const MessageSpec* message) { return HasCoins(*message); });
}

PossibleReplicas PossibleOf(const RunPlan& plan) {
  const auto& boundaries = plan.graph.info().boundaries();
  PossibleReplicas possible{.coins = HasCoins(plan.spec),
                            .members = boundaries.empty() ? 0 : boundaries[boundaries.size() - 1]};
  if (plan.spec.model != nullptr) {
    possible.forward_once = std::ranges::none_of(AllRules(*plan.spec.model), [](const MessageSpec* message) {
      return message->epidemic.has_value() && message->epidemic->susceptible_again;
    });
  }
  return possible;
}

absl::Status CheckTold(const std::string& path, const std::string& measure, const RunPlan& plan,
                       std::uint32_t message, const std::string& whose) {
  const std::string_view missing = MissingFor(measure, plan, message);
  if (missing.empty()) return absl::OkStatus();
  return FieldError(path, absl::StrCat("expected ", absl::string_view(missing.data(), missing.size()),
                                       " in the scenario beside ", measure, ", found none in ", whose));
}

}  // namespace lawine
