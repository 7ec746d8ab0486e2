// Edge lists, as an import has read them, made into a LinkSource.
#ifndef LAWINE_ENGINE_GRAPH_EDGE_LIST_H_
#define LAWINE_ENGINE_GRAPH_EDGE_LIST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/keyed_link.h"
#include "engine/graph/link_source.h"
#include "engine/graph/link_spool.h"

namespace lawine {

struct EdgeList {
  LinkSpool links = {};
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
// order of rows makes no difference. Links in order go where `spill` says, at most half of its memory; what
// is known of members stays in memory (12 bytes each, names and profiles beside; up to 40 more while links
// are numbered, where keys are not close together). INVALID_ARGUMENT when two rows give one link different
// weights, a member has no name though others have, or two profiles, or there are no members or too many;
// RESOURCE_EXHAUSTED when the disk is full.
absl::StatusOr<std::shared_ptr<const LinkSource>> MakeEdgeListSource(EdgeList edges, EdgeListCounts& counts,
                                                                     SpillOptions spill = {});

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_EDGE_LIST_H_
