#include "engine/graph/partition.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace lawine {

PartitionMap PartitionMap::Even(std::uint32_t members_count, std::uint32_t shards_count) {
  LAWINE_CHECK(shards_count >= 1 && shards_count <= limits::kShardsMax);
  PartitionMap map;
  map.firsts_.resize(shards_count + 1);
  for (std::uint32_t s = 0; s <= shards_count; ++s) {
    map.firsts_[s] = static_cast<std::uint32_t>(std::uint64_t{members_count} * s / shards_count);
  }
  return map;
}

PartitionMap PartitionMap::Balanced(std::uint32_t members_count, std::uint32_t shards_count,
                                    const std::function<std::uint64_t(MemberId)>& weight) {
  LAWINE_CHECK(shards_count >= 1 && shards_count <= limits::kShardsMax);
  std::uint64_t total = members_count;
  for (std::uint32_t m = 0; m < members_count; ++m) total += weight(MemberId(m));
  PartitionMap map;
  map.firsts_.assign(shards_count + 1, members_count);
  map.firsts_[0] = 0;
  std::uint64_t before = 0;
  std::uint32_t shard = 1;
  for (std::uint32_t m = 0; m < members_count && shard < shards_count; ++m) {
    const std::uint64_t own = weight(MemberId(m)) + 1;
    // Shard s starts at the member whose middle is the first at or past s/shards_count of the total.
    while (shard < shards_count && static_cast<unsigned __int128>(before + own / 2) * shards_count >=
                                       static_cast<unsigned __int128>(total) * shard) {
      map.firsts_[shard++] = m;
    }
    before += own;
  }
  return map;
}

absl::StatusOr<PartitionMap> PartitionMap::FromBoundaries(std::span<const std::uint32_t> firsts) {
  if (!firsts.empty() && firsts.back() > limits::kMembersMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most ", limits::kMembersMax, " members, found ", firsts.back()));
  }
  if (firsts.size() < 2 || firsts.size() > limits::kShardsMax + 1 || firsts.front() != 0 ||
      !std::is_sorted(firsts.begin(), firsts.end())) {
    return absl::InvalidArgumentError(absl::StrCat("expected ascending shard boundaries from 0, for 1 to ",
                                                   limits::kShardsMax, " shards; found ", firsts.size(),
                                                   " boundaries"));
  }
  PartitionMap map;
  map.firsts_.assign(firsts.begin(), firsts.end());
  return map;
}

ShardIndex PartitionMap::OwnerOf(MemberId member) const {
  const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), member.value);
  return ShardIndex(static_cast<std::uint32_t>(after - firsts_.begin()) - 1);
}

}  // namespace lawine
