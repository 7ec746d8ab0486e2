// Generated graphs: a network of a preset's shape, block by block, each link a pure function of the seed.
//
// Purpose. A shard must be able to make its own part of a graph of billions of links, from a plan of 8 bytes
// a member and without talking to anyone, and a friendship must come out at both of its ends.
//
// Method. The Chung-Lu model with communities. Every member has a weight, the number of links it is meant to
// have (degree_sampler.h). Part of it goes into the member's community, a run of consecutive members, by one
// coin a pair (community_plan.h). The rest goes anywhere: blocks A and B of 8,192 members, with weights W_A
// and W_B outside communities, have W_A * W_B / W pairs (W_A^2 / 2W inside a block), rounded by a coin, whose
// ends are drawn in proportion to weights (block_pairs.h). So a member has its weight in expectation, and the
// number of links is exact but for the coins of communities and of rounding. Drawing a fixed number of pairs
// by alias tables is linear in links, as is the skipping of Miller and Hagberg (WAW 2011), but in any order
// of members; draws that repeat a pair are replaced by further ones.
//
// Directed graphs: returned links are made as friendships, from the part of the weights that is mutual. To
// these come one-way links for each ordered pair of blocks: sources in proportion to what is left of their
// audiences, receivers in proportion to what is left of whom they follow. Two one-way links may happen to be
// each other's return.
//
// The trick. The n-th draw of a pair of blocks is the coin (both blocks, n). So the pairs of {A, B} are the
// same set whether the chunk of A asks for them (as links from A to B) or the chunk of B, in any shard and on
// any thread. Each is made twice, and nothing is exchanged.
//
// Cost. Plan: 8 bytes and about 50 ns a member (directed: 20 bytes, 100 ns). Links: one hash, two table rows
// of 4 bytes, a radix sort of each pair of blocks in the first-level cache, and a counting sort by source:
// about 30 ns a link. A shard that cuts a block of receivers makes all of the block's pairs and drops the
// others'.
#include "engine/graph/network.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/graph/block_pairs.h"
#include "engine/graph/community_plan.h"
#include "engine/graph/degree_sampler.h"
#include "engine/graph/generator_block.h"
#include "engine/graph/preset.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

constexpr std::uint32_t kPlaceMask = kBlockMembers - 1;

std::uint64_t BlocksKey(std::uint32_t first, std::uint32_t second) {
  return std::uint64_t{first} << 32 | second;
}

// The links of one chunk, received in ascending order of receivers, given out by source.
class ChunkLinks {
 public:
  explicit ChunkLinks(std::uint32_t sources_count) : counts_(sources_count) {}

  // `arcs` are packed as in block_pairs.h and strictly ascending; blocks come in ascending order.
  void Add(std::uint32_t receivers_block, std::span<const std::uint32_t> arcs) {
    for (const std::uint32_t arc : arcs) ++counts_[arc & kPlaceMask];
    arcs_.insert(arcs_.end(), arcs.begin(), arcs.end());
    segments_.push_back({receivers_block, arcs_.size()});
  }

  // A stable counting sort: receivers stay ascending within each source.
  void MoveTo(MemberId first_receiver, FollowerLists& lists) {
    std::vector<std::uint32_t> next(counts_.size());
    std::exclusive_scan(counts_.begin(), counts_.end(), next.begin(), 0u);
    lists.followers.resize(arcs_.size());
    std::size_t i = 0;
    for (const Segment& segment : segments_) {
      // Wraps below zero for a block that begins before the first receiver; adding the place wraps back.
      const std::uint32_t base = (segment.receivers_block << kBlockBits) - first_receiver.value;
      for (; i < segment.end; ++i) {
        lists.followers[next[arcs_[i] & kPlaceMask]++] = base + (arcs_[i] >> kBlockBits);
      }
    }
    lists.counts = std::move(counts_);
  }

 private:
  struct Segment {
    std::uint32_t receivers_block = 0;
    std::size_t end = 0;
  };
  std::vector<std::uint32_t> counts_;
  std::vector<std::uint32_t> arcs_;
  std::vector<Segment> segments_;
};

class Generator final : public LinkSource {
 public:
  // REQUIRES: `spec` is resolved and of `preset`.
  Generator(const Preset& preset, const GeneratorSpec& spec, Executor& executor);

