// What changes after a step of a run, and branches of runs: `later` of a scenario.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_LATER_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_LATER_PLAN_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine {

// Fills defaults of what changes, and checks it. INVALID_ARGUMENT with the field's path for what cannot
// change. REQUIRES: the rest of the scenario is complete, and `later` is set. `names` are those of its
// messages.
absl::Status CompleteLater(lawine::v1::Scenario& scenario, std::set<std::string>& names);

// The model after that step.
lawine::v1::Model LaterModel(const lawine::v1::Scenario& scenario);

// The scenario of a branch: that of the run, and what changes after the step. INVALID_ARGUMENT or
// FAILED_PRECONDITION for runs that have no such step, or are branches.
absl::StatusOr<lawine::v1::Scenario> BranchOf(const lawine::v1::RunResult& run, std::uint32_t after_step,
                                              const lawine::v1::Scenario& change);

// DATA_LOSS unless all steps up to the branch are those of the run.
absl::Status CheckBranch(const lawine::v1::RunResult& run, const lawine::v1::RunResult& branch,
                         std::uint32_t after_step);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_LATER_PLAN_H_
