// Plots of results by group of members: network, account kind, own audience, community.
#ifndef LAWINE_SERVICES_CLI_PAGE_GROUP_PLOTS_H_
#define LAWINE_SERVICES_CLI_PAGE_GROUP_PLOTS_H_

#include "lawine/v1/simulation.pb.h"
#include "services/cli/page/page.h"

namespace lawine::cli {

// Nothing where results were not asked for by group.
PagePlots GroupPlots(const v1::RunResult& result, const std::string& title);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_GROUP_PLOTS_H_
