// A worker as it is called, and who holds the shards of a graph.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_HANDLE_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_HANDLE_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lawine/internal/v1/placement.grpc.pb.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/coordinator/workers/cancellation.h"

namespace lawine {

// Its calls are driven by gRPC's own threads.
using WorkerStub = class internal::v1::WorkerService::Stub::async;

// A worker as seen at one moment. The stub may be used by several threads.
struct WorkerHandle {
  std::string node_id;
  std::string address;
  std::shared_ptr<internal::v1::WorkerService::Stub> stub;
  std::vector<std::uint32_t> shards = {};  // of the graph asked for, ascending
  std::shared_ptr<internal::v1::ShardService::Stub> copies = nullptr;
  std::uint64_t incarnation = 0;  // the process that said what it holds

  std::string Text() const;  // "worker w-12 at 127.0.0.1:7071"
  // What a call to the worker said, with the worker named.
  absl::Status Said(const grpc::Status& status) const;
  // How the worker's part of a run or of traffic ended; a failure with worker and shards named.
  absl::Status PartSaid(const grpc::Status& status) const;
  // `what` begins with what follows the name.
  absl::Status PartFailed(absl::StatusCode code, const std::string& what) const;
};

// Who holds a graph's shards.
struct Placement {
  std::vector<WorkerHandle> workers;   // by first shard
  std::vector<std::uint32_t> missing;  // shards no live worker holds in working order
  std::vector<std::string> problems;   // what workers say of shards that do not work
  // While somebody has it the shards stay where they are. It is cancelled when they are to move: what goes on
  // has to end then. Null where nobody needs to know; see placements.h.
  std::shared_ptr<Cancellation> lease = nullptr;

  // UNAVAILABLE, naming the missing shards, unless all are there.
  absl::Status Check(const std::string& graph) const;
  // How something ended that used it: UNAVAILABLE, as ShardsMove, where that was because shards are to move.
  absl::Status Ended(absl::Status status) const;
  // REQUIRES: the shard is not missing.
  const WorkerHandle& HolderOf(std::uint32_t shard) const;
};

// What was going on with a graph, or was to begin, and can be done again as soon as its shards have moved.
absl::Status ShardsMove(const std::string& what);
bool IsShardsMove(const absl::Status& status);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_HANDLE_H_
