// One stride of a shard's sources, read and checked against the manifest: the unit in which whole shards are
// read, by several threads at once.
#ifndef LAWINE_ENGINE_STORE_STRIDE_SCAN_H_
#define LAWINE_ENGINE_STORE_STRIDE_SCAN_H_

#include <cstdint>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "engine/graph/follower_block.h"
#include "engine/store/shard_store.h"

namespace lawine {

// `lists` are those of `bytes`, of sources from block * limits::kSourcesPerBlock on, none of them beyond the
// last member; they are gone when the visitor returns.
using StrideVisitor =
    absl::FunctionRef<void(std::uint32_t block, std::string_view bytes, const FollowerLists& lists)>;

// Visits the blocks of stride `number`, ascending. DATA_LOSS unless they decode, all their links are between
// members that exist, and there are as many as the manifest says; no more than those are ever visited.
absl::Status ScanStride(const ShardReader& reader, std::uint32_t number, StrideVisitor visit);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_STRIDE_SCAN_H_
