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
// short. What is as it is where a scenario says nothing is told as assumed: completed scenarios do not tell
// who said it.
std::vector<lawine::v1::ResultAssumption> FieldAssumptions(const lawine::v1::Scenario& scenario);

// The source of what is so by default.
inline constexpr char kDefaultSource[] = "default";
// One member at random: where a message starts by default.
bool IsDefaultStart(const lawine::v1::SeedMembers& seeds);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_RESULT_ASSUMPTIONS_H_
