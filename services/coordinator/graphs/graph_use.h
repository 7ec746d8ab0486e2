// Who uses a graph, and at which version.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_USE_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_USE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lawine/v1/scenario.pb.h"

namespace lawine {

class Graphs;

// Uses a graph, at one version, while it lives: the graph is not deleted, nor the version folded away.
class GraphUse {
 public:
  GraphUse() = default;
  // 0: the last version. Errors as Graphs::Use.
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
  ~GraphUse();
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

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_USE_H_
