#include "bench/spread/made_images.h"

#include "engine/base/check.h"
#include "engine/base/executor.h"
#include "engine/graph/generator.h"
#include "engine/store/memory_store.h"
#include "engine/store/shard_builder.h"

namespace lawine {

Images MakeImages(std::uint32_t members, std::uint32_t links_per_member, std::uint32_t shards_count) {
  GeneratorSpec spec;
  spec.members = members;
  spec.links_per_member_milli = links_per_member * 1000;
  InlineExecutor executor;
  const auto source = *MakeGenerator(spec, executor);
  GraphInfo info;
  info.name = "bench";
  info.partition = PartitionMap::Balanced(members, shards_count,
                                          [&](MemberId member) { return source->InLinksOf(member); });
  MemoryShardStorage storage;
  BuildProgress progress;
  LAWINE_CHECK(BuildGraph(*source, info, storage, executor, progress).ok());
  Images images;
  for (std::uint32_t s = 0; s < shards_count; ++s) {
    auto image = ShardImage::Hydrate(**storage.Open({"bench", ShardIndex(s)}), executor);
    LAWINE_CHECK(image.ok());
    images.push_back(*std::move(image));
  }
  return images;
}

}  // namespace lawine
