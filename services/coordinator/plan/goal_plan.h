// What an organisation wants and pays: `target`, `costs` and `steps_to_percent` of a scenario.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_GOAL_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_GOAL_PLAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "lawine/v1/scenario.pb.h"
#include "services/coordinator/graphs/members.h"

namespace lawine {

// INVALID_ARGUMENT with the field's path.
absl::Status CheckGoal(const lawine::v1::Scenario& scenario);

// INVALID_ARGUMENT with the field's path where the graph has no member of the target's community, network and
// account kind. REQUIRES, as below: CheckGoal is content.
absl::Status CheckTargetIsThere(const lawine::v1::Target& target, const Members& members);
TargetSpec PlanTarget(const lawine::v1::Target& target);

// What it costs to give a message to the members of one injection. Seed members are the injection of step 0.
struct InjectionCost {
  std::uint32_t step = 0;  // counted from the message's start
  std::uint64_t cost = 0;
};

// What a message costs.
struct MessageCosts {
  std::optional<std::uint32_t> start = 0;  // its step; none where it depends on the replica
  std::vector<InjectionCost> injections;

  // In a replica of a run that ends with `max_steps`, if any: what had not come by then is not paid, and
  // nothing is where nobody was given the message.
  std::uint64_t In(const LaneOutcome& lane, std::optional<std::uint32_t> max_steps) const;
};

// By message. INVALID_ARGUMENT when all its injections together are more than can be summed over replicas.
absl::StatusOr<std::vector<MessageCosts>> PlanCosts(const lawine::v1::Costs& costs, const RunSpec& spec,
                                                    const Members& members);

// By message.
std::vector<lawine::v1::Sentiment> SentimentsOf(const lawine::v1::Scenario& scenario);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_GOAL_PLAN_H_
