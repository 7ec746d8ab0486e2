// Delays of a scenario as integer tables: the only place where their distributions are floating point.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_DELAY_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_DELAY_PLAN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/spread/message_spec.h"
#include "lawine/v1/scenario.pb.h"

namespace lawine {

struct DelayPlan {
  DelayTable table;
  Rhythm rhythm;
};

// INVALID_ARGUMENT with the field's path, of which `path` is the beginning: a distribution that is none, or
// that exceeds limits::kDelayStepsMax steps with a chance of more than 1 in a million. `step_seconds` is 0
// where steps are hops; then there is no rhythm.
//
// Chances are rounded to multiples of 2^-32, so that mathematical libraries that differ in the last place
// make the same table.
absl::StatusOr<DelayPlan> PlanDelay(const lawine::v1::Delay& delay, std::uint32_t step_seconds,
                                    const std::string& path);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_DELAY_PLAN_H_
