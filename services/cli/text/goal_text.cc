#include "services/cli/text/goal_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/result_text.h"
#include "services/cli/text/text.h"
#include "services/coordinator/what_if/difference.h"

namespace lawine::cli {
namespace {

std::string MeanOf(std::uint64_t sum, const v1::RunResult& result) {
  const double mean = static_cast<double>(sum) / static_cast<double>(Replicas(result));
  return Decimal(mean, Replicas(result) > 1 && mean < 1000 ? 1 : 0);
}

std::string OnAverage(const v1::RunResult& result) { return Replicas(result) > 1 ? " on average" : ""; }

std::string TargetSentence(const v1::RunResult& result) {
  if (result.target_members() == 0) return "It is meant for nobody: the graph has no such members.";
  const std::uint64_t all = result.target_members() * Replicas(result);
  return absl::StrCat(MeanOf(result.totals().target_reach(), result), " of the ",
                      Thousands(result.target_members()), " members it is meant for (",
                      PercentCell(result.totals().target_reach(), all), "%)", OnAverage(result), ".");
}

std::string CostSentence(const v1::RunResult& result) {
  const v1::Totals& totals = result.totals();
  const bool people = totals.people() > 0;
  const std::uint64_t reached = people ? totals.people() : totals.reach();
  std::uint64_t all = totals.cost();
  for (int m = 1; m < result.messages_size(); ++m) all += result.messages(m).totals().cost();
  std::string text = absl::StrCat(MeanOf(totals.cost(), result), " units");
  if (all > totals.cost()) absl::StrAppend(&text, ", ", MeanOf(all, result), " with the other messages");
  if (reached == 0) return text + "; it reaches nobody.";
  absl::StrAppend(&text, ": ", Decimal(static_cast<double>(totals.cost()) / static_cast<double>(reached), 4),
                  " for each ", people ? "person" : "member", " reached", OnAverage(result));
  if (result.ensemble().measures().has_cost_per_thousand()) {
    const std::string measure = "cost_per_thousand";
    const v1::Distribution& thousand = result.ensemble().measures().cost_per_thousand();
    absl::StrAppend(&text, ", ", MeanText(measure, thousand.mean()), " for a thousand [",
                    MeanText(measure, thousand.ci95().low()), " to ",
                    MeanText(measure, thousand.ci95().high()), "]");
  }
  return text + ".";
}

std::string StepAt(const v1::Scenario& scenario, std::uint64_t step) {
  std::string text = absl::StrCat(StepWord(scenario), " ", Thousands(step));
  if (scenario.has_step_seconds()) {
    absl::StrAppend(&text, " (", Duration(static_cast<double>(step) * scenario.step_seconds()), ")");
  }
  return text;
}

// When monitors see it, and, of several replicas, in how many of them.
std::string SightingSentence(const v1::RunResult& result) {
  const v1::Totals& totals = result.totals();
  if (totals.monitors() == 0) return "No monitor received it.";
  const std::string seen =
      absl::StrCat(MeanOf(totals.monitors(), result), " monitors received it", OnAverage(result));
  if (!result.has_ensemble()) {
    return absl::StrCat("The first at ", StepAt(result.scenario(), totals.first_sighting()), "; ", seen, ".");
  }
  std::vector<std::uint64_t> steps;
  for (const v1::ReplicaResult& replica : result.replicas()) {
    if (replica.totals().has_first_sighting()) steps.push_back(replica.totals().first_sighting());
  }
  std::sort(steps.begin(), steps.end());
  return absl::StrCat("In ", Thousands(steps.size()), " of ", Thousands(Replicas(result)),
                      " replicas, the first at ", StepAt(result.scenario(), steps[(steps.size() - 1) / 2]),
                      " in the middle of them; ", seen, ".");
}

std::string StartsSentence(const v1::RunResult& result) {
  std::vector<std::string> parts;
  for (int m = 1; m < result.messages_size(); ++m) {
    const v1::MessageResult& message = result.messages(m);
    if (message.totals().reach() == 0) {
      parts.push_back(absl::StrCat(message.name(), " never starts"));
    } else if (!message.has_ensemble()) {
      parts.push_back(
          absl::StrCat(message.name(), " at ", StepAt(result.scenario(), message.totals().first_step())));
    } else if (message.ensemble().measures().has_first_step()) {
      const v1::Quantiles& q = message.ensemble().measures().first_step().quantiles();
      parts.push_back(absl::StrCat(message.name(), " at ", StepAt(result.scenario(), q.p50()),
                                   " in the middle of replicas"));
    }
  }
  return parts.empty() ? "" : absl::StrCat(absl::StrJoin(parts, "; "), ".");
}

std::string PercentSentence(const v1::RunResult& result) {
  const v1::Scenario& scenario = result.scenario();
  if (!result.has_ensemble())
    return absl::StrCat("By ", StepAt(scenario, result.totals().steps_to_percent()), ".");
  const v1::Quantiles& q = result.ensemble().measures().steps_to_percent().quantiles();
  return absl::StrCat("By ", StepAt(scenario, q.p50()), " in the middle of replicas, from ",
                      Thousands(q.p05()), " to ", Thousands(q.p95()), " in nine of ten.");
}

std::string SegmentName(const v1::GroupResult& group) {
  switch (group.kind()) {
    case v1::GROUP_KIND_NETWORK:
      return absl::StrCat("accounts in ", group.name());
    case v1::GROUP_KIND_ACCOUNT_KIND:
      return absl::StrCat(group.name(), " accounts");
    case v1::GROUP_KIND_AUDIENCE:
      return absl::StrCat("members with audiences of ", group.name());
    default:
      return group.name() == "none"     ? "members without a community"
             : group.name() == "others" ? "members of smaller communities"
                                        : absl::StrCat("members of community ", group.name());
  }
}

// Segments that are missed more often than members are, largest part missed first.
std::string SegmentsSentence(const v1::RunResult& result) {
  constexpr std::size_t kTold = 3;
  const double all = static_cast<double>(result.graph_members()) * static_cast<double>(Replicas(result));
  const double missed = 1 - static_cast<double>(result.totals().reach()) / all;
  const auto share = [&](const v1::GroupResult& group) {
    return static_cast<double>(group.unreached()) /
           (static_cast<double>(group.members()) * static_cast<double>(Replicas(result)));
  };
  std::vector<const v1::GroupResult*> segments;
  for (const v1::GroupResult& group : result.groups()) {
    if (group.members() * 200 < result.graph_members() || share(group) <= missed * 1.05) continue;
    segments.push_back(&group);
  }
  std::sort(segments.begin(), segments.end(),
            [&](const auto* a, const auto* b) { return share(*a) > share(*b); });
  if (segments.empty()) return "No segment is missed much more often than others.";
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < std::min(kTold, segments.size()); ++i) {
    parts.push_back(absl::StrFormat("of %s %.1f%%", SegmentName(*segments[i]), 100 * share(*segments[i])));
  }
  return absl::StrFormat("Of all members %.1f%%; %s.", 100 * missed, absl::StrJoin(parts, ", "));
}

}  // namespace

std::vector<Answer> GoalAnswers(const v1::RunResult& result) {
  std::vector<Answer> answers;
  if (result.has_target_members())
    answers.push_back({"Does it reach whom it is meant for?", TargetSentence(result)});
  if (result.totals().has_cost()) answers.push_back({"What does it cost?", CostSentence(result)});
  if (result.totals().has_monitors())
    answers.push_back({"When do monitors see it?", SightingSentence(result)});
  if (result.scenario().has_steps_to_percent()) {
    answers.push_back(
        {absl::StrCat("When is ", result.scenario().steps_to_percent(), "% of what it reaches reached?"),
         PercentSentence(result)});
  }
  const std::string starts = StartsSentence(result);
  if (!starts.empty()) answers.push_back({"When do the other messages start?", starts});
  if (result.groups_size() > 0) answers.push_back({"Whom does it miss most?", SegmentsSentence(result)});
  return answers;
}

}  // namespace lawine::cli
