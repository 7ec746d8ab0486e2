#include "services/worker/shard_host.h"

#include <spdlog/spdlog.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

// What hydrating `manifest` will take, a little more than the image.
std::uint64_t ImageBytes(const ShardManifest& manifest) {
  const std::uint64_t per_link =
      4 + (manifest.graph.columns.weights ? 4 : 0) + (manifest.graph.columns.kinds ? 1 : 0);
  return manifest.links * per_link + std::uint64_t{manifest.graph.members()} * 4 +
         std::uint64_t{manifest.range().count} * 16;
}

std::uint64_t ReadNumber(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : ~0ull;  // "max" and absent files mean no limit
}

std::uint64_t InactiveFileBytes() {
  std::ifstream file("/sys/fs/cgroup/memory.stat");
  std::string name;
  std::uint64_t bytes = 0;
  while (file >> name >> bytes) {
    if (name == "inactive_file") return bytes;
  }
  return 0;
}

}  // namespace

std::uint64_t AvailableMemoryBytes() {
  std::uint64_t available = ~0ull;
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  std::string unit;
  while (meminfo >> name >> kilobytes) {
    if (name == "MemAvailable:") available = kilobytes << 10;
    std::getline(meminfo, unit);
  }
  const std::uint64_t limit = ReadNumber("/sys/fs/cgroup/memory.max");
  const std::uint64_t used = ReadNumber("/sys/fs/cgroup/memory.current");
  if (limit == ~0ull || used == ~0ull) return available;
  // Files that were read or written count as used until somebody needs the memory.
  const std::uint64_t taken = used - std::min(used, InactiveFileBytes());
  available = std::min(available, limit > taken ? limit - taken : 0);
  return available;
}

ShardHost::ShardHost(std::unique_ptr<ShardStorage> storage, Executor& executor)
    : storage_(std::move(storage)), executor_(executor) {
  MutexLock lock(mutex_);
  const auto names = storage_->List();
  if (!names.ok()) {
    spdlog::error("cannot list shards: {}", std::string(names.status().message()));
    return;
  }
  for (const ShardName& name : *names) OpenShard(name);
}

void ShardHost::OpenShard(const ShardName& name) {
  Shard& shard = shards_[name];
  auto reader = storage_->Open(name);
  shard.status = reader.status();
  if (reader.ok()) {
    shard.reader = *std::move(reader);
  } else {
    spdlog::error("shard {} of graph '{}' cannot be used: {}", name.shard.value, name.graph,
                  std::string(shard.status.message()));
  }
}

std::vector<HeldShardState> ShardHost::List() const {
  MutexLock lock(mutex_);
  std::vector<HeldShardState> states;
  for (const auto& [name, shard] : shards_) {
    HeldShardState state;
    state.name = name;
    state.status = shard.status;
    if (shard.reader != nullptr) {
      state.manifest = shard.reader->manifest();
      state.disk_bytes = shard.reader->disk_bytes();
    }
    if (shard.image != nullptr) state.resident_bytes = shard.image->resident_bytes();
    states.push_back(std::move(state));
  }
  return states;
}

absl::StatusOr<ShardHost::Acquired> ShardHost::Acquire(const std::string& graph) {
  // Graphs in memory are not held up by one that is being brought there.
  LAWINE_ASSIGN_OR_RETURN(Acquired acquired, InMemory(graph));
  if (!acquired.images.empty()) return acquired;
  MutexLock loading(loading_);
  const absl::Time start = absl::Now();
  LAWINE_RETURN_IF_ERROR(Members(graph).status());
  LAWINE_ASSIGN_OR_RETURN(const auto missing, MissingImages(graph));
  for (const auto& [reader, members] : missing) {
    LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<const ShardImage> image,
                            ShardImage::Hydrate(reader, members, ~0ull, executor_));
    MutexLock lock(mutex_);
    const auto it = shards_.find({graph, image->manifest().shard});
    if (it == shards_.end())
      return absl::NotFoundError(absl::StrCat("graph '", graph, "' was deleted meanwhile"));
    it->second.image = std::move(image);
  }
  LAWINE_ASSIGN_OR_RETURN(acquired, InMemory(graph));
  if (missing.empty()) return acquired;
  acquired.load_seconds = absl::ToDoubleSeconds(absl::Now() - start);
  spdlog::info("graph '{}': {} shards in memory after {:.2f} s", graph, acquired.images.size(),
               acquired.load_seconds);
  return acquired;
}

