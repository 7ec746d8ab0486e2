// A worker's part of checking a graph's files.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_VERIFY_H_
#define LAWINE_SERVICES_WORKER_SHARDS_VERIFY_H_

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// Checks all of this worker's shards of the graph, one after the other. What is wrong with one stands in the
// response; CANCELLED when the caller is gone.
absl::Status Verify(ShardHost& shards, Executor& executor, const grpc::ServerContext& context,
                    const internal::v1::VerifyShardsRequest& request,
                    internal::v1::VerifyShardsResponse& response);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_VERIFY_H_
