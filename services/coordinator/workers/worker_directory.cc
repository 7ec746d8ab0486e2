#include "services/coordinator/workers/worker_directory.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/rpc.h"
#include "services/common/steady_time.h"

namespace lawine {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

namespace {
constexpr absl::Duration kIdentifyTimeout = absl::Seconds(2);
constexpr absl::Duration kRememberedFor = absl::Hours(24);

// Nobody should take it for something that may be deleted.
std::string OnlyCopy(const pbi::HeldShard& shard, const std::string& owner) {
  return absl::StrCat(
      "shard ", shard.shard(), " is here, but by the registry it is worker ", owner,
      "'s, which does not hold it: keep this copy, it may be the only one, and put the volume, "
      "or the shard's folder, back to worker ",
      owner, " if they were exchanged");
}

}  // namespace

// An older copy lacks what counted when its worker spoke last: later changes may cross what it says now, and
// nothing counted of a graph that was not there yet. A worker that may be another process, on another volume,
// must have all that counts.
void WorkerDirectory::FindOlder(const pbi::RegisterRequest& request, const Versions& versions,
                                Worker& worker) {
  const bool same = IsAlive(worker) && worker.said.incarnation() == request.incarnation();
  worker.older.clear();
  for (const pbi::HeldShard& shard : request.shards()) {
    const auto counts = versions.find(shard.graph());
    if (counts == versions.end() || !shard.has_info()) continue;
    const auto before = worker.versions.find(shard.graph());
    const std::uint64_t counted = before == worker.versions.end() ? 0 : before->second;
    const std::uint64_t expected = same ? std::min(counted, counts->second) : counts->second;
    if (shard.info().graph_version() < expected) worker.older.emplace(shard.graph(), shard.shard());
  }
}

// The worker as it is known, while that is another process.
std::optional<WorkerDirectory::Worker> WorkerDirectory::OtherThan(const pbi::RegisterRequest& request) const {
  MutexLock lock(mutex_);
  const auto it = workers_.find(request.node_id());
  const bool other =
      it != workers_.end() && IsAlive(it->second) && it->second.said.incarnation() != request.incarnation();
  return other ? std::optional(it->second) : std::nullopt;
}

// A process that was killed a moment ago was heard of as lately as one that lives.
bool WorkerDirectory::Lives(const Worker& worker) const {
  grpc::ClientContext context;
  SetDeadline(context, kIdentifyTimeout);
  pbi::IdentifyResponse found;
  const grpc::Status status = worker.stub->Identify(&context, {}, &found);
  if (status.ok()) {
    return found.node_id() == worker.said.node_id() && found.incarnation() == worker.said.incarnation();
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) return false;
  MutexLock lock(mutex_);
  const Worker& now = workers_.at(worker.said.node_id());
  return now.said.incarnation() == worker.said.incarnation() && SteadyNow() - now.heard < 2 * kHeartbeat;
}

absl::Status WorkerDirectory::Reach(const pbi::RegisterRequest& request) {
  {
    MutexLock lock(mutex_);
    const auto known = workers_.find(request.node_id());
    const bool reached = known != workers_.end() && known->second.said.address() == request.address() &&
                         known->second.said.incarnation() == request.incarnation();
    if (reached) return absl::OkStatus();
  }
  absl::Status answered = AskWhoAnswers(request, credentials_);
  MutexLock lock(mutex_);
  unreached_.Note(request, answered, SteadyNow() - kAliveFor);
  return answered;
}

absl::Status WorkerDirectory::Register(const pbi::RegisterRequest& request, Versions versions) {
  const std::optional<Worker> other = OtherThan(request);
  const bool refused = other.has_value() && Lives(*other);
  const bool is_new = [&] {
    MutexLock lock(mutex_);
    return !workers_.contains(request.node_id());
  }();
  if (is_new) ForgetGone(SteadyNow());
  MutexLock lock(mutex_);
  Worker& worker = workers_[request.node_id()];
  if (refused) {
    const std::string why =
        absl::StrCat("worker ", request.node_id(), " at ", request.address(), " does not join: worker ",
                     request.node_id(), " at ", other->said.address(),
                     " has the same node id and runs. One of both has a copied volume: stop it, and start it "
                     "on an empty one");
    if (std::exchange(worker.refused, request.incarnation()) != request.incarnation()) {
      spdlog::warn("{}", why);
    }
    return absl::FailedPreconditionError(why);
  }
  if (worker.stub == nullptr || worker.said.address() != request.address()) {
    const std::shared_ptr<grpc::Channel> channel = OpenChannel(request.address(), credentials_);
    channel->GetState(/*try_to_connect=*/true);  // so that the first call finds it connected
    worker.stub = pbi::WorkerService::NewStub(channel);
    worker.copies = pbi::ShardService::NewStub(channel);
  }
  FindOlder(request, versions, worker);
  worker.versions = std::move(versions);
  worker.said = request;
  worker.heard = SteadyNow();
  changed_.NotifyAll();
  return absl::OkStatus();
}

bool WorkerDirectory::IsAlive(const Worker& worker) { return SteadyNow() - worker.heard < kAliveFor; }

WorkerHandle WorkerDirectory::Handle(const Worker& worker) {
  return {.node_id = worker.said.node_id(),
          .address = worker.said.address(),
          .stub = worker.stub,
          .copies = worker.copies,
          .incarnation = worker.said.incarnation()};
}

std::vector<WorkerHandle> WorkerDirectory::Alive() const {
  MutexLock lock(mutex_);
  std::vector<WorkerHandle> alive;
  for (const auto& [node_id, worker] : workers_) {
    if (IsAlive(worker)) alive.push_back(Handle(worker));
  }
  return alive;
}

bool WorkerDirectory::WaitForWorkers(std::uint32_t workers_count, absl::Duration timeout) const {
  return WaitUntil([&] { return Alive().size() >= workers_count; }, timeout);
}

// Workers that fall silent are not told of: looks again after each heartbeat's time in any case.
bool WorkerDirectory::WaitUntil(const std::function<bool()>& condition, absl::Duration timeout) const {
  const SteadyTime end = SteadyNow() + timeout;
  while (!condition()) {
    const absl::Duration left = end - SteadyNow();
    if (left <= absl::ZeroDuration()) return false;
    MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(std::min(left, kHeartbeat)));
  }
  return true;
}

