#include "services/worker/shard_host.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/memory.h"
#include "services/common/size.h"

namespace lawine {
namespace {

std::uint64_t LinksBytes(const ImageBytes& bytes) { return bytes.lists + bytes.followees; }

// `whole` * `part` / `of`, rounded down; beyond 64 bits in between.
std::uint64_t Part(std::uint64_t whole, std::uint64_t part, std::uint64_t of) {
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(whole) * part / of);
}

// Bringing an image into memory takes a little more than the image.
std::uint64_t WithSlack(std::uint64_t bytes) { return bytes + bytes / 8; }

}  // namespace

bool PartlyInMemory(const ShardImage& image) {
  return !image.stored().empty() || !image.HasFollowees();
}

ShardHost::ShardHost(std::unique_ptr<ShardStorage> storage, std::optional<std::uint64_t> memory_limit_bytes,
                     Executor& executor)
    : storage_(std::move(storage)), memory_limit_bytes_(memory_limit_bytes), executor_(executor) {
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
    state.resident_bytes = ResidentBytes(shard);
    if (shard.image != nullptr) {
      state.links_in_memory = shard.image->links_in_memory();
      state.partly_in_memory = PartlyInMemory(*shard.image);
    }
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
  LAWINE_ASSIGN_OR_RETURN(Room room, MakeRoom(graph));
  const bool missing = !room.missing.empty();
  LAWINE_RETURN_IF_ERROR(HydrateAll(graph, std::move(room)));
  LAWINE_ASSIGN_OR_RETURN(acquired, InMemory(graph));
  if (!missing) return acquired;
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

// Each shard gets the part of what is left that its links are of those still to come.
absl::Status ShardHost::HydrateAll(const std::string& graph, Room room) {
  std::uint64_t wanted = 0;
  for (const Missing& shard : room.missing) wanted += LinksBytes(shard.bytes);
  for (Missing& shard : room.missing) {
    const std::uint64_t bytes = LinksBytes(shard.bytes);
    const std::uint64_t links_bytes_max =
        room.links_bytes_max >= wanted ? ~std::uint64_t{0} : Part(room.links_bytes_max, bytes, wanted);
    LAWINE_ASSIGN_OR_RETURN(
        std::shared_ptr<const ShardImage> image,
        ShardImage::Hydrate(std::move(shard.reader), shard.members, links_bytes_max, executor_));
    room.links_bytes_max -= std::min(room.links_bytes_max, image->links_bytes());
    wanted -= bytes;
    if (PartlyInMemory(*image)) {
      spdlog::warn("graph '{}', shard {}: {} of {} links in memory, within the limit; runs will be slower",
                   graph, image->manifest().shard.value, image->links_in_memory(), image->manifest().links);
    }
    MutexLock lock(mutex_);
    const auto it = shards_.find({graph, image->manifest().shard});
    if (it == shards_.end())
      return absl::NotFoundError(absl::StrCat("graph '", graph, "' was deleted meanwhile"));
    it->second.image = std::move(image);
  }
  return absl::OkStatus();
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

std::uint64_t ShardHost::ResidentBytes(const Shard& shard) {
  if (shard.image != nullptr) return shard.image->resident_bytes();
  return shard.members != nullptr ? shard.members->resident_bytes() : 0;
}

absl::Status ShardHost::CheckMemoryLimit() const {
  MutexLock lock(mutex_);
  std::map<std::string, std::uint64_t> members;
  for (const auto& [name, shard] : shards_) {
    if (shard.reader != nullptr) members[name.graph] += ImageBytesOf(shard.reader->manifest()).members;
  }
  for (const auto& [graph, bytes] : members) {
    if (bytes <= memory_limit_bytes_.value_or(bytes)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--memory-limit: expected at least ", MebibytesText(bytes), ", which the members of graph '", graph,
        "' take on this worker, found ", MebibytesText(*memory_limit_bytes_)));
  }
  return absl::OkStatus();
}

// What this worker may still take for `graph`, beside what it holds of other graphs.
std::uint64_t ShardHost::FreeBytes(const std::string& graph) const {
  if (!memory_limit_bytes_.has_value()) return ~std::uint64_t{0};
  std::uint64_t held = 0;
  for (const auto& [name, shard] : shards_) {
    if (name.graph != graph || shard.image != nullptr) held += ResidentBytes(shard);
  }
  return *memory_limit_bytes_ - std::min(*memory_limit_bytes_, held);
}

// Drops what nobody uses of other graphs until `bytes` are free for `graph`.
void ShardHost::DropIdleUntil(const std::string& graph, std::uint64_t bytes) {
  for (auto& [name, shard] : shards_) {
    if (std::min(FreeBytes(graph), AvailableMemoryBytes()) >= bytes) return;
    if (name.graph == graph || shard.image.use_count() > 1 || ResidentBytes(shard) == 0) continue;
    spdlog::info("dropping shard {} of graph '{}' from memory", name.shard.value, name.graph);
    shard.image = nullptr;
    shard.members = nullptr;
  }
}

// With a limit the links take what the members leave of it; what that comes to must be there. Without one,
// everything must.
absl::StatusOr<ShardHost::Room> ShardHost::MakeRoom(const std::string& graph) {
  MutexLock lock(mutex_);
  Room room;
  std::uint64_t members = 0, links = 0;
  for (const auto& [name, shard] : shards_) {
    if (name.graph != graph || shard.image != nullptr) continue;
    const ImageBytes bytes = ImageBytesOf(shard.reader->manifest());
    room.missing.push_back({shard.reader, shard.members, bytes});
    members += bytes.members;
    links += LinksBytes(bytes);
  }
  if (room.missing.empty()) return room;
  DropIdleUntil(graph, WithSlack(members + links));
  const std::uint64_t free = FreeBytes(graph);
  if (free < members) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "graph '", graph, "' needs ", MebibytesText(members),
        " of memory on this worker for its members alone, ", MebibytesText(free),
        " are left of --memory-limit ", MebibytesText(*memory_limit_bytes_),
        ": start the worker with a higher limit, wait for runs on other graphs, or use more workers"));
  }
  room.links_bytes_max = free - members;
  const std::uint64_t bytes = members + std::min(links, room.links_bytes_max);
  const std::uint64_t available = AvailableMemoryBytes();
  if (available >= WithSlack(bytes)) return room;
  return absl::ResourceExhaustedError(absl::StrCat(
      "graph '", graph, "' needs ", MebibytesText(bytes), " of memory on this worker and ",
      MebibytesText(available),
      " are free: use more workers or machines, a smaller graph, or start workers with a --memory-limit that "
      "leaves links on disk (at least ",
      MebibytesText(members), " for this graph)"));
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

