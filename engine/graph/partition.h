// Which shard owns which members: contiguous ranges of dense ids, balanced by in-links.
#ifndef LAWINE_ENGINE_GRAPH_PARTITION_H_
#define LAWINE_ENGINE_GRAPH_PARTITION_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"

namespace lawine {

// Immutable and cheap to copy for the shard counts in use. Every member belongs to exactly one range;
// ranges may be empty when there are more shards than members.
class PartitionMap {
 public:
  PartitionMap() = default;

  // Ranges of equal numbers of members. REQUIRES: 1 <= shards_count <= limits::kShardsMax.
  static PartitionMap Even(std::uint32_t members_count, std::uint32_t shards_count);

  // Ranges of (nearly) equal work, where member m weighs weight(m) + 1 (a member costs something even
  // without links). Deterministic. REQUIRES as Even.
  static PartitionMap Balanced(std::uint32_t members_count, std::uint32_t shards_count,
                               const std::function<std::uint64_t(MemberId)>& weight);

  // `firsts` holds the first id of each shard, then members_count: ascending, starting with 0.
  static absl::StatusOr<PartitionMap> FromBoundaries(std::span<const std::uint32_t> firsts);

  std::uint32_t shards_count() const { return static_cast<std::uint32_t>(firsts_.size()) - 1; }
  std::uint32_t members_count() const { return firsts_.back(); }
  std::span<const std::uint32_t> boundaries() const { return firsts_; }

  // REQUIRES: shard.value < shards_count().
  MemberRange range(ShardIndex shard) const {
    const std::uint32_t first = firsts_[shard.value];
    return {MemberId(first), firsts_[shard.value + 1] - first};
  }
  // REQUIRES: member.value < members_count().
  ShardIndex OwnerOf(MemberId member) const;

  friend bool operator==(const PartitionMap&, const PartitionMap&) = default;

 private:
  std::vector<std::uint32_t> firsts_ = {0};
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_PARTITION_H_
