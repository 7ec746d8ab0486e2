// What an organisation wants and pays: `target`, `costs` and `steps_to_percent` of a scenario.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_GOAL_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_GOAL_PLAN_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "lawine/v1/scenario.pb.h"
#include "services/coordinator/graphs/members.h"

namespace lawine {

// INVALID_ARGUMENT with the field's path.
absl::Status CheckGoal(const lawine::v1::Scenario& scenario);

// INVALID_ARGUMENT with the field's path where the graph has no member of the target's community and account
// kind. REQUIRES, as below: CheckGoal is content.
absl::Status CheckTargetIsThere(const lawine::v1::Target& target, const Members& members);
TargetSpec PlanTarget(const lawine::v1::Target& target);

// By message, what its seed members and those it is injected into cost together. INVALID_ARGUMENT when that
// is more than can be summed over replicas.
absl::StatusOr<std::vector<std::uint64_t>> PlanCosts(const lawine::v1::Costs& costs, const RunSpec& spec,
                                                     const Members& members);

// By message.
std::vector<lawine::v1::Sentiment> SentimentsOf(const lawine::v1::Scenario& scenario);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_GOAL_PLAN_H_
