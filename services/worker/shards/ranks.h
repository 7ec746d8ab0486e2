// This worker's part of ranks of members; see engine/store/member_ranks.h and
// proto/lawine/internal/v1/ranks.proto.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_RANKS_H_
#define LAWINE_SERVICES_WORKER_SHARDS_RANKS_H_

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

using PassOnStream = grpc::ServerReaderWriter<internal::v1::PassOnResponse, internal::v1::PassOnRequest>;

// INVALID_ARGUMENT unless every member of this worker passes something on, once.
absl::Status PassOn(ShardHost& shards, Executor& executor, PassOnStream& stream);
absl::Status ReadFollowees(ShardHost& shards, const internal::v1::ReadFolloweesRequest& request,
                           grpc::ServerWriter<internal::v1::ReadFolloweesResponse>& writer);
absl::Status ReadDegrees(ShardHost& shards, const internal::v1::ReadDegreesRequest& request,
                         grpc::ServerWriter<internal::v1::ReadDegreesResponse>& writer);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_RANKS_H_
