// Loading one shard of a new graph: the worker's side of LoadShard.
#ifndef LAWINE_SERVICES_WORKER_SHARD_LOAD_H_
#define LAWINE_SERVICES_WORKER_SHARD_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "engine/graph/generator.h"
#include "engine/store/shard_builder.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/turns.h"
#include "services/worker/shard_host.h"

namespace lawine {

using LoadStream = grpc::ServerReaderWriter<internal::v1::LoadShardResponse, internal::v1::LoadShardRequest>;

// Thread-safe: several shards may be loaded at once; shards of one generated graph share its plan.
class ShardLoader {
 public:
  ShardLoader(ShardHost& shards, Executor& executor) : shards_(shards), executor_(executor) {}

  // Serves one call. A failure, also of the stream, leaves nothing of the shard behind.
  absl::Status Load(grpc::ServerContext& context, LoadStream& stream);

 private:
  absl::StatusOr<std::shared_ptr<const LinkSource>> SourceOf(const internal::v1::LoadJob& job,
                                                             const GraphInfo& graph, LoadStream& stream);
  absl::StatusOr<ShardLinks> Build(const LinkSource& source, const GraphInfo& graph, ShardIndex shard,
                                   ShardWriter& writer, grpc::ServerContext& context, LoadStream& stream);

  ShardHost& shards_;
  Executor& executor_;
  Turns loads_;
  Mutex mutex_;
  GeneratorSpec planned_ ABSL_GUARDED_BY(mutex_);
  std::weak_ptr<const LinkSource> plan_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARD_LOAD_H_
