#include "engine/spread/message_spec.h"

#include <algorithm>
#include <functional>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/outcome.h"

namespace lawine {
namespace {

using absl::InvalidArgumentError;
using absl::StrCat;

absl::Status CheckMembers(const std::vector<MemberId>& members, std::uint32_t members_count,
                          const std::string& field) {
  if (std::adjacent_find(members.begin(), members.end(), std::greater_equal<>()) != members.end()) {
    return InvalidArgumentError(StrCat(field, ": expected each member once, in ascending order"));
  }
  if (members.empty() || members.back().value < members_count) return absl::OkStatus();
  return InvalidArgumentError(
      StrCat(field, ": the graph has ", members_count, " members, found dense id ", members.back().value));
}

absl::Status CheckListed(const std::vector<MemberId>& members, std::uint32_t members_count,
                         const std::string& field) {
  if (members.size() > limits::kListedMembersMax) {
    return InvalidArgumentError(
        StrCat(field, ": expected at most ", limits::kListedMembersMax, " members, found ", members.size()));
  }
  return CheckMembers(members, members_count, field);
}

absl::Status CheckDelay(const DelayTable& delay, const std::string& field) {
  const auto& table = delay.cumulative;
  const bool whole = table.empty() || table.back() == Threshold::FromFixed(Threshold::kOne);
  if (whole && std::is_sorted(table.begin(), table.end()) && table.size() <= limits::kDelayStepsMax) {
    return absl::OkStatus();
  }
  return InvalidArgumentError(StrCat(field, ": expected at most ", limits::kDelayStepsMax,
                                     " ascending thresholds up to 1, found ", table.size(), " others"));
}

absl::Status CheckTrigger(const Trigger& trigger, const ModelSpec& model, const std::string& field) {
  if (trigger.kind != Trigger::Kind::kStep && trigger.count == 0) {
    return InvalidArgumentError(StrCat(field, ": expected to wait for at least one member or monitor"));
  }
  if (trigger.message < model.messages.size()) return absl::OkStatus();
  return InvalidArgumentError(
      StrCat(field, ": expected a message below ", model.messages.size(), ", found ", trigger.message));
}

// What models there are not.
absl::Status CheckTogether(const MessageSpec& message, const std::string& field) {
  const auto refuse = [&field](const char* what) { return InvalidArgumentError(StrCat(field, ": ", what)); };
  if (!message.link_delay.empty() && (message.epidemic.has_value() || !message.acceptance.first())) {
    return refuse("expected no delays of links beside thresholds or epidemics");
  }
  if (!message.link_delay.empty() && message.reactions.unfollow != Threshold()) {
    return refuse("expected no delays of links beside members that drop them");
  }
  if (!message.epidemic.has_value()) return absl::OkStatus();
  if (message.seen.has_value()) return refuse("expected no seen probability beside an epidemic");
  if (!message.delay.empty()) return refuse("expected no delays beside an epidemic");
  if (!message.acceptance.first()) return refuse("expected no thresholds beside an epidemic");
  return absl::OkStatus();
}

absl::Status CheckInjections(const MessageSpec& message, std::uint32_t members_count,
                             const std::string& field) {
  const auto& injections = message.injections;
  if (injections.empty() || injections.size() > limits::kInjectionsMax) {
    return InvalidArgumentError(
        StrCat(field, ": expected 1 to ", limits::kInjectionsMax, " injections, found ", injections.size()));
  }
  std::uint64_t members = 0;
  for (std::size_t i = 0; i < injections.size(); ++i) {
    if (i > 0 && injections[i].step < injections[i - 1].step) {
      return InvalidArgumentError(StrCat(field, ": expected injections in order of their steps"));
    }
    members += injections[i].members.size();
    LAWINE_RETURN_IF_ERROR(CheckMembers(injections[i].members, members_count, field));
  }
  if (members > 0 && members <= limits::kSeedMembersMax) return absl::OkStatus();
  return InvalidArgumentError(
      StrCat(field, ": expected 1 to ", limits::kSeedMembersMax, " members, found ", members));
}

absl::Status CheckRules(const ModelSpec& model, const MessageSpec& message, std::size_t number,
                        const std::string& field) {
  constexpr std::size_t kKinds = 256;
  if (message.link.kind == LinkChance::Kind::kByKind && message.link.by_kind.size() != kKinds) {
    return InvalidArgumentError(StrCat(field, ": expected a chance for each of 256 link kinds"));
  }
  if (!message.link_kinds.empty() && message.link_kinds.size() != kKinds) {
    return InvalidArgumentError(StrCat(field, ": expected to be told of each of 256 link kinds"));
  }
  if (message.rhythm.activity.size() > limits::kRhythmStepsMax) {
    return InvalidArgumentError(StrCat(field, ": expected a rhythm of at most ", limits::kRhythmStepsMax,
                                       " steps, found ", message.rhythm.activity.size()));
  }
  if (!message.rhythm.activity.empty() &&
      std::all_of(message.rhythm.activity.begin(), message.rhythm.activity.end(),
                  [](std::uint32_t activity) { return activity == 0; })) {
    return InvalidArgumentError(StrCat(field, ": expected a rhythm with some activity"));
  }
  for (const Influence& influence : message.influences) {
    if (influence.by < model.messages.size() && influence.by != number) continue;
    return InvalidArgumentError(StrCat(field, ": expected to be influenced by another message below ",
                                       model.messages.size(), ", found ", influence.by));
  }
  LAWINE_RETURN_IF_ERROR(CheckDelay(message.delay, field));
  LAWINE_RETURN_IF_ERROR(CheckDelay(message.link_delay, field));
  return CheckTogether(message, field);
}

absl::Status CheckIntervention(const ModelSpec& model, std::size_t number, std::uint32_t members_count) {
  const Intervention& intervention = model.interventions[number];
  const std::string field = StrCat("intervention ", number);
  LAWINE_RETURN_IF_ERROR(CheckTrigger(intervention.trigger, model, field));
  const std::vector<std::uint32_t>& messages = intervention.messages;
  const bool ascending =
      std::adjacent_find(messages.begin(), messages.end(), std::greater_equal<>()) == messages.end();
  if (!ascending || (!messages.empty() && messages.back() >= model.messages.size())) {
    return InvalidArgumentError(StrCat(field, ": expected messages below ", model.messages.size(),
                                       ", each once, in ascending order"));
  }
  for (const auto* choice : {&intervention.immune, &intervention.removed}) {
    if (!choice->has_value()) continue;
    LAWINE_RETURN_IF_ERROR(CheckListed((*choice)->members, members_count, field));
    if (std::is_sorted((*choice)->account_kinds.begin(), (*choice)->account_kinds.end())) continue;
    return InvalidArgumentError(StrCat(field, ": expected account kinds in ascending order"));
  }
  return absl::OkStatus();
}

absl::Status CheckMessage(const ModelSpec& model, std::size_t number, std::uint32_t members_count) {
  const MessageSpec& message = model.messages[number];
  const std::string field = StrCat("message ", number);
  LAWINE_RETURN_IF_ERROR(CheckRules(model, message, number, field));
  LAWINE_RETURN_IF_ERROR(CheckTrigger(message.start, model, field));
  return CheckInjections(message, members_count, field);
}

absl::Status CheckLater(const ModelSpec& model) {
  const std::vector<MessageSpec>& later = model.later->messages;
  if (later.size() != model.messages.size()) {
    return InvalidArgumentError(StrCat("later: expected rules for each of ", model.messages.size(),
                                       " messages, found ", later.size()));
  }
  for (std::size_t m = 0; m < later.size(); ++m) {
    const std::string field = StrCat("later, message ", m);
    LAWINE_RETURN_IF_ERROR(CheckRules(model, later[m], m, field));
    if (SameKind(model.messages[m], later[m])) continue;
    return InvalidArgumentError(StrCat(field,
                                       ": expected a model of the same kind, with a seen probability, link "
                                       "delays and an onset only if it had "
                                       "them before"));
  }
  return absl::OkStatus();
}

absl::Status CheckPeople(const ModelSpec& model, std::uint32_t members_count) {
  const PeopleSpec& people = *model.people;
  const auto& networks = people.networks;
  if (networks.empty() && people.cross_posting.empty()) return absl::OkStatus();
  const bool ascending =
      !networks.empty() && networks[0].value == 0 &&
      std::adjacent_find(networks.begin(), networks.end(), std::greater_equal<>()) == networks.end() &&
      networks.back().value < members_count;
  if (!ascending || people.cross_posting.size() != networks.size() * networks.size()) {
    return InvalidArgumentError(
        "people: expected networks that begin one after the other, from member 0 on, and "
        "a chance of cross-posting for each pair of them");
  }
  const bool epidemic = std::any_of(model.messages.begin(), model.messages.end(),
                                    [](const MessageSpec& message) { return message.epidemic.has_value(); });
  return epidemic ? InvalidArgumentError("people: expected no cross-posting beside an epidemic")
                  : absl::OkStatus();
}

absl::Status CheckNetwork(const ModelSpec& model, std::uint32_t members_count) {
  if (model.people.has_value()) LAWINE_RETURN_IF_ERROR(CheckPeople(model, members_count));
  const std::vector<const MessageSpec*> rules = AllRules(model);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::size_t m = i % model.messages.size();
    const bool weights = rules[i]->link.kind == LinkChance::Kind::kByWeight ||
                         rules[i]->acceptance.kind == Acceptance::Kind::kLinearByWeight;
    if (weights && AddsLinks(model)) {
      return InvalidArgumentError(
          StrCat("message ", m, ": new links have no weights, expected not to need any"));
    }
    if (rules[i]->reactions.follow != Threshold() && model.messages[m].injections.front().members.empty()) {
      return InvalidArgumentError(StrCat("message ", m, ": expected an author to follow"));
    }
  }
  if (!model.groups.has_value()) return absl::OkStatus();
  const auto& communities = model.groups->communities;
  if (communities.size() <= limits::kGroupCommunitiesMax &&
      std::adjacent_find(communities.begin(), communities.end(), std::greater_equal<>()) ==
          communities.end()) {
    return absl::OkStatus();
  }
  return InvalidArgumentError(StrCat("groups: expected at most ", limits::kGroupCommunitiesMax,
                                     " communities, each once, ascending; found ", communities.size()));
}

// All messages have counts of every step through their last one.
absl::Status CheckSteps(const ModelSpec& model) {
  std::uint64_t steps = 0;
  for (std::size_t m = 0; m < model.messages.size(); ++m) {
    const std::uint64_t last = LastInjectionStep(model.messages[m]).value_or(0);
    steps += last;
    if (steps <= limits::kStepsMax) continue;
    return InvalidArgumentError(
        StrCat("message ", m, ": expected the last injections of all messages at steps that sum to at most ",
               limits::kStepsMax, ", found its own at step ", last, ": begin earlier, or use longer steps"));
  }
  return absl::OkStatus();
}

bool AnyReacts(const ModelSpec& model, Threshold Reactions::*how) {
  const std::vector<const MessageSpec*> rules = AllRules(model);
  return std::any_of(rules.begin(), rules.end(),
                     [how](const MessageSpec* message) { return message->reactions.*how != Threshold(); });
}

}  // namespace

