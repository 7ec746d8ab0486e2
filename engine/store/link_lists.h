// The lists of followers of an image: gaps by source, with optional columns. What kernels walk.
#ifndef LAWINE_ENGINE_STORE_LINK_LISTS_H_
#define LAWINE_ENGINE_STORE_LINK_LISTS_H_

#include <cstdint>
#include <span>

#include "engine/base/huge_array.h"
#include "engine/base/ids.h"
#include "engine/store/gap_lists.h"
#include "engine/store/source_index.h"

namespace lawine {

// The gaps of one list, and how many followers they are.
struct LinkList {
  Gaps gaps;
  std::uint32_t links = 0;
};

// Immutable once filled; thread-safe.
struct LinkLists {
  SourceIndex sources;
  HugeArray<std::uint16_t> gaps;
  HugeArray<std::uint8_t> kinds;     // parallel to gaps; empty where the graph has none
  HugeArray<std::uint32_t> weights;  // the same

  LinkList ListOf(MemberId source) const { return ListAt(source, SlotOf(source)); }
  // In two steps, for who looks ahead: as SourceIndex. REQUIRES: slot == SlotOf(source).
  std::uint32_t SlotOf(MemberId source) const { return sources.SlotOf(source); }
  LinkList ListAt(MemberId /*source*/, std::uint32_t slot) const {
    const SourceIndex::Place place = sources.PlaceAt(slot);
    return {gaps.span().subspan(place.begin, place.end - place.begin), place.links};
  }
  [[gnu::always_inline]] void PrefetchSlot(MemberId source) const { sources.PrefetchSlot(source); }
  [[gnu::always_inline]] void PrefetchPlace(std::uint32_t slot) const { sources.PrefetchPlace(slot); }
  std::span<const std::uint8_t> KindsOf(MemberId source) const { return ColumnOf(kinds, source); }
  std::span<const std::uint32_t> WeightsOf(MemberId source) const { return ColumnOf(weights, source); }
  std::uint64_t bytes() const { return sources.bytes() + gaps.bytes() + kinds.bytes() + weights.bytes(); }

 private:
  template <class T>
  std::span<const T> ColumnOf(const HugeArray<T>& column, MemberId source) const {
    if (column.size() == 0) return {};
    const SourceIndex::Place place = sources.Find(source);
    return column.span().subspan(place.begin, place.end - place.begin);
  }
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_LINK_LISTS_H_
