// The graphs of the cluster: making, importing, finding, describing and deleting them.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_H_

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
#include "lawine/v1/scenario.pb.h"
#include "services/coordinator/graph_load.h"
#include "services/coordinator/registry_store.h"
#include "services/coordinator/worker_directory.h"

namespace lawine {

// The files of an import, read.
struct ImportedGraph {
  EdgeList edges;
  EdgeReport report;
};

// Thread-safe.
class Graphs {
 public:
  Graphs(RegistryStore& registry, WorkerDirectory& workers, Executor& executor)
      : registry_(registry), workers_(workers), executor_(executor) {}

  // Reads the registry. Call once, first.
  absl::Status Load();
  // A worker has spoken: graphs that are complete on the workers but not in the registry are taken in.
  void Adopt(const internal::v1::RegisterRequest& request);

  absl::StatusOr<lawine::v1::Graph> Create(const lawine::v1::CreateGraphRequest& request,
                                           const LoadWatcher& watch);
  absl::StatusOr<lawine::v1::Graph> Import(const lawine::v1::ImportOptions& options, ImportedGraph imported,
                                           lawine::v1::ImportReport& report, const LoadWatcher& watch);
  absl::Status Delete(const std::string& name);

  // At a version; 0: the last. NOT_FOUND names the graphs there are; FAILED_PRECONDITION for versions that
  // are not there any more, or not yet.
  absl::StatusOr<internal::v1::GraphRecord> Find(const std::string& name,
                                                 std::uint64_t graph_version = 0) const;
  absl::StatusOr<lawine::v1::Graph> Get(const std::string& name) const;
  std::vector<lawine::v1::Graph> List() const;
  // Live workers that hold the graph, all shards present; UNAVAILABLE otherwise.
  absl::StatusOr<Placement> Place(const internal::v1::GraphRecord& graph) const;

  absl::StatusOr<lawine::v1::GetGraphStatsResponse> Stats(
      const lawine::v1::GetGraphStatsRequest& request) const;

  // Reads and checks everything on disk.
  absl::StatusOr<lawine::v1::VerifyGraphResponse> Verify(const std::string& name) const;

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
  struct New {
    std::string name;
    std::string request_id;
    std::uint32_t shards = 0;  // 0: the default
  };
  absl::StatusOr<lawine::v1::Graph> LoadNew(const New& wanted, GraphLoadJob job, const LinkSource& source,
                                            const LoadWatcher& watch);
  absl::StatusOr<lawine::v1::Graph> Reserve(const New& wanted);
  absl::Status DropEverywhere(const std::string& name) const;
  absl::Status ForgetChanges(const std::string& name);
  lawine::v1::Graph ToPublic(const internal::v1::GraphRecord& record) const;

  RegistryStore& registry_;
  WorkerDirectory& workers_;
  Executor& executor_;
  mutable Mutex mutex_;
  std::map<std::string, internal::v1::GraphRecord> graphs_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> loading_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::multiset<std::uint64_t>> in_use_ ABSL_GUARDED_BY(mutex_);  // versions
  std::map<std::string, std::uint64_t> folded_ ABSL_GUARDED_BY(mutex_);  // by this coordinator, to versions
};

// Uses a graph, at one version, while it lives.
class GraphUse {
 public:
  GraphUse() = default;
  static absl::StatusOr<GraphUse> Of(Graphs& graphs, const std::string& name,
                                     std::uint64_t graph_version = 0);
  GraphUse(GraphUse&& other) noexcept
      : graphs_(std::exchange(other.graphs_, nullptr)), name_(other.name_), version_(other.version_) {}
  GraphUse& operator=(GraphUse&& other) noexcept {
    std::swap(graphs_, other.graphs_);
    std::swap(name_, other.name_);
    std::swap(version_, other.version_);
    return *this;
  }
  ~GraphUse() {
    if (graphs_ != nullptr) graphs_->Release(name_, version_);
  }
  std::uint64_t version() const { return version_; }

 private:
  GraphUse(Graphs& graphs, std::string name, std::uint64_t version)
      : graphs_(&graphs), name_(std::move(name)), version_(version) {}
  Graphs* graphs_ = nullptr;
  std::string name_;
  std::uint64_t version_ = 0;
};

// The scenario, pinned to the version in use.
inline lawine::v1::Scenario AtVersion(lawine::v1::Scenario scenario, const GraphUse& use) {
  if (use.version() > 0) scenario.set_graph_version(use.version());
  return scenario;
}

// Of the graph's record in the registry.
inline std::string GraphKey(const std::string& name) { return "graph/" + name; }

// Digest of the graph as it was made.
inline const std::string& MadeDigest(const internal::v1::GraphInfo& info) {
  return info.made_digest().empty() ? info.digest() : info.made_digest();
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_H_
