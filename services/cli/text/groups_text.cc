#include "services/cli/text/groups_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/rate_text.h"
#include "services/cli/text/text.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;
using Groups = google::protobuf::RepeatedPtrField<v1::GroupResult>;

std::string CountsTable(const Groups& groups, v1::GroupKind kind, std::uint64_t replicas, bool color) {
  Table table({{GroupKindText(kind), Align::kLeft},
               {"members", Align::kRight},
               {"reached", Align::kRight},
               {"reached %", Align::kRight},
               {"deliveries", Align::kRight},
               {"forwards", Align::kRight},
               {"never reached", Align::kRight}});
  for (const v1::GroupResult& group : groups) {
    if (group.kind() != kind) continue;
    table.AddRow({group.name(), Thousands(group.members()), Thousands(group.reach()),
                  PercentCell(group.reach(), group.members() * replicas), Thousands(group.deliveries()),
                  Thousands(group.forwards()), Thousands(group.unreached())});
  }
  return table.Render(color);
}

// A row a group, a column a message.
std::string MetTable(const v1::RunResult& result, v1::GroupKind kind, bool first, bool color) {
  std::vector<std::pair<std::string, Align>> columns = {
      {absl::StrCat(first ? "met first, by " : "met last, by ", GroupKindText(kind)), Align::kLeft}};
  for (const v1::MessageResult& message : result.messages())
    columns.emplace_back(message.name(), Align::kRight);
  Table table(std::move(columns));
  for (int g = 0; g < result.groups_size(); ++g) {
    if (result.groups(g).kind() != kind) continue;
    std::vector<std::string> row = {result.groups(g).name()};
    for (const v1::MessageResult& message : result.messages()) {
      const v1::GroupResult& group = message.groups(g);
      row.push_back(Thousands(first ? group.first_met() : group.last_met()));
    }
    table.AddRow(std::move(row));
  }
  return table.Render(color);
}

std::string Times(const v1::EnsembleMeasures& measures, const std::string& step) {
  const auto median = [](const v1::Distribution& d) {
    return absl::StrCat(Thousands(d.quantiles().p50()), " (", Thousands(d.quantiles().p05()), " to ",
                        Thousands(d.quantiles().p95()), ")");
  };
  return absl::StrCat("Half of what a replica reached was reached by ", step, " ",
                      median(measures.steps_to_half()), ", nine tenths by ", step, " ",
                      median(measures.steps_to_90()),
                      ": the median of replicas, and from 5% to 95% of them.");
}

std::string GrowthText(const v1::Growth& growth) {
  std::vector<std::string> parts;
  if (IsSome(growth, "new_links")) {
    parts.push_back(absl::StrCat(RateText(growth, "new_links"), " of members get a new ",
                                 growth.mutual() ? "friend" : "link"));
  }
  if (IsSome(growth, "lost_links"))
    parts.push_back(absl::StrCat(RateText(growth, "lost_links"), " of links are lost"));
  if (IsSome(growth, "joining")) {
    parts.push_back(absl::StrCat(RateText(growth, "joining"), " of those not yet there join"));
  }
  if (IsSome(growth, "leaving"))
    parts.push_back(absl::StrCat(RateText(growth, "leaving"), " of members leave"));
  const std::string start =
      growth.has_members_at_start_counts() || growth.members_at_start() < 1
          ? absl::StrCat(RateText(growth, "members_at_start"), " of members are there at first. ")
          : "";
  return parts.empty() ? start : absl::StrCat(start, "At every step ", absl::StrJoin(parts, ", "), ". ");
}

std::string ReactionsText(const v1::Reactions& reactions) {
  std::vector<std::string> parts;
  if (IsSome(reactions, "unfollow")) {
    parts.push_back(
        absl::StrCat(RateText(reactions, "unfollow"), " of deliveries make the receiver unfollow"));
  }
  if (IsSome(reactions, "follow")) {
    parts.push_back(absl::StrCat(RateText(reactions, "follow"), " of receivers follow the author"));
  }
  return absl::StrJoin(parts, " and ");
}

// Of all messages; those that make members react alike together.
std::string ReactionsText(const v1::Scenario& scenario) {
  std::vector<std::pair<std::string, std::vector<std::string>>> alike;
  const auto add = [&alike](const std::string& name, const v1::Model& model) {
    const std::string what = ReactionsText(model.reactions());
    if (what.empty()) return;
    const auto known =
        std::find_if(alike.begin(), alike.end(), [&](const auto& some) { return some.first == what; });
    if (known == alike.end()) {
      alike.push_back({what, {name}});
    } else {
      known->second.push_back(name);
    }
  };
  add(scenario.message().kind(), scenario.model());
  for (const v1::FurtherMessage& message : scenario.messages()) add(message.name(), message.model());
  std::string text;
  for (const auto& [what, names] : alike) {
    absl::StrAppend(&text, "Because of ", names.size() > 1 ? "each of " : "", absl::StrJoin(names, ", "), " ",
                    what, ". ");
  }
  return text;
}

}  // namespace

