#include "services/coordinator/workers/placements.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/steady_time.h"
#include "services/coordinator/registry/record.h"
#include "services/coordinator/workers/graph_identity.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr char kPrefix[] = "placement/";
// So long a use that would begin waits for a hold to end: most do within a second.
constexpr absl::Duration kUsePatience = absl::Seconds(5);
constexpr absl::Duration kLookEvery = absl::Milliseconds(10);

std::vector<std::string> NamesIn(const pbi::PlacementRecord& record) {
  return {record.owners().begin(), record.owners().end()};
}

}  // namespace

absl::Status Placements::Load() {
  MutexLock lock(mutex_);
  return registry_.Scan(kPrefix, [this](const std::string& key, const std::string& value) -> absl::Status {
    LAWINE_ASSIGN_OR_RETURN(auto record, ParseRecord<pbi::PlacementRecord>(key, value));
    const std::string graph = key.substr(sizeof kPrefix - 1);
    workers_.SetOwners(graph, record.graph_digest(), NamesIn(record));
    records_[graph] = std::move(record);
    return absl::OkStatus();
  });
}

absl::Status Placements::SetOwners(const pbi::GraphInfo& graph,
                                   const std::map<std::uint32_t, std::string>& owners) {
  MutexLock writing(writing_);
  pbi::PlacementRecord record;
  {
    MutexLock lock(mutex_);
    if (const auto known = records_.find(graph.name()); known != records_.end()) record = known->second;
  }
  const int shards = graph.boundaries_size() - 1;
  if (record.graph_digest() != MadeDigest(graph) || record.owners_size() > shards) record.clear_owners();
  record.set_graph_digest(MadeDigest(graph));
  record.set_epoch(record.epoch() + 1);
  while (record.owners_size() < shards) record.add_owners();
  for (const auto& [shard, owner] : owners) record.set_owners(static_cast<int>(shard), owner);
  LAWINE_ASSIGN_OR_RETURN(const std::string value, RecordOf(record));
  LAWINE_RETURN_IF_ERROR(registry_.Put(absl::StrCat(kPrefix, graph.name()), value));
  spdlog::info("graph '{}': its shards' owners are those of epoch {}", graph.name(), record.epoch());
  MutexLock lock(mutex_);
  workers_.SetOwners(graph.name(), MadeDigest(graph), NamesIn(record));
  records_[graph.name()] = std::move(record);
  return absl::OkStatus();
}

absl::Status Placements::Forget(const std::string& graph) {
  MutexLock writing(writing_);
  const bool known = [&] {
    MutexLock lock(mutex_);
    return records_.contains(graph);
  }();
  if (known) LAWINE_RETURN_IF_ERROR(registry_.Delete(absl::StrCat(kPrefix, graph)));
  MutexLock lock(mutex_);
  records_.erase(graph);
  workers_.ForgetOwners(graph);
  // A use or a hold that is not over yet keeps its own.
  const auto gate = gates_.find(graph);
  if (gate == gates_.end() || gate->second.held || gate->second.lease.use_count() > 1)
    return absl::OkStatus();
  if (gate->second.ended.empty()) gates_.erase(gate);
  return absl::OkStatus();
}

std::vector<std::string> Placements::OwnersOf(const pbi::GraphInfo& graph) const {
  std::vector<std::string> owners;
  MutexLock lock(mutex_);
  const auto it = records_.find(graph.name());
  if (it != records_.end() && it->second.graph_digest() == MadeDigest(graph)) owners = NamesIn(it->second);
  owners.resize(static_cast<std::size_t>(std::max(0, graph.boundaries_size() - 1)));
  return owners;
}

std::string Placements::OwnerOf(const std::string& graph, const std::string& digest,
                                std::uint32_t shard) const {
  MutexLock lock(mutex_);
  const auto it = records_.find(graph);
  if (it == records_.end() || it->second.graph_digest() != digest) return "";
  return static_cast<int>(shard) < it->second.owners_size() ? it->second.owners(static_cast<int>(shard)) : "";
}

absl::StatusOr<std::shared_ptr<Cancellation>> Placements::Use(const std::string& graph) const {
  const SteadyTime end = SteadyNow() + kUsePatience;
  MutexLock lock(mutex_);
  for (;;) {
    const Gate& gate = gates_[graph];
    if (!gate.held) return gate.lease;
    const absl::Duration left = end - SteadyNow();
    if (left <= absl::ZeroDuration()) {
      return ShardsMove(absl::StrCat("shards of graph '", graph, "' are moving to other workers"));
    }
    released_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
  }
}

absl::StatusOr<std::unique_ptr<Placements::Hold>> Placements::HoldGraph(
    const std::string& graph, const std::function<bool()>& stopping) {
  {
    MutexLock lock(mutex_);
    Gate& gate = gates_[graph];
    if (std::exchange(gate.held, true)) {
      return absl::UnavailableError(absl::StrCat("graph '", graph, "' is held by somebody else"));
    }
    gate.ended.push_back(gate.lease);
    gate.lease->Cancel();
    gate.lease = nullptr;
  }
  auto hold = std::make_unique<Hold>(*this, graph);
  const SteadyTime end = SteadyNow() + kHoldTimeout;
  while (InUse(graph)) {
    if (stopping()) return absl::CancelledError("the hold was given up");
    if (SteadyNow() > end) {
      return absl::UnavailableError(absl::StrCat(
          "what goes on with graph '", graph, "' has not ended within ", absl::FormatDuration(kHoldTimeout)));
    }
    absl::SleepFor(kLookEvery);
  }
  return hold;
}

// Whether uses go on that began before the graph was held.
bool Placements::InUse(const std::string& graph) {
  MutexLock lock(mutex_);
  std::vector<std::weak_ptr<Cancellation>>& ended = gates_[graph].ended;
  std::erase_if(ended, [](const auto& lease) { return lease.expired(); });
  return !ended.empty();
}

void Placements::Release(const std::string& graph) {
  MutexLock lock(mutex_);
  Gate released;
  released.ended = std::move(gates_[graph].ended);
  if (released.ended.empty()) {
    gates_.erase(graph);
  } else {
    gates_[graph] = std::move(released);
  }
  released_.NotifyAll();
}

void Placements::SetDrained(std::set<std::string> node_ids) {
  MutexLock lock(mutex_);
  drained_ = std::move(node_ids);
}

std::vector<WorkerHandle> Placements::ForNewShards(std::vector<WorkerHandle> workers) const {
  MutexLock lock(mutex_);
  std::erase_if(workers, [this](const WorkerHandle& worker) { return drained_.contains(worker.node_id); });
  return workers;
}

}  // namespace lawine
