#include "services/coordinator/workers/shard_calls.h"

#include <grpcpp/grpcpp.h>

#include "services/common/rpc.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kShardTimeout = absl::Minutes(2);
constexpr absl::Duration kConfirmTimeout = absl::Seconds(5);
constexpr absl::Duration kCopyTimeoutMin = absl::Minutes(10);
constexpr double kCopyBytesPerSecondMin = 1 << 20;

}  // namespace

absl::Duration CopyTimeout(std::uint64_t bytes) {
  return kCopyTimeoutMin + absl::Seconds(static_cast<double>(bytes) / kCopyBytesPerSecondMin);
}

absl::Status FetchShard(const WorkerHandle& to, const WorkerHandle& from, const pbi::ShardId& shard,
                        absl::Duration timeout, const std::function<void(std::uint64_t)>& told,
                        Cancellation& cancellation) {
  pbi::FetchShardRequest request;
  *request.mutable_shard() = shard;
  request.set_source_address(from.address);
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  cancellation.Add(&context);
  const auto stream = to.copies->FetchShard(&context, request);
  pbi::FetchShardResponse response;
  while (stream->Read(&response)) told(response.bytes_copied());
  const grpc::Status status = stream->Finish();
  cancellation.Remove(&context);
  if (!status.ok()) return to.Said(status);
  return response.arrived() ? absl::OkStatus() : absl::InternalError(to.Text() + " ended the copy early");
}

absl::Status AdoptShard(const WorkerHandle& worker, const pbi::ShardId& shard) {
  pbi::AdoptShardRequest request;
  *request.mutable_shard() = shard;
  pbi::AdoptShardResponse response;
  grpc::ClientContext context;
  SetDeadline(context, kShardTimeout);
  return worker.Said(worker.copies->AdoptShard(&context, request, &response));
}

absl::Status ConfirmShard(const WorkerHandle& worker, const pbi::ShardId& shard) {
  pbi::ConfirmShardRequest request;
  request.set_node_id(worker.node_id);
  *request.mutable_shard() = shard;
  pbi::ConfirmShardResponse response;
  grpc::ClientContext context;
  SetDeadline(context, kConfirmTimeout);
  return worker.Said(worker.copies->ConfirmShard(&context, request, &response));
}

absl::Status DropShard(const WorkerHandle& worker, const pbi::ShardId& shard, bool arrived_only,
                       absl::Duration timeout) {
  pbi::DropShardRequest request;
  *request.mutable_shard() = shard;
  request.set_arrived_only(arrived_only);
  request.set_node_id(worker.node_id);
  pbi::DropShardResponse response;
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  return worker.Said(worker.copies->DropShard(&context, request, &response));
}

}  // namespace lawine
