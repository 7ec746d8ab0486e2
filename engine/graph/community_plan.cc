#include "engine/graph/community_plan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "engine/graph/generator_block.h"
#include "engine/graph/preset.h"

namespace lawine {
namespace {

// Sizes have a density falling with the square of the size, from about a third of the mean personal
// network to 16 times that.
constexpr std::uint32_t kSmallestMin = 8;
constexpr std::uint32_t kSmallestMax = 256;
constexpr std::uint32_t kLargestOverSmallest = 16;
constexpr std::uint32_t kSmallestOverMeanPermille = 320;

// Where wishes have to be bounded, those of the two with the largest are, so that these are linked with about
// this probability. (Where none has to be, it may be any up to 1.)
constexpr std::uint64_t kDensityNumerator = 4;
constexpr std::uint64_t kDensityDenominator = 5;

// Probabilities of pairs carry this many bits: a quotient of 32 bits times a weight in 1/256.
constexpr std::uint32_t kQuotientBits = 32;
constexpr std::uint32_t kProbabilityBits = kQuotientBits + kWeightBits;

// floor(sqrt(x)), bit by bit.
std::uint64_t SquareRoot(std::uint64_t x) {
  std::uint64_t root = 0;
  for (int bit = (std::bit_width(x) + 1) / 2; bit >= 0; --bit) {
    const std::uint64_t next = root | (1ull << bit);
    if (next <= std::numeric_limits<std::uint32_t>::max() && next * next <= x) root = next;
  }
  return root;
}

std::uint32_t SmallestSize(std::uint32_t links_per_member_milli) {
  const std::uint64_t size = std::uint64_t{links_per_member_milli} * kSmallestOverMeanPermille / 1'000'000;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(size, kSmallestMin, kSmallestMax));
}

}  // namespace

CommunityPlan::CommunityPlan(const CommunityOptions& options, std::span<const std::uint32_t> weights,
                             Executor& executor)
    : options_(options), members_count_(static_cast<std::uint32_t>(weights.size())) {
  std::vector<std::vector<Community>> by_block(BlocksOf(members_count_));
  ForEachBlock(members_count_, executor,
               [&](std::uint32_t block, MemberRange) { by_block[block] = DrawCommunities(block, weights); });
  for (const std::vector<Community>& communities : by_block) {
    first_of_block_.push_back(communities_count());
    communities_.insert(communities_.end(), communities.begin(), communities.end());
  }
  first_of_block_.push_back(communities_count());
}

std::vector<CommunityPlan::Community> CommunityPlan::DrawCommunities(
    std::uint32_t block, std::span<const std::uint32_t> weights) const {
  const CoinLane lane = GeneratorLane(options_.graph_seed, GeneratorCoin::kCommunitySize).ForSource(block);
  const MemberRange members = BlockRange(block, members_count_);
  const std::uint64_t smallest = SmallestSize(options_.links_per_member_milli);
  std::vector<Community> communities;
  for (std::uint32_t first = members.first.value; first < members.end();) {
    const std::uint64_t rank = (lane.Coin(communities.size()) >> 32) + 1;
    std::uint64_t size = std::min((smallest << 32) / rank, smallest * kLargestOverSmallest);
    const std::uint64_t left = members.end() - first;
    if (left < size + smallest) size = left;  // what would be left is too few for a community
    Community community{.first = first};
    Bound(weights.subspan(first, size), community);
    communities.push_back(community);
    first += static_cast<std::uint32_t>(size);
  }
  return communities;
}

std::uint32_t CommunityPlan::Wanted(std::uint32_t weight, std::uint32_t bound) const {
  const std::uint64_t first = std::min(weight, options_.first_inside);
  const std::uint64_t share = first + (weight - first) * options_.share_ppm / kMillion;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(share, bound));
}

