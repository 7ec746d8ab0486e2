// What a scenario asks of the network beside how messages spread: people, growth, groups.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_NETWORK_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_NETWORK_PLAN_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/spread/message_spec.h"
#include "lawine/internal/v1/worker.pb.h"
#include "lawine/v1/scenario.pb.h"
#include "services/coordinator/graphs/members.h"

namespace lawine {

// Fills defaults and checks what can be checked without a graph. INVALID_ARGUMENT names the field.
absl::Status CompleteNetwork(lawine::v1::Scenario& scenario);

// Fills defaults that depend on the graph: people, where it knows persons. INVALID_ARGUMENT for `people`
// where it does not.
absl::Status CompletePeople(const internal::v1::GraphInfo& graph, lawine::v1::Scenario& scenario);

// Adds to a model whose messages are planned. REQUIRES: both of the above.
absl::Status PlanNetwork(const lawine::v1::Scenario& scenario, const internal::v1::GraphInfo& graph,
                         const Members& members, ModelSpec& model);

absl::StatusOr<Reactions> PlanReactions(const lawine::v1::Model& model, const std::string& path);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_NETWORK_PLAN_H_
