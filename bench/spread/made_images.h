// Generated networks in memory, for benchmarks of what runs on them.
#ifndef LAWINE_BENCH_SPREAD_MADE_IMAGES_H_
#define LAWINE_BENCH_SPREAD_MADE_IMAGES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/store/shard_image.h"

namespace lawine {

using Images = std::vector<std::unique_ptr<const ShardImage>>;  // by shard

// The default preset at this size, in balanced shards.
Images MakeImages(std::uint32_t members, std::uint32_t links_per_member, std::uint32_t shards_count);

}  // namespace lawine

#endif  // LAWINE_BENCH_SPREAD_MADE_IMAGES_H_