std::optional<std::uint64_t> LastInjectionStep(const MessageSpec& message) {
  std::uint64_t start = message.start.not_before;
  if (message.start.kind == Trigger::Kind::kStep) start = std::max(start, message.start.count);
  if (start >= kNoStep) return std::nullopt;
  return start + message.injections.back().step;
}

// What a message remembers depends on its kind.
bool SameKind(const MessageSpec& a, const MessageSpec& b) {
  const auto epidemic = [](const MessageSpec& message) {
    const std::optional<Epidemic>& e = message.epidemic;
    return std::tuple(e.has_value(), e.has_value() && e->susceptible_again,
                      e.has_value() && e->onset.has_value());
  };
  return a.acceptance.kind == b.acceptance.kind && epidemic(a) == epidemic(b) &&
         a.seen.has_value() == b.seen.has_value() && a.link_delay.empty() == b.link_delay.empty();
}

std::vector<const MessageSpec*> AllRules(const ModelSpec& model) {
  std::vector<const MessageSpec*> rules;
  for (const MessageSpec& message : model.messages) rules.push_back(&message);
  if (!model.later.has_value()) return rules;
  for (const MessageSpec& message : model.later->messages) rules.push_back(&message);
  return rules;
}

bool AddsLinks(const ModelSpec& model) {
  const bool grows = model.growth.has_value() && model.growth->new_links != Threshold();
  return grows || AnyReacts(model, &Reactions::follow);
}

