// From what workers report to the public result.
#ifndef LAWINE_SERVICES_COORDINATOR_RUN_RESULT_H_
#define LAWINE_SERVICES_COORDINATOR_RUN_RESULT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/conductor.h"
#include "services/coordinator/scenario_plan.h"

namespace lawine {

// Sums steps over replicas and fills everything but timing. DATA_LOSS when steps and lanes do not fit.
absl::StatusOr<lawine::v1::RunResult> MakeResult(const RunPlan& plan, const ConductOutcome& outcome,
                                                 const std::vector<internal::v1::StepRow>& steps);

lawine::v1::StepCounts ToPublic(const internal::v1::StepRow& row);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUN_RESULT_H_
