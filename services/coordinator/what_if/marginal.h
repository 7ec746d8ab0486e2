// What the reach of a message owes to each of its seed members: the same luck with and without it.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_MARGINAL_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_MARGINAL_H_

#include "absl/status/statusor.h"
#include "lawine/v1/what_if.pb.h"
#include "services/coordinator/what_if/what_if_run.h"

namespace lawine {

// INVALID_ARGUMENT with the field's path; what runs say.
absl::StatusOr<lawine::v1::MarginalReachResponse> MarginalReach(
    const lawine::v1::MarginalReachRequest& request, WhatIfRuns& runs);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_MARGINAL_H_
