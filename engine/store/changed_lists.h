// A layer of changes over the lists of an image: whole new lists for members whose lists changed, in both
// directions, and the lists below for everybody else. What it is asked is what LinkLists and FolloweeIndex
// are asked, so a step chooses once which of them it walks, and walks of graphs without changes know nothing
// of it.
#ifndef LAWINE_ENGINE_STORE_CHANGED_LISTS_H_
#define LAWINE_ENGINE_STORE_CHANGED_LISTS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/base/member_set.h"
#include "engine/store/followee_index.h"
#include "engine/store/link_lists.h"
#include "engine/store/shard_delta.h"

namespace lawine {

// Immutable; thread-safe.
class ChangedLists {
 public:
  // `lists` and `followees` (null where there are none) are of the shard as it is stored, `delta` of the
  // same.
  static std::unique_ptr<const ChangedLists> Over(std::shared_ptr<const LinkLists> lists,
                                                  std::shared_ptr<const FolloweeIndex> followees,
                                                  const ShardDelta& delta);

  // As LinkLists.
  LinkList ListOf(MemberId source) const { return ListAt(source, SlotOf(source)); }
  std::uint32_t SlotOf(MemberId source) const {
    return HasOwn(source) ? SourceIndex::kNone : below_->SlotOf(source);
  }
  LinkList ListAt(MemberId source, std::uint32_t slot) const {
    if (!HasOwn(source)) return below_->ListAt(source, slot);
    const Place place = PlaceOf(source);
    return {Gaps(gaps_).subspan(place.begin, place.end - place.begin), place.links};
  }
  [[gnu::always_inline]] void PrefetchSlot(MemberId source) const {
    if (!HasOwn(source)) below_->PrefetchSlot(source);
  }
  [[gnu::always_inline]] void PrefetchPlace(std::uint32_t slot) const { below_->PrefetchPlace(slot); }
  std::span<const std::uint8_t> KindsOf(MemberId source) const {
    return HasOwn(source) ? ColumnOf(kinds_, source) : below_->KindsOf(source);
  }
  std::span<const std::uint32_t> WeightsOf(MemberId source) const {
    return HasOwn(source) ? ColumnOf(weights_, source) : below_->WeightsOf(source);
  }

  // As FolloweeIndex; REQUIRES: followees were given. Of members whose followees changed, those that stayed
  // come first, ascending, then those that came, ascending.
  template <class Visit>
  std::uint32_t Find(LocalId member, bool& found, Visit&& visit) const {
    if (!receivers_.Contains(member)) return followees_below_->Find(member, found, visit);
    const auto place = places_by_receiver_.find(member.value);
    if (place == places_by_receiver_.end()) return 0;
    for (std::uint32_t i = place->second.begin; i < place->second.end; ++i) {
      if (!visit(ids_[i])) continue;
      found = true;
      return i + 1 - place->second.begin;
    }
    return place->second.end - place->second.begin;
  }
  void PrefetchOffset(LocalId member) const {
    if (!receivers_.Contains(member)) followees_below_->PrefetchOffset(member);
  }
  void PrefetchList(LocalId member) const {
    if (!receivers_.Contains(member)) followees_below_->PrefetchList(member);
  }

  // What the layer takes beside what is below it.
  std::uint64_t bytes() const;

 private:
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t links = 0;
  };
  ChangedLists(std::shared_ptr<const LinkLists> lists, std::shared_ptr<const FolloweeIndex> followees,
               const ShardDelta& delta);
  bool HasOwn(MemberId source) const { return sources_.Contains(LocalId(source.value)); }
  Place PlaceOf(MemberId source) const {
    const auto place = places_.find(source.value);
    return place == places_.end() ? Place() : place->second;
  }
  template <class T>
  std::span<const T> ColumnOf(const std::vector<T>& column, MemberId source) const {
    if (column.empty()) return {};
    const Place place = PlaceOf(source);
    return std::span(column).subspan(place.begin, place.end - place.begin);
  }
  void AddList(std::uint32_t source, const FollowerLists& list);

  const std::shared_ptr<const LinkLists> below_;
  const std::shared_ptr<const FolloweeIndex> followees_below_;
  MemberSet sources_;  // of the graph: have lists here, new members all
  absl::flat_hash_map<std::uint32_t, Place> places_;
  std::vector<std::uint16_t> gaps_;
  std::vector<std::uint8_t> kinds_;
  std::vector<std::uint32_t> weights_;
  MemberSet receivers_;  // of the range: have followees here, new members all
  absl::flat_hash_map<std::uint32_t, Place> places_by_receiver_;
  std::vector<std::uint32_t> ids_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_CHANGED_LISTS_H_
