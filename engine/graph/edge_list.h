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

namespace lawine {

// One link between keys: what `from` sends reaches `to`.
struct KeyedLink {
  MemberKey from = 0;
  MemberKey to = 0;
  std::uint32_t weight = 0;  // fixed point, kLinkWeightOne is 1; 0 where the graph has no weights
  friend auto operator<=>(const KeyedLink&, const KeyedLink&) = default;
};

struct EdgeList {
  std::vector<KeyedLink> links = {};
  bool weighted = false;
  // External string ids by key, sorted by key; empty when ids are integers.
  std::vector<std::pair<MemberKey, std::string>> names = {};
  // Members known without any link (isolated), beside those the links name. Any order, may repeat.
  std::vector<MemberKey> extra_members = {};
};

// Links, not rows: a reader of undirected files gives two links a row, so a pair named twice drops two
// duplicates. A row that links a member to itself gives one self-link.
struct EdgeListCounts {
  std::uint64_t self_links_dropped = 0;
  std::uint64_t duplicates_dropped = 0;
};

// Sorts, drops self-links and duplicates (counted into `counts`), numbers members by ascending key. The
// order of rows makes no difference. Every member is in network 0 (none named), community 0, and a purely
// personal account. INVALID_ARGUMENT when two rows give one link different weights, a member has no name
// though others have, or there are no members or too many.
absl::StatusOr<std::shared_ptr<const LinkSource>> MakeEdgeListSource(EdgeList edges, EdgeListCounts& counts);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_EDGE_LIST_H_