absl::Status ShardHost::DropShard(const ShardName& name, const std::string& graph_digest) {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end()) return absl::OkStatus();
  Shard& shard = it->second;
  LAWINE_RETURN_IF_ERROR(shard.status);
  const std::string digest = shard.reader->manifest().graph.digest.ToHex();
  if (digest != graph_digest) {
    return absl::FailedPreconditionError(absl::StrCat("graph '", name.graph, "': expected digest ",
                                                      graph_digest, ", this worker holds ", digest));
  }
  if (shard.image.use_count() > 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("shard ", name.shard.value, " of graph '", name.graph, "' is in use"));
  }
  shard.image = nullptr;  // it holds the reader
  if (shard.reader.use_count() > 1) {
    left_[name] = std::move(shard.reader);
    shards_.erase(it);
    return absl::OkStatus();
  }
  shards_.erase(it);
  return storage_->Delete(name);
}

void ShardHost::DeleteLeft() {
  MutexLock lock(mutex_);
  for (auto it = left_.begin(); it != left_.end();) {
    if (it->second.use_count() > 1) {
      ++it;
      continue;
    }
    it->second = nullptr;
    if (const absl::Status deleted = storage_->Delete(it->first); !deleted.ok()) {
      spdlog::warn("{}", std::string(deleted.message()));
    }
    it = left_.erase(it);
  }
}

absl::Status ShardHost::DropDamaged(const ShardName& name) {
  MutexLock lock(mutex_);
  const auto it = shards_.find(name);
  if (it == shards_.end() || it->second.status.ok()) return absl::OkStatus();
  shards_.erase(it);
  return storage_->Delete(name);
}

absl::Status ShardHost::CheckRoomFor(const ShardManifest& manifest) const {
  std::uint64_t bytes = ImageBytesOf(manifest).members;
  MutexLock lock(mutex_);
  for (const auto& [name, shard] : shards_) {
    if (name.graph == manifest.graph.name && shard.reader != nullptr) {
      bytes += ImageBytesOf(shard.reader->manifest()).members;
    }
  }
  if (bytes <= memory_limit_bytes_.value_or(bytes)) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "with this shard the members of graph '", manifest.graph.name, "' would take ", MebibytesText(bytes),
      " of memory on this worker, of ", MebibytesText(*memory_limit_bytes_),
      " that --memory-limit allows: start it with a higher limit, or add workers"));
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
