// From a scenario to a run: defaults, checks, seed members, estimate.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_SCENARIO_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_SCENARIO_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/spread/run_spec.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/graphs/members.h"
#include "services/coordinator/plan/counted_rates.h"
#include "services/coordinator/plan/goal_plan.h"

namespace lawine {

// Fills every field that is not set with its documented default. INVALID_ARGUMENT, with the field's path,
// for values out of range, fields that contradict each other, and messages that are there but empty.
absl::StatusOr<lawine::v1::Scenario> CompleteScenario(const lawine::v1::Scenario& scenario);

// Of a run of one replica.
struct CheckpointPlan {
  absl::Duration every = absl::ZeroDuration();  // 0: none are made
  std::optional<std::uint32_t> from = {};       // the step of that where it begins; none: at the beginning
};

struct RunPlan {
  lawine::v1::Scenario scenario;  // complete
  internal::v1::GraphRecord graph;
  RunSpec spec;  // without run id
  std::vector<lawine::v1::SeedMember> seed_members;
  std::vector<std::string> message_names;         // of all messages
  std::vector<lawine::v1::Sentiment> sentiments;  // the same
  std::vector<MessageCosts> costs;                // the same; empty where posts cost nothing
  std::vector<RateDraws> draws;                   // of rates that are given by counts
  std::vector<std::string> warnings;
  lawine::v1::Estimate estimate;
  std::string result_key;
  CheckpointPlan checkpoints = {};  // of the attempt
};

// Number of the message of this name; the first one's for none. INVALID_ARGUMENT for `path`.
absl::StatusOr<std::uint32_t> MessageNumber(const std::vector<std::string>& names, const std::string& name,
                                            const std::string& path);

// What the run is expected to take.
lawine::v1::Estimate EstimateRun(const RunPlan& plan);
// INVALID_ARGUMENT for `replicas`, with the estimate, when it is more than a run may take.
absl::Status CheckEstimate(const RunPlan& plan);

// Finds the seed members and makes the run's spec; with `attribution` one that can tell who brought it to
// whom. REQUIRES: `scenario` is complete.
absl::StatusOr<RunPlan> PlanRun(const lawine::v1::Scenario& scenario, const internal::v1::GraphRecord& graph,
                                const Members& members, bool attribution);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_SCENARIO_PLAN_H_
