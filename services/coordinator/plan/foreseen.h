// What is known of a run's replicas before they are made.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_FORESEEN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_FORESEEN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "engine/spread/run_spec.h"
#include "services/coordinator/plan/scenario_plan.h"
#include "services/coordinator/statistics/precision.h"

namespace lawine {

// Whether replicas may differ. True also of some rules without coins; never false of rules that have some.
bool HasCoins(const RunSpec& spec);

// What replicas of the plan may be like.
PossibleReplicas PossibleOf(const RunPlan& plan);

// INVALID_ARGUMENT for `path`, with what is missing, when the scenario of `plan` does not tell the measure of
// that message: it would be answered as 0. `whose` names the scenario.
absl::Status CheckTold(const std::string& path, const std::string& measure, const RunPlan& plan,
                       std::uint32_t message, const std::string& whose);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_FORESEEN_H_