void WorkerDirectory::ForgetGone(SteadyTime now) {
  MutexLock lock(mutex_);
  std::set<std::string> owners;
  for (const auto& [graph, owned] : owners_) owners.insert(owned.node_ids.begin(), owned.node_ids.end());
  std::erase_if(workers_, [&](const auto& known) {
    return now - known.second.heard > kRememberedFor && !owners.contains(known.first);
  });
}

void WorkerDirectory::SetOwners(const std::string& graph, const std::string& digest,
                                std::vector<std::string> owners) {
  MutexLock lock(mutex_);
  owners_[graph] = {.digest = digest, .node_ids = std::move(owners)};
  changed_.NotifyAll();
}

void WorkerDirectory::ForgetOwners(const std::string& graph) {
  MutexLock lock(mutex_);
  owners_.erase(graph);
}

const std::string* WorkerDirectory::OwnerOf(const std::string& graph, const std::string& digest,
                                            std::uint32_t shard) const {
  const auto it = owners_.find(graph);
  if (it == owners_.end() || it->second.digest != digest || shard >= it->second.node_ids.size())
    return nullptr;
  const std::string& node_id = it->second.node_ids[shard];
  return node_id.empty() ? nullptr : &node_id;
}

std::vector<pbi::RegisterRequest> WorkerDirectory::Said() const {
  MutexLock lock(mutex_);
  std::vector<pbi::RegisterRequest> said;
  for (const auto& [node_id, worker] : workers_) {
    if (IsAlive(worker)) said.push_back(worker.said);
  }
  return said;
}

