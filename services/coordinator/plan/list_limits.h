// How long the lists of a scenario may be. A choice of members asks all workers, and a message has tables of
// its own: what is too long is refused before any of that is done.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_LIST_LIMITS_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_LIST_LIMITS_H_

#include "absl/status/status.h"
#include "lawine/v1/scenario.pb.h"

namespace lawine {

// Of any scenario. INVALID_ARGUMENT with the field's path, as below.
absl::Status CheckListSizes(const lawine::v1::Scenario& scenario);

// Members that each message is given, and steps that all of them may take. REQUIRES: the scenario is
// complete.
absl::Status CheckMembersGiven(const lawine::v1::Scenario& scenario);
absl::Status CheckStepsOfMessages(const lawine::v1::Scenario& scenario);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_LIST_LIMITS_H_
