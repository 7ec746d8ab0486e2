// Results by group of members, as they are told.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_GROUP_RESULT_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_GROUP_RESULT_H_

#include <cstdint>
#include <span>

#include "engine/spread/group_counts.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine {

// Of one message, those with members, in order of the engine's numbers; `rows` are sums over replicas, at
// least GroupsCount(spec) of them.
google::protobuf::RepeatedPtrField<lawine::v1::GroupResult> GroupResults(std::span<const GroupRow> rows,
                                                                         const GroupSpec& spec,
                                                                         std::uint32_t replicas,
                                                                         bool several_messages);

// Of one of several messages: who met it first, and last, at each step. Rows as above.
void AddMetBySteps(std::span<const GroupRow> rows, const GroupSpec& spec,
                   google::protobuf::RepeatedPtrField<lawine::v1::StepCounts>& steps);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_GROUP_RESULT_H_
