// Which workers there are, where, and what they hold, from what they say every second.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKER_DIRECTORY_H_
#define LAWINE_SERVICES_COORDINATOR_WORKER_DIRECTORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "lawine/v1/cluster.pb.h"

namespace lawine {

// Its calls are driven by gRPC's own threads.
using WorkerStub = class internal::v1::WorkerService::Stub::async;

// A worker as seen at one moment. The stub may be used by several threads.
struct WorkerHandle {
  std::string node_id;
  std::string address;
  std::shared_ptr<internal::v1::WorkerService::Stub> stub;
  std::vector<std::uint32_t> shards;  // of the graph asked for, ascending

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

  // UNAVAILABLE, naming the missing shards, unless all are there.
  absl::Status Check(const std::string& graph) const;
  // REQUIRES: the shard is not missing.
  const WorkerHandle& HolderOf(std::uint32_t shard) const;
};

// Thread-safe.
class WorkerDirectory {
 public:
  static constexpr absl::Duration kHeartbeat = absl::Milliseconds(500);
  static constexpr absl::Duration kAliveFor = absl::Seconds(5);

  void Register(const internal::v1::RegisterRequest& request);

  // Live workers by node id.
  std::vector<WorkerHandle> Alive() const;
  bool WaitForWorkers(std::uint32_t workers_count, absl::Duration timeout) const;

  // `digest` is that of the graph as it was made, here and below.
  Placement Find(const std::string& graph, const std::string& digest, std::uint32_t shards_count) const;
  // Waits until all shards are held; workers report new ones with their next heartbeat.
  Placement WaitFor(const std::string& graph, const std::string& digest, std::uint32_t shards_count,
                    absl::Duration timeout) const;
  // Live workers that hold anything under this name.
  std::vector<WorkerHandle> HoldersOf(const std::string& graph) const;

  // Of the graphs that shards of this one are at, the one of the lowest version.
  std::optional<internal::v1::GraphInfo> LowestVersion(const std::string& graph,
                                                       const std::string& digest) const;

  std::vector<lawine::v1::WorkerStatus> Describe() const;

 private:
  struct Worker {
    internal::v1::RegisterRequest said;
    absl::Time heard;
    std::shared_ptr<internal::v1::WorkerService::Stub> stub;
  };
  static bool IsAlive(const Worker& worker);
  static WorkerHandle Handle(const Worker& worker);

  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::map<std::string, Worker> workers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKER_DIRECTORY_H_
