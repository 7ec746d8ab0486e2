// What every plan of the coordinator asks of a worker before it begins: the graph, in memory, and peers.
#ifndef LAWINE_SERVICES_WORKER_RUNS_PLANNED_PART_H_
#define LAWINE_SERVICES_WORKER_RUNS_PLANNED_PART_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "engine/base/status_macros.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/runs/active_machine.h"
#include "services/worker/runs/peer_links.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// A peer that is alive but silent for this long is as good as dead.
inline constexpr absl::Duration kStepTimeout = absl::Minutes(5);
inline constexpr absl::Duration kCancelCheckEvery = absl::Milliseconds(200);

inline absl::Status CoordinatorGone() { return absl::CancelledError("the coordinator ended the run"); }

struct PlannedPart {
  Images images;
  double load_seconds = 0;
  RunPeers peers;
};

// A process that was started again may be on another volume, or not have opened its shards yet. What it lacks
// is waited for, like what is away, once it has told; so it must not be told as something that is wrong.
template <class Plan>
absl::Status CheckProcess(const Plan& plan, std::uint64_t incarnation) {
  for (const auto& peer : plan.peers()) {
    const bool own = peer.node_id() == plan.own_node_id();
    if (!own || peer.incarnation() == 0 || peer.incarnation() == incarnation) continue;
    return absl::UnavailableError("it was started again after it was to take part: begin again");
  }
  return absl::OkStatus();
}

// The graph must be the one the coordinator means, and this worker must hold what the plan says.
template <class Plan>
absl::Status CheckPlan(const Plan& plan, const Images& images) {
  const GraphInfo& graph = images[0]->graph();
  if (graph.digest.ToHex() != plan.graph_digest()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "graph '", graph.name, "': expected digest ", plan.graph_digest(), ", this worker holds ",
        graph.digest.ToHex(), ": its volume belongs to another cluster or an older load"));
  }
  const auto own = std::find_if(plan.peers().begin(), plan.peers().end(),
                                [&plan](const auto& peer) { return peer.node_id() == plan.own_node_id(); });
  if (own == plan.peers().end()) {
    return absl::InvalidArgumentError(absl::StrCat("expected this worker, '", plan.own_node_id(),
                                                   "', among the peers of its plan, found ",
                                                   plan.peers_size(), " others"));
  }
  std::vector<std::uint32_t> held;
  for (const auto& image : images) held.push_back(image->manifest().shard.value);
  if (std::equal(own->shards().begin(), own->shards().end(), held.begin(), held.end())) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "graph '", graph.name, "': the plan expects shards ", absl::StrJoin(own->shards(), ", "),
      " here, this worker holds ", absl::StrJoin(held, ", "), ": begin again when they have moved"));
}

// Plan: RunPlan or TrafficPlan. `peers` must outlive what is returned.
template <class Plan>
absl::StatusOr<PlannedPart> PreparePart(ShardHost& shards, PeerLinks& peers, const Plan& plan) {
  PlannedPart part;
  LAWINE_ASSIGN_OR_RETURN(ShardHost::Acquired acquired, shards.Acquire(plan.graph(), plan.graph_version()));
  part.load_seconds = acquired.load_seconds;
  part.images = std::move(acquired.images);
  LAWINE_RETURN_IF_ERROR(CheckPlan(plan, part.images));
  std::vector<std::shared_ptr<PeerLink>> links;
  for (const auto& peer : plan.peers()) {
    if (peer.node_id() == plan.own_node_id()) continue;
    LAWINE_ASSIGN_OR_RETURN(links.emplace_back(), peers.Connect(peer.node_id(), peer.address()));
  }
  part.peers = RunPeers(std::move(links));
  return part;
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_PLANNED_PART_H_
