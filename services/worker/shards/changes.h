// What a worker does for changes of graphs; see proto/lawine/internal/v1/changes.proto.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_CHANGES_H_
#define LAWINE_SERVICES_WORKER_SHARDS_CHANGES_H_

#include "absl/status/status.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

absl::Status DescribeVersions(ShardHost& shards, const internal::v1::DescribeVersionsRequest& request,
                              internal::v1::DescribeVersionsResponse& response);
absl::Status ResolveMembers(ShardHost& shards, const internal::v1::ResolveMembersRequest& request,
                            internal::v1::ResolveMembersResponse& response);
absl::Status ReadLinks(ShardHost& shards, const internal::v1::ReadLinksRequest& request,
                       internal::v1::ReadLinksResponse& response);
absl::Status WriteChanges(ShardHost& shards, const internal::v1::WriteChangesRequest& request);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_CHANGES_H_
