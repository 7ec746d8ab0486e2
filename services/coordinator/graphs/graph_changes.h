// Changes of graphs: batches become versions, two phases each. First every shard makes its part of the next
// version durable; it then counts once the registry says so. A part that never came to count is replaced by
// the next one, so nothing has to be undone.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_CHANGES_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_CHANGES_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "engine/store/graph_change.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/changes.pb.h"
#include "services/common/repeating.h"
#include "services/common/turns.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/registry/expiry_clock.h"
#include "services/coordinator/registry/registry_store.h"
#include "services/coordinator/workers/cancellation.h"

namespace lawine {

// Thread-safe.
class GraphChanges {
 public:
  GraphChanges(RegistryStore& registry, Graphs& graphs) : registry_(registry), graphs_(graphs) {}

  // Returns when the batch is durable everywhere. Batches that wait at the same time share a version. `gone`
  // says that the caller is: see Turns::Take.
  absl::StatusOr<lawine::v1::ApplyChangesResponse> Apply(const lawine::v1::ApplyChangesRequest& request,
                                                         const Turns::Gone& gone);
  // What was folded until it is cancelled stays so.
  absl::StatusOr<lawine::v1::FoldChangesResponse> Fold(const lawine::v1::FoldChangesRequest& request,
                                                       Cancellation& cancellation);

 private:
  // A batch on its way, and what became of it.
  struct Waiting {
    const lawine::v1::ApplyChangesRequest& request;
    // Whoever processes it sets the result, and then, with the queue, that it is done.
    std::optional<absl::StatusOr<lawine::v1::ApplyChangesResponse>> result;
    bool done = false;
  };
  using Batches = std::vector<Waiting*>;
  // Batches of one graph: one caller at a time takes those that wait.
  struct Queue {
    std::deque<Waiting*> waiting;
    bool busy = false;
    std::uint64_t ticket = 0;  // last one given; 0: none by this coordinator
    bool unsettled = false;    // the registry may have failed to write, or not
  };
  Batches Take(Queue& queue) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Process(const std::string& graph, const Batches& batches);
  absl::Status Settle(const std::string& graph);
  // Applies as many of `batches` as go into one version, and sets their results; returns how many those were.
  absl::StatusOr<std::size_t> ApplyVersion(const std::string& graph, const Batches& batches);
  absl::Status Prepare(const GraphInfo& before, internal::v1::GraphRecord& record, const Placement& placement,
                       const ChangePlan& plan);
  absl::StatusOr<std::uint64_t> NextTicket(internal::v1::GraphRecord& record, const Placement& placement);
  absl::Status Commit(internal::v1::GraphRecord record, const ChangePlan& plan, const Batches& applied);

  void ForgetOldRequests();

  RegistryStore& registry_;
  Graphs& graphs_;
  Turns requests_;
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Queue> queues_ ABSL_GUARDED_BY(mutex_);
  ExpiryClock expiry_clock_{"requests of changes"};
  Repeating forgetting_{absl::Hours(1), [this] { ForgetOldRequests(); }};
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_GRAPH_CHANGES_H_