  std::uint32_t members_count() const override { return spec_.members; }
  LinkColumns columns() const override { return {}; }
  std::span<const MemberKey> keys() const override { return {}; }
  std::uint32_t chunks_count() const override { return BlocksOf(spec_.members); }
  MemberRange chunk(std::uint32_t index) const override { return BlockRange(index, spec_.members); }
  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override;
  std::uint64_t InLinksOf(MemberId member) const override;
  void Profiles(MemberRange range, MemberColumns& members) const override;

 private:
  bool directed() const { return preset_.mutual_ppm < kMillion; }

  // Each adds links, packed as in block_pairs.h, to the strictly ascending `arcs`.
  void AddOwnMutual(std::uint32_t block, PairSampler& sampler, std::vector<std::uint32_t>& arcs) const;
  void AddMutual(std::uint32_t sources_block, std::uint32_t receivers_block, PairSampler& sampler,
                 std::vector<std::uint32_t>& arcs) const;
  void AddOneWay(std::uint32_t sources_block, std::uint32_t receivers_block, PairSampler& sampler,
                 std::vector<std::uint32_t>& arcs) const;

  const Preset& preset_;
  const GeneratorSpec spec_;
  MemberWeights weights_;
  CommunityPlan communities_;
  BlockWeights mutual_;
  BlockWeights one_way_sources_;    // directed graphs only
  BlockWeights one_way_receivers_;  // directed graphs only
};

std::vector<std::uint32_t> Minus(std::span<const std::uint32_t> all, std::span<const std::uint32_t> part) {
  std::vector<std::uint32_t> rest(all.size());
  std::transform(all.begin(), all.end(), part.begin(), rest.begin(), std::minus<>());
  return rest;
}

CommunityOptions CommunityOptionsOf(const Preset& preset, const GeneratorSpec& spec) {
  const std::uint64_t mutual_milli =
      std::uint64_t{spec.links_per_member_milli} * preset.mutual_ppm / kMillion;
  return {.graph_seed = spec.graph_seed,
          .share_ppm = preset.community_ppm,
          .first_inside = static_cast<std::uint32_t>((mutual_milli * preset.first_inside_ppm << kWeightBits) /
                                                     (1000 * std::uint64_t{kMillion})),
          .links_per_member_milli = static_cast<std::uint32_t>(mutual_milli)};
}

Generator::Generator(const Preset& preset, const GeneratorSpec& spec, Executor& executor)
    : preset_(preset),
      spec_(spec),
      weights_(DrawMemberWeights(preset, spec, executor)),
      communities_(CommunityOptionsOf(preset, spec), weights_.mutual_or_all(), executor),
      mutual_(communities_.WeightsOutside(weights_.mutual_or_all(), executor), executor) {
  if (!directed()) return;
  one_way_sources_ = BlockWeights(Minus(weights_.audience, weights_.mutual), executor);
  one_way_receivers_ = BlockWeights(Minus(weights_.followees, weights_.mutual), executor);
  weights_.audience = {};  // only the tables made from it are needed
}

absl::Status Generator::FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                                        FollowerLists& lists) const {
  LAWINE_CHECK(chunk_index < chunks_count());
  LAWINE_CHECK(receivers.first.value <= spec_.members &&
               receivers.count <= spec_.members - receivers.first.value);
  lists.Clear();
  ChunkLinks links(chunk(chunk_index).count);
  PairSampler sampler;
  std::vector<std::uint32_t> arcs;
  const std::uint32_t end_block = receivers.count == 0 ? 0 : ((receivers.end() - 1) >> kBlockBits) + 1;
  for (std::uint32_t block = receivers.first.value >> kBlockBits; block < end_block; ++block) {
    arcs.clear();
    if (block == chunk_index) {
      AddOwnMutual(block, sampler, arcs);
    } else {
      AddMutual(chunk_index, block, sampler, arcs);
    }
    if (directed()) AddOneWay(chunk_index, block, sampler, arcs);
    const MemberRange members = chunk(block);
    const std::uint32_t begin = std::max(receivers.first.value, members.first.value) - members.first.value;
    const std::uint32_t end = std::min(receivers.end(), members.end()) - members.first.value;
    links.Add(block, std::span(std::lower_bound(arcs.begin(), arcs.end(), begin << kBlockBits),
                               std::lower_bound(arcs.begin(), arcs.end(), end << kBlockBits)));
  }
  links.MoveTo(receivers.first, lists);
  return absl::OkStatus();
}

