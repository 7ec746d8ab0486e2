// The links of a shard the other way round: for each member of its range, whose messages reach it. What a
// step reads when nearly everybody has the message: each member without it looks for one forwarder among
// its followees and stops at the first.
//
// Ids are those of the whole graph, in 3 bytes each, or 4 in graphs of more than 2^24 members, ascending.
#ifndef LAWINE_ENGINE_STORE_FOLLOWEE_INDEX_H_
#define LAWINE_ENGINE_STORE_FOLLOWEE_INDEX_H_

#include <cstdint>
#include <cstring>
#include <span>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/base/huge_array.h"
#include "engine/base/ids.h"
#include "engine/store/gap_lists.h"
#include "engine/store/source_index.h"

namespace lawine {

// Immutable once built; thread-safe.
class FolloweeIndex {
 public:
  FolloweeIndex() = default;
  // Turns the lists of `followers` round, in parallel on `executor`; takes about 34 MiB a thread beside the
  // result. `counts[i]` links lead to member i of the range. DATA_LOSS when the lists say otherwise.
  static absl::StatusOr<FolloweeIndex> Build(const SourceIndex& sources, Gaps followers,
                                             std::uint32_t members_count,
                                             std::span<const std::uint32_t> counts, Executor& executor);

  // What an index of `links` links will take.
  static std::uint64_t BytesOf(std::uint64_t members_count, std::uint64_t receivers_count,
                               std::uint64_t links) {
    return (receivers_count + 1) * sizeof(std::uint32_t) + links * WidthFor(members_count) + 1;
  }

  // Calls visit(id) for followees of `member` until it returns true; returns how many calls were made.
  // Sets `found` when one was.
  template <class Visit>
  std::uint32_t Find(LocalId member, bool& found, Visit&& visit) const {
    return width_ == 3 ? FindOf<3>(member, found, visit) : FindOf<4>(member, found, visit);
  }

  void PrefetchOffset(LocalId member) const { __builtin_prefetch(&offsets_[member.value]); }
  void PrefetchList(LocalId member) const {
    const std::uint8_t* const list = &ids_[std::size_t{offsets_[member.value]} * width_];
    __builtin_prefetch(list);
    __builtin_prefetch(list + 64);
  }
  std::uint64_t bytes() const { return offsets_.bytes() + ids_.bytes(); }

 private:
  static std::uint32_t WidthFor(std::uint64_t members_count) { return members_count <= (1u << 24) ? 3 : 4; }
  template <std::size_t kWidth, class Visit>
  std::uint32_t FindOf(LocalId member, bool& found, Visit&& visit) const {
    constexpr std::uint32_t kMask = kWidth == 3 ? 0xFFFFFFu : 0xFFFFFFFFu;
    const std::uint32_t begin = offsets_[member.value], end = offsets_[member.value + 1];
    const std::uint8_t* at = ids_.span().data() + std::size_t{begin} * kWidth;
    for (std::uint32_t i = begin; i < end; ++i, at += kWidth) {
      std::uint32_t id;
      std::memcpy(&id, at, 4);  // the array ends with a spare byte
      if (!visit(id & kMask)) continue;
      found = true;
      return i + 1 - begin;
    }
    return end - begin;
  }

  std::uint32_t width_ = 3;
  HugeArray<std::uint32_t> offsets_;
  HugeArray<std::uint8_t> ids_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_FOLLOWEE_INDEX_H_
