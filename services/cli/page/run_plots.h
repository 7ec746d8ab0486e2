// Plots of one run, or of several side by side.
#ifndef LAWINE_SERVICES_CLI_PAGE_RUN_PLOTS_H_
#define LAWINE_SERVICES_CLI_PAGE_RUN_PLOTS_H_

#include <span>
#include <vector>

#include "lawine/v1/simulation.pb.h"
#include "services/cli/page/page.h"
#include "services/cli/page/step_series.h"

namespace lawine::cli {

// Each message of a single run, or the first message of each of several, is a series. REQUIRES: a result.
std::vector<PagePlots> RunPlots(std::span<const v1::RunResult> results);

// How many replicas reached how many members.
Plot SizePlot(const v1::Ensemble& ensemble, const std::string& of);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_RUN_PLOTS_H_
