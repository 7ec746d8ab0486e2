// The forest that attribution makes of a cascade: every reached member hangs below the one that brought it
// the message, and members that had it from nobody are the roots.
#ifndef LAWINE_ENGINE_SPREAD_ATTRIBUTION_TREE_H_
#define LAWINE_ENGINE_SPREAD_ATTRIBUTION_TREE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"

namespace lawine {

struct AttributionTree {
  struct Root {
    MemberId member;
    std::uint64_t members = 0;  // of its tree, itself included
  };
  std::uint64_t members = 0;
  std::vector<std::uint64_t> members_by_depth;  // roots are at depth 0
  std::vector<Root> roots;                      // largest tree first, then by member
  // Pairs of members of the same tree, and the links between them on the way up and down the tree, summed.
  double pairs = 0;
  double distances = 0;

  std::uint64_t Width() const;  // most members at one depth
  double MeanDepth() const;
  // Mean distance between two members of the same tree; 0 without such pairs. (Goel, Anderson, Hofman and
  // Watts, The structural virality of online diffusion, Management Science 62, 2016: there of one tree.)
  double StructuralVirality() const { return pairs > 0 ? distances / pairs : 0; }
};

// Columns by dense id of the whole graph: steps of receipt (kNoStep: none), and senders plus 1 (0: nobody).
// DATA_LOSS when a sender does not have an earlier receipt.
absl::StatusOr<AttributionTree> MakeAttributionTree(std::span<const std::uint32_t> receipt_steps,
                                                    std::span<const std::uint32_t> senders_plus_one);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_ATTRIBUTION_TREE_H_
