// Which workers there are, where, and what they hold, from what they say at each heartbeat.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_DIRECTORY_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_DIRECTORY_H_

#include <grpcpp/security/credentials.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/placement.grpc.pb.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "lawine/v1/cluster.pb.h"
#include "services/common/steady_time.h"
#include "services/coordinator/workers/unreached_workers.h"
#include "services/coordinator/workers/worker_handle.h"

namespace lawine {

// Thread-safe.
class WorkerDirectory {
 public:
  static constexpr absl::Duration kHeartbeat = absl::Milliseconds(500);
  static constexpr absl::Duration kAliveFor = absl::Seconds(5);

  // `credentials` of calls to workers; none: plain text.
  explicit WorkerDirectory(std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr)
      : credentials_(std::move(credentials)) {}

  // The versions that count, of all graphs, by name.
  using Versions = std::map<std::string, std::uint64_t>;
  // Call before Register. FAILED_PRECONDITION unless the worker that says this answers where it says it is:
  // who cannot be reached is no target of anything. It is asked once, when it is new there. Describe tells of
  // it.
  absl::Status Reach(const internal::v1::RegisterRequest& request);
  // FAILED_PRECONDITION while another process with its node id lives, that registered before it: it is asked.
  absl::Status Register(const internal::v1::RegisterRequest& request, Versions versions = {});

  // Live workers by node id.
  std::vector<WorkerHandle> Alive() const;
  bool WaitForWorkers(std::uint32_t workers_count, absl::Duration timeout) const;
  // Waits until what workers say makes `condition`, which may ask the directory, true.
  bool WaitUntil(const std::function<bool()>& condition, absl::Duration timeout) const;
  // Those that own nothing and were not heard of for a day.
  void ForgetGone(SteadyTime now);

  // `digest` is that of the graph as it was made, here and below.
  Placement Find(const std::string& graph, const std::string& digest, std::uint32_t shards_count) const;
  // Workers report new shards with their next heartbeat: who has not within this time will not.
  static constexpr absl::Duration kHeldTimeout = absl::Seconds(20);
  // Waits until all shards are held.
  Placement WaitFor(const std::string& graph, const std::string& digest, std::uint32_t shards_count,
                    absl::Duration timeout = kHeldTimeout) const;
  // Who owns the shards of a graph, node ids by shard, empty for those that whoever holds them owns: of two
  // workers that hold one only the owner counts, and a worker that still holds what is another's counts for
  // nothing of the graph before it has dropped it.
  void SetOwners(const std::string& graph, const std::string& digest, std::vector<std::string> owners);
  void ForgetOwners(const std::string& graph);
  // What live workers said last, by node id.
  std::vector<internal::v1::RegisterRequest> Said() const;
  // NOT_FOUND unless it is alive.
  absl::StatusOr<WorkerHandle> Live(const std::string& node_id) const;
  // Live workers that hold anything under this name.
  std::vector<WorkerHandle> HoldersOf(const std::string& graph) const;

  // Whether what the worker said last of this shard lacks changes that count.
  bool IsOlder(const std::string& node_id, const internal::v1::HeldShard& shard) const;

  // Of the graphs that shards of this one are at, the one of the lowest version.
  std::optional<internal::v1::GraphInfo> LowestVersion(const std::string& graph,
                                                       const std::string& digest) const;

  std::vector<lawine::v1::WorkerStatus> Describe() const;

 private:
  struct Worker {
    internal::v1::RegisterRequest said;
    Versions versions;                                      // that counted when it said that
    std::set<std::pair<std::string, std::uint32_t>> older;  // shards that lack what counts
    SteadyTime heard;
    std::shared_ptr<internal::v1::WorkerService::Stub> stub;
    std::shared_ptr<internal::v1::ShardService::Stub> copies;
    std::uint64_t refused = 0;  // incarnation that was refused last
  };
  struct Owners {
    std::string digest;
    std::vector<std::string> node_ids;
  };
  static void FindOlder(const internal::v1::RegisterRequest& request, const Versions& versions,
                        Worker& worker);
  std::optional<Worker> OtherThan(const internal::v1::RegisterRequest& request) const;
  bool Lives(const Worker& worker) const;
  // The shards of others that it holds, though those do not hold them.
  void AddExchanged(const Worker& worker, lawine::v1::WorkerStatus& status) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Holds(const std::string& node_id, const internal::v1::HeldShard& shard) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static bool IsAlive(const Worker& worker);
  static WorkerHandle Handle(const Worker& worker);
  const std::string* OwnerOf(const std::string& graph, const std::string& digest, std::uint32_t shard) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static bool Count(const internal::v1::HeldShard& shard, const std::string& digest,
                    const WorkerHandle& handle, std::vector<std::string>& problems);

  const std::shared_ptr<grpc::ChannelCredentials> credentials_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::map<std::string, Worker> workers_ ABSL_GUARDED_BY(mutex_);
  UnreachedWorkers unreached_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Owners> owners_ ABSL_GUARDED_BY(mutex_);  // by graph
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_WORKER_DIRECTORY_H_
