// Links and profiles as files name them: by member key.
#ifndef LAWINE_ENGINE_GRAPH_KEYED_LINK_H_
#define LAWINE_ENGINE_GRAPH_KEYED_LINK_H_

#include <compare>
#include <cstdint>

#include "engine/base/ids.h"
#include "engine/graph/profile.h"

namespace lawine {

// One link between keys: what `from` sends reaches `to`.
struct KeyedLink {
  MemberKey from = 0;
  MemberKey to = 0;
  std::uint32_t weight = 0;  // fixed point, kLinkWeightOne is 1; 0 where the graph has no weights
  std::uint8_t kind = 0;     // see link_kind.h; 0 where the graph has no kinds
  friend bool operator==(const KeyedLink&, const KeyedLink&) = default;
  // By kind before weight: one link's weights stand next to each other.
  friend std::strong_ordering operator<=>(const KeyedLink& a, const KeyedLink& b) {
    if (a.from != b.from) return a.from <=> b.from;
    if (a.to != b.to) return a.to <=> b.to;
    if (a.kind != b.kind) return a.kind <=> b.kind;
    return a.weight <=> b.weight;
  }
};

// Whether they are one link, of whatever weights.
inline bool SameLink(const KeyedLink& a, const KeyedLink& b) {
  return a.from == b.from && a.to == b.to && a.kind == b.kind;
}

// What is known of a member beside its links.
struct KeyedProfile {
  MemberKey key = 0;
  std::uint32_t community = kNoCommunity;
  std::uint8_t network = kNetworkUnknown;
  std::uint8_t account_kind = kAccountPersonal;
  friend auto operator<=>(const KeyedProfile&, const KeyedProfile&) = default;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_KEYED_LINK_H_
