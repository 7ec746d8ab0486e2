// All shards of one graph in this process's memory.
#ifndef LAWINE_BENCH_END_TO_END_IMAGE_SET_H_
#define LAWINE_BENCH_END_TO_END_IMAGE_SET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/graph/generator.h"
#include "engine/store/shard_image.h"

namespace lawine::bench {

using ImageSet = std::vector<std::unique_ptr<const ShardImage>>;  // by shard, all of them

// From the worker directories of a stopped cluster: DATA/worker-0, worker-1, ... Members and links take at
// most `bytes_max`, shards alike; links beyond that stay on disk.
absl::StatusOr<ImageSet> HydrateFromData(const std::string& data, const std::string& graph,
                                         std::uint64_t bytes_max, Executor& executor);

// Generated into memory, without a disk. The stored blocks are dropped when the images are there.
absl::StatusOr<ImageSet> Generate(const GeneratorSpec& spec, std::uint32_t shards_count, Executor& executor);

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_IMAGE_SET_H_
