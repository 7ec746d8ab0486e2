// Models of a scenario as the engine takes them: fractions become fixed point, names become numbers.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_MODEL_PLAN_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_MODEL_PLAN_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/spread/message_spec.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/graphs/members.h"

namespace lawine {

// Everything of a message but when and where it starts, and influences. INVALID_ARGUMENT with the field's
// path, of which `path` is the beginning. `step_seconds` is 0 where steps are hops.
absl::StatusOr<MessageSpec> PlanMessageModel(const lawine::v1::Model& model, std::uint32_t step_seconds,
                                             const std::string& path);

// Whether a complete scenario needs a ModelSpec: more than one message of a model with kernels of its own.
bool NeedsModelSpec(const lawine::v1::Scenario& scenario);

// Fills defaults of a model whose kind is given.
void CompleteModel(lawine::v1::Model& model);

// Fills defaults of further messages, injections and monitors, and checks names, what must be there, and how
// much of it there may be.
absl::Status CompleteMessages(lawine::v1::Scenario& scenario);

// Parts of it: some messages, or injections, at `path`. `names` are those of messages before.
absl::Status CompleteFurther(google::protobuf::RepeatedPtrField<lawine::v1::FurtherMessage>& messages,
                             const lawine::v1::Model& model, std::uint32_t step_seconds,
                             const std::string& path, std::set<std::string>& names);
absl::Status CompleteInjections(google::protobuf::RepeatedPtrField<lawine::v1::Injection>& injections,
                                const std::string& path);

// Names of all messages, the first one first. REQUIRES: the scenario is complete.
std::vector<std::string> MessageNames(const lawine::v1::Scenario& scenario);

// The model of a complete scenario that starts at `seed_members`. Warnings are appended.
absl::StatusOr<ModelSpec> PlanModelSpec(const lawine::v1::Scenario& scenario,
                                        const std::vector<MemberId>& seed_members,
                                        std::uint32_t members_count, const Members& members,
                                        std::vector<std::string>& warnings);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_MODEL_PLAN_H_
