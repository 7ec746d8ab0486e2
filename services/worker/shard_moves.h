// Copies of shards that leave this worker and arrive at it: the worker's side of ShardService.
#ifndef LAWINE_SERVICES_WORKER_SHARD_MOVES_H_
#define LAWINE_SERVICES_WORKER_SHARD_MOVES_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/executor.h"
#include "engine/store/shard_arrivals.h"
#include "lawine/internal/v1/placement.grpc.pb.h"
#include "services/common/turns.h"
#include "services/worker/coordinator_watch.h"
#include "services/worker/runs/run_host.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// Thread-safe; what is done about one shard takes turns (see Turns::Take). At most one part of a file of each
// call is in memory.
class ShardMoves {
 public:
  using SendStream =
      grpc::ServerReaderWriter<internal::v1::SendShardResponse, internal::v1::SendShardRequest>;
  using FetchWriter = grpc::ServerWriter<internal::v1::FetchShardResponse>;
  using StoreReader = grpc::ServerReader<internal::v1::StoreShardRequest>;

  // `node_id` is this worker's. `root`: that of the storage of `shards`. `credentials` are for calls to other
  // workers; null: plain text. Who fetches a shard here asks for the next file within `silence_max`.
  ShardMoves(std::string node_id, const std::string& root,
             std::shared_ptr<grpc::ChannelCredentials> credentials, ShardHost& shards, RunHost& runs,
             Executor& executor, absl::Duration silence_max = absl::Minutes(10))
      : node_id_(std::move(node_id)),
        arrivals_(root),
        credentials_(std::move(credentials)),
        shards_(shards),
        runs_(runs),
        executor_(executor),
        silence_max_(silence_max) {}

  absl::Status Send(grpc::ServerContext& context, SendStream& stream) const;
  // RESOURCE_EXHAUSTED when the disk is full, or a memory limit would not let this worker hold the shard.
  absl::Status Fetch(grpc::ServerContext& context, const internal::v1::FetchShardRequest& request,
                     FetchWriter& writer);
  absl::StatusOr<internal::v1::StoreShardResponse> Store(const grpc::ServerContext& context,
                                                         StoreReader& reader);
  absl::Status Adopt(const grpc::ServerContext& context, const internal::v1::ShardId& shard);
  absl::Status Confirm(const internal::v1::ConfirmShardRequest& request) const;
  absl::Status Drop(const grpc::ServerContext& context, const internal::v1::DropShardRequest& request);
  // Removes copies of the graph's shards that are on their way.
  absl::Status DropArriving(const grpc::ServerContext& context, const std::string& graph);

 private:
  absl::StatusOr<Turns::Turn> Take(const ShardName& name, const grpc::ServerContext& context);
  absl::Status CheckMeant(const std::string& node_id) const;
  // The shard, when it is here and of that graph and version.
  absl::StatusOr<std::shared_ptr<ShardLog>> LogOf(const internal::v1::ShardId& shard) const;
  // Needs the shard no longer once it is there.
  absl::StatusOr<std::unique_ptr<ShardCheckpoint>> CheckpointOf(const internal::v1::ShardId& shard) const;
  absl::Status CheckArrived(const ShardName& name, const internal::v1::ShardId& id) const;
  absl::Status CheckStored(const ShardName& name, const internal::v1::ShardId& id,
                           internal::v1::StoreShardResponse& response) const;
  absl::StatusOr<internal::v1::StoreShardResponse> StoreAll(const internal::v1::StoreShardJob& job,
                                                            const ShardName& name, StoreReader& reader);

  const std::string node_id_;
  const ShardArrivals arrivals_;
  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  ShardHost& shards_;
  RunHost& runs_;
  Executor& executor_;
  const absl::Duration silence_max_;
  Turns turns_;
};

// The gRPC service: translate, call, translate.
class ShardService final : public internal::v1::ShardService::Service {
 public:
  ShardService(ShardMoves& moves, CoordinatorWatch& coordinator) : moves_(moves), coordinator_(coordinator) {}
  grpc::Status SendShard(grpc::ServerContext* context, ShardMoves::SendStream* stream) override;
  grpc::Status FetchShard(grpc::ServerContext* context, const internal::v1::FetchShardRequest* request,
                          ShardMoves::FetchWriter* writer) override;
  grpc::Status StoreShard(grpc::ServerContext* context, ShardMoves::StoreReader* reader,
                          internal::v1::StoreShardResponse* response) override;
  grpc::Status AdoptShard(grpc::ServerContext* context, const internal::v1::AdoptShardRequest* request,
                          internal::v1::AdoptShardResponse*) override;
  grpc::Status ConfirmShard(grpc::ServerContext*, const internal::v1::ConfirmShardRequest* request,
                            internal::v1::ConfirmShardResponse*) override;
  grpc::Status DropShard(grpc::ServerContext* context, const internal::v1::DropShardRequest* request,
                         internal::v1::DropShardResponse*) override;

 private:
  ShardMoves& moves_;
  CoordinatorWatch& coordinator_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARD_MOVES_H_
