// One list of an image, entry by entry: for looking, and for lists that change; steps walk gaps instead.
#ifndef LAWINE_ENGINE_STORE_LINK_ENTRIES_H_
#define LAWINE_ENGINE_STORE_LINK_ENTRIES_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/ids.h"
#include "engine/graph/follower_block.h"
#include "engine/store/gap_lists.h"
#include "engine/store/link_lists.h"

namespace lawine {

// The followers of `source` in `lists`, LinkLists or ChangedLists, with the columns there are: an entry a
// link, counts left empty.
template <class Lists>
FollowerLists EntriesOf(const Lists& lists, MemberId source) {
  FollowerLists entries;
  const LinkList list = lists.ListOf(source);
  const auto kinds = lists.KindsOf(source);
  const auto weights = lists.WeightsOf(source);
  std::uint32_t place = 0;
  for (std::size_t i = 0; i < list.gaps.size(); ++i) {
    place += list.gaps[i];
    if (list.gaps[i] == kSkip) continue;
    entries.followers.push_back(place);
    if (!kinds.empty()) entries.kinds.push_back(kinds[i]);
    if (!weights.empty()) entries.weights.push_back(weights[i]);
  }
  return entries;
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_LINK_ENTRIES_H_
