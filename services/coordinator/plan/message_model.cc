// Messages and their models: the part of model_plan.h that looks at no members.
#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "services/common/errors.h"
#include "services/common/number_text.h"
#include "services/coordinator/plan/delay_plan.h"
#include "services/coordinator/plan/labels.h"
#include "services/coordinator/plan/later_plan.h"
#include "services/coordinator/plan/list_limits.h"
#include "services/coordinator/plan/model_plan.h"
#include "services/coordinator/plan/network_plan.h"
#include "services/coordinator/plan/seed_plan.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

constexpr std::uint32_t kLinkKinds = 256;
constexpr std::uint32_t kCommunitiesMax = 1u << 20;
constexpr int kAgesMax = limits::kDelayStepsMax;

absl::StatusOr<Threshold> Probability(bool given, double value, const std::string& path) {
  if (!given) return FieldError(path, "expected a probability between 0 and 1, found none");
  absl::StatusOr<Threshold> threshold = Threshold::FromProbability(value);
  if (threshold.ok()) return threshold;
  return FieldError(path, absl::StrCat("expected a probability between 0 and 1, found ", ExactText(value)));
}

absl::StatusOr<Factor> FactorAt(bool given, double value, const std::string& path) {
  if (!given) return FieldError(path, "expected a factor of at least 0, found none");
  absl::StatusOr<Factor> factor = Factor::FromDouble(value);
  if (factor.ok()) return factor;
  return FieldError(path, absl::StrCat("expected a factor between 0 and 2^30, found ", ExactText(value)));
}

// Sets one entry of a table in which what is not set has a factor of 1. False when it is set already.
bool SetOnce(std::uint32_t at, Factor factor, std::vector<Factor>& table, std::vector<bool>& is_set) {
  if (table.size() <= at) table.resize(at + 1), is_set.resize(at + 1);
  if (is_set[at]) return false;
  is_set[at] = true;
  table[at] = factor;
  return true;
}

absl::Status PlanFactors(const pb::ForwardFactors& factors, const std::string& path, ForwardFactors& plan) {
  std::vector<bool> kinds_set, communities_set;
  for (int i = 0; i < factors.account_kinds_size(); ++i) {
    const pb::AccountKindFactor& given = factors.account_kinds(i);
    const std::string at = absl::StrCat(path, ".account_kinds[", i, "]");
    const absl::StatusOr<std::uint8_t> kind = ParseAccountKind(given.account_kind());
    if (!kind.ok()) return FieldError(at + ".account_kind", std::string(kind.status().message()));
    LAWINE_ASSIGN_OR_RETURN(const Factor factor,
                            FactorAt(given.has_factor(), given.factor(), at + ".factor"));
    if (SetOnce(*kind, factor, plan.by_account_kind, kinds_set)) continue;
    return FieldError(at + ".account_kind", "expected each account kind once");
  }
  for (int i = 0; i < factors.communities_size(); ++i) {
    const pb::CommunityFactor& given = factors.communities(i);
    const std::string at = absl::StrCat(path, ".communities[", i, "]");
    if (!given.has_community() || given.community() > kCommunitiesMax) {
      return FieldError(at + ".community",
                        absl::StrCat("expected the number of a community, at most ", kCommunitiesMax));
    }
    LAWINE_ASSIGN_OR_RETURN(const Factor factor,
                            FactorAt(given.has_factor(), given.factor(), at + ".factor"));
    if (SetOnce(given.community(), factor, plan.by_community, communities_set)) continue;
    return FieldError(at + ".community", "expected each community once");
  }
  if (factors.ages_size() > kAgesMax) {
    return FieldError(path + ".ages",
                      absl::StrCat("expected at most ", kAgesMax, ", found ", factors.ages_size()));
  }
  for (int i = 0; i < factors.ages_size(); ++i) {
    LAWINE_ASSIGN_OR_RETURN(plan.by_age.emplace_back(),
                            FactorAt(true, factors.ages(i), absl::StrCat(path, ".ages[", i, "]")));
  }
  return absl::OkStatus();
}

