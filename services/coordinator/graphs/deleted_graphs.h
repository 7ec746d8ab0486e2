// Graphs that were deleted: what workers still hold of them must neither bring them back nor keep their
// names.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_DELETED_GRAPHS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_DELETED_GRAPHS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "services/coordinator/registry/registry_store.h"

namespace lawine {

// Thread-safe. The registry is asked once for each graph, not at each look.
class DeletedGraphs {
 public:
  explicit DeletedGraphs(RegistryStore& registry) : registry_(registry) {}

  // Durable when it returns. Stays when the graph is made again: until a worker that was away is back, nobody
  // knows what it still has.
  absl::Status Note(const std::string& name, const std::string& digest);
  absl::StatusOr<bool> Has(const std::string& name, const std::string& digest) const;

 private:
  absl::StatusOr<bool> Read(const std::string& name, const std::string& digest) const;

  RegistryStore& registry_;
  mutable Mutex mutex_;
  std::uint64_t noted_ ABSL_GUARDED_BY(mutex_) = 0;  // what was read before one more was may be wrong
  mutable std::map<std::pair<std::string, std::string>, bool> known_ ABSL_GUARDED_BY(mutex_);
};

// UNAVAILABLE, to be tried again: what workers hold of the graph is being dropped.
absl::Status LeftoversStay(const std::string& name);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_DELETED_GRAPHS_H_
