#include "services/coordinator/placement/rebalance_request.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/coordinator/placement/rebalance_plan.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

using Said = std::vector<pbi::RegisterRequest>;

// The live worker that is meant.
absl::StatusOr<std::string> FindWorker(const std::string& path, const std::string& name,
                                       const Said& workers) {
  std::vector<std::string> found, all;
  for (const pbi::RegisterRequest& worker : workers) {
    all.push_back(absl::StrCat(worker.node_id(), " at ", worker.address()));
    if (worker.node_id() == name || worker.address() == name) return worker.node_id();
    const bool begins = absl::StartsWith(worker.node_id(), name) || absl::StartsWith(worker.address(), name);
    if (!name.empty() && begins) found.push_back(worker.node_id());
  }
  if (found.size() == 1) return found[0];
  return FieldError(path, absl::StrCat("expected one live worker, found ", found.size(), " for '", name,
                                       "'; there are: ", absl::StrJoin(all, ", ")));
}

// Each name is looked up, by callers who may only read too: more than there are say nothing new.
absl::Status CheckCount(const std::string& path, int found, std::size_t there) {
  const std::size_t most = std::max<std::size_t>(there, 1);  // of none, that one is not there is said
  if (static_cast<std::size_t>(found) <= most) return absl::OkStatus();
  return FieldError(path, absl::StrCat("expected at most ", most, " of them, found ", found));
}

absl::StatusOr<std::set<std::string>> FindDrained(const pb::RebalanceOptions& options, const Said& workers) {
  LAWINE_RETURN_IF_ERROR(CheckCount("options.drain", options.drain_size(), workers.size()));
  std::set<std::string> drained;
  for (int i = 0; i < options.drain_size(); ++i) {
    LAWINE_ASSIGN_OR_RETURN(std::string node_id,
                            FindWorker(absl::StrCat("options.drain[", i, "]"), options.drain(i), workers));
    drained.insert(std::move(node_id));
  }
  if (workers.empty()) return absl::UnavailableError("no worker is registered");
  if (drained.size() < workers.size()) return drained;
  return FieldError("options.drain", "expected one worker at least to be left, found all of them named");
}

// Digests, as they were made, of the graphs that may move.
absl::StatusOr<std::map<std::string, std::string>> FindGraphs(const pb::RebalanceOptions& options,
                                                              const Graphs& graphs) {
  const std::vector<pb::Graph> all = graphs.List();
  LAWINE_RETURN_IF_ERROR(CheckCount("options.graphs", options.graphs_size(), all.size()));
  std::map<std::string, std::string> digests;
  for (const std::string& name : options.graphs()) {
    LAWINE_ASSIGN_OR_RETURN(const pbi::GraphRecord record, graphs.Find(name));
    digests[name] = MadeDigest(record.info());
  }
  if (options.graphs_size() > 0) return digests;
  for (const pb::Graph& graph : all) {
    const auto record = graphs.Find(graph.name());  // unless it was deleted meanwhile
    if (record.ok()) digests[graph.name()] = MadeDigest(record->info());
  }
  return digests;
}

// A worker that is to hold nothing must not have anything that stays.
absl::Status CheckMovable(const pbi::HeldShard& shard, const std::string& worker,
                          const std::map<std::string, std::string>& digests, bool all_graphs) {
  const auto graph = digests.find(shard.graph());
  const bool moves =
      shard.problem().empty() && graph != digests.end() && graph->second == shard.graph_digest();
  if (moves || (graph == digests.end() && !all_graphs)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "worker ", worker, ": shard ", shard.shard(), " of '", shard.graph(), "' cannot be moved: ",
      !shard.problem().empty() ? shard.problem() : "it is part of a graph that is not complete",
      ": restore it or delete the graph first"));
}

struct Holding {
  std::vector<PlannedWorker> workers;  // in the order of `Said`
  std::vector<pb::WorkerLoad> loads;
};

absl::StatusOr<Holding> Hold(const Said& workers, const std::map<std::string, std::string>& digests,
                             const std::set<std::string>& drained, const Placements& placements,
                             bool all_graphs) {
  Holding holding;
  for (const pbi::RegisterRequest& said : workers) {
    PlannedWorker& worker = holding.workers.emplace_back();
    worker.node_id = said.node_id();
    worker.drained = drained.contains(said.node_id());
    pb::WorkerLoad& load = holding.loads.emplace_back();
    load.set_node_id(said.node_id());
    load.set_address(said.address());
    load.set_shards(static_cast<std::uint32_t>(said.shards_size()));
    load.set_drained(worker.drained);
    for (const pbi::HeldShard& shard : said.shards()) {
      load.set_bytes(load.bytes() + shard.disk_bytes());
      const std::string owner = placements.OwnerOf(shard.graph(), shard.graph_digest(), shard.shard());
      if (!owner.empty() && owner != said.node_id()) continue;  // it has moved, and is about to be dropped
      if (worker.drained) {
        LAWINE_RETURN_IF_ERROR(CheckMovable(shard, said.node_id(), digests, all_graphs));
      }
      // What does not move counts too; under a name that no graph has it stays.
      const auto graph = digests.find(shard.graph());
      const bool moves =
          shard.problem().empty() && graph != digests.end() && graph->second == shard.graph_digest();
      worker.shards.push_back(
          {.graph = moves ? shard.graph() : "", .shard = shard.shard(), .bytes = shard.disk_bytes()});
    }
  }
  return holding;
}

}  // namespace

absl::StatusOr<RebalancePlan> PlanRebalance(const pb::RebalanceOptions& options, const Graphs& graphs,
                                            const WorkerDirectory& workers) {
  const Said said = workers.Said();
  RebalancePlan plan;
  LAWINE_ASSIGN_OR_RETURN(plan.drained, FindDrained(options, said));
  LAWINE_ASSIGN_OR_RETURN(const auto digests, FindGraphs(options, graphs));
  LAWINE_ASSIGN_OR_RETURN(Holding holding,
                          Hold(said, digests, plan.drained, graphs.placements(), options.graphs_size() == 0));
  for (const auto& [graph, digest] : digests) {
    for (const PlannedMove& planned : PlanMoves(graph, holding.workers)) {
      pb::ShardMove& move = *plan.response.add_moves();
      move.set_graph(graph);
      move.set_shard(planned.shard.shard);
      move.set_from_node_id(holding.workers[planned.from].node_id);
      move.set_to_node_id(holding.workers[planned.to].node_id);
      move.set_bytes(planned.shard.bytes);
      move.set_reason(planned.reason);
      plan.graph_digests.push_back(digest);
    }
  }
  for (std::size_t w = 0; w < holding.workers.size(); ++w) {
    holding.loads[w].set_shards_after(static_cast<std::uint32_t>(holding.workers[w].shards.size()));
    holding.loads[w].set_bytes_after(holding.workers[w].bytes());
    *plan.response.add_workers() = std::move(holding.loads[w]);
  }
  return plan;
}

}  // namespace lawine
