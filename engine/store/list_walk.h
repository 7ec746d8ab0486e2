// Walking the followers of many members: the loop under every step that pushes.
//
// A list in memory is a random access to the word that tells its slot, one to its place and others to its
// lines. All are asked for ahead, in a pipeline that does not stop between lists. Lists that are not in
// memory are sorted and read from the store in its order.
#ifndef LAWINE_ENGINE_STORE_LIST_WALK_H_
#define LAWINE_ENGINE_STORE_LIST_WALK_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/status_macros.h"
#include "engine/store/gap_lists.h"
#include "engine/store/shard_image.h"

namespace lawine {

// `lists` are LinkLists or ChangedLists. Calls visit(i, gaps) with the followers of members[i], in order;
// returns how many followers that are.
template <class Lists, class Visit>
std::uint64_t ForEachListOf(const Lists& lists_in_memory, std::span<const MemberId> members, Visit&& visit) {
  constexpr std::size_t kListsAhead = 24;
  constexpr std::size_t kPlacesAhead = 16;  // before their lists
  constexpr std::size_t kSlotsAhead = 16;   // before their places
  constexpr std::size_t kRing = 32;
  constexpr std::size_t kLine = 64 / sizeof(Gaps::value_type);
  constexpr std::size_t kLinesAlways = 3;  // most lists of a large graph have fewer: no branch is cheaper
  constexpr std::size_t kEntriesAhead = 16 * kLine;
  static_assert(kListsAhead < kRing && kPlacesAhead < kRing && (kRing & (kRing - 1)) == 0);
  std::array<Gaps, kRing> lists;
  std::array<std::uint32_t, kRing> slots;
  std::uint64_t links = 0;
  const auto find = [&](std::size_t i) {
    if (i + kSlotsAhead < members.size()) lists_in_memory.PrefetchSlot(members[i + kSlotsAhead]);
    slots[i % kRing] = lists_in_memory.SlotOf(members[i]);
    lists_in_memory.PrefetchPlace(slots[i % kRing]);
  };
  const auto fetch = [&](std::size_t i) {
    if (i + kPlacesAhead < members.size()) find(i + kPlacesAhead);
    const auto [list, count] = lists_in_memory.ListAt(members[i], slots[i % kRing]);
    lists[i % kRing] = list;
    links += count;
    for (std::size_t line = 0; line < kLinesAlways; ++line) __builtin_prefetch(list.data() + line * kLine);
    const std::size_t entries = std::min(list.size(), kEntriesAhead);
    for (std::size_t e = kLinesAlways * kLine; e < entries; e += kLine) __builtin_prefetch(list.data() + e);
  };
  for (std::size_t i = 0; i < std::min(kPlacesAhead, members.size()); ++i) find(i);
  for (std::size_t i = 0; i < std::min(kListsAhead, members.size()); ++i) fetch(i);
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + kListsAhead < members.size()) fetch(i + kListsAhead);
    visit(i, lists[i % kRing]);
  }
  return links;
}

// The same for lists of an image that are in memory.
template <class Visit>
std::uint64_t ForEachListInMemory(const ShardImage& image, std::span<const MemberId> members, Visit&& visit) {
  return image.WithLists([&](const auto& lists) { return ForEachListOf(lists, members, visit); });
}

// Members whose lists are in memory, and requests for the others.
struct ListsByPlace {
  ListsByPlace(const ShardImage& image, std::span<const MemberId> members);

  std::vector<MemberId> in_memory;
  std::vector<std::uint32_t> places;  // of in_memory in `members`
  std::vector<ListRequest> stored;    // ascending
};

// Calls visit(i, gaps) with the followers of members[i], in any order; members may come more than once, and
// those without followers may be left out. Gaps last as long as the call. Returns how many followers that
// were. Where lists are stored, pass as many members at once as there are, ascending if they are: each call
// goes through the store anew. DATA_LOSS, or what the store says, when it cannot be read.
template <class Visit>
absl::StatusOr<std::uint64_t> ForEachList(const ShardImage& image, std::span<const MemberId> members,
                                          Visit&& visit) {
  if (image.stored().empty()) return ForEachListInMemory(image, members, visit);
  constexpr std::size_t kMembersAtOnce = 1u << 18;  // bounds what requests take
  std::uint64_t links = 0;
  for (std::size_t first = 0; first < members.size(); first += kMembersAtOnce) {
    const ListsByPlace lists(image, members.subspan(first, std::min(kMembersAtOnce, members.size() - first)));
    links += ForEachListInMemory(image, lists.in_memory,
                                 [&](std::size_t i, Gaps gaps) { visit(first + lists.places[i], gaps); });
    const auto read = image.stored().Read(
        lists.stored, [&](std::uint32_t place, Gaps gaps) { visit(first + place, gaps); });
    LAWINE_RETURN_IF_ERROR(read.status());
    links += *read;
  }
  return links;
}

// The same in order of members, for who must not mix their lists. Stored lists are copied some at a time.
template <class Visit>
absl::Status ForEachListInOrder(const ShardImage& image, std::span<const MemberId> members, Visit&& visit) {
  if (image.stored().empty()) {
    ForEachListInMemory(image, members, visit);
    return absl::OkStatus();
  }
  constexpr std::size_t kMembersAtOnce = 4096;
  std::vector<std::vector<std::uint16_t>> lists;
  for (std::size_t first = 0; first < members.size(); first += kMembersAtOnce) {
    const auto part = members.subspan(first, std::min(kMembersAtOnce, members.size() - first));
    lists.assign(part.size(), {});
    const auto copy = [&lists](std::size_t i, Gaps gaps) { lists[i].assign(gaps.begin(), gaps.end()); };
    LAWINE_RETURN_IF_ERROR(ForEachList(image, part, copy).status());
    for (std::size_t i = 0; i < part.size(); ++i) visit(first + i, Gaps(lists[i]));
  }
  return absl::OkStatus();
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_LIST_WALK_H_
