// Where each source's list of followers lies, and how many followers it has. Two shapes behind one lookup:
//   dense   an entry for every member of the graph; for shards with more links than the graph has members
//   sparse  a presence bit for every member, a running count every 512 bits, and entries of those present
#ifndef LAWINE_ENGINE_STORE_SOURCE_INDEX_H_
#define LAWINE_ENGINE_STORE_SOURCE_INDEX_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "engine/base/huge_array.h"
#include "engine/base/ids.h"

namespace lawine {

class SourceIndex {
 public:
  // Entries begin <= i < end; `links` of them are followers, the others skips (see gap_lists.h).
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t links = 0;
  };

  // What an index of `members` takes, of which `present` have followers.
  static std::uint64_t BytesOf(std::uint64_t members, std::uint64_t present) {
    return std::min(kBytesPerEntry * members + sizeof(std::uint32_t), PackedBytesOf(members, present));
  }

  SourceIndex() = default;
  // `offsets` has members_count + 1 entries, ascending; `skips` has members_count. Keeps them, or packs them
  // when that is smaller.
  SourceIndex(HugeArray<std::uint32_t> offsets, HugeArray<std::uint16_t> skips);

  // Where to look a source up; kNone when it has no followers for sure.
  // REQUIRES: source.value < members_count.
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  std::uint32_t SlotOf(MemberId source) const {
    const std::uint32_t at = source.value;
    if (presence_.size() == 0) return at;
    const std::uint64_t word = presence_[at >> 6];
    const std::uint64_t bit = 1ull << (at & 63);
    if ((word & bit) == 0) return kNone;
    std::uint32_t rank = ranks_[at >> 9];
    for (std::uint32_t w = (at >> 9) << 3; w < at >> 6; ++w)
      rank += static_cast<std::uint32_t>(std::popcount(presence_[w]));
    return rank + static_cast<std::uint32_t>(std::popcount(word & (bit - 1)));
  }
  Place PlaceAt(std::uint32_t slot) const {
    if (slot == kNone) return {};
    const std::uint32_t begin = offsets_[slot], end = offsets_[slot + 1];
    return {begin, end, end - begin - skips_[slot]};
  }
  Place Find(MemberId source) const { return PlaceAt(SlotOf(source)); }

  // For prefetching ahead of SlotOf, then of PlaceAt. Inlined always: GCC 12 takes a function that does
  // nothing but prefetch for one without effects, and drops its calls.
  [[gnu::always_inline]] void PrefetchSlot(MemberId source) const {
    if (presence_.size() > 0) __builtin_prefetch(&presence_[source.value >> 6]);
  }
  [[gnu::always_inline]] void PrefetchPlace(std::uint32_t slot) const {
    if (slot == kNone) return;
    __builtin_prefetch(&offsets_[slot]);
    __builtin_prefetch(&skips_[slot]);
  }
  std::uint64_t bytes() const {
    return offsets_.bytes() + skips_.bytes() + presence_.bytes() + ranks_.bytes();
  }

 private:
  static constexpr std::uint64_t kBytesPerEntry = sizeof(std::uint32_t) + sizeof(std::uint16_t);
  static std::uint64_t WordsOf(std::uint64_t members) { return (members + 511) / 512 * 8; }
  static std::uint64_t PackedBytesOf(std::uint64_t members, std::uint64_t present) {
    return kBytesPerEntry * (present + 1) + 8 * WordsOf(members) + WordsOf(members) / 2;
  }

  HugeArray<std::uint32_t> offsets_;
  HugeArray<std::uint16_t> skips_;
  HugeArray<std::uint64_t> presence_;  // empty when dense
  HugeArray<std::uint32_t> ranks_;     // sources present before each 512
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SOURCE_INDEX_H_
