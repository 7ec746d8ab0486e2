#include "services/coordinator/workers/shard_calls.h"

#include <grpcpp/grpcpp.h>

#include "services/common/rpc.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kConfirmTimeout = absl::Seconds(5);
constexpr absl::Duration kCopyTimeoutMin = absl::Minutes(10);
constexpr double kCopyBytesPerSecondMin = 1 << 20;

// ask(context) with a deadline, and until `ends`, if there is one.
template <class Ask>
absl::Status Within(const WorkerHandle& worker, absl::Duration timeout, Cancellation* ends, Ask&& ask) {
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  if (ends != nullptr) ends->Add(&context);
  const grpc::Status status = ask(&context);
  if (ends != nullptr) ends->Remove(&context);
  return worker.Said(status);
}

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

absl::Status AdoptShard(const WorkerHandle& worker, const pbi::ShardId& shard, Cancellation* ends) {
  pbi::AdoptShardRequest request;
  *request.mutable_shard() = shard;
  pbi::AdoptShardResponse response;
  return Within(worker, kShardTimeout, ends, [&](grpc::ClientContext* context) {
    return worker.copies->AdoptShard(context, request, &response);
  });
}

absl::Status ConfirmShard(const WorkerHandle& worker, const pbi::ShardId& shard, Cancellation* ends) {
  pbi::ConfirmShardRequest request;
  request.set_node_id(worker.node_id);
  *request.mutable_shard() = shard;
  pbi::ConfirmShardResponse response;
  return Within(worker, kConfirmTimeout, ends, [&](grpc::ClientContext* context) {
    return worker.copies->ConfirmShard(context, request, &response);
  });
}

absl::Status DropShard(const WorkerHandle& worker, const pbi::ShardId& shard, bool arrived_only,
                       Cancellation* ends, absl::Duration timeout) {
  pbi::DropShardRequest request;
  *request.mutable_shard() = shard;
  request.set_arrived_only(arrived_only);
  request.set_node_id(worker.node_id);
  pbi::DropShardResponse response;
  return Within(worker, timeout, ends, [&](grpc::ClientContext* context) {
    return worker.copies->DropShard(context, request, &response);
  });
}

}  // namespace lawine
