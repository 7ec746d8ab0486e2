// Models: the part of wire.h that turns ModelSpec into what workers get, and back.
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/wire.h"

namespace lawine::wire {
namespace {

constexpr std::size_t kLinkKinds = 256;
constexpr std::size_t kAccountKinds = 256;

absl::StatusOr<Threshold> ThresholdOf(std::uint64_t fixed) {
  if (fixed <= Threshold::kOne) return Threshold::FromFixed(fixed);
  return absl::InvalidArgumentError(
      absl::StrCat("model: expected a threshold of at most 2^63, found ", fixed));
}

absl::StatusOr<Factor> FactorOf(std::uint64_t fixed) {
  if (fixed <= Factor::kMax) return Factor::FromFixed(fixed);
  return absl::InvalidArgumentError(absl::StrCat("model: expected a factor of at most 2^62, found ", fixed));
}

template <class Values, class Repeated>
void AddFixed(const Values& values, Repeated* fixed) {
  for (const auto& value : values) fixed->Add(value.fixed());
}

template <class Repeated, class Values, class Make>
absl::Status ReadFixed(const Repeated& fixed, Values& values, Make&& make) {
  for (const std::uint64_t value : fixed) {
    LAWINE_ASSIGN_OR_RETURN(values.emplace_back(), make(value));
  }
  return absl::OkStatus();
}

std::string Pack(const std::vector<MemberId>& members) { return PackInts(std::span(members)); }

absl::Status ReadMembers(std::string_view bytes, std::vector<MemberId>& members) {
  std::vector<std::uint32_t> ids;
  LAWINE_RETURN_IF_ERROR(UnpackInts(bytes, ids));
  for (const std::uint32_t id : ids) members.push_back(MemberId(id));
  return absl::OkStatus();
}

template <class Enum>
absl::StatusOr<Enum> EnumOf(std::uint32_t value, Enum last, const char* what) {
  if (value >= 1 && value <= static_cast<std::uint32_t>(last)) return static_cast<Enum>(value);
  return absl::InvalidArgumentError(absl::StrCat("model: unknown ", what, " ", value));
}

pbi::TriggerPlan ToProto(const Trigger& trigger) {
  pbi::TriggerPlan plan;
  plan.set_kind(static_cast<std::uint32_t>(trigger.kind));
  plan.set_count(trigger.count);
  plan.set_message(trigger.message);
  plan.set_not_before(trigger.not_before);
  return plan;
}

absl::StatusOr<Trigger> FromProto(const pbi::TriggerPlan& plan) {
  LAWINE_ASSIGN_OR_RETURN(const Trigger::Kind kind,
                          EnumOf(plan.kind(), Trigger::Kind::kMonitors, "kind of trigger"));
  return Trigger{
      .kind = kind, .count = plan.count(), .message = plan.message(), .not_before = plan.not_before()};
}

pbi::MemberChoicePlan ToProto(const MemberChoice& choice) {
  pbi::MemberChoicePlan plan;
  plan.set_members(Pack(choice.members));
  plan.set_share(choice.share.fixed());
  for (const std::uint8_t kind : choice.account_kinds) plan.add_account_kinds(kind);
  return plan;
}

absl::StatusOr<MemberChoice> FromProto(const pbi::MemberChoicePlan& plan) {
  MemberChoice choice;
  LAWINE_RETURN_IF_ERROR(ReadMembers(plan.members(), choice.members));
  LAWINE_ASSIGN_OR_RETURN(choice.share, ThresholdOf(plan.share()));
  for (const std::uint32_t kind : plan.account_kinds()) {
    if (kind >= kAccountKinds) {
      return absl::InvalidArgumentError(absl::StrCat("model: unknown account kind ", kind));
    }
    choice.account_kinds.push_back(static_cast<std::uint8_t>(kind));
  }
  return choice;
}

pbi::InterventionPlan ToProto(const Intervention& intervention) {
  pbi::InterventionPlan plan;
  *plan.mutable_trigger() = ToProto(intervention.trigger);
  for (const std::uint32_t message : intervention.messages) plan.add_messages(message);
  plan.set_forward(intervention.forward.fixed());
  plan.set_carry(intervention.carry.fixed());
  plan.set_delay(intervention.delay);
  if (intervention.immune.has_value()) *plan.mutable_immune() = ToProto(*intervention.immune);
  if (intervention.removed.has_value()) *plan.mutable_removed() = ToProto(*intervention.removed);
  return plan;
}

absl::StatusOr<Intervention> FromProto(const pbi::InterventionPlan& plan) {
  Intervention intervention;
  LAWINE_ASSIGN_OR_RETURN(intervention.trigger, FromProto(plan.trigger()));
  intervention.messages.assign(plan.messages().begin(), plan.messages().end());
  LAWINE_ASSIGN_OR_RETURN(intervention.forward, FactorOf(plan.forward()));
  LAWINE_ASSIGN_OR_RETURN(intervention.carry, ThresholdOf(plan.carry()));
  intervention.delay = plan.delay();
  if (plan.has_immune()) {
    LAWINE_ASSIGN_OR_RETURN(intervention.immune, FromProto(plan.immune()));
  }
  if (plan.has_removed()) {
    LAWINE_ASSIGN_OR_RETURN(intervention.removed, FromProto(plan.removed()));
  }
  return intervention;
}

void AddLinks(const MessageSpec& message, pbi::MessagePlan& plan) {
  plan.set_link_chance(static_cast<std::uint32_t>(message.link.kind));
  plan.set_link_same(message.link.same.fixed());
  AddFixed(message.link.by_kind, plan.mutable_link_by_kind());
  for (std::uint32_t kind = 0; kind < message.link_kinds.size(); ++kind) {
    if (message.link_kinds[kind]) plan.add_link_kinds(kind);
  }
  if (message.seen.has_value()) plan.set_seen(message.seen->fixed());
  AddFixed(message.link_delay.cumulative, plan.mutable_link_delay());
}

pbi::MessagePlan ToProto(const MessageSpec& message) {
  pbi::MessagePlan plan;
  AddLinks(message, plan);
  plan.set_acceptance(static_cast<std::uint32_t>(message.acceptance.kind));
  plan.set_fraction(message.acceptance.fraction.fixed());
  plan.set_count(message.acceptance.count);
  plan.set_forward(message.forward.fixed());
  AddFixed(message.factors.by_account_kind, plan.mutable_by_account_kind());
  AddFixed(message.factors.by_community, plan.mutable_by_community());
  AddFixed(message.factors.by_age, plan.mutable_by_age());
  for (const Influence& influence : message.influences) {
    pbi::InfluencePlan& added = *plan.add_influences();
    added.set_by(influence.by);
    added.set_factor(influence.factor.fixed());
  }
  if (message.epidemic.has_value()) {
    plan.mutable_epidemic()->set_recovery(message.epidemic->recovery.fixed());
    plan.mutable_epidemic()->set_susceptible_again(message.epidemic->susceptible_again);
    if (message.epidemic->onset.has_value())
      plan.mutable_epidemic()->set_onset(message.epidemic->onset->fixed());
  }
  AddFixed(message.delay.cumulative, plan.mutable_delay());
  plan.mutable_rhythm()->Add(message.rhythm.activity.begin(), message.rhythm.activity.end());
  plan.set_rhythm_first(message.rhythm.first);
  *plan.mutable_start() = ToProto(message.start);
  for (const Injection& injection : message.injections) {
    plan.add_injections()->set_step(injection.step);
    plan.mutable_injections()->rbegin()->set_members(Pack(injection.members));
  }
  plan.set_unfollow(message.reactions.unfollow.fixed());
  plan.set_follow(message.reactions.follow.fixed());
  return plan;
}

absl::Status ReadLinks(const pbi::MessagePlan& plan, MessageSpec& message) {
  LAWINE_ASSIGN_OR_RETURN(message.link.kind,
                          EnumOf(plan.link_chance(), LinkChance::Kind::kByFollowees, "link chance"));
  LAWINE_ASSIGN_OR_RETURN(message.link.same, ThresholdOf(plan.link_same()));
  LAWINE_RETURN_IF_ERROR(ReadFixed(plan.link_by_kind(), message.link.by_kind, ThresholdOf));
  if (plan.link_kinds_size() > 0) message.link_kinds.assign(kLinkKinds, false);
  for (const std::uint32_t kind : plan.link_kinds()) {
    if (kind >= kLinkKinds)
      return absl::InvalidArgumentError(absl::StrCat("model: unknown link kind ", kind));
    message.link_kinds[kind] = true;
  }
  if (plan.has_seen()) {
    LAWINE_ASSIGN_OR_RETURN(message.seen, ThresholdOf(plan.seen()));
  }
  return ReadFixed(plan.link_delay(), message.link_delay.cumulative, ThresholdOf);
}

absl::Status ReadDecision(const pbi::MessagePlan& plan, MessageSpec& message) {
  LAWINE_ASSIGN_OR_RETURN(message.acceptance.kind,
                          EnumOf(plan.acceptance(), Acceptance::Kind::kCount, "acceptance"));
  LAWINE_ASSIGN_OR_RETURN(message.acceptance.fraction, ThresholdOf(plan.fraction()));
  message.acceptance.count = plan.count();
  LAWINE_ASSIGN_OR_RETURN(message.forward, ThresholdOf(plan.forward()));
  LAWINE_RETURN_IF_ERROR(ReadFixed(plan.by_account_kind(), message.factors.by_account_kind, FactorOf));
  LAWINE_RETURN_IF_ERROR(ReadFixed(plan.by_community(), message.factors.by_community, FactorOf));
  LAWINE_RETURN_IF_ERROR(ReadFixed(plan.by_age(), message.factors.by_age, FactorOf));
  for (const pbi::InfluencePlan& influence : plan.influences()) {
    LAWINE_ASSIGN_OR_RETURN(const Factor factor, FactorOf(influence.factor()));
    message.influences.push_back({.by = influence.by(), .factor = factor});
  }
  if (!plan.has_epidemic()) return absl::OkStatus();
  Epidemic& epidemic = message.epidemic.emplace();
  LAWINE_ASSIGN_OR_RETURN(epidemic.recovery, ThresholdOf(plan.epidemic().recovery()));
  epidemic.susceptible_again = plan.epidemic().susceptible_again();
  if (plan.epidemic().has_onset()) {
    LAWINE_ASSIGN_OR_RETURN(epidemic.onset, ThresholdOf(plan.epidemic().onset()));
  }
  return absl::OkStatus();
}

absl::StatusOr<MessageSpec> FromProto(const pbi::MessagePlan& plan) {
  MessageSpec message;
  LAWINE_RETURN_IF_ERROR(ReadLinks(plan, message));
  LAWINE_RETURN_IF_ERROR(ReadDecision(plan, message));
  LAWINE_RETURN_IF_ERROR(ReadFixed(plan.delay(), message.delay.cumulative, ThresholdOf));
  message.rhythm.activity.assign(plan.rhythm().begin(), plan.rhythm().end());
  message.rhythm.first = plan.rhythm_first();
  LAWINE_ASSIGN_OR_RETURN(message.start, FromProto(plan.start()));
  for (const pbi::InjectionPlan& injection : plan.injections()) {
    message.injections.push_back({.step = injection.step(), .members = {}});
    LAWINE_RETURN_IF_ERROR(ReadMembers(injection.members(), message.injections.back().members));
  }
  LAWINE_ASSIGN_OR_RETURN(message.reactions.unfollow, ThresholdOf(plan.unfollow()));
  LAWINE_ASSIGN_OR_RETURN(message.reactions.follow, ThresholdOf(plan.follow()));
  return message;
}

pbi::GrowthPlan ToProto(const GrowthSpec& growth) {
  pbi::GrowthPlan plan;
  plan.set_new_links(growth.new_links.fixed());
  plan.set_mutual(growth.mutual);
  plan.set_lost_links(growth.lost_links.fixed());
  plan.set_start(growth.start.fixed());
  plan.set_joining(growth.joining.fixed());
  plan.set_leaving(growth.leaving.fixed());
  return plan;
}

absl::StatusOr<GrowthSpec> FromProto(const pbi::GrowthPlan& plan) {
  GrowthSpec growth;
  LAWINE_ASSIGN_OR_RETURN(growth.new_links, ThresholdOf(plan.new_links()));
  growth.mutual = plan.mutual();
  LAWINE_ASSIGN_OR_RETURN(growth.lost_links, ThresholdOf(plan.lost_links()));
  LAWINE_ASSIGN_OR_RETURN(growth.start, ThresholdOf(plan.start()));
  LAWINE_ASSIGN_OR_RETURN(growth.joining, ThresholdOf(plan.joining()));
  LAWINE_ASSIGN_OR_RETURN(growth.leaving, ThresholdOf(plan.leaving()));
  return growth;
}

absl::StatusOr<PeopleSpec> FromProto(const pbi::PeoplePlan& plan) {
  PeopleSpec people{.one_decision = plan.one_decision(), .networks = {}, .cross_posting = {}};
  LAWINE_RETURN_IF_ERROR(ReadMembers(plan.networks(), people.networks));
  LAWINE_RETURN_IF_ERROR(ReadFixed(plan.cross_posting(), people.cross_posting, ThresholdOf));
  return people;
}

}  // namespace

pbi::ModelPlan ToProto(const ModelSpec& model) {
  pbi::ModelPlan plan;
  for (const MessageSpec& message : model.messages) *plan.add_messages() = ToProto(message);
  for (const Intervention& intervention : model.interventions)
    *plan.add_interventions() = ToProto(intervention);
  plan.set_monitors(Pack(model.monitors));
  plan.set_first_met_only(model.first_met_only);
  if (model.people.has_value()) {
    plan.mutable_people()->set_one_decision(model.people->one_decision);
    plan.mutable_people()->set_networks(Pack(model.people->networks));
    AddFixed(model.people->cross_posting, plan.mutable_people()->mutable_cross_posting());
  }
  if (model.growth.has_value()) *plan.mutable_growth() = ToProto(*model.growth);
  if (model.groups.has_value()) {
    const auto& communities = model.groups->communities;
    plan.mutable_groups()->mutable_communities()->Add(communities.begin(), communities.end());
  }
  if (!model.later.has_value()) return plan;
  plan.mutable_later()->set_after_step(model.later->after_step);
  for (const MessageSpec& message : model.later->messages) {
    *plan.mutable_later()->add_messages() = ToProto(message);
  }
  return plan;
}

absl::StatusOr<ModelSpec> FromProto(const pbi::ModelPlan& plan) {
  ModelSpec model;
  for (const pbi::MessagePlan& message : plan.messages()) {
    LAWINE_ASSIGN_OR_RETURN(model.messages.emplace_back(), FromProto(message));
  }
  for (const pbi::InterventionPlan& intervention : plan.interventions()) {
    LAWINE_ASSIGN_OR_RETURN(model.interventions.emplace_back(), FromProto(intervention));
  }
  LAWINE_RETURN_IF_ERROR(ReadMembers(plan.monitors(), model.monitors));
  model.first_met_only = plan.first_met_only();
  if (plan.has_people()) {
    LAWINE_ASSIGN_OR_RETURN(model.people, FromProto(plan.people()));
  }
  if (plan.has_growth()) {
    LAWINE_ASSIGN_OR_RETURN(model.growth, FromProto(plan.growth()));
  }
  if (plan.has_groups()) {
    const auto& communities = plan.groups().communities();
    model.groups = GroupSpec{.communities = {communities.begin(), communities.end()}};
  }
  if (plan.has_later()) model.later = LaterRules{.after_step = plan.later().after_step(), .messages = {}};
  for (const pbi::MessagePlan& message : plan.later().messages()) {
    LAWINE_ASSIGN_OR_RETURN(model.later->messages.emplace_back(), FromProto(message));
  }
  return model;
}

}  // namespace lawine::wire
