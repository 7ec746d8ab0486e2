// Edge lists in memory: what an import reads, made into a LinkSource.
#ifndef LAWINE_ENGINE_GRAPH_EDGE_LIST_H_
#define LAWINE_ENGINE_GRAPH_EDGE_LIST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/link_source.h"
#include "engine/graph/profile.h"

namespace lawine {

// One link between keys: what `from` sends reaches `to`.
struct KeyedLink {
  MemberKey from = 0;
  MemberKey to = 0;
  std::uint32_t weight = 0;  // fixed point, kLinkWeightOne is 1; 0 where the graph has no weights
  std::uint8_t kind = 0;     // see link_kind.h; 0 where the graph has no kinds
  friend auto operator<=>(const KeyedLink&, const KeyedLink&) = default;
};

// What is known of a member beside its links.
struct KeyedProfile {
  MemberKey key = 0;
  std::uint32_t community = kNoCommunity;
  std::uint8_t network = kNetworkUnknown;
  std::uint8_t account_kind = kAccountPersonal;
  friend auto operator<=>(const KeyedProfile&, const KeyedProfile&) = default;
};

struct EdgeList {
  std::vector<KeyedLink> links = {};
  LinkColumns columns = {};
  // External string ids by key, sorted by key; empty when ids are integers.
  std::vector<std::pair<MemberKey, std::string>> names = {};
  // Members known without any link (isolated), beside those the links name. Any order, may repeat.
  std::vector<MemberKey> extra_members = {};
  // Each member once, in any order; others have the defaults. Who has a profile but no link is a member too.
  std::vector<KeyedProfile> profiles = {};
};

// Links, not rows: a reader of undirected files gives two links a row, so a pair named twice drops two
// duplicates. A row that links a member to itself gives one self-link. Links of several kinds between two
// members are no duplicates.
struct EdgeListCounts {
  std::uint64_t self_links_dropped = 0;
  std::uint64_t duplicates_dropped = 0;
};

// Sorts, drops self-links and duplicates (counted into `counts`), numbers members by ascending key. The
// order of rows makes no difference. INVALID_ARGUMENT when two rows give one link different weights, a member
// has no name though others have, or two profiles, or there are no members or too many.
absl::StatusOr<std::shared_ptr<const LinkSource>> MakeEdgeListSource(EdgeList edges, EdgeListCounts& counts);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_EDGE_LIST_H_