bool NetworkChangesIn(const ModelSpec& model) {
  return model.growth.has_value() || AddsLinks(model) || AnyReacts(model, &Reactions::unfollow);
}

absl::Status CheckModelSpec(const ModelSpec& model, std::uint32_t members_count) {
  if (model.messages.empty() || model.messages.size() > limits::kMessagesMax) {
    return InvalidArgumentError(
        StrCat("messages: expected 1 to ", limits::kMessagesMax, ", found ", model.messages.size()));
  }
  if (model.interventions.size() > limits::kInterventionsMax) {
    return InvalidArgumentError(StrCat("interventions: expected at most ", limits::kInterventionsMax,
                                       ", found ", model.interventions.size()));
  }
  for (std::size_t m = 0; m < model.messages.size(); ++m) {
    LAWINE_RETURN_IF_ERROR(CheckMessage(model, m, members_count));
  }
  LAWINE_RETURN_IF_ERROR(CheckSteps(model));
  for (std::size_t i = 0; i < model.interventions.size(); ++i) {
    LAWINE_RETURN_IF_ERROR(CheckIntervention(model, i, members_count));
  }
  if (model.later.has_value()) LAWINE_RETURN_IF_ERROR(CheckLater(model));
  LAWINE_RETURN_IF_ERROR(CheckNetwork(model, members_count));
  return CheckListed(model.monitors, members_count, "monitors");
}

}  // namespace lawine
