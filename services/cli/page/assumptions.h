// What the answers of a scenario rest on, and where each part comes from.
#ifndef LAWINE_SERVICES_CLI_PAGE_ASSUMPTIONS_H_
#define LAWINE_SERVICES_CLI_PAGE_ASSUMPTIONS_H_

#include <string>
#include <vector>

#include "lawine/v1/scenario.pb.h"
#include "services/cli/page/page.h"

namespace lawine::cli {

// Of the network, by how the graph came to be (Manifest.graph_origin).
std::vector<Assumption> NetworkAssumptions(const std::string& graph, const std::string& origin);
// Of the message: where it starts and how it spreads. REQUIRES: the scenario is complete.
std::vector<Assumption> ScenarioAssumptions(const v1::Scenario& scenario);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_PAGE_ASSUMPTIONS_H_
