// Comparisons: base and variants run under the same luck, and told apart.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_COMPARE_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_COMPARE_H_

#include "absl/status/statusor.h"
#include "lawine/v1/what_if.pb.h"
#include "services/coordinator/what_if/what_if_run.h"

namespace lawine {

// The last response of the call: the estimate if that is all that was asked for, else the result.
absl::StatusOr<lawine::v1::CompareResponse> Compare(const lawine::v1::CompareRequest& request,
                                                    WhatIfRuns& runs);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_COMPARE_H_
