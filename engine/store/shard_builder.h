// Builds shards from a LinkSource: sorted follower blocks straight into storage, in bounded memory.
//
// Building has two parts. BuildLinks stores one shard's links and counts, for every member of the graph,
// its followers in this shard. Audiences are sums of those counts over all shards, so members and the
// manifest are written in a second part, FinishShard, when every shard has its links.
#ifndef LAWINE_ENGINE_STORE_SHARD_BUILDER_H_
#define LAWINE_ENGINE_STORE_SHARD_BUILDER_H_

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/executor.h"
#include "engine/graph/link_source.h"
#include "engine/store/shard_store.h"

namespace lawine {

struct ShardLinks {
  std::uint64_t links = 0;
  Digest digest;                               // of links and members of the shard
  std::vector<std::uint32_t> follower_counts;  // per member of the graph: its followers in this shard
  std::vector<std::uint32_t> followee_counts;  // per member of the shard: members that reach it
};

// Watched from other threads while a build goes on; `cancelled` may be set by them.
struct BuildProgress {
  std::atomic<std::uint64_t> links_done{0};
  std::atomic<std::uint32_t> chunks_done{0};
  std::atomic<bool> cancelled{false};
};

// Stores the links of `shard`, chunks in parallel on `executor`. CANCELLED when told so.
absl::StatusOr<ShardLinks> BuildLinks(const LinkSource& source, const PartitionMap& partition,
                                      ShardIndex shard, ShardWriter& writer, Executor& executor,
                                      BuildProgress& progress);

// Stores the members and commits. `graph` has its final links and digest; `audience` is per member of the
// shard.
absl::Status FinishShard(const LinkSource& source, const GraphInfo& graph, ShardIndex shard,
                         const ShardLinks& links, std::span<const std::uint32_t> audience,
                         ShardWriter& writer);

// Both parts for all shards of a graph in one storage. `graph.partition` is given; links and digest are
// filled in and returned.
absl::StatusOr<GraphInfo> BuildGraph(const LinkSource& source, GraphInfo graph, ShardStorage& storage,
                                     Executor& executor, BuildProgress& progress);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_BUILDER_H_