// Lowers the bound until its square is at most the sum, in links: a smaller bound makes a smaller sum, but
// the root halves the distance (in octaves) each round.
void CommunityPlan::Bound(std::span<const std::uint32_t> weights, Community& community) const {
  community.bound = std::numeric_limits<std::uint32_t>::max();
  for (bool fits = false; !fits;) {
    community.sum = 0;
    std::uint32_t largest = 0;
    for (const std::uint32_t weight : weights) {
      const std::uint32_t wanted = Wanted(weight, community.bound);
      community.sum += wanted;
      largest = std::max(largest, wanted);
    }
    const std::uint64_t sum_units = community.sum << kWeightBits;
    fits = std::uint64_t{largest} * largest <= sum_units;
    if (!fits) {
      const std::uint64_t root = SquareRoot(sum_units / kDensityDenominator * kDensityNumerator);
      community.bound = static_cast<std::uint32_t>(std::min<std::uint64_t>(root, largest - 1));
    }
  }
}

std::uint32_t CommunityPlan::End(std::uint32_t community) const {
  return community + 1 < communities_count() ? communities_[community + 1].first : members_count_;
}

std::uint32_t CommunityPlan::CommunityOf(MemberId member) const {
  const std::uint32_t block = member.value >> kBlockBits;
  const auto begin = communities_.begin() + first_of_block_[block];
  const auto end = communities_.begin() + first_of_block_[block + 1];
  const auto after = std::upper_bound(begin, end, member.value,
                                      [](std::uint32_t id, const Community& c) { return id < c.first; });
  return static_cast<std::uint32_t>(after - communities_.begin()) - 1;
}

std::vector<std::uint32_t> CommunityPlan::WeightsOutside(std::span<const std::uint32_t> weights,
                                                         Executor& executor) const {
  std::vector<std::uint32_t> outside(weights.size());
  ForEachBlock(members_count_, executor, [&](std::uint32_t block, MemberRange) {
    for (std::uint32_t k = first_of_block_[block]; k < first_of_block_[block + 1]; ++k) {
      const Community& community = communities_[k];
      for (std::uint32_t m = community.first; m < End(k); ++m) {
        const std::uint64_t wanted = Wanted(weights[m], community.bound);
        const std::uint64_t inside = wanted == 0 ? 0 : wanted * (community.sum - wanted) / community.sum;
        outside[m] = weights[m] - static_cast<std::uint32_t>(inside);
      }
    }
  });
  return outside;
}

void CommunityPlan::AppendPairs(std::uint32_t block, std::span<const std::uint32_t> weights,
                                std::vector<std::uint32_t>& pairs) const {
  const CoinLane lane = GeneratorLane(options_.graph_seed, GeneratorCoin::kCommunityLink);
  std::array<std::uint64_t, kBlockMembers> quotients;
  for (std::uint32_t k = first_of_block_[block]; k < first_of_block_[block + 1]; ++k) {
    const Community& community = communities_[k];
    if (community.sum == 0) continue;
    const std::uint32_t first = community.first;
    const std::uint32_t size = End(k) - first;
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::uint64_t wanted = Wanted(weights[first + i], community.bound);
      quotients[i] = (wanted << kQuotientBits) / community.sum;
    }
    for (std::uint32_t i = 0; i < size; ++i) {
      const std::uint64_t wanted = Wanted(weights[first + i], community.bound);
      const CoinLane own_lane = lane.ForSource(first + i);
      const std::uint32_t place = first + i - (block << kBlockBits);
      // Room for every pair of i, then cut: no branch depends on a coin.
      std::size_t count = pairs.size();
      pairs.resize(count + size - i - 1);
      for (std::uint32_t j = i + 1; j < size; ++j) {
        const std::uint64_t coin = own_lane.Coin(first + j) >> (64 - kProbabilityBits);
        pairs[count] = place << kBlockBits | (place + j - i);
        count += coin < wanted * quotients[j];
      }
      pairs.resize(count);
    }
  }
}

}  // namespace lawine