std::string GroupKindText(v1::GroupKind kind) {
  if (kind == v1::GROUP_KIND_NETWORK) return "network";
  if (kind == v1::GROUP_KIND_AUDIENCE) return "own audience";
  return kind == v1::GROUP_KIND_ACCOUNT_KIND ? "account kind" : "community";
}

std::string GroupTables(const v1::RunResult& result, bool color) {
  if (result.groups().empty()) return "";
  const std::uint64_t replicas = std::max<std::uint64_t>(1, result.scenario().replicas());
  std::string text;
  for (const v1::GroupKind kind : {v1::GROUP_KIND_NETWORK, v1::GROUP_KIND_ACCOUNT_KIND,
                                   v1::GROUP_KIND_AUDIENCE, v1::GROUP_KIND_COMMUNITY}) {
    const bool some = std::any_of(result.groups().begin(), result.groups().end(),
                                  [kind](const auto& group) { return group.kind() == kind; });
    if (!some) continue;
    absl::StrAppend(&text, CountsTable(result.groups(), kind, replicas, color), "\n");
    if (result.messages_size() < 2) continue;
    absl::StrAppend(&text, MetTable(result, kind, true, color), "\n", MetTable(result, kind, false, color),
                    "\n");
  }
  return replicas > 1 ? absl::StrCat("By group, sums over ", Thousands(replicas), " replicas:\n", text)
                      : text;
}

std::string LinksSentence(const v1::RunResult& result) {
  const auto won_and_lost = [](std::uint64_t follows, std::uint64_t unfollows) {
    return absl::StrCat(" won ", Counted(follows, "follower", "followers"), " and lost ",
                        Counted(unfollows, "link", "links"));
  };
  const auto reacted = [](const v1::Totals& totals) {
    return totals.has_follows() || totals.has_unfollows();
  };
  const char* const end = result.scenario().replicas() > 1 ? " in all replicas together." : ".";
  if (result.messages_size() < 2) {
    const v1::Totals& totals = result.totals();
    if (!reacted(totals)) return "";
    return absl::StrCat("It", won_and_lost(totals.follows(), totals.unfollows()), end);
  }
  std::vector<std::string> parts;
  std::uint64_t follows = 0, unfollows = 0;
  for (const v1::MessageResult& message : result.messages()) {
    const v1::Totals& totals = message.totals();
    if (!reacted(totals)) continue;
    parts.push_back(message.name() + won_and_lost(totals.follows(), totals.unfollows()));
    follows += totals.follows();
    unfollows += totals.unfollows();
  }
  if (parts.empty()) return "";
  if (parts.size() > 1) parts.push_back("together they" + won_and_lost(follows, unfollows));
  return absl::StrJoin(parts, "; ") + end;
}

std::string BesideReach(const v1::RunResult& result) {
  const v1::Totals& totals = result.totals();
  const bool several = result.scenario().replicas() > 1;
  const char* const together = several ? " in all replicas together" : "";
  std::vector<std::string> sentences;
  if (totals.has_people()) {
    sentences.push_back(absl::StrCat("The ", Counted(totals.reach(), "account", "accounts"), " reached are ",
                                     Counted(totals.people(), "person's", "people's"), together, "."));
  }
  if (const std::string links = LinksSentence(result); !links.empty()) sentences.push_back(links);
  if (result.has_ensemble()) {
    sentences.push_back(Times(result.ensemble().measures(), StepWord(result.scenario())));
  }
  return absl::StrJoin(sentences, " ");
}

std::string NetworkRules(const v1::Scenario& scenario) {
  std::string text;
  for (const v1::CrossPosting& posting : scenario.people().cross_posting()) {
    absl::StrAppend(&text, "Who forwards in ", posting.from(), " posts it in ", posting.to(),
                    " with a chance of ", RateText(posting, "probability"), ". ");
  }
  if (scenario.has_growth()) absl::StrAppend(&text, GrowthText(scenario.growth()));
  absl::StrAppend(&text, ReactionsText(scenario));
  return text.empty() ? text : text.substr(0, text.size() - 1);
}

}  // namespace lawine::cli
