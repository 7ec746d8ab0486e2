// What workers say they hold, beside the graphs there are: taken in, strange, or left of what was deleted.
#include <spdlog/spdlog.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/wire.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/workers/graph_identity.h"
#include "services/coordinator/workers/shard_calls.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

// A worker that hangs keeps neither those who want the name nor what else is to be dropped for long.
constexpr absl::Duration kLeftoverTimeout = absl::Seconds(10);

}  // namespace

void Graphs::Adopt(const pbi::RegisterRequest& request) {
  for (const pbi::HeldShard& shard : request.shards()) {
    if (!shard.has_info() || !wire::FromProto(shard.info()).ok()) continue;
    {
      MutexLock lock(mutex_);
      if (graphs_.contains(shard.graph()) || loading_.contains(shard.graph())) continue;
    }
    if (IsWhole(shard.info())) AdoptWhole(shard.info());
  }
}

// Not where it was deleted, nor where that cannot be read just now: the worker says it again.
bool Graphs::IsWhole(const pbi::GraphInfo& info) const {
  if (deleted_.Has(info.name(), MadeDigest(info)).value_or(true)) return false;
  const auto shards_count = static_cast<std::uint32_t>(info.boundaries_size()) - 1;
  return workers_.Find(info.name(), MadeDigest(info), shards_count).missing.empty();
}

// Under its name, taken as if it was loaded: nobody makes or deletes one of this name meanwhile.
void Graphs::AdoptWhole(const pbi::GraphInfo& info) {
  {
    MutexLock lock(mutex_);
    if (graphs_.contains(info.name()) || !loading_.emplace(info.name(), "").second) return;
  }
  const absl::Cleanup give_back = [&] { GiveBackName({.name = info.name()}); };
  if (!IsWhole(info)) return;  // any more
  pbi::GraphRecord record;
  // What not all shards have did not come to count.
  *record.mutable_info() = workers_.LowestVersion(info.name(), MadeDigest(info)).value_or(info);
  Keep(std::move(record)).IgnoreError();
}

std::vector<std::string> Graphs::StrangeShards(const pbi::RegisterRequest& request) const {
  std::vector<std::string> strange;
  MutexLock lock(mutex_);
  for (const pbi::HeldShard& shard : request.shards()) {
    const auto graph = graphs_.find(shard.graph());
    if (graph == graphs_.end() || loading_.contains(shard.graph()) || !shard.problem().empty()) continue;
    // Copies that are another worker's now are dropped by themselves.
    const std::string owner = placements_.OwnerOf(shard.graph(), shard.graph_digest(), shard.shard());
    if (!owner.empty() && owner != request.node_id()) continue;
    const pbi::GraphInfo& info = graph->second.info();
    const std::string about = absl::StrCat("shard ", shard.shard(), " of '", shard.graph(), "'");
    if (shard.graph_digest() != MadeDigest(info)) {
      strange.push_back(absl::StrCat(about, " belongs to another graph of this name: expected digest ",
                                     MadeDigest(info), ", found ", shard.graph_digest()));
    } else if (workers_.IsOlder(request.node_id(), shard)) {
      strange.push_back(absl::StrCat(about, " is an older copy: expected version ", info.graph_version(),
                                     " of the graph, found ", shard.info().graph_version()));
    }
  }
  return strange;
}

WorkerDirectory::Versions Graphs::Versions() const {
  WorkerDirectory::Versions versions;
  MutexLock lock(mutex_);
  for (const auto& [name, record] : graphs_) versions[name] = record.info().graph_version();
  return versions;
}

bool Graphs::MayBeLeftover(const pbi::HeldShard& held) const {
  if (loading_.contains(held.graph())) return false;
  const auto graph = graphs_.find(held.graph());
  // Made again with as many shards it is the same: who owns them tells the copies apart.
  return graph == graphs_.end() || MadeDigest(graph->second.info()) != held.graph_digest() ||
         graph->second.info().boundaries_size() != held.info().boundaries_size();
}

bool Graphs::IsLeftover(const pbi::HeldShard& held) const {
  if (!held.problem().empty() || !held.has_info()) return false;
  {
    MutexLock lock(mutex_);
    if (!MayBeLeftover(held)) return false;
  }
  return deleted_.Has(held.graph(), held.graph_digest()).value_or(false);
}

bool Graphs::OnlyLeftovers(const std::string& name) const {
  bool any = false;
  for (const pbi::RegisterRequest& worker : workers_.Said()) {
    for (const pbi::HeldShard& held : worker.shards()) {
      if (held.graph() != name) continue;
      if (!IsLeftover(held)) return false;
      any = true;
    }
  }
  return any;
}

// While its name is noted nobody takes it, so that no new shard is dropped in its place.
absl::Status Graphs::DropLeftover(const std::string& node_id, const pbi::HeldShard& held,
                                  Cancellation* ends) {
  LAWINE_ASSIGN_OR_RETURN(const WorkerHandle live, workers_.Live(node_id));
  {
    MutexLock lock(mutex_);
    if (!MayBeLeftover(held)) return absl::OkStatus();  // its name was taken since
    dropping_.insert(held.graph());
  }
  const absl::Cleanup over = [&] {
    MutexLock lock(mutex_);
    dropping_.erase(dropping_.find(held.graph()));
  };
  LAWINE_RETURN_IF_ERROR(DropShard(live, ShardIdOf(held), /*arrived_only=*/false, ends, kLeftoverTimeout));
  spdlog::info("{} has dropped shard {} of graph '{}', which was deleted while it was away", live.Text(),
               held.shard(), held.graph());
  return absl::OkStatus();
}

void Graphs::DropLeftovers(const std::string& name, Cancellation* ends) {
  for (const pbi::RegisterRequest& worker : workers_.Said()) {
    for (const pbi::HeldShard& held : worker.shards()) {
      if (!name.empty() && held.graph() != name) continue;
      if (!IsLeftover(held)) continue;
      // One that does not answer is not asked about its other shards too; all is tried again.
      if (absl::IsDeadlineExceeded(DropLeftover(worker.node_id(), held, ends))) break;
    }
  }
}

absl::Status Graphs::ClearLeftovers(const std::string& name) {
  const auto gone = [&] {
    {
      MutexLock lock(mutex_);
      if (dropping_.contains(name)) return false;
    }
    return !OnlyLeftovers(name);
  };
  if (gone()) return absl::OkStatus();
  DropLeftovers(name);
  // What is gone must be seen to be gone.
  return workers_.WaitUntil(gone, WorkerDirectory::kHeldTimeout) ? absl::OkStatus() : LeftoversStay(name);
}

}  // namespace lawine
