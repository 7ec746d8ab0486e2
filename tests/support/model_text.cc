#include "tests/support/model_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lawine {
namespace {

std::string Joined(const std::vector<std::string>& parts) { return absl::StrJoin(parts, ", "); }

template <class T>
std::string Numbers(const std::vector<T>& values, auto number) {
  return absl::StrJoin(values, " ",
                       [&](std::string* out, const T& value) { absl::StrAppend(out, number(value)); });
}
std::string Members(const std::vector<MemberId>& members) {
  return Numbers(members, [](MemberId id) { return id.value; });
}
template <class Number>
std::string Doubles(const std::vector<Number>& values) {
  return Numbers(values, [](Number value) { return value.ToDouble(); });
}

std::string Told(const ModelStep& step) {
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0) parts.push_back(absl::StrCat(count, " ", what));
  };
  add(step.deliveries, "delivered");
  if (step.seen != step.deliveries) parts.push_back(absl::StrCat(step.seen, " seen"));
  add(step.first_receipts, "new");
  add(step.injected, "injected");
  add(step.ignored, "ignored");
  add(step.forwards, "forwards");
  if (step.acting != step.forwards) parts.push_back(absl::StrCat(step.acting, " acting"));
  add(step.recoveries, "recovered");
  add(step.monitors, "monitors");
  add(step.cross_posts, "cross-posted");
  add(step.unfollows, "unfollow");
  add(step.follows, "follow");
  add(step.present, "there");
  return absl::StrCat(step.step, ":", parts.empty() ? "" : " ", Joined(parts));
}

std::string Told(const Trigger& trigger) {
  const std::string after = trigger.not_before > 0 ? absl::StrCat(", not before ", trigger.not_before) : "";
  switch (trigger.kind) {
    case Trigger::Kind::kStep:
      return absl::StrCat("from step ", trigger.count, after);
    case Trigger::Kind::kReach:
      return absl::StrCat("once ", trigger.message, " reaches ", trigger.count, after);
    case Trigger::Kind::kMonitors:
      return absl::StrCat("once ", trigger.message, " at ", trigger.count, " monitors", after);
  }
  return "?";
}

std::string Told(const LinkChance& link) {
  switch (link.kind) {
    case LinkChance::Kind::kSame:
      return absl::StrCat("links ", link.same.ToDouble());
    case LinkChance::Kind::kByKind: {
      const std::vector<Threshold> first(link.by_kind.begin(), link.by_kind.begin() + 4);
      return absl::StrCat("links by kind ", Doubles(first), " ...");
    }
    case LinkChance::Kind::kByWeight:
      return "links by weight";
    case LinkChance::Kind::kByFollowees:
      return "links by followees";
  }
  return "?";
}

std::string Told(const Acceptance& acceptance) {
  switch (acceptance.kind) {
    case Acceptance::Kind::kFirst:
      return "accepts the first";
    case Acceptance::Kind::kLinearEqual:
      return "accepts linear, equal";
    case Acceptance::Kind::kLinearByWeight:
      return "accepts linear, by weight";
    case Acceptance::Kind::kFraction:
      return absl::StrCat("accepts at ", acceptance.fraction.ToDouble());
    case Acceptance::Kind::kCount:
      return absl::StrCat("accepts ", acceptance.count);
  }
  return "?";
}

void AddFactors(const ForwardFactors& factors, std::vector<std::string>& parts) {
  const auto add = [&](const char* what, const std::vector<Factor>& values) {
    if (!values.empty()) parts.push_back(absl::StrCat(what, " ", Doubles(values)));
  };
  add("by account kind", factors.by_account_kind);
  add("by community", factors.by_community);
  add("by age", factors.by_age);
}

void AddDelays(const MessageSpec& spec, std::vector<std::string>& parts) {
  if (!spec.delay.empty()) parts.push_back(absl::StrCat("delay ", Doubles(spec.delay.cumulative)));
  if (!spec.rhythm.activity.empty()) {
    parts.push_back(
        absl::StrCat("rhythm ", absl::StrJoin(spec.rhythm.activity, " "), " at ", spec.rhythm.first));
  }
  if (!spec.link_delay.empty()) {
    parts.push_back(absl::StrCat("link delay ", Doubles(spec.link_delay.cumulative)));
  }
}