void Generator::AddOwnMutual(std::uint32_t block, PairSampler& sampler,
                             std::vector<std::uint32_t>& arcs) const {
  communities_.AppendPairs(block, weights_.mutual_or_all(), arcs);
  const std::uint64_t count_coin =
      GeneratorLane(spec_.graph_seed, GeneratorCoin::kMutualCount).Coin(block, block);
  const std::uint64_t weight = mutual_.weight(block);
  sampler.AddDistinct(
      {.first_rows = mutual_.rows(block),
       .second_rows = mutual_.rows(block),
       .lane = GeneratorLane(spec_.graph_seed, GeneratorCoin::kMutualDraw).ForSource(BlocksKey(block, block)),
       .count = RoundedCount(weight, weight, mutual_.total(), 2 * kWeightOne, count_coin),
       .shape = PairShape::kSameBlockUnordered},
      arcs);
  // So far each pair once; now also the other way round.
  const std::size_t pairs_count = arcs.size();
  arcs.resize(2 * pairs_count);
  for (std::size_t i = 0; i < pairs_count; ++i) {
    arcs[pairs_count + i] = (arcs[i] & kPlaceMask) << kBlockBits | arcs[i] >> kBlockBits;
  }
  sampler.Sort(arcs);
}

void Generator::AddMutual(std::uint32_t sources_block, std::uint32_t receivers_block, PairSampler& sampler,
                          std::vector<std::uint32_t>& arcs) const {
  const auto [first, second] = std::minmax(sources_block, receivers_block);
  const std::uint64_t count_coin =
      GeneratorLane(spec_.graph_seed, GeneratorCoin::kMutualCount).Coin(first, second);
  sampler.AddDistinct(
      {.first_rows = mutual_.rows(first),
       .second_rows = mutual_.rows(second),
       .lane =
           GeneratorLane(spec_.graph_seed, GeneratorCoin::kMutualDraw).ForSource(BlocksKey(first, second)),
       .count = RoundedCount(mutual_.weight(first), mutual_.weight(second), mutual_.total(), kWeightOne,
                             count_coin),
       .shape = first == sources_block ? PairShape::kFirstIsSource : PairShape::kFirstIsReceiver},
      arcs);
}

void Generator::AddOneWay(std::uint32_t sources_block, std::uint32_t receivers_block, PairSampler& sampler,
                          std::vector<std::uint32_t>& arcs) const {
  const std::uint64_t count_coin =
      GeneratorLane(spec_.graph_seed, GeneratorCoin::kOneWayCount).Coin(sources_block, receivers_block);
  const CoinLane lane = GeneratorLane(spec_.graph_seed, GeneratorCoin::kOneWayDraw);
  sampler.AddDistinct(
      {.first_rows = one_way_sources_.rows(sources_block),
       .second_rows = one_way_receivers_.rows(receivers_block),
       .lane = lane.ForSource(BlocksKey(sources_block, receivers_block)),
       .count =
           RoundedCount(one_way_sources_.weight(sources_block), one_way_receivers_.weight(receivers_block),
                        one_way_receivers_.total(), kWeightOne, count_coin),
       .shape = sources_block == receivers_block ? PairShape::kSameBlock : PairShape::kFirstIsSource},
      arcs);
}

std::uint64_t Generator::InLinksOf(MemberId member) const {
  return (weights_.followees_or_all()[member.value] + kWeightOne / 2) >> kWeightBits;
}

void Generator::Profiles(MemberRange range, MemberColumns& members) const {
  members.Clear();
  members.keys.resize(range.count);
  std::iota(members.keys.begin(), members.keys.end(), MemberKey{range.first.value});
  members.network.assign(range.count, preset_.network);
  members.account_kind.assign(range.count, kAccountPersonal);
  members.community.reserve(range.count);
  for (std::uint32_t m = range.first.value; m < range.end(); ++m) {
    members.community.push_back(communities_.CommunityOf(MemberId(m)) + 1);
  }
}

}  // namespace

std::shared_ptr<const LinkSource> MakeNetwork(const Preset& preset, const GeneratorSpec& spec,
                                              Executor& executor) {
  return std::make_shared<const Generator>(preset, spec, executor);
}

}  // namespace lawine
