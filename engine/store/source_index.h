// Where each source's list of followers lies. Two shapes behind one lookup:
//   dense   an offset for every member of the graph; for shards with more links than the graph has members
//   sparse  a presence bit for every member, a running count every 512 bits, and offsets of those present
#ifndef LAWINE_ENGINE_STORE_SOURCE_INDEX_H_
#define LAWINE_ENGINE_STORE_SOURCE_INDEX_H_

#include <bit>
#include <cstdint>
#include <span>

#include "engine/base/huge_array.h"
#include "engine/base/ids.h"

namespace lawine {

class SourceIndex {
 public:
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  SourceIndex() = default;
  // `offsets` has members_count + 1 entries, ascending. Keeps it, or packs it when that is smaller.
  explicit SourceIndex(HugeArray<std::uint32_t> offsets);

  // REQUIRES: source.value < members_count.
  Place Find(MemberId source) const {
    std::uint32_t at = source.value;
    if (presence_.size() > 0) {
      const std::uint64_t word = presence_[at >> 6];
      const std::uint64_t bit = 1ull << (at & 63);
      if ((word & bit) == 0) return {};
      std::uint32_t rank = ranks_[at >> 9];
      for (std::uint32_t w = (at >> 9) << 3; w < at >> 6; ++w)
        rank += static_cast<std::uint32_t>(std::popcount(presence_[w]));
      at = rank + static_cast<std::uint32_t>(std::popcount(word & (bit - 1)));
    }
    return {offsets_[at], offsets_[at + 1]};
  }
  // For prefetching ahead of Find.
  const void* AddressOf(MemberId source) const {
    return presence_.size() > 0 ? static_cast<const void*>(&presence_[source.value >> 6])
                                : &offsets_[source.value];
  }
  std::uint64_t bytes() const { return offsets_.bytes() + presence_.bytes() + ranks_.bytes(); }

 private:
  HugeArray<std::uint32_t> offsets_;
  HugeArray<std::uint64_t> presence_;  // empty when dense
  HugeArray<std::uint32_t> ranks_;     // sources present before each 512
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SOURCE_INDEX_H_
