// Bringing shards into memory, within what there is of it: the other half of ShardHost.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/common/memory.h"
#include "services/common/size.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {
namespace {

std::uint64_t LinksBytes(const ImageBytes& bytes) { return bytes.lists + bytes.followees; }

// `whole` * `part` / `of`, rounded down; beyond 64 bits in between.
std::uint64_t Part(std::uint64_t whole, std::uint64_t part, std::uint64_t of) {
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(whole) * part / of);
}

// Between two looks at a graph that nothing keeps as it is.
absl::Status LeftMeanwhile() {
  return absl::UnavailableError(
      "the graph was folded or dropped meanwhile, or many versions of it were used");
}

// Bringing an image into memory takes a little more than the image.
std::uint64_t WithSlack(std::uint64_t bytes) { return bytes + bytes / 8; }

}  // namespace

absl::StatusOr<ShardHost::Acquired> ShardHost::Acquire(const std::string& graph,
                                                       std::uint64_t graph_version) {
  // Graphs in memory are not held up by one that is being brought there.
  LAWINE_ASSIGN_OR_RETURN(Acquired acquired, InMemory(graph, graph_version));
  if (!acquired.images.empty()) return acquired;
  MutexLock loading(loading_);
  const absl::Time start = absl::Now();
  bool missing = false;
  const auto bring = [&]() -> absl::StatusOr<Acquired> {
    LAWINE_RETURN_IF_ERROR(Members(graph, graph_version).status());
    LAWINE_ASSIGN_OR_RETURN(Room room, MakeRoom(graph, graph_version));
    missing = missing || !room.missing.empty();
    LAWINE_RETURN_IF_ERROR(HydrateAll(graph, std::move(room)));
    LAWINE_RETURN_IF_ERROR(Layer(graph, graph_version));
    LAWINE_ASSIGN_OR_RETURN(Acquired all, InMemory(graph, graph_version));
    return all.images.empty() ? absl::StatusOr<Acquired>(LeftMeanwhile()) : std::move(all);
  };
  // Where members of later versions, which others asked for, took the place of this one's, the stored links
  // are in memory by now: the next try is quick.
  constexpr int kTriesMax = 3;
  absl::StatusOr<Acquired> brought = bring();
  for (int tries = 1; absl::IsUnavailable(brought.status()) && tries < kTriesMax; ++tries) brought = bring();
  LAWINE_ASSIGN_OR_RETURN(acquired, std::move(brought));
  if (!missing) return acquired;
  acquired.load_seconds = absl::ToDoubleSeconds(absl::Now() - start);
  spdlog::info("graph '{}': {} shards in memory after {:.2f} s", graph, acquired.images.size(),
               acquired.load_seconds);
  return acquired;
}

// All images of the graph, or none when one is missing.
absl::StatusOr<ShardHost::Acquired> ShardHost::InMemory(const std::string& graph,
                                                        std::uint64_t graph_version) {
  MutexLock lock(mutex_);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<HeldShard*> held, Held(graph));
  Acquired acquired;
  for (HeldShard* shard : held) {
    const ShardAtVersion* at = shard->Find(graph_version);
    if (at == nullptr || at->image == nullptr) return Acquired();
    acquired.images.push_back(at->image);
  }
  return acquired;
}

absl::Status ShardHost::Keep(const ShardName& name, const ShardAtVersion& at,
                             std::shared_ptr<const ShardImage> image) {
  MutexLock lock(mutex_);
  const auto held = shards_.find(name);
  if (held == shards_.end()) {
    return absl::NotFoundError(absl::StrCat("graph '", name.graph, "' was deleted meanwhile"));
  }
  ShardAtVersion* const now = held->second.Find(at.graph_version);
  // Folded, or replaced, meanwhile: it is brought into memory again by who wants it.
  if (now != nullptr && now->reader == at.reader) now->image = std::move(image);
  return absl::OkStatus();
}

// Each shard gets the part of what is left that its links are of those still to come.
absl::Status ShardHost::HydrateAll(const std::string& graph, Room room) {
  std::uint64_t wanted = 0;
  for (const Missing& shard : room.missing) wanted += LinksBytes(shard.bytes);
  for (Missing& shard : room.missing) {
    const std::uint64_t bytes = LinksBytes(shard.bytes);
    const bool fits = room.links_bytes_max >= wanted;
    const std::uint64_t links_bytes_max =
        fits ? ~std::uint64_t{0} : Part(room.links_bytes_max, bytes, wanted);
    const ShardAtVersion& at = fits ? shard.stored : shard.wanted;
    LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<const ShardImage> image,
                            ShardImage::Hydrate(at.reader, at.members, links_bytes_max, executor_));
    room.links_bytes_max -= std::min(room.links_bytes_max, image->links_bytes());
    wanted -= bytes;
    if (PartlyInMemory(*image)) {
      spdlog::warn("graph '{}', shard {}: {} of {} links in memory, within the limit; runs will be slower",
                   graph, image->manifest().shard.value, image->links_in_memory(), image->manifest().links);
    }
    LAWINE_RETURN_IF_ERROR(Keep(shard.name, at, std::move(image)));
  }
  return absl::OkStatus();
}

