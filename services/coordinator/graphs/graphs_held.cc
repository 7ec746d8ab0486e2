// What workers say they hold, beside the graphs there are: taken in, strange, or left of what was deleted.
#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/common/wire.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/workers/graph_identity.h"
#include "services/coordinator/workers/shard_calls.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

// Stays when the graph is made again: until a worker that was away is back, nobody knows what it still has.
std::string DeletedKey(const std::string& name, const std::string& digest) {
  return absl::StrCat("deleted/", digest, "/", name);
}
// Of earlier versions: the name is its value.
std::string EarlierDeletedKey(const std::string& digest) { return absl::StrCat("deleted/", digest); }

}  // namespace

void Graphs::Adopt(const pbi::RegisterRequest& request) {
  for (const pbi::HeldShard& shard : request.shards()) {
    if (!shard.has_info()) continue;
    const pbi::GraphInfo& info = shard.info();
    const auto shards_count = static_cast<std::uint32_t>(info.boundaries_size()) - 1;
    {
      MutexLock lock(mutex_);
      if (graphs_.contains(info.name()) || loading_.contains(info.name())) continue;
    }
    // Not where it was deleted, nor where that cannot be read just now: the worker says it again.
    if (!wire::FromProto(info).ok()) continue;
    if (Deleted(info.name(), MadeDigest(info)).value_or(true)) continue;
    if (!workers_.Find(info.name(), MadeDigest(info), shards_count).missing.empty()) continue;
    pbi::GraphRecord record;
    // What not all shards have did not come to count.
    *record.mutable_info() = workers_.LowestVersion(info.name(), MadeDigest(info)).value_or(info);
    *record.mutable_create_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
    if (!registry_.Put(GraphKey(info.name()), record.SerializeAsString()).ok()) continue;
    MutexLock lock(mutex_);
    graphs_.emplace(info.name(), std::move(record));
  }
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
    } else if (shard.info().graph_version() < info.graph_version()) {
      strange.push_back(absl::StrCat(about, " is an older copy: expected version ", info.graph_version(),
                                     " of the graph, found ", shard.info().graph_version()));
    }
  }
  return strange;
}

WorkerDirectory::Versions Graphs::VersionsOf(const pbi::RegisterRequest& request) const {
  WorkerDirectory::Versions versions;
  MutexLock lock(mutex_);
  for (const pbi::HeldShard& shard : request.shards()) {
    const auto graph = graphs_.find(shard.graph());
    if (graph == graphs_.end() || shard.graph_digest() != MadeDigest(graph->second.info())) continue;
    versions[shard.graph()] = graph->second.info().graph_version();
  }
  return versions;
}

absl::Status Graphs::NoteDeleted(const std::string& name, const std::string& digest) {
  return registry_.Put(DeletedKey(name, digest), name);
}

absl::StatusOr<bool> Graphs::Deleted(const std::string& name, const std::string& digest) const {
  const auto deleted = registry_.Get(DeletedKey(name, digest));
  if (deleted.ok()) return true;
  if (!absl::IsNotFound(deleted.status())) return deleted.status();
  const auto earlier = registry_.Get(EarlierDeletedKey(digest));
  if (!earlier.ok() && !absl::IsNotFound(earlier.status())) return earlier.status();
  return earlier.ok() && *earlier == name;
}

bool Graphs::IsLeftover(const pbi::HeldShard& held) const {
  if (!held.problem().empty() || !held.has_info()) return false;
  {
    MutexLock lock(mutex_);
    if (loading_.contains(held.graph())) return false;
    const auto graph = graphs_.find(held.graph());
    // Made again with as many shards it is the same: who owns them tells the copies apart.
    if (graph != graphs_.end() && MadeDigest(graph->second.info()) == held.graph_digest() &&
        graph->second.info().boundaries_size() == held.info().boundaries_size()) {
      return false;
    }
  }
  return Deleted(held.graph(), held.graph_digest()).value_or(false);
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

void Graphs::DropLeftovers() {
  MutexLock dropping(dropping_);
  for (const pbi::RegisterRequest& worker : workers_.Said()) {
    for (const pbi::HeldShard& held : worker.shards()) {
      if (!IsLeftover(held)) continue;
      const pbi::ShardId id = ShardIdOf(held);
      const absl::StatusOr<WorkerHandle> live = workers_.Live(worker.node_id());
      if (!live.ok() || !DropShard(*live, id, /*arrived_only=*/false).ok()) continue;  // tried again
      spdlog::info("{} has dropped shard {} of graph '{}', which was deleted while it was away", live->Text(),
                   held.shard(), held.graph());
    }
  }
}

void Graphs::ClearLeftovers(const std::string& name) {
  if (!OnlyLeftovers(name)) return;
  DropLeftovers();
  // What is gone must be seen to be gone.
  for (int i = 0; i < 40 && OnlyLeftovers(name); ++i) {
    workers_.WaitForWorkers(~0u, WorkerDirectory::kHeartbeat / 2);
  }
}

}  // namespace lawine
