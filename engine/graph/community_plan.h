// Communities of a generated graph: runs of consecutive members inside a generator block, and the links
// inside them.
//
// In a community where member i wants c_i links inside, i and j are linked with probability c_i * c_j / C, C
// being the sum over members: then i gets c_i * (C - c_i) / C links, in expectation and exactly. The formula
// needs c_i * c_i <= C, so c_i is bounded: hubs have most of their links elsewhere.
#ifndef LAWINE_ENGINE_GRAPH_COMMUNITY_PLAN_H_
#define LAWINE_ENGINE_GRAPH_COMMUNITY_PLAN_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/ids.h"

namespace lawine {

struct CommunityOptions {
  std::uint64_t graph_seed = 0;
  std::uint32_t share_ppm = 0;               // of a member's weight, wanted inside
  std::uint32_t first_inside = 0;            // this much of a weight is wanted inside anyway
  std::uint32_t links_per_member_milli = 0;  // sizes of communities grow with personal networks
};

// Immutable after construction, thread-safe. Communities are numbered through the graph, by first member.
class CommunityPlan {
 public:
  // `weights` by member, in units of 1/kWeightOne link; the same are passed to the methods below.
  CommunityPlan(const CommunityOptions& options, std::span<const std::uint32_t> weights, Executor& executor);

  std::uint32_t communities_count() const { return static_cast<std::uint32_t>(communities_.size()); }
  // REQUIRES: member is in the graph.
  std::uint32_t CommunityOf(MemberId member) const;

  // What is left of each weight for links outside the community, as expected.
  std::vector<std::uint32_t> WeightsOutside(std::span<const std::uint32_t> weights, Executor& executor) const;

  // Appends the pairs linked inside the block's communities, as x << kBlockBits | y with x < y the members'
  // places in the block: strictly ascending.
  void AppendPairs(std::uint32_t block, std::span<const std::uint32_t> weights,
                   std::vector<std::uint32_t>& pairs) const;

 private:
  struct Community {
    std::uint32_t first = 0;
    std::uint32_t bound = 0;  // on what a member wants inside
    std::uint64_t sum = 0;    // of what all members want, after the bound
  };

  std::uint32_t Wanted(std::uint32_t weight, std::uint32_t bound) const;
  std::vector<Community> DrawCommunities(std::uint32_t block, std::span<const std::uint32_t> weights) const;
  void Bound(std::span<const std::uint32_t> weights, Community& community) const;
  std::uint32_t End(std::uint32_t community) const;

  CommunityOptions options_;
  std::uint32_t members_count_;
  std::vector<Community> communities_;
  std::vector<std::uint32_t> first_of_block_;  // communities_ of block b start here; one more at the end
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_COMMUNITY_PLAN_H_
