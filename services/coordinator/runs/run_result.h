// From what workers report to the public result.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RESULT_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RESULT_H_

#include "engine/spread/outcome.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/plan/scenario_plan.h"
#include "services/coordinator/runs/conductor.h"

namespace lawine {

// Everything but timing.
lawine::v1::RunResult MakeResult(const RunPlan& plan, const ConductOutcome& outcome);

// Without the run and workers.
lawine::v1::Manifest MakeManifest(const internal::v1::GraphInfo& graph, std::uint64_t exchange_bytes);
lawine::v1::StepCounts ToPublic(const StepCounts& counts);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RESULT_H_
