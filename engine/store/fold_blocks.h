// The blocks of a shard that changes are folded into: which they are, and reading them one by one.
#ifndef LAWINE_ENGINE_STORE_FOLD_BLOCKS_H_
#define LAWINE_ENGINE_STORE_FOLD_BLOCKS_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "engine/store/shard_delta.h"
#include "engine/store/shard_store.h"

namespace lawine {

// `stored` with `delta`, which is of it.
FoldedShard FoldOf(std::shared_ptr<const ShardReader> stored, std::shared_ptr<const ShardDelta> delta);

// ScanFollowers, ScanMembers or ScanKeys.
using BlockScan = absl::Status (ShardReader::*)(std::uint32_t first, std::uint32_t end, BlockVisitor) const;

// Calls visit(block, bytes) for these blocks in their order, without bytes where `reader` does not have one.
// While one is visited no other is in memory, and nothing is being read.
absl::Status ReadOneByOne(const ShardReader& reader, BlockScan scan, std::span<const std::uint32_t> blocks,
                          BlockVisitor visit);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_FOLD_BLOCKS_H_