absl::Status PlanCascade(const pb::IndependentCascadeModel& cascade, const std::string& path,
                         LinkChance& link) {
  if (cascade.link_weights()) {
    link.kind = LinkChance::Kind::kByWeight;
    if (!cascade.has_probability() && cascade.link_kinds_size() == 0) return absl::OkStatus();
    return FieldError(path + ".link_weights", "expected no probabilities beside the links' own");
  }
  LAWINE_ASSIGN_OR_RETURN(
      link.same, Probability(cascade.has_probability(), cascade.probability(), path + ".probability"));
  if (cascade.link_kinds_size() == 0) return absl::OkStatus();
  link.kind = LinkChance::Kind::kByKind;
  link.by_kind.assign(kLinkKinds, link.same);
  std::vector<bool> is_set(kLinkKinds);
  for (int i = 0; i < cascade.link_kinds_size(); ++i) {
    const pb::LinkKindProbability& given = cascade.link_kinds(i);
    const std::string at = absl::StrCat(path, ".link_kinds[", i, "]");
    if (!given.has_kind() || given.kind() >= kLinkKinds || is_set[given.kind()]) {
      return FieldError(at + ".kind", "expected each kind from 0 to 255 at most once");
    }
    is_set[given.kind()] = true;
    LAWINE_ASSIGN_OR_RETURN(link.by_kind[given.kind()],
                            Probability(given.has_probability(), given.probability(), at + ".probability"));
  }
  return absl::OkStatus();
}

absl::Status PlanThreshold(const pb::ThresholdModel& model, const std::string& path, Acceptance& acceptance) {
  if (model.has_fraction() == model.has_count()) {
    return FieldError(path, "expected exactly one of fraction and count");
  }
  if (model.has_fraction()) {
    acceptance.kind = Acceptance::Kind::kFraction;
    LAWINE_ASSIGN_OR_RETURN(acceptance.fraction, Probability(true, model.fraction(), path + ".fraction"));
    return absl::OkStatus();
  }
  acceptance.kind = Acceptance::Kind::kCount;
  acceptance.count = model.count();
  return model.count() >= 1 ? absl::OkStatus() : FieldError(path + ".count", "expected at least 1, found 0");
}

// SI, SIR, SIS and SEIR have fields of the same names.
template <class Model>
absl::Status PlanEpidemic(const Model& model, const std::string& path, MessageSpec& plan) {
  Epidemic& epidemic = plan.epidemic.emplace();
  LAWINE_ASSIGN_OR_RETURN(plan.link.same,
                          Probability(model.has_infection(), model.infection(), path + ".infection"));
  if constexpr (requires { model.recovery(); }) {
    LAWINE_ASSIGN_OR_RETURN(epidemic.recovery,
                            Probability(model.has_recovery(), model.recovery(), path + ".recovery"));
  }
  if constexpr (requires { model.onset(); }) {
    LAWINE_ASSIGN_OR_RETURN(epidemic.onset, Probability(model.has_onset(), model.onset(), path + ".onset"));
  }
  return absl::OkStatus();
}

absl::Status PlanForward(const pb::ForwardModel& forward, const std::string& path, MessageSpec& plan) {
  LAWINE_ASSIGN_OR_RETURN(
      plan.forward, Probability(forward.has_probability(), forward.probability(), path + ".probability"));
  return PlanFactors(forward.factors(), path + ".factors", plan.factors);
}

