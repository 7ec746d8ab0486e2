// A follower block: the followers, inside one shard's range, of 64 consecutive sources. This is the unit
// in which links are stored.
//
// Format, version 1 (integers little-endian):
//   u8   version = 1
//   u8   flags: bit 0 = link kinds follow, bit 1 = link weights follow
//   u64  presence: bit i set when source 64 * block + i has followers here
//   Stream VByte: followers of each present source, minus 1
//   Stream VByte: for each present source, its first follower (local id), then gaps: difference - 1; in
//                 graphs with link kinds the difference itself, since one pair may have several kinds
//   [u8  kind of each link]
//   [u32 weight of each link, fixed point: 2^31 is 1, and the most]
//   u32  CRC-32C of everything before
#ifndef LAWINE_ENGINE_GRAPH_FOLLOWER_BLOCK_H_
#define LAWINE_ENGINE_GRAPH_FOLLOWER_BLOCK_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"

namespace lawine {

inline constexpr std::uint8_t kFollowerBlockVersion = 1;
// A link weight (probability or share) of 1.
inline constexpr std::uint32_t kLinkWeightOne = 1u << 31;

// Which optional columns the links of a graph have.
struct LinkColumns {
  bool kinds = false;
  bool weights = false;
  friend bool operator==(const LinkColumns&, const LinkColumns&) = default;
};

// Followers of consecutive sources, flat: `counts[i]` followers for the i-th source, all lists one after
// another, ascending: strictly so without kinds, by (follower, kind) with them. `kinds` and `weights` are
// parallel to `followers`, or empty.
struct FollowerLists {
  std::vector<std::uint32_t> counts;
  std::vector<std::uint32_t> followers;
  std::vector<std::uint8_t> kinds;
  std::vector<std::uint32_t> weights;

  void Clear() {
    counts.clear();
    followers.clear();
    kinds.clear();
    weights.clear();
  }
};

// A view of up to 64 consecutive sources of FollowerLists, with followers as local ids.
struct FollowerBlockView {
  std::span<const std::uint32_t> counts;  // at most 64
  std::span<const std::uint32_t> followers;
  std::span<const std::uint8_t> kinds;
  std::span<const std::uint32_t> weights;
};

// Encodes; clears `out` first. A block without links encodes to an empty string: it is not stored.
void EncodeFollowerBlock(const FollowerBlockView& block, std::string& out);
// OUT_OF_RANGE when a block of `bytes` is more than may be stored.
absl::Status CheckFollowerBlockBytes(std::uint64_t bytes);

// Appends the 64 counts and the followers of `bytes` to `lists`. Checks the checksum, that every list is
// ascending and inside [0, receivers_count), that columns are as expected and no weight is above
// kLinkWeightOne; DATA_LOSS otherwise, and `lists` then holds an unusable part of it. Which sources exist it
// does not know: stride_scan.h.
absl::Status DecodeFollowerBlock(std::string_view bytes, std::uint32_t receivers_count, LinkColumns columns,
                                 FollowerLists& lists);

// Tells blocks apart that decode: made of the checksum, never 0.
std::uint32_t FollowerBlockMark(std::string_view bytes);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_FOLLOWER_BLOCK_H_
