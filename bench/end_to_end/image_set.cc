#include "bench/end_to_end/image_set.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/memory_store.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_builder.h"

namespace lawine::bench {
namespace {

// Adds the shards of `graph` that `storage` holds.
absl::Status AddImages(ShardStorage& storage, const std::string& graph, std::uint64_t bytes_max,
                       Executor& executor, ImageSet& images) {
  LAWINE_ASSIGN_OR_RETURN(const std::vector<ShardName> names, storage.List());
  for (const ShardName& name : names) {
    if (name.graph != graph) continue;
    LAWINE_ASSIGN_OR_RETURN(auto reader, storage.Open(name));
    LAWINE_ASSIGN_OR_RETURN(const auto members, ShardMembers::Read(*reader));
    const std::uint64_t shard_bytes_max = bytes_max / reader->manifest().graph.partition.shards_count();
    const std::uint64_t members_bytes = std::min(shard_bytes_max, members->resident_bytes());
    LAWINE_ASSIGN_OR_RETURN(auto image, ShardImage::Hydrate(std::move(reader), members,
                                                            shard_bytes_max - members_bytes, executor));
    images.push_back(std::move(image));
  }
  return absl::OkStatus();
}

absl::Status CheckComplete(const ImageSet& images, const std::string& graph, const std::string& where) {
  const std::size_t expected = images.empty() ? 1 : images[0]->graph().partition.shards_count();
  bool complete = images.size() == expected;
  for (std::size_t s = 0; complete && s < expected; ++s) complete = images[s]->manifest().shard.value == s;
  if (complete) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("expected all shards of graph '", graph, "' in ", where, ", found ",
                                          images.size(), ": make the graph there first"));
}

}  // namespace

absl::StatusOr<ImageSet> HydrateFromData(const std::string& data, const std::string& graph,
                                         std::uint64_t bytes_max, Executor& executor) {
  ImageSet images;
  for (std::uint32_t worker = 0;; ++worker) {
    const std::string root = absl::StrCat(data, "/worker-", worker, "/graphs");
    if (!std::filesystem::exists(root)) break;
    LAWINE_ASSIGN_OR_RETURN(const auto storage, OpenRocksStorage(root, RocksOptions()));
    LAWINE_RETURN_IF_ERROR(AddImages(*storage, graph, bytes_max, executor, images));
  }
  std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) {
    return a->manifest().shard.value < b->manifest().shard.value;
  });
  LAWINE_RETURN_IF_ERROR(CheckComplete(images, graph, data));
  return images;
}

absl::StatusOr<ImageSet> Generate(const GeneratorSpec& spec, std::uint32_t shards_count, Executor& executor) {
  LAWINE_ASSIGN_OR_RETURN(const auto source, MakeGenerator(spec, executor));
  MemoryShardStorage storage;
  GraphInfo info;
  info.name = "bench";
  info.columns = source->columns();
  info.origin = absl::StrCat("preset ", spec.preset);
  info.partition = PartitionMap::Balanced(source->members_count(), shards_count,
                                          [&](MemberId member) { return source->InLinksOf(member); });
  BuildProgress progress;
  LAWINE_RETURN_IF_ERROR(BuildGraph(*source, std::move(info), storage, executor, progress).status());
  ImageSet images;
  LAWINE_RETURN_IF_ERROR(AddImages(storage, "bench", ~std::uint64_t{0}, executor, images));
  return images;
}

}  // namespace lawine::bench