absl::Status PlanKind(const pb::Model& model, const std::string& path, MessageSpec& plan) {
  switch (model.model_case()) {
    case pb::Model::kForward:
      return PlanForward(model.forward(), path + ".forward", plan);
    case pb::Model::kIndependentCascade:
      return PlanCascade(model.independent_cascade(), path + ".independent_cascade", plan.link);
    case pb::Model::kWeightedCascade:
      plan.link.kind = LinkChance::Kind::kByFollowees;
      return absl::OkStatus();
    case pb::Model::kLinearThreshold:
      plan.acceptance.kind = model.linear_threshold().link_weights() ? Acceptance::Kind::kLinearByWeight
                                                                     : Acceptance::Kind::kLinearEqual;
      return absl::OkStatus();
    case pb::Model::kThreshold:
      return PlanThreshold(model.threshold(), path + ".threshold", plan.acceptance);
    case pb::Model::kSi:
      return PlanEpidemic(model.si(), path + ".si", plan);
    case pb::Model::kSir:
      return PlanEpidemic(model.sir(), path + ".sir", plan);
    case pb::Model::kSis:
      LAWINE_RETURN_IF_ERROR(PlanEpidemic(model.sis(), path + ".sis", plan));
      plan.epidemic->susceptible_again = true;
      return absl::OkStatus();
    case pb::Model::kSeir:
      return PlanEpidemic(model.seir(), path + ".seir", plan);
    case pb::Model::MODEL_NOT_SET:
      break;
  }
  return FieldError(path, "expected a model, such as {\"forward\": {\"probability\": 0.1}}; found none");
}

absl::Status CheckTogether(const pb::Model& model, const MessageSpec& plan, const std::string& path) {
  if (plan.epidemic.has_value() && model.has_seen_probability()) {
    return FieldError(path + ".seen_probability", "expected none in an epidemic");
  }
  if (plan.epidemic.has_value() && model.has_delay()) {
    return FieldError(path + ".delay", "expected none in an epidemic: who is infected tries at every step");
  }
  if (model.has_link_delay() && (plan.epidemic.has_value() || !plan.acceptance.first())) {
    return FieldError(path + ".link_delay", "expected none beside thresholds or in an epidemic");
  }
  if (model.link_delay().has_rhythm()) {
    return FieldError(path + ".link_delay.rhythm", "expected a rhythm for the delay of members only");
  }
  return absl::OkStatus();
}

bool HasEndlessModel(const pb::Model& model) {
  return model.has_si() || model.has_sis() || (model.has_sir() && model.sir().recovery() == 0) ||
         (model.has_seir() && (model.seir().recovery() == 0 || model.seir().onset() == 0));
}

}  // namespace

absl::StatusOr<MessageSpec> PlanMessageModel(const pb::Model& model, std::uint32_t step_seconds,
                                             const std::string& path) {
  MessageSpec plan;
  LAWINE_RETURN_IF_ERROR(PlanKind(model, path, plan));
  LAWINE_RETURN_IF_ERROR(CheckTogether(model, plan, path));
  if (model.has_seen_probability()) {
    LAWINE_ASSIGN_OR_RETURN(plan.seen,
                            Probability(true, model.seen_probability(), path + ".seen_probability"));
  }
  if (model.has_delay()) {
    LAWINE_ASSIGN_OR_RETURN(DelayPlan delay, PlanDelay(model.delay(), step_seconds, path + ".delay"));
    plan.delay = std::move(delay.table);
    plan.rhythm = std::move(delay.rhythm);
  }
  if (model.has_link_delay()) {
    LAWINE_ASSIGN_OR_RETURN(DelayPlan delay,
                            PlanDelay(model.link_delay(), step_seconds, path + ".link_delay"));
    plan.link_delay = std::move(delay.table);
  }
  LAWINE_ASSIGN_OR_RETURN(plan.reactions, PlanReactions(model, path + ".reactions"));
  if (model.link_kinds_size() > static_cast<int>(kLinkKinds)) {
    return FieldError(path + ".link_kinds",
                      absl::StrCat("expected at most ", kLinkKinds, ", found ", model.link_kinds_size()));
  }
  if (model.link_kinds_size() > 0) plan.link_kinds.assign(kLinkKinds, false);
  for (const std::uint32_t kind : model.link_kinds()) {
    if (kind >= kLinkKinds) {
      return FieldError(path + ".link_kinds", absl::StrCat("expected kinds from 0 to 255, found ", kind));
    }
    plan.link_kinds[kind] = true;
  }
  return plan;
}

