#include "engine/spread/message_spec.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

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

absl::Status CheckMessage(const ModelSpec& model, std::size_t number, std::uint32_t members_count) {
  const MessageSpec& message = model.messages[number];
  const std::string field = StrCat("message ", number);
  constexpr std::size_t kKinds = 256;
  if (message.link.kind == LinkChance::Kind::kByKind && message.link.by_kind.size() != kKinds) {
    return InvalidArgumentError(StrCat(field, ": expected a chance for each of 256 link kinds"));
  }
  if (!message.link_kinds.empty() && message.link_kinds.size() != kKinds) {
    return InvalidArgumentError(StrCat(field, ": expected to be told of each of 256 link kinds"));
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
  LAWINE_RETURN_IF_ERROR(CheckTrigger(message.start, model, field));
  LAWINE_RETURN_IF_ERROR(CheckTogether(message, field));
  return CheckInjections(message, members_count, field);
}

}  // namespace

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
  for (std::size_t i = 0; i < model.interventions.size(); ++i) {
    const Intervention& intervention = model.interventions[i];
    const std::string field = StrCat("intervention ", i);
    LAWINE_RETURN_IF_ERROR(CheckTrigger(intervention.trigger, model, field));
    for (const auto* choice : {&intervention.immune, &intervention.removed}) {
      if (choice->has_value()) {
        LAWINE_RETURN_IF_ERROR(CheckMembers((*choice)->members, members_count, field));
      }
    }
  }
  return CheckMembers(model.monitors, members_count, "monitors");
}

std::uint32_t DelayTable::Delay(std::uint64_t coin) const {
  const auto first = std::partition_point(cumulative.begin(), cumulative.end(),
                                          [coin](Threshold t) { return !t.Passes(coin); });
  return static_cast<std::uint32_t>(first - cumulative.begin());
}

std::uint64_t Rhythm::StepAfter(std::uint64_t step, std::uint32_t amount) const {
  if (activity.empty()) return step + amount;
  const auto day = std::accumulate(activity.begin(), activity.end(), std::uint64_t{0});
  LAWINE_CHECK(day > 0);
  if (amount == 0) return step;
  // Whole days at once, but the last one.
  const std::uint64_t days = (amount - 1) / day;
  std::uint64_t left = amount - days * day;
  step += days * activity.size();
  while (true) {
    ++step;
    const std::uint64_t offered = activity[(first + step) % activity.size()];
    if (offered >= left) return step;
    left -= offered;
  }
}

}  // namespace lawine
