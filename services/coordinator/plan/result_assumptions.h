// What a result rests on, and who says so.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_RESULT_ASSUMPTIONS_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_RESULT_ASSUMPTIONS_H_

#include <string>
#include <vector>

#include "lawine/v1/simulation.pb.h"

namespace lawine {

// Of the network, by how the graph came to be (Manifest.graph_origin).
std::vector<lawine::v1::ResultAssumption> NetworkAssumptions(const std::string& graph,
                                                             const std::string& origin);

// Of the scenario: every field that says something, by its path; a factor of 1 does not. Long lists are cut
// short.
std::vector<lawine::v1::ResultAssumption> FieldAssumptions(const lawine::v1::Scenario& scenario);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_RESULT_ASSUMPTIONS_H_