// All images of the graph, or none when one is missing.
absl::StatusOr<ShardHost::Acquired> ShardHost::InMemory(const std::string& graph) const {
  MutexLock lock(mutex_);
  Acquired acquired;
  bool complete = true;
  bool held = false;
  for (const auto& [name, shard] : shards_) {
    if (name.graph != graph) continue;
    LAWINE_RETURN_IF_ERROR(shard.status);
    held = true;
    complete = complete && shard.image != nullptr;
    acquired.images.push_back(shard.image);
  }
  if (!held) return absl::NotFoundError(absl::StrCat("this worker holds no shard of graph '", graph, "'"));
  if (!complete) acquired.images.clear();
  return acquired;
}

// Readers of the shards that are not in memory, with room made for them.
absl::StatusOr<std::vector<ShardHost::Missing>> ShardHost::MissingImages(const std::string& graph) {
  MutexLock lock(mutex_);
  std::vector<Missing> missing;
  std::uint64_t bytes = 0;
  for (const auto& [name, shard] : shards_) {
    if (name.graph != graph || shard.image != nullptr) continue;
    missing.push_back({shard.reader, shard.members});
    bytes += ImageBytes(shard.reader->manifest());
  }
  if (!missing.empty()) LAWINE_RETURN_IF_ERROR(MakeRoom(graph, bytes));
  return missing;
}

absl::StatusOr<std::vector<std::shared_ptr<const ShardMembers>>> ShardHost::Members(
    const std::string& graph) {
  std::vector<std::shared_ptr<const ShardMembers>> members;
  MutexLock lock(mutex_);
  for (auto& [name, shard] : shards_) {
    if (name.graph != graph) continue;
    LAWINE_RETURN_IF_ERROR(shard.status);
    if (shard.members == nullptr) {
      LAWINE_ASSIGN_OR_RETURN(shard.members, ShardMembers::Read(*shard.reader));
    }
    members.push_back(shard.members);
  }
  if (members.empty())
    return absl::NotFoundError(absl::StrCat("this worker holds no shard of graph '", graph, "'"));
  return members;
}

// Drops images of other graphs that nobody uses until `bytes` fit.
absl::Status ShardHost::MakeRoom(const std::string& graph, std::uint64_t bytes) {
  for (auto& [name, shard] : shards_) {
    if (AvailableMemoryBytes() > bytes + bytes / 8) return absl::OkStatus();
    if (name.graph != graph && shard.image.use_count() == 1) {
      spdlog::info("dropping shard {} of graph '{}' from memory", name.shard.value, name.graph);
      shard.image = nullptr;
    }
  }
  const std::uint64_t available = AvailableMemoryBytes();
  if (available > bytes + bytes / 8) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("graph '", graph, "' needs ", bytes >> 20, " MiB of memory on this worker and ",
                   available >> 20, " MiB are free: use more workers or machines, or a smaller graph"));
}

absl::StatusOr<std::shared_ptr<const ShardReader>> ShardHost::Reader(const ShardName& name) const {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end()) {
    return absl::NotFoundError(
        absl::StrCat("this worker does not hold shard ", name.shard.value, " of '", name.graph, "'"));
  }
  LAWINE_RETURN_IF_ERROR(it->second.status);
  return it->second.reader;
}

absl::Status ShardHost::Adopt(const ShardName& name) {
  MutexLock lock(mutex_);
  OpenShard(name);
  return shards_[name].status;
}

absl::StatusOr<std::uint32_t> ShardHost::Drop(const std::string& graph) {
  MutexLock lock(mutex_);
  std::vector<ShardName> names;
  for (const auto& [name, shard] : shards_) {
    if (name.graph != graph) continue;
    if (shard.image.use_count() > 1) {
      return absl::FailedPreconditionError(
          absl::StrCat("graph '", graph, "' is in use: wait for its runs, or cancel them"));
    }
    names.push_back(name);
  }
  for (const ShardName& name : names) {
    shards_.erase(name);
    LAWINE_RETURN_IF_ERROR(storage_->Delete(name));
  }
  return static_cast<std::uint32_t>(names.size());
}

}  // namespace lawine