absl::StatusOr<WorkerHandle> WorkerDirectory::Live(const std::string& node_id) const {
  MutexLock lock(mutex_);
  const auto it = workers_.find(node_id);
  if (it != workers_.end() && IsAlive(it->second)) return Handle(it->second);
  return absl::NotFoundError(absl::StrCat("worker ", node_id, " is not there"));
}

// Whether the shard works and is of the graph that is meant.
bool WorkerDirectory::Count(const pbi::HeldShard& shard, const std::string& digest,
                            const WorkerHandle& handle, std::vector<std::string>& problems) {
  if (!shard.problem().empty()) {
    problems.push_back(absl::StrCat("shard ", shard.shard(), " on ", handle.Text(), ": ", shard.problem()));
  } else if (shard.graph_digest() != digest) {
    problems.push_back(absl::StrCat("shard ", shard.shard(), " on ", handle.Text(),
                                    " belongs to another graph of this name (digest ", shard.graph_digest(),
                                    ")"));
  }
  return shard.problem().empty() && shard.graph_digest() == digest;
}

Placement WorkerDirectory::Find(const std::string& graph, const std::string& digest,
                                std::uint32_t shards_count) const {
  Placement placement;
  std::set<std::uint32_t> placed;
  MutexLock lock(mutex_);
  for (const auto& [node_id, worker] : workers_) {
    if (!IsAlive(worker)) continue;
    WorkerHandle handle = Handle(worker);
    bool holds_anothers = false;
    for (const pbi::HeldShard& shard : worker.said.shards()) {
      if (shard.graph() != graph || !Count(shard, digest, handle, placement.problems)) continue;
      if (shard.shard() >= shards_count) continue;
      const std::string* const owner = OwnerOf(graph, digest, shard.shard());
      if (owner != nullptr && *owner != node_id) {
        holds_anothers = true;
        placement.problems.push_back(Holds(*owner, shard)
                                         ? absl::StrCat(handle.Text(), " has an earlier copy of shard ",
                                                        shard.shard(), ", which is worker ", *owner,
                                                        "'s now, and is to drop it first")
                                         : absl::StrCat(handle.Text(), ": ", OnlyCopy(shard, *owner)));
      } else if (worker.older.contains({graph, shard.shard()})) {
        placement.problems.push_back(absl::StrCat(
            "shard ", shard.shard(), " on ", handle.Text(), " is an older copy: expected version ",
            worker.versions.at(graph), " of the graph, found ", shard.info().graph_version()));
      } else if (!placed.contains(shard.shard())) {
        handle.shards.push_back(shard.shard());
      }
    }
    // It would answer for what is not its own.
    if (holds_anothers || handle.shards.empty()) continue;
    std::sort(handle.shards.begin(), handle.shards.end());
    placed.insert(handle.shards.begin(), handle.shards.end());
    placement.workers.push_back(std::move(handle));
  }
  for (std::uint32_t s = 0; s < shards_count; ++s) {
    if (!placed.contains(s)) placement.missing.push_back(s);
  }
  std::sort(placement.workers.begin(), placement.workers.end(),
            [](const WorkerHandle& a, const WorkerHandle& b) { return a.shards[0] < b.shards[0]; });
  return placement;
}

Placement WorkerDirectory::WaitFor(const std::string& graph, const std::string& digest,
                                   std::uint32_t shards_count, absl::Duration timeout) const {
  Placement placement;
  const auto whole = [&] {
    placement = Find(graph, digest, shards_count);
    return placement.missing.empty();
  };
  WaitUntil(whole, timeout);
  return placement;
}

