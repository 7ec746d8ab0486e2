// Sweeps: a scenario at every value of a field, under the same luck.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_SWEEP_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_SWEEP_H_

#include <string>

#include "absl/status/statusor.h"
#include "lawine/v1/sweep.pb.h"
#include "lawine/v1/what_if.pb.h"
#include "services/coordinator/what_if/what_if_run.h"

namespace lawine {

// The last response of the call: the estimate if that is all that was asked for, else the result.
absl::StatusOr<lawine::v1::SweepResponse> Sweep(const lawine::v1::SweepRequest& request, WhatIfRuns& runs);

// What a sweep over a range says in one sentence; `whole`: over whole numbers.
std::string SweepAnswer(const lawine::v1::SweepResult& result, bool whole);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_SWEEP_H_
