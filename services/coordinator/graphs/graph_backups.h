// A whole graph as one file, read from the workers that hold it.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_BACKUPS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_BACKUPS_H_

#include <cstdint>
#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "lawine/internal/v1/registry.pb.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/open_shards.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// Takes the next part of the file; false when nobody wants more.
using TakePart = std::function<bool(std::string_view bytes, std::uint64_t bytes_expected)>;

// The graph at the version of `graph`, which is what `use` uses: changes that come meanwhile are no part of
// it. Checkpoints of all shards are taken before the first byte is passed on; from then on shards may move,
// and be folded and deleted. What workers read is compared with its checksums: DATA_LOSS names the file that
// is another. `places` are those of the placement's shards.
absl::Status BackUpGraph(const internal::v1::GraphRecord& graph, GraphUse use, Placement placement,
                         OpenShards::Places places, const TakePart& take, Cancellation& cancellation);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_BACKUPS_H_
