#include "services/worker/shards/shard_host.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace lawine {

ShardHost::ShardHost(std::unique_ptr<ShardStorage> storage, std::optional<std::uint64_t> memory_limit_bytes,
                     Executor& executor)
    : storage_(std::move(storage)), memory_limit_bytes_(memory_limit_bytes), executor_(executor) {
  MutexLock lock(mutex_);
  OpenAll();
}

void ShardHost::OpenAll() {
  const auto names = storage_->List();
  if (!names.ok()) spdlog::error("cannot list shards: {}", std::string(names.status().message()));
  for (const ShardName& name : names.value_or(std::vector<ShardName>())) {
    if (!shards_.contains(name) && !left_.contains(name)) OpenShard(name);
  }
  MutexLock listed_lock(listed_mutex_);
  listing_ = names.status();
  listed_ = ListLocked();
}

void ShardHost::OpenAgain() {
  MutexLock lock(mutex_);
  if (!Listing().ok()) OpenAll();
  for (auto& [name, shard] : shards_) Usable(name, shard).IgnoreError();
}

absl::Status ShardHost::Listing() const {
  MutexLock lock(listed_mutex_);
  return listing_;
}

absl::Status ShardHost::Usable(const ShardName& name, HeldShard& shard) {
  if (!MayPass(shard.status())) return shard.status();
  shard = HeldShard::Open(*storage_, name);
  if (shard.status().ok()) {
    spdlog::info("shard {} of graph '{}' can be used now", name.shard.value, name.graph);
  } else if (!MayPass(shard.status())) {
    spdlog::error("shard {} of graph '{}' cannot be used: {}", name.shard.value, name.graph,
                  std::string(shard.status().message()));
  }
  return shard.status();
}

void ShardHost::OpenShard(const ShardName& name) {
  HeldShard shard = HeldShard::Open(*storage_, name);
  if (!shard.status().ok()) {
    spdlog::error("shard {} of graph '{}' cannot be used: {}", name.shard.value, name.graph,
                  std::string(shard.status().message()));
  }
  shards_[name] = std::move(shard);
}

std::vector<HeldShardState> ShardHost::List() const {
  MutexLock lock(mutex_);
  return ListLocked();
}

std::vector<HeldShardState> ShardHost::LastList() const {
  if (mutex_.try_lock()) {
    MutexLock lock(listed_mutex_);
    listed_ = ListLocked();
    mutex_.unlock();
    return listed_;
  }
  MutexLock lock(listed_mutex_);
  // Versions that others believe to be here must not be missing: they would take it for an older volume.
  for (HeldShardState& state : listed_) {
    if (const auto log = state.log.lock(); log != nullptr) state.graph = log->head();
  }
  return listed_;
}

std::vector<HeldShardState> ShardHost::ListLocked() const {
  std::vector<HeldShardState> states;
  for (const auto& [name, shard] : shards_) {
    HeldShardState& state = states.emplace_back();
    state.name = name;
    state.status = shard.status();
    if (!state.status.ok()) continue;
    state.manifest = shard.stored().reader->manifest();
    state.graph = shard.log()->head();
    state.log = shard.log();
    state.disk_bytes = shard.log()->disk_bytes();
    state.resident_bytes = shard.ResidentBytes();
    const ShardImage* image = shard.AnyImage();
    if (image == nullptr) continue;
    state.links_in_memory = image->links_in_memory();
    state.partly_in_memory = PartlyInMemory(*image);
  }
  return states;
}

absl::StatusOr<std::vector<HeldShard*>> ShardHost::Held(const std::string& graph) {
  std::vector<HeldShard*> held;
  for (auto& [name, shard] : shards_) {
    if (name.graph != graph) continue;
    LAWINE_RETURN_IF_ERROR(Usable(name, shard));
    held.push_back(&shard);
  }
  if (!held.empty()) return held;
  return absl::NotFoundError(absl::StrCat("this worker holds no shard of graph '", graph, "'"));
}