// Lays changes over the images of stored shards where the version is not in memory.
absl::Status ShardHost::Layer(const std::string& graph, std::uint64_t graph_version) {
  struct Work {
    ShardName name;
    ShardAtVersion at;
    std::shared_ptr<const ShardImage> stored;
  };
  std::vector<Work> work;
  {
    MutexLock lock(mutex_);
    LAWINE_ASSIGN_OR_RETURN(const std::vector<HeldShard*> held, Held(graph));
    for (HeldShard* shard : held) {
      const ShardAtVersion* at = shard->Find(graph_version);
      if (at == nullptr) return LeftMeanwhile();
      const std::shared_ptr<const ShardImage>& stored = shard->stored().image;
      if (at->image != nullptr || at->delta == nullptr) continue;
      if (stored == nullptr || !stored->stored().empty()) continue;
      work.push_back({{graph, at->reader->manifest().shard}, *at, stored});
    }
  }
  for (const Work& shard : work) {
    LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<const ShardImage> image,
                            shard.stored->WithChanges(*shard.at.reader, shard.at.members, *shard.at.delta));
    LAWINE_RETURN_IF_ERROR(Keep(shard.name, shard.at, std::move(image)));
  }
  return absl::OkStatus();
}

absl::Status ShardHost::CheckMemoryLimit() const {
  MutexLock lock(mutex_);
  std::map<std::string, std::uint64_t> members;
  for (const auto& [name, shard] : shards_) {
    if (!shard.status().ok()) continue;
    members[name.graph] += ImageBytesOf(shard.stored().reader->manifest()).members;
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
    const bool counts = name.graph != graph || shard.AnyImage() != nullptr;
    if (counts && shard.status().ok()) held += shard.ResidentBytes();
  }
  return *memory_limit_bytes_ - std::min(*memory_limit_bytes_, held);
}

// Drops what nobody uses of other graphs until `bytes` are free for `graph`.
void ShardHost::DropIdleUntil(const std::string& graph, std::uint64_t bytes) {
  for (auto& [name, shard] : shards_) {
    if (std::min(FreeBytes(graph), AvailableMemoryBytes()) >= bytes) return;
    if (name.graph == graph || !shard.status().ok() || shard.InUse() || shard.ResidentBytes() == 0) continue;
    spdlog::info("dropping shard {} of graph '{}' from memory", name.shard.value, name.graph);
    shard.DropFromMemory();
  }
}

// With a limit the links take what the members leave of it; what that comes to must be there. Without one,
// everything must.
absl::StatusOr<ShardHost::Room> ShardHost::MakeRoom(const std::string& graph, std::uint64_t graph_version) {
  MutexLock lock(mutex_);
  Room room;
  std::uint64_t members = 0, links = 0;
  LAWINE_ASSIGN_OR_RETURN(const std::vector<HeldShard*> held, Held(graph));
  for (HeldShard* shard : held) {
    const ShardAtVersion* at = shard->Find(graph_version);
    if (at == nullptr) return LeftMeanwhile();
    ShardAtVersion& stored = shard->stored();
    if (at->image != nullptr) continue;
    if (stored.image != nullptr && stored.image->stored().empty()) continue;  // a layer is enough
    // What is there only in part serves no other version.
    shard->DropIdleImages();
    const ImageBytes bytes = ImageBytesOf(at->reader->manifest());
    room.missing.push_back({{graph, at->reader->manifest().shard}, stored, *at, bytes});
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

absl::Status ShardHost::CheckRoomFor(const ShardManifest& manifest) const {
  std::uint64_t bytes = ImageBytesOf(manifest).members;
  MutexLock lock(mutex_);
  for (const auto& [name, shard] : shards_) {
    if (name.graph == manifest.graph.name && shard.status().ok()) {
      bytes += ImageBytesOf(shard.stored().reader->manifest()).members;
    }
  }
  if (bytes <= memory_limit_bytes_.value_or(bytes)) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "with this shard the members of graph '", manifest.graph.name, "' would take ", MebibytesText(bytes),
      " of memory on this worker, of ", MebibytesText(*memory_limit_bytes_),
      " that --memory-limit allows: start it with a higher limit, or add workers"));
}

}  // namespace lawine
