// One scenario and what is to be different in it.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_SCENARIO_MERGE_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_SCENARIO_MERGE_H_

#include "lawine/v1/scenario.pb.h"

namespace lawine {

// `base` changed as lawine.v1.Variant says.
lawine::v1::Scenario MergeScenario(const lawine::v1::Scenario& base, const lawine::v1::Scenario& change);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_SCENARIO_MERGE_H_