// Members may be many: while they are read, others use what is there.
absl::StatusOr<ShardAtVersion> ShardHost::At(const ShardName& name, VersionOf version_of) {
  {
    MutexLock lock(mutex_);
    LAWINE_ASSIGN_OR_RETURN(HeldShard * shard, Find(name));
    if (const ShardAtVersion* at = shard->Find(version_of(*shard)); at != nullptr) return WithoutImage(*at);
  }
  MutexLock reading(reading_);
  for (;;) {
    UnreadShard unread;
    {
      MutexLock lock(mutex_);
      LAWINE_ASSIGN_OR_RETURN(HeldShard * shard, Find(name));
      const std::uint64_t graph_version = version_of(*shard);
      if (const ShardAtVersion* at = shard->Find(graph_version); at != nullptr) return WithoutImage(*at);
      unread = shard->Unread(graph_version);
    }
    const absl::StatusOr<ReadShard> read = Read(unread);
    MutexLock lock(mutex_);
    LAWINE_ASSIGN_OR_RETURN(HeldShard * shard, Find(name));
    if (read.ok() && shard->Keep(*read)) return read->at;
    if (!read.ok() && !shard->Outdated(unread)) return read.status();
  }
}

absl::StatusOr<MembersByShard> ShardHost::MembersAt(const std::string& graph, VersionOf version_of) {
  std::vector<ShardName> names;
  {
    MutexLock lock(mutex_);
    LAWINE_RETURN_IF_ERROR(Held(graph).status());
    for (const auto& [name, shard] : shards_) {
      if (name.graph == graph) names.push_back(name);
    }
  }
  MembersByShard members;
  for (const ShardName& name : names) {
    LAWINE_ASSIGN_OR_RETURN(const ShardAtVersion at, At(name, version_of));
    members.push_back(at.members);
  }
  return members;
}

absl::StatusOr<MembersByShard> ShardHost::Members(const std::string& graph, std::uint64_t graph_version) {
  return MembersAt(graph, [graph_version](const HeldShard&) { return graph_version; });
}

absl::StatusOr<MembersByShard> ShardHost::StoredMembers(const std::string& graph) {
  return MembersAt(graph, [](const HeldShard& shard) { return shard.stored().graph_version; });
}

absl::StatusOr<HeldShard*> ShardHost::Find(const ShardName& name) {
  const auto it = shards_.find(name);
  if (it == shards_.end()) {
    return absl::NotFoundError(
        absl::StrCat("this worker does not hold shard ", name.shard.value, " of '", name.graph, "'"));
  }
  LAWINE_RETURN_IF_ERROR(Usable(name, it->second));
  return &it->second;
}

absl::StatusOr<std::shared_ptr<ShardLog>> ShardHost::Log(const ShardName& name) {
  MutexLock lock(mutex_);
  LAWINE_ASSIGN_OR_RETURN(const HeldShard* shard, Find(name));
  return shard->log();
}

absl::StatusOr<std::vector<std::pair<ShardIndex, std::shared_ptr<ShardLog>>>> ShardHost::Logs(
    const std::string& graph) {
  MutexLock lock(mutex_);
  std::vector<std::pair<ShardIndex, std::shared_ptr<ShardLog>>> logs;
  for (auto& [name, shard] : shards_) {
    if (name.graph != graph) continue;
    LAWINE_RETURN_IF_ERROR(Usable(name, shard));
    logs.emplace_back(name.shard, shard.log());
  }
  return logs;
}

absl::StatusOr<std::shared_ptr<const ShardReader>> ShardHost::Reader(const ShardName& name,
                                                                     std::uint64_t graph_version) {
  LAWINE_ASSIGN_OR_RETURN(const ShardAtVersion at, At(name, [graph_version](const HeldShard& shard) {
                            const std::uint64_t stored = shard.stored().graph_version;
                            return graph_version == 0 ? 0 : std::max(graph_version, stored);
                          }));
  return at.reader;
}

