// Loading one shard of a new graph: the worker's side of LoadShard.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_SHARD_LOAD_H_
#define LAWINE_SERVICES_WORKER_SHARDS_SHARD_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "engine/graph/generator.h"
#include "engine/store/shard_builder.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/turns.h"
#include "services/worker/shards/received_links.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

using LoadStream = grpc::ServerReaderWriter<internal::v1::LoadShardResponse, internal::v1::LoadShardRequest>;

// Thread-safe: several shards may be loaded at once; shards of one generated graph share its plan.
class ShardLoader {
 public:
  // Links of imports wait in `load_dir` when they are many; it is made when needed.
  ShardLoader(ShardHost& shards, Executor& executor, std::string load_dir)
      : shards_(shards), executor_(executor), load_dir_(std::move(load_dir)) {}

  // Serves one call. A failure, also of the stream, leaves nothing of the shard behind.
  absl::Status Load(grpc::ServerContext& context, LoadStream& stream);

 private:
  absl::StatusOr<ShardLinks> Build(const LinkSource& source, const GraphInfo& graph, ShardIndex shard,
                                   ShardWriter& writer, grpc::ServerContext& context, LoadStream& stream);
  absl::StatusOr<std::shared_ptr<ReceivedLinks>> Receive(const GraphInfo& graph, ShardIndex shard,
                                                         LoadStream& stream);
  absl::StatusOr<std::shared_ptr<const LinkSource>> PlanOf(const internal::v1::GeneratorSpec& generator);

  ShardHost& shards_;
  Executor& executor_;
  const std::string load_dir_;
  Turns loads_;
  Mutex mutex_;
  GeneratorSpec planned_ ABSL_GUARDED_BY(mutex_);
  std::weak_ptr<const LinkSource> plan_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_SHARD_LOAD_H_
