// The blocks of a shard with changes written into them.
#ifndef LAWINE_ENGINE_STORE_FOLD_BLOCKS_H_
#define LAWINE_ENGINE_STORE_FOLD_BLOCKS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/store/shard_delta.h"
#include "engine/store/shard_store.h"

namespace lawine {

// The blocks of a shard that `delta` changes, as `stored` holds them, with the changes.
absl::StatusOr<FoldedShard> FoldBlocks(std::shared_ptr<const ShardReader> stored,
                                       std::shared_ptr<const ShardDelta> delta);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_FOLD_BLOCKS_H_
