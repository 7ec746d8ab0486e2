// From a batch as callers send it to one in dense ids: members looked up, kinds, networks and probabilities
// read.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_BATCH_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_BATCH_H_

#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/store/graph_change.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/changes.pb.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

using IdsByKey = absl::flat_hash_map<MemberKey, MemberId>;

// INVALID_ARGUMENT for what no graph could take: too many changes, ids that are none. Appends the keys of all
// members that it names.
absl::Status ReadKeys(const internal::v1::GraphInfo& graph, const lawine::v1::ApplyChangesRequest& request,
                      std::vector<MemberKey>& keys);

// Dense ids of those of `keys` that the graph has at its version.
absl::StatusOr<IdsByKey> ResolveMembers(const internal::v1::GraphRecord& graph, const Placement& placement,
                                        std::vector<MemberKey> keys);

// `plan` is the version in the making: members that it adds are there too. INVALID_ARGUMENT, with the field,
// for members that are not there; ALREADY_EXISTS for new ones that are. REQUIRES: ReadKeys found nothing
// wrong.
absl::StatusOr<ChangeBatch> ToBatch(const internal::v1::GraphInfo& graph,
                                    const lawine::v1::ApplyChangesRequest& request, const IdsByKey& ids,
                                    const ChangePlan& plan);

// `status`, which refused an edit of the batch that `request` became, about the field that asked for it.
absl::Status InChange(const lawine::v1::ApplyChangesRequest& request, const RefusedEdit& refused,
                      const absl::Status& status);

// How the links between members that the graph has are that `requests` name.
absl::StatusOr<ChangePlan::States> ReadLinkStates(
    const GraphInfo& graph, const Placement& placement,
    std::span<const lawine::v1::ApplyChangesRequest* const> requests, const IdsByKey& ids);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_CHANGE_BATCH_H_