std::vector<WorkerHandle> WorkerDirectory::HoldersOf(const std::string& graph) const {
  MutexLock lock(mutex_);
  std::vector<WorkerHandle> holders;
  for (const auto& [node_id, worker] : workers_) {
    if (!IsAlive(worker)) continue;
    WorkerHandle handle = Handle(worker);
    for (const pbi::HeldShard& shard : worker.said.shards()) {
      if (shard.graph() == graph) handle.shards.push_back(shard.shard());
    }
    if (!handle.shards.empty()) holders.push_back(std::move(handle));
  }
  return holders;
}

bool WorkerDirectory::IsOlder(const std::string& node_id, const pbi::HeldShard& shard) const {
  MutexLock lock(mutex_);
  const auto worker = workers_.find(node_id);
  return worker != workers_.end() && worker->second.older.contains({shard.graph(), shard.shard()});
}

std::optional<pbi::GraphInfo> WorkerDirectory::LowestVersion(const std::string& graph,
                                                             const std::string& digest) const {
  MutexLock lock(mutex_);
  std::optional<pbi::GraphInfo> lowest;
  for (const auto& [node_id, worker] : workers_) {
    for (const pbi::HeldShard& shard : worker.said.shards()) {
      if (shard.graph() != graph || shard.graph_digest() != digest || !IsAlive(worker)) continue;
      const bool lower = !lowest.has_value() || shard.info().graph_version() < lowest->graph_version();
      if (lower && shard.has_info()) lowest = shard.info();
    }
  }
  return lowest;
}

bool WorkerDirectory::Holds(const std::string& node_id, const pbi::HeldShard& shard) const {
  const auto worker = workers_.find(node_id);
  if (worker == workers_.end() || !IsAlive(worker->second)) return false;
  const auto& held = worker->second.said.shards();
  return std::any_of(held.begin(), held.end(), [&shard](const pbi::HeldShard& other) {
    return other.graph() == shard.graph() && other.shard() == shard.shard() &&
           other.graph_digest() == shard.graph_digest();
  });
}

void WorkerDirectory::AddExchanged(const Worker& worker, pb::WorkerStatus& status) const {
  for (const pbi::HeldShard& shard : worker.said.shards()) {
    const std::string* const owner = OwnerOf(shard.graph(), shard.graph_digest(), shard.shard());
    if (owner == nullptr || *owner == worker.said.node_id() || Holds(*owner, shard)) continue;
    status.add_problems(absl::StrCat("graph '", shard.graph(), "': ", OnlyCopy(shard, *owner)));
  }
}

std::vector<pb::WorkerStatus> WorkerDirectory::Describe() const {
  MutexLock lock(mutex_);
  std::vector<pb::WorkerStatus> all;
  for (const auto& [node_id, worker] : workers_) {
    pb::WorkerStatus& status = all.emplace_back();
    status.set_node_id(node_id);
    status.set_address(worker.said.address());
    status.set_alive(IsAlive(worker));
    status.set_seconds_since_heard(absl::ToDoubleSeconds(SteadyNow() - worker.heard));
    status.set_shards(static_cast<std::uint32_t>(worker.said.shards_size()));
    status.set_runs(worker.said.runs());
    status.set_memory_limit_bytes(worker.said.memory_limit_bytes());
    status.set_version(worker.said.version());
    for (const pbi::HeldShard& shard : worker.said.shards()) {
      status.set_disk_bytes(status.disk_bytes() + shard.disk_bytes());
      status.set_resident_bytes(status.resident_bytes() + shard.resident_bytes());
      if (shard.partly_in_memory()) {
        status.set_shards_partly_in_memory(status.shards_partly_in_memory() + 1);
      }
      if (!shard.problem().empty()) {
        status.add_problems(
            absl::StrCat("shard ", shard.shard(), " of '", shard.graph(), "': ", shard.problem()));
      }
    }
    if (IsAlive(worker)) AddExchanged(worker, status);
  }
  unreached_.AddTo(all, SteadyNow() - kAliveFor);
  return all;
}

}  // namespace lawine
