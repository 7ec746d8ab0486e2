#include "services/cli/page/group_plots.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/cli/text/groups_text.h"
#include "services/cli/text/model_text.h"
#include "services/cli/text/result_text.h"

namespace lawine::cli {
namespace {

constexpr v1::GroupKind kKinds[] = {v1::GROUP_KIND_NETWORK, v1::GROUP_KIND_ACCOUNT_KIND,
                                    v1::GROUP_KIND_AUDIENCE, v1::GROUP_KIND_COMMUNITY};

// Places of the groups of a kind.
std::vector<int> PlacesOf(const v1::RunResult& result, v1::GroupKind kind) {
  std::vector<int> places;
  for (int g = 0; g < result.groups_size(); ++g) {
    if (result.groups(g).kind() == kind) places.push_back(g);
  }
  return places;
}

// The share of each group that each message reached.
Plot SharesPlot(const v1::RunResult& result, v1::GroupKind kind, const std::vector<int>& places) {
  Plot plot{.kind = Plot::Kind::kBars,
            .title = absl::StrCat("Reached, by ", GroupKindText(kind)),
            .note = "Of the members of each group, the share that got it.",
            .x = {.title = GroupKindText(kind)},
            .y = {.title = "% of its members", .from_zero = true}};
  for (const int g : places) plot.labels.push_back(result.groups(g).name());
  const auto add = [&](const std::string& name, const auto& groups) {
    Series series{.name = name};
    for (const int g : places) {
      const v1::GroupResult& group = groups.Get(g);
      series.y.push_back(100.0 * static_cast<double>(group.reach()) /
                         (static_cast<double>(group.members()) * Replicas(result)));
    }
    plot.series.push_back(std::move(series));
  };
  if (result.messages_size() < 2) {
    add("reached", result.groups());
  } else {
    for (const v1::MessageResult& message : result.messages()) add(message.name(), message.groups());
  }
  return plot;
}

// Which message members met first, or last.
Plot MetPlot(const v1::RunResult& result, v1::GroupKind kind, const std::vector<int>& places, bool first) {
  Plot plot{.kind = Plot::Kind::kStacked,
            .title = absl::StrCat(first ? "Met first, by " : "Met last, by ", GroupKindText(kind)),
            .note = absl::StrCat("Of the members of each group, the share that met each message ",
                                 first ? "before" : "after", " all others."),
            .x = {.title = GroupKindText(kind)},
            .y = {.title = "% of its members", .from_zero = true}};
  for (const int g : places) plot.labels.push_back(result.groups(g).name());
  for (const v1::MessageResult& message : result.messages()) {
    Series series{.name = message.name()};
    for (const int g : places) {
      const v1::GroupResult& group = message.groups(g);
      series.y.push_back(100.0 * static_cast<double>(first ? group.first_met() : group.last_met()) /
                         (static_cast<double>(group.members()) * Replicas(result)));
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

// The same step by step, of all members together.
Plot MetByStepPlot(const v1::RunResult& result, bool first) {
  const std::string step_word = StepWord(result.scenario());
  Plot plot{.title = absl::StrCat(first ? "Met first, by " : "Met last, by ", step_word),
            .note = absl::StrCat("Members that met each message ", first ? "before" : "after",
                                 " all others, where they did."),
            .x = {.title = step_word, .whole = true},
            .y = {.title = Replicas(result) > 1 ? "members, mean" : "members", .from_zero = true}};
  for (const v1::MessageResult& message : result.messages()) {
    Series series{.name = message.name()};
    for (const v1::StepCounts& step : message.steps()) {
      series.x.push_back(step.step());
      series.y.push_back(static_cast<double>(first ? step.first_met() : step.last_met()) / Replicas(result));
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

}  // namespace

PagePlots GroupPlots(const v1::RunResult& result, const std::string& title) {
  PagePlots page{.title = title, .plots = {}};
  for (const v1::GroupKind kind : kKinds) {
    const std::vector<int> places = PlacesOf(result, kind);
    if (places.size() < 2) continue;  // all members are alike
    page.plots.push_back(SharesPlot(result, kind, places));
    if (result.messages_size() < 2) continue;
    page.plots.push_back(MetPlot(result, kind, places, true));
    page.plots.push_back(MetPlot(result, kind, places, false));
  }
  if (result.groups_size() == 0 || result.messages_size() < 2) return page;
  for (const bool first : {true, false}) page.plots.push_back(MetByStepPlot(result, first));
  return page;
}

}  // namespace lawine::cli