std::string Told(const MessageSpec& spec) {
  std::vector<std::string> parts = {Told(spec.link), Told(spec.acceptance),
                                    absl::StrCat("forward ", spec.forward.ToDouble())};
  if (!spec.link_kinds.empty()) {
    std::vector<int> kinds;
    for (int kind = 0; kind < 256; ++kind) {
      if (spec.link_kinds[static_cast<std::size_t>(kind)]) kinds.push_back(kind);
    }
    parts.push_back(absl::StrCat("kinds ", absl::StrJoin(kinds, " ")));
  }
  if (spec.seen.has_value()) parts.push_back(absl::StrCat("seen ", spec.seen->ToDouble()));
  AddFactors(spec.factors, parts);
  for (const Influence& influence : spec.influences) {
    parts.push_back(absl::StrCat("met ", influence.by, " x", influence.factor.ToDouble()));
  }
  if (spec.epidemic.has_value()) {
    parts.push_back(absl::StrCat("recovery ", spec.epidemic->recovery.ToDouble(),
                                 spec.epidemic->susceptible_again ? " again" : ""));
    if (spec.epidemic->onset.has_value())
      parts.push_back(absl::StrCat("onset ", spec.epidemic->onset->ToDouble()));
  }
  AddDelays(spec, parts);
  if (spec.reactions.follow != Threshold() || spec.reactions.unfollow != Threshold()) {
    parts.push_back(absl::StrCat("follow ", spec.reactions.follow.ToDouble(), " unfollow ",
                                 spec.reactions.unfollow.ToDouble()));
  }
  parts.push_back(Told(spec.start));
  for (const Injection& injection : spec.injections) {
    parts.push_back(absl::StrCat("+", injection.step, " into ", Members(injection.members)));
  }
  return Joined(parts);
}

void AddChoice(const char* what, const std::optional<MemberChoice>& choice, std::vector<std::string>& parts) {
  if (!choice.has_value()) return;
  parts.push_back(absl::StrCat(what, " ", Members(choice->members), " and ", choice->share.ToDouble(),
                               " of kinds ", absl::StrJoin(choice->account_kinds, " ")));
}

std::string Told(const Intervention& intervention) {
  std::vector<std::string> parts = {
      Told(intervention.trigger), absl::StrCat("on ", absl::StrJoin(intervention.messages, " ")),
      absl::StrCat("forward x", intervention.forward.ToDouble()),
      absl::StrCat("carry x", intervention.carry.ToDouble()), absl::StrCat("delay +", intervention.delay)};
  AddChoice("immune", intervention.immune, parts);
  AddChoice("removed", intervention.removed, parts);
  return Joined(parts);
}

std::string Told(const PeopleSpec& people) {
  return absl::StrCat(people.one_decision ? "people decide once" : "accounts decide", ", networks from ",
                      Members(people.networks), ", cross-posting ", Doubles(people.cross_posting), "\n");
}

std::string Told(const GrowthSpec& growth) {
  return absl::StrCat("new links ", growth.new_links.ToDouble(), growth.mutual ? " mutual" : "", ", lost ",
                      growth.lost_links.ToDouble(), ", there at first ", growth.start.ToDouble(),
                      ", joining ", growth.joining.ToDouble(), ", leaving ", growth.leaving.ToDouble(), "\n");
}

}  // namespace

std::string Told(const MessageVerdict& verdict) {
  return absl::StrJoin(verdict.steps, "; ",
                       [](std::string* out, const ModelStep& step) { absl::StrAppend(out, Told(step)); });
}

std::string Told(const ModelSpec& spec) {
  std::string text;
  for (std::size_t m = 0; m < spec.messages.size(); ++m) {
    absl::StrAppend(&text, "message ", m, ": ", Told(spec.messages[m]), "\n");
  }
  for (std::size_t i = 0; i < spec.interventions.size(); ++i) {
    absl::StrAppend(&text, "intervention ", i, ": ", Told(spec.interventions[i]), "\n");
  }
  if (!spec.monitors.empty()) absl::StrAppend(&text, "monitors ", Members(spec.monitors), "\n");
  if (spec.people.has_value()) absl::StrAppend(&text, Told(*spec.people));
  if (spec.growth.has_value()) absl::StrAppend(&text, Told(*spec.growth));
  if (spec.groups.has_value()) absl::StrAppend(&text, "groups\n");
  if (spec.first_met_only) absl::StrAppend(&text, "first met only\n");
  for (std::size_t m = 0; spec.later.has_value() && m < spec.later->messages.size(); ++m) {
    absl::StrAppend(&text, "after step ", spec.later->after_step, " message ", m, ": ",
                    Told(spec.later->messages[m]), "\n");
  }
  return text;
}

}  // namespace lawine
