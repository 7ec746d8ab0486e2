// Where shards belong, and who may use them where they are.
//
// The map says which worker owns a shard, from when its graph is made on; it is durable, and changes in one
// write, so that every shard has exactly one owner at every moment, whatever workers hold on disk. Uses of a
// graph have a lease; who changes the map of a graph holds the graph first, which ends its leases and waits
// for them: nothing that began under one epoch goes on under the next.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_PLACEMENTS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_PLACEMENTS_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/placement.pb.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/coordinator/registry/registry_store.h"
#include "services/coordinator/workers/open_shards.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// Thread-safe.
class Placements {
 public:
  Placements(RegistryStore& registry, WorkerDirectory& workers) : registry_(registry), workers_(workers) {}

  // Reads the registry. Call once, first.
  absl::Status Load();

  // A new owner for each shard named; durable when it returns.
  absl::Status SetOwners(const internal::v1::GraphInfo& graph,
                         const std::map<std::uint32_t, std::string>& owners);
  // The graph is gone.
  absl::Status Forget(const std::string& graph);
  // Of all shards of the graph, by shard, as OwnerOf.
  std::vector<std::string> OwnersOf(const internal::v1::GraphInfo& graph) const;
  // Of the graph that was made with `digest`; empty where nobody is named: then whoever holds it owns it.
  std::string OwnerOf(const std::string& graph, const std::string& digest, std::uint32_t shard) const;

  // The lease of a use that begins now. While the graph is held waits for a moment, then says ShardsMove.
  absl::StatusOr<std::shared_ptr<Cancellation>> Use(const std::string& graph) const;

  static constexpr absl::Duration kHoldTimeout = absl::Seconds(60);
  // While it lives nothing uses the graph.
  class Hold {
   public:
    Hold(Placements& placements, std::string graph) : placements_(placements), graph_(std::move(graph)) {}
    ~Hold() { placements_.Release(graph_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    Placements& placements_;
    const std::string graph_;
  };
  // UNAVAILABLE when what goes on does not end within kHoldTimeout, CANCELLED when `stopping` says so first.
  // What has not ended then is waited for by the next hold, too.
  absl::StatusOr<std::unique_ptr<Hold>> HoldGraph(const std::string& graph,
                                                  const std::function<bool()>& stopping);

  // Who loads or reads all shards of a graph has places first.
  OpenShards& open_shards() { return open_shards_; }

  // Workers that get no new shards.
  void SetDrained(std::set<std::string> node_ids);
  // Those of `workers` that may get some.
  std::vector<WorkerHandle> ForNewShards(std::vector<WorkerHandle> workers) const;

 private:
  struct Gate {
    bool held = false;
    std::shared_ptr<Cancellation> lease = std::make_shared<Cancellation>();
    std::vector<std::weak_ptr<Cancellation>> ended;  // leases that holds have ended, of uses that may go on
  };
  bool InUse(const std::string& graph);
  void Release(const std::string& graph);

  RegistryStore& registry_;
  WorkerDirectory& workers_;
  OpenShards open_shards_;
  Mutex writing_ ABSL_ACQUIRED_BEFORE(mutex_);  // the map, durably: uses do not wait for the disk
  mutable Mutex mutex_;
  mutable CondVar released_;
  std::map<std::string, internal::v1::PlacementRecord> records_ ABSL_GUARDED_BY(mutex_);
  mutable std::map<std::string, Gate> gates_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> drained_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_PLACEMENTS_H_
