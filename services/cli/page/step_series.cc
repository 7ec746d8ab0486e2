#include "services/cli/page/step_series.h"

#include <algorithm>
#include <utility>

#include "services/cli/page/answers.h"
#include "services/cli/text/model_text.h"

namespace lawine::cli {
namespace {

// Of the only series of a plot.
const char* NameOf(const v1::RunResult& result) {
  return result.ensemble().steps_size() > 0 ? "median"
         : result.scenario().replicas() > 1 ? "mean"
                                            : "members";
}

template <class Steps>
SpreadSeries SpreadOf(const v1::RunResult& result, std::string name, const Steps& steps,
                      const v1::Ensemble* ensemble) {
  return {.name = std::move(name),
          .steps = {steps.begin(), steps.end()},
          .ensemble = ensemble != nullptr && ensemble->steps_size() > 0 ? ensemble : nullptr,
          .replicas = std::max<std::uint64_t>(1, result.scenario().replicas()),
          .members = result.graph_members()};
}

}  // namespace

std::vector<SpreadSeries> SpreadSeriesOf(std::span<const v1::RunResult> results) {
  std::vector<SpreadSeries> spreads;
  for (const v1::RunResult& result : results) {
    const v1::Ensemble* const ensemble = result.has_ensemble() ? &result.ensemble() : nullptr;
    if (results.size() > 1 || result.messages_size() < 2) {
      spreads.push_back(
          SpreadOf(result, results.size() > 1 ? RunLabel(result) : NameOf(result), result.steps(), ensemble));
      continue;
    }
    for (int m = 0; m < result.messages_size(); ++m) {
      const v1::MessageResult& message = result.messages(m);
      spreads.push_back(SpreadOf(result, message.name(), message.steps(), m == 0 ? ensemble : nullptr));
    }
  }
  return spreads;
}

StepAxis StepAxisOf(std::span<const v1::Scenario* const> scenarios, std::uint32_t last_step) {
  const bool time =
      std::any_of(scenarios.begin(), scenarios.end(), [](auto* each) { return HasTime(*each); });
  const std::uint32_t seconds = scenarios.front()->step_seconds();
  const bool clock = std::all_of(scenarios.begin(), scenarios.end(), [&](const v1::Scenario* scenario) {
    return scenario->has_step_seconds() && scenario->step_seconds() == seconds;
  });
  if (!clock) return {.axis = {.title = time ? "step" : "hop", .whole = true}};
  const double total = static_cast<double>(last_step) * seconds;
  if (total >= 4 * 86'400) return {.axis = {.title = "days"}, .per_step = seconds / 86'400.0};
  if (total >= 4 * 3'600) return {.axis = {.title = "hours"}, .per_step = seconds / 3'600.0};
  return {.axis = {.title = "minutes"}, .per_step = seconds / 60.0};
}

std::uint32_t StepsAPoint(std::span<const SpreadSeries> spreads, std::uint32_t points_max) {
  std::uint32_t last = 0;
  for (const SpreadSeries& spread : spreads) {
    if (!spread.steps.empty()) last = std::max(last, spread.steps.back().step());
  }
  return last / points_max + 1;
}

std::vector<v1::StepCounts> Gathered(const std::vector<v1::StepCounts>& steps, std::uint32_t width) {
  std::vector<v1::StepCounts> gathered;
  for (const v1::StepCounts& counts : steps) {
    const std::uint32_t first = counts.step() / width * width;
    if (gathered.empty() || gathered.back().step() != first) gathered.emplace_back().set_step(first);
    v1::StepCounts& sum = gathered.back();
    sum.set_deliveries(sum.deliveries() + counts.deliveries());
    sum.set_first_receipts(sum.first_receipts() + counts.first_receipts());
    sum.set_duplicates(sum.duplicates() + counts.duplicates());
    sum.set_forwards(sum.forwards() + counts.forwards());
  }
  return gathered;
}

Series BandSeries(const SpreadSeries& spread, const StepAxis& axis, double unit, bool narrow,
                  const std::function<const v1::Distribution&(const v1::EnsembleStep&)>& of) {
  Series series{.name = spread.name};
  Band half, most;
  for (const v1::EnsembleStep& step : spread.ensemble->steps()) {
    const v1::Quantiles& q = of(step).quantiles();
    const auto add = [unit](std::uint64_t value, std::vector<double>& to) {
      to.push_back(static_cast<double>(value) / unit);
    };
    series.x.push_back(step.step() * axis.per_step);
    add(q.p50(), series.y);
    add(q.p25(), half.low);
    add(q.p75(), half.high);
    add(q.p05(), most.low);
    add(q.p95(), most.high);
  }
  if (narrow) series.bands.push_back(std::move(half));
  series.bands.push_back(std::move(most));
  return series;
}

Series MeanSeries(const SpreadSeries& spread, const StepAxis& axis, double unit, std::uint32_t width,
                  const std::function<double(const v1::StepCounts&)>& value_of) {
  Series series{.name = spread.name};
  for (const v1::StepCounts& counts : Gathered(spread.steps, width)) {
    series.x.push_back(counts.step() * axis.per_step);
    series.y.push_back(value_of(counts) / (unit * static_cast<double>(spread.replicas)));
  }
  return series;
}

}  // namespace lawine::cli
