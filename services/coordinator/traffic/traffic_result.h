// The result of traffic as the public API gives it.
#ifndef LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_RESULT_H_
#define LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_RESULT_H_

#include "lawine/v1/traffic.pb.h"
#include "services/coordinator/traffic/traffic_conductor.h"

namespace lawine {

lawine::v1::TrafficTotals TotalsOf(const TrafficOutcome& outcome);

// Without makespan and workers.
lawine::v1::TrafficResult MakeTrafficResult(const TrafficJob& job, const TrafficConducted& conducted);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_TRAFFIC_TRAFFIC_RESULT_H_
