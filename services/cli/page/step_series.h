// Counts by step as series of a plot.
#ifndef LAWINE_SERVICES_CLI_PAGE_STEP_SERIES_H_
#define LAWINE_SERVICES_CLI_PAGE_STEP_SERIES_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lawine/v1/simulation.pb.h"
#include "services/cli/page/plot.h"

namespace lawine::cli {

// One message of one run, as plots see it.
struct SpreadSeries {
  std::string name;
  std::vector<v1::StepCounts> steps;       // summed over replicas
  const v1::Ensemble* ensemble = nullptr;  // with steps; else null
  std::uint64_t replicas = 1;
  std::uint64_t members = 0;  // of the graph
};
// Each message of a single result, or the first message of each of several. The results must outlive them.
std::vector<SpreadSeries> SpreadSeriesOf(std::span<const v1::RunResult> results);

// The axis of steps: hops, steps, or time where all scenarios say how long a step is.
struct StepAxis {
  Axis axis;
  double per_step = 1;
};
StepAxis StepAxisOf(std::span<const v1::Scenario* const> scenarios, std::uint32_t last_step);

// Steps drawn as one: 1 unless there are more than a plot can show.
std::uint32_t StepsAPoint(std::span<const SpreadSeries> spreads, std::uint32_t points_max);
// Counts of `width` steps each, by their first step.
std::vector<v1::StepCounts> Gathered(const std::vector<v1::StepCounts>& steps, std::uint32_t width);

// The median of replicas with bands of half and of nine in ten of them; narrow = false leaves out the first.
Series BandSeries(const SpreadSeries& spread, const StepAxis& axis, double unit, bool narrow,
                  const std::function<const v1::Distribution&(const v1::EnsembleStep&)>& of);
// The mean of a replica; `value_of` is asked in order of steps.
Series MeanSeries(const SpreadSeries& spread, const StepAxis& axis, double unit, std::uint32_t width,
                  const std::function<double(const v1::StepCounts&)>& value_of);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_STEP_SERIES_H_
