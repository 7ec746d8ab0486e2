// Rebalances: planned, applied, gone on with until they end, whatever is restarted meanwhile.
//
// The shards of one graph that are to move are copied one after another while the graph is used as ever. Then
// the graph is held: what goes on with it ends and waits, copies are brought up to date, the map names the
// new owners in one write, those adopt their copies, the others drop theirs, and the graph is let go: runs
// begin their next attempt. What is to be done next follows from the record, the map and what workers hold,
// so that a coordinator that starts goes on anywhere in between.
#ifndef LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCER_H_
#define LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/placement.pb.h"
#include "lawine/v1/placement.pb.h"
#include "services/common/steady_time.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/registry/registry_store.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// Thread-safe.
class Rebalancer {
 public:
  Rebalancer(RegistryStore& registry, Graphs& graphs, WorkerDirectory& workers)
      : registry_(registry), graphs_(graphs), workers_(workers) {}
  ~Rebalancer() { Stop(); }

  // Reads the registry and goes on with what it says. Call once, first, after Graphs::Load.
  absl::Status Start();
  // Leaves what is going on to a later coordinator. Safe to call twice.
  void Stop();

  absl::StatusOr<lawine::v1::PlanRebalanceResponse> Plan(const lawine::v1::RebalanceOptions& options) const;
  absl::StatusOr<lawine::v1::Rebalance> Apply(const lawine::v1::ApplyRebalanceRequest& request);
  absl::StatusOr<lawine::v1::Rebalance> Get() const;
  absl::StatusOr<lawine::v1::Rebalance> Cancel();

 private:
  using Move = lawine::v1::ShardMove;

  bool Stopping() const;
  void Work();
  // Does the next thing that is to be done; false when there is none now.
  bool Step();
  bool StepGraph(const std::string& graph);
  bool CopyOne(int move);
  absl::Status Copy(int move);
  absl::Status CutOver(const std::string& graph);
  absl::Status Flip(const std::string& graph);
  absl::Status Settle(const std::string& graph);
  absl::StatusOr<internal::v1::ShardId> AtLastVersion(internal::v1::ShardId shard) const;
  absl::Status ConfirmHeld(const std::string& node_id, const internal::v1::ShardId& shard) const;
  bool DropMoved(const Move& move, const internal::v1::ShardId& shard) const;
  absl::Status AwaitHeld(const std::string& node_id, const internal::v1::ShardId& shard, bool held) const;
  void GiveUpUnless(const std::string& graph, const std::string& digest);
  void EndIfOver();
  void DropStaleCopies() const;
  void ClearArrivals();

  // Of the moves of the graph, numbers of those in this state.
  std::vector<int> MovesOf(const std::string& graph, lawine::v1::ShardMoveState state) const;
  std::optional<std::string> OpenGraph() const;
  static bool IsOpen(const Move& move);
  // Its new owner owns it already.
  bool Passed(int move) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Waits(int move) const;
  internal::v1::ShardId IdOf(int move) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Note(int move, const absl::Status& failure, absl::Duration pause);
  void SetState(int move, lawine::v1::ShardMoveState state);
  absl::Status Save(const internal::v1::RebalanceRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writing_);

  RegistryStore& registry_;
  Graphs& graphs_;
  WorkerDirectory& workers_;
  std::thread thread_;
  Cancellation copying_;
  mutable Cancellation asking_;  // what else is asked of workers; by Stop
  // The working thread's: graphs are not deleted while shards of them move.
  std::map<std::string, GraphUse> uses_;
  // Held by who changes what is kept, or who owns a shard: nobody who only looks waits for the disk.
  Mutex writing_ ABSL_ACQUIRED_BEFORE(mutex_);
  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  internal::v1::RebalanceRecord record_ ABSL_GUARDED_BY(mutex_);
  std::map<int, SteadyTime> not_before_ ABSL_GUARDED_BY(mutex_);  // moves that failed are tried again then
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLACEMENT_REBALANCER_H_
