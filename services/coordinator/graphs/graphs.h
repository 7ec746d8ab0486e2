// The graphs of the cluster: making, importing, finding, describing and deleting them.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPHS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPHS_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "engine/graph/edge_reader.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/graph.pb.h"
#include "services/coordinator/graphs/deleted_graphs.h"
#include "services/coordinator/graphs/graph_load.h"
#include "services/coordinator/graphs/graph_requests.h"
#include "services/coordinator/graphs/graph_use.h"
#include "services/coordinator/registry/registry_store.h"
#include "services/coordinator/workers/graph_identity.h"
#include "services/coordinator/workers/placements.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// The files of an import, read; `spill` is for what is made of them.
struct ImportedGraph {
  EdgeList edges;
  EdgeReport report;
  SpillOptions spill;
};

// Thread-safe.
class Graphs {
 public:
  Graphs(RegistryStore& registry, WorkerDirectory& workers, Executor& executor)
      : registry_(registry), workers_(workers), executor_(executor), placements_(registry, workers) {}

  // Reads the registry. Call once, first.
  absl::Status Load();
  // A worker has spoken: graphs that are complete on the workers but not in the registry are taken in.
  void Adopt(const internal::v1::RegisterRequest& request);

  // Of the shards that a worker says it holds those that are not of the graphs that are known, a sentence
  // each.
  std::vector<std::string> StrangeShards(const internal::v1::RegisterRequest& request) const;
  // The versions of all graphs that count, by name.
  WorkerDirectory::Versions Versions() const;
  // Has workers drop what they hold of graphs that were deleted while they were away: of this one, or of all.
  void DropLeftovers(const std::string& name = "", Cancellation* ends = nullptr);

  absl::StatusOr<lawine::v1::Graph> Create(const lawine::v1::CreateGraphRequest& request,
                                           const LoadWatcher& watch);
  // Whether Import could begin now; a graph is the one that an earlier import with this request id made.
  absl::StatusOr<lawine::v1::Graph> CheckImport(const lawine::v1::ImportOptions& options) const;
  absl::StatusOr<lawine::v1::Graph> Import(const lawine::v1::ImportOptions& options, ImportedGraph imported,
                                           lawine::v1::ImportReport& report, const LoadWatcher& watch);
  absl::Status Delete(const std::string& name);

  // A graph that is to be made.
  struct New {
    std::string name;
    std::string request_id = {};
    std::uint32_t shards = 0;  // 0: the default
    std::uint64_t request_hash = 0;
    bool loaded = false;  // workers have all of it, and may say so later
  };
  // Takes the name, and notes whose it is; give it back when the graph is kept, or given up. A graph is the
  // one that an earlier request with the same id made: then nothing was taken.
  absl::StatusOr<lawine::v1::Graph> TakeName(const New& wanted);
  // Forgets whose it was, too, where nothing was made, nor loaded.
  void GiveBackName(const New& wanted);
  // From here on the graph is there. Sets when it was made.
  absl::StatusOr<lawine::v1::Graph> Keep(internal::v1::GraphRecord record);

  // At a version; 0: the last. NOT_FOUND names the graphs there are; FAILED_PRECONDITION for versions that
  // are not there any more, or not yet.
  absl::StatusOr<internal::v1::GraphRecord> Find(const std::string& name,
                                                 std::uint64_t graph_version = 0) const;
  absl::StatusOr<lawine::v1::Graph> Get(const std::string& name) const;
  std::vector<lawine::v1::Graph> List() const;
  std::size_t count() const;
  // Live workers that hold the graph, all shards present, with a lease; UNAVAILABLE otherwise.
  absl::StatusOr<Placement> Place(const internal::v1::GraphRecord& graph) const;

  Placements& placements() { return placements_; }
  const Placements& placements() const { return placements_; }

  absl::StatusOr<lawine::v1::GetGraphStatsResponse> Stats(const lawine::v1::GetGraphStatsRequest& request,
                                                          Cancellation& cancellation) const;
  // Reads and checks everything on disk.
  absl::StatusOr<lawine::v1::VerifyGraphResponse> Verify(const std::string& name,
                                                         Cancellation& cancellation) const;

  // Users of a graph keep it from being deleted, and the version they use (0: the last) from being folded
  // away. Use fails while the graph is being made or deleted, and for versions before those it was folded to;
  // returns the version. See GraphUse.
  absl::StatusOr<std::uint64_t> Use(const std::string& name, std::uint64_t graph_version);
  void Release(const std::string& name, std::uint64_t graph_version);

  // For GraphChanges. Makes `record` the graph's, durably and together with `others`.
  absl::Status Update(const internal::v1::GraphRecord& record,
                      std::vector<std::pair<std::string, std::string>> others);
  // What the registry has of the graph counts, whatever was thought.
  absl::Status Reload(const std::string& name);
  // The version to fold to: nobody may use an earlier one from now on.
  absl::StatusOr<std::uint64_t> BeginFold(const std::string& name);

 private:
  absl::StatusOr<lawine::v1::Graph> LoadNew(New& wanted, GraphLoadJob job, const LinkSource& source,
                                            const LoadWatcher& watch);
  static New WantedBy(const lawine::v1::ImportOptions& options);
  // An empty graph means that it can be made; a graph is the one an earlier request with the same id made.
  absl::StatusOr<lawine::v1::Graph> MadeBefore(const New& wanted) const;
  // `begun`: a load here took the name and did not end well, so parts of it that workers hold do not matter.
  absl::Status CheckFree(const New& wanted, bool begun) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Begun(const std::string& name) const;
  bool IsWhole(const internal::v1::GraphInfo& info) const;
  void AdoptWhole(const internal::v1::GraphInfo& info);
  bool IsLeftover(const internal::v1::HeldShard& held) const;
  bool MayBeLeftover(const internal::v1::HeldShard& held) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool OnlyLeftovers(const std::string& name) const;  // false also where nothing is held
  absl::Status ClearLeftovers(const std::string& name);
  absl::Status DropLeftover(const std::string& node_id, const internal::v1::HeldShard&, Cancellation* ends);
  absl::Status DropFrom(const std::vector<WorkerHandle>& workers, const std::string& name) const;
  absl::Status ForgetChanges(const std::string& name);
  lawine::v1::Graph ToPublic(const internal::v1::GraphRecord& record) const;

  RegistryStore& registry_;
  WorkerDirectory& workers_;
  Executor& executor_;
  Placements placements_;
  DeletedGraphs deleted_{registry_};
  GraphRequests requests_{registry_};
  mutable Mutex mutex_;
  std::map<std::string, internal::v1::GraphRecord> graphs_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> loading_ ABSL_GUARDED_BY(mutex_);  // names, for which requests
  std::map<std::string, std::multiset<std::uint64_t>> in_use_ ABSL_GUARDED_BY(mutex_);  // versions
  std::multiset<std::string> dropping_ ABSL_GUARDED_BY(mutex_);  // names, of leftovers that go just now
  std::map<std::string, std::uint64_t> folded_ ABSL_GUARDED_BY(mutex_);  // by this coordinator, to versions
};

// Of the graph's record in the registry.
inline std::string GraphKey(const std::string& name) { return "graph/" + name; }

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPHS_H_
