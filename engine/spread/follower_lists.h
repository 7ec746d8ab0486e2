// Walking many follower lists of an image: the loop under every push.
#ifndef LAWINE_ENGINE_SPREAD_FOLLOWER_LISTS_H_
#define LAWINE_ENGINE_SPREAD_FOLLOWER_LISTS_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "engine/store/shard_image.h"

namespace lawine {

// Calls visit(member, gaps) with the followers of each member of `frontier`; returns how many followers
// that are.
// A list is a random access to its place and others to its lines. Both are asked for ahead, in a pipeline
// that does not stop between lists: places first, then, once they are here, lines.
template <class Visit>
std::uint64_t ForEachList(const ShardImage& image, std::span<const MemberId> frontier, Visit&& visit) {
  constexpr std::size_t kListsAhead = 24;
  constexpr std::size_t kPlacesAhead = kListsAhead + 32;
  constexpr std::size_t kRing = 32;
  constexpr std::size_t kLine = 64 / sizeof(Gaps::value_type);
  constexpr std::size_t kLinesAlways = 3;  // most lists of a large graph have fewer: no branch is cheaper
  constexpr std::size_t kEntriesAhead = 16 * kLine;
  static_assert(kListsAhead < kRing && (kRing & (kRing - 1)) == 0);
  std::array<Gaps, kRing> lists;
  std::uint64_t links = 0;
  const auto fetch = [&](std::size_t i) {
    if (i + kPlacesAhead - kListsAhead < frontier.size()) {
      image.PrefetchPlace(frontier[i + kPlacesAhead - kListsAhead]);
    }
    const Gaps list = image.GapsOf(frontier[i]);
    lists[i % kRing] = list;
    for (std::size_t line = 0; line < kLinesAlways; ++line) __builtin_prefetch(list.data() + line * kLine);
    const std::size_t entries = std::min(list.size(), kEntriesAhead);
    for (std::size_t e = kLinesAlways * kLine; e < entries; e += kLine) __builtin_prefetch(list.data() + e);
    links += image.LinksOf(frontier[i]);
  };
  for (std::size_t i = 0; i < std::min(kPlacesAhead - kListsAhead, frontier.size()); ++i) {
    image.PrefetchPlace(frontier[i]);
  }
  for (std::size_t i = 0; i < std::min(kListsAhead, frontier.size()); ++i) fetch(i);
  for (std::size_t i = 0; i < frontier.size(); ++i) {
    if (i + kListsAhead < frontier.size()) fetch(i + kListsAhead);
    visit(frontier[i], lists[i % kRing]);
  }
  return links;
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_FOLLOWER_LISTS_H_
