// Identifiers. Each kind of number has its own type, so that a member is never mistaken for a shard.
//
//   MemberKey   64 bits, what a member is called outside: the integer id, or a hash of the string id.
//               Coins and digests are made from keys, so they do not depend on how a graph is stored.
//   MemberId    32 bits, dense: 0 .. members-1 inside one graph, in ascending order of keys.
//   LocalId     32 bits, dense: a member's place inside its shard's range (MemberId minus the range's first).
//   ShardIndex  which range of members, 0 .. shards-1.
#ifndef LAWINE_ENGINE_BASE_IDS_H_
#define LAWINE_ENGINE_BASE_IDS_H_

#include <compare>
#include <cstdint>
#include <functional>

namespace lawine {

using MemberKey = std::uint64_t;

// An integer that mixes with no other kind of integer. Same size and layout as `Int`.
template <class Tag, class Int>
struct StrongId {
  using Value = Int;
  Int value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Int v) : value(v) {}
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

using MemberId = StrongId<struct MemberIdTag, std::uint32_t>;
using LocalId = StrongId<struct LocalIdTag, std::uint32_t>;
using ShardIndex = StrongId<struct ShardIndexTag, std::uint32_t>;
using WorkerIndex = StrongId<struct WorkerIndexTag, std::uint32_t>;

// Consecutive members.
struct MemberRange {
  MemberId first;
  std::uint32_t count = 0;

  std::uint32_t end() const { return first.value + count; }
  bool Contains(MemberId id) const { return id.value - first.value < count; }
  friend bool operator==(const MemberRange&, const MemberRange&) = default;
};

static_assert(sizeof(MemberId) == 4, "spans of ids are reinterpreted as spans of 32-bit integers by kernels");

}  // namespace lawine

template <class Tag, class Int>
struct std::hash<lawine::StrongId<Tag, Int>> {
  std::size_t operator()(lawine::StrongId<Tag, Int> id) const { return std::hash<Int>()(id.value); }
};

#endif  // LAWINE_ENGINE_BASE_IDS_H_