absl::Status CompleteInjections(google::protobuf::RepeatedPtrField<pb::Injection>& injections,
                                const std::string& path) {
  for (int i = 0; i < injections.size(); ++i) {
    pb::Injection& injection = *injections.Mutable(i);
    const std::string at = absl::StrCat(path, "[", i, "]");
    if (!injection.has_step() || injection.step() > limits::kStepsMax) {
      return FieldError(at + ".step",
                        absl::StrCat("expected a step up to ", limits::kStepsMax, ", found ",
                                     injection.has_step() ? absl::StrCat(injection.step()) : "none"));
    }
    LAWINE_RETURN_IF_ERROR(CompleteSeedMembers(*injection.mutable_members(), true, at + ".members"));
  }
  return absl::OkStatus();
}

void CompleteModel(pb::Model& model) {
  if (model.has_forward() && !model.forward().has_probability())
    model.mutable_forward()->set_probability(0.1);
}

absl::Status CompleteFurther(google::protobuf::RepeatedPtrField<pb::FurtherMessage>& messages,
                             const pb::Model& model, std::uint32_t step_seconds, const std::string& path,
                             std::set<std::string>& names) {
  for (int m = 0; m < messages.size(); ++m) {
    pb::FurtherMessage& message = *messages.Mutable(m);
    const std::string at = absl::StrCat(path, "[", m, "]");
    if (message.name().empty() || !names.insert(message.name()).second) {
      return FieldError(at + ".name",
                        absl::StrCat("expected a name of its own, found '", message.name(), "'"));
    }
    LAWINE_RETURN_IF_ERROR(CheckLabel(at + ".name", message.name()));
    LAWINE_RETURN_IF_ERROR(CheckMessage(at + ".message", message.message()));
    LAWINE_RETURN_IF_ERROR(CompleteSeedMembers(*message.mutable_seed_members(), message.has_seed_members(),
                                               at + ".seed_members"));
    LAWINE_RETURN_IF_ERROR(CompleteInjections(*message.mutable_injections(), at + ".injections"));
    if (!message.has_model()) *message.mutable_model() = model;
    CompleteModel(*message.mutable_model());
    LAWINE_RETURN_IF_ERROR(PlanMessageModel(message.model(), step_seconds, at + ".model").status());
  }
  return absl::OkStatus();
}

absl::Status CompleteMessages(pb::Scenario& scenario) {
  LAWINE_RETURN_IF_ERROR(CheckListSizes(scenario));
  LAWINE_RETURN_IF_ERROR(CompleteInjections(*scenario.mutable_injections(), "injections"));
  if (scenario.has_monitors()) {
    LAWINE_RETURN_IF_ERROR(CompleteSeedMembers(*scenario.mutable_monitors(), true, "monitors"));
  }
  std::set<std::string> names = {scenario.message().kind()};
  LAWINE_RETURN_IF_ERROR(CompleteFurther(*scenario.mutable_messages(), scenario.model(),
                                         scenario.step_seconds(), "messages", names));
  bool endless = HasEndlessModel(scenario.model());
  for (const pb::FurtherMessage& message : scenario.messages()) {
    endless = endless || HasEndlessModel(message.model());
  }
  // A later model of another kind is refused where models are planned.
  const pb::Model later = scenario.has_later() ? LaterModel(scenario) : pb::Model();
  endless = endless || (later.model_case() == scenario.model().model_case() && HasEndlessModel(later));
  if (endless && !scenario.stop().has_max_steps() && !scenario.later().change().stop().has_max_steps()) {
    return FieldError("stop.max_steps", "expected a last step: this epidemic need not end by itself");
  }
  if (scenario.has_later()) LAWINE_RETURN_IF_ERROR(CompleteLater(scenario, names));
  return CheckMembersGiven(scenario);
}

}  // namespace lawine