absl::StatusOr<std::uint64_t> ShardHost::Fold(const std::string& graph, std::uint64_t graph_version,
                                              const std::function<bool()>& gone) {
  LAWINE_ASSIGN_OR_RETURN(const auto logs, Logs(graph));
  std::uint64_t blocks = 0;
  for (const auto& [shard, log] : logs) {
    if (gone()) return absl::CancelledError("the coordinator ended the fold");
    MutexLock loading(loading_);  // what is brought into memory is of one stored version
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t replaced, log->Fold(graph_version));
    blocks += replaced;
    MutexLock lock(mutex_);
    const auto held = shards_.find({graph, shard});
    if (held != shards_.end() && held->second.log() == log) held->second.Restart();
  }
  return blocks;
}

absl::Status ShardHost::CheckNotLeft(const ShardName& name) {
  DeleteLeft();
  MutexLock lock(mutex_);
  if (!left_.contains(name)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("shard ", name.shard.value, " of '", name.graph,
                                             "', which was dropped, is still being read: try again"));
}

absl::StatusOr<std::unique_ptr<ShardWriter>> ShardHost::Create(const ShardName& name) {
  LAWINE_RETURN_IF_ERROR(CheckNotLeft(name));
  return storage_->Create(name);
}

absl::Status ShardHost::Adopt(const ShardName& name) {
  LAWINE_RETURN_IF_ERROR(CheckNotLeft(name));
  MutexLock lock(mutex_);
  if (const auto held = shards_.find(name); held == shards_.end() || !held->second.status().ok()) {
    OpenShard(name);
  }
  return shards_[name].status();
}

absl::Status ShardHost::DropShard(const ShardName& name, const std::string& graph_digest) {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end()) return absl::OkStatus();
  HeldShard& shard = it->second;
  LAWINE_RETURN_IF_ERROR(Usable(name, shard));
  const std::string digest = shard.stored().reader->manifest().graph.identity().ToHex();
  if (digest != graph_digest) {
    return absl::FailedPreconditionError(absl::StrCat("graph '", name.graph, "': expected digest ",
                                                      graph_digest, ", this worker holds ", digest));
  }
  if (shard.InUse()) {
    return absl::FailedPreconditionError(
        absl::StrCat("shard ", name.shard.value, " of graph '", name.graph, "' is in use"));
  }
  return Leave(name);
}

absl::Status ShardHost::Leave(const ShardName& name) {
  auto held = shards_.extract(name);
  if (held.mapped().status().ok()) {
    LeftShard left = held.mapped().Leave();
    if (left.InUse()) {
      left_.insert_or_assign(name, std::move(left));
      return absl::OkStatus();
    }
  }
  held = {};  // closes it
  return storage_->Delete(name);
}

void ShardHost::DeleteLeft() {
  MutexLock deleting(deleting_);
  std::vector<ShardName> unused;
  {
    MutexLock lock(mutex_);
    for (auto& [name, left] : left_) {
      if (left.InUse()) continue;
      left = LeftShard(nullptr, {});  // closes it
      unused.push_back(name);
    }
  }
  for (const ShardName& name : unused) {
    if (const absl::Status deleted = storage_->Delete(name); !deleted.ok()) {
      spdlog::warn("{}", std::string(deleted.message()));
    }
    MutexLock lock(mutex_);
    left_.erase(name);  // its place is free
  }
}

absl::Status ShardHost::DropDamaged(const ShardName& name) {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end() || it->second.status().ok()) return absl::OkStatus();
  shards_.erase(it);
  return storage_->Delete(name);
}

absl::StatusOr<std::uint32_t> ShardHost::Drop(const std::string& graph) {
  MutexLock lock(mutex_);
  std::vector<ShardName> names;
  for (const auto& [name, shard] : shards_) {
    if (name.graph != graph) continue;
    if (shard.status().ok() && shard.InUse()) {
      return absl::FailedPreconditionError(
          absl::StrCat("graph '", graph, "' is in use: wait for its runs, or cancel them"));
    }
    names.push_back(name);
  }
  for (const ShardName& name : names) LAWINE_RETURN_IF_ERROR(Leave(name));
  return static_cast<std::uint32_t>(names.size());
}

}  // namespace lawine
