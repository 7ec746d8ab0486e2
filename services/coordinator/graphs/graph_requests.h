// Which request makes a graph, or has made it: one that is repeated finds it, another is told.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_REQUESTS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_REQUESTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/coordinator/registry/registry_store.h"

namespace lawine {

// Thread-safe. Requests without an id are nobody's: nothing is noted of them.
class GraphRequests {
 public:
  explicit GraphRequests(RegistryStore& registry) : registry_(registry) {}

  // Whether this request was noted. INVALID_ARGUMENT when another one with its id was.
  absl::StatusOr<bool> Has(const std::string& request_id, const std::string& name,
                           std::uint64_t request_hash) const;
  // Durable when it returns. Who takes a name takes it from all that asked for it before.
  absl::Status Note(const std::string& request_id, const std::string& name, std::uint64_t request_hash);
  absl::Status Forget(const std::string& request_id);
  // Records of the requests for a graph.
  absl::StatusOr<std::vector<std::string>> KeysOf(const std::string& name) const;

 private:
  RegistryStore& registry_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_REQUESTS_H_
