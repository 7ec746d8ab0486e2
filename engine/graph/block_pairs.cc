#include "engine/graph/block_pairs.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "engine/graph/generator_block.h"

namespace lawine {
namespace {

constexpr std::uint32_t kPlaceMask = kBlockMembers - 1;
constexpr std::uint32_t kThresholdBits = 32 - kBlockBits;
constexpr std::uint32_t kRowShare = 1u << kThresholdBits;  // of 2^32, the share of a whole row
constexpr int kRoundsMax = 64;

using Product = unsigned __int128;
using Shares = std::array<std::uint32_t, kBlockMembers>;

// Shares of 2^32, in proportion to weights. What rounding down leaves goes to the largest.
// REQUIRES: total > 0 is the sum of weights. A single member with all the weight has 2^32, which is kept as
// 2^32 - 1: the last 2^-32 is its alias's, itself.
void ComputeShares(std::span<const std::uint32_t> weights, std::uint64_t total, Shares& shares) {
  shares.fill(0);
  std::uint64_t left = 1ull << 32;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto share = static_cast<std::uint64_t>((std::uint64_t{weights[i]} << 32) / total);
    shares[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(share, 0xFFFFFFFFu));
    left -= shares[i];
  }
  std::uint32_t& largest = shares[std::max_element(weights.begin(), weights.end()) - weights.begin()];
  largest += static_cast<std::uint32_t>(std::min<std::uint64_t>(left, 0xFFFFFFFFu - largest));
}

// Vose's two work lists, in one array: rows with less than a whole share from the left, others from the
// right.
void BuildRows(Shares& shares, std::uint32_t* rows) {
  std::array<std::uint32_t, kBlockMembers> work;
  std::uint32_t small_end = 0;
  std::uint32_t large_begin = kBlockMembers;
  for (std::uint32_t i = 0; i < kBlockMembers; ++i) {
    rows[i] = i;  // a whole row is its own alias, whatever the threshold
    if (shares[i] < kRowShare) {
      work[small_end++] = i;
    } else {
      work[--large_begin] = i;
    }
  }
  while (small_end > 0 && large_begin < kBlockMembers) {
    const std::uint32_t small = work[--small_end];
    const std::uint32_t large = work[large_begin];
    rows[small] = shares[small] << kBlockBits | large;
    shares[large] -= kRowShare - shares[small];
    if (shares[large] < kRowShare) {
      ++large_begin;
      work[small_end++] = large;
    }
  }
}

inline std::uint32_t Pick(const std::uint32_t* rows, std::uint32_t coin) {
  const std::uint32_t place = coin >> kThresholdBits;
  const std::uint32_t row = rows[place];
  return (coin & (kRowShare - 1)) < (row >> kBlockBits) ? place : row & kPlaceMask;
}

// Packs draws [begin, begin + count) of `draw` into `pairs`; returns how many are no self-pairs.
template <PairShape kShape>
std::uint32_t DrawPairs(const PairDraw& draw, std::uint64_t begin, std::uint32_t count,
                        std::uint32_t* pairs) {
  const PairDraw local = draw;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t coin = local.lane.Coin(begin + i);
    const std::uint32_t first = Pick(local.first_rows, static_cast<std::uint32_t>(coin >> 32));
    const std::uint32_t second = Pick(local.second_rows, static_cast<std::uint32_t>(coin));
    if constexpr (kShape == PairShape::kFirstIsSource) {
      pairs[kept++] = second << kBlockBits | first;
    } else if constexpr (kShape == PairShape::kFirstIsReceiver) {
      pairs[kept++] = first << kBlockBits | second;
    } else if constexpr (kShape == PairShape::kSameBlock) {
      pairs[kept] = second << kBlockBits | first;
      kept += first != second;
    } else {
      pairs[kept] = std::min(first, second) << kBlockBits | std::max(first, second);
      kept += first != second;
    }
  }
  return kept;
}

std::uint32_t DrawPairs(const PairDraw& draw, std::uint64_t begin, std::uint32_t count,
                        std::uint32_t* pairs) {
  switch (draw.shape) {
    case PairShape::kFirstIsSource:
      return DrawPairs<PairShape::kFirstIsSource>(draw, begin, count, pairs);
    case PairShape::kFirstIsReceiver:
      return DrawPairs<PairShape::kFirstIsReceiver>(draw, begin, count, pairs);
    case PairShape::kSameBlock:
      return DrawPairs<PairShape::kSameBlock>(draw, begin, count, pairs);
    case PairShape::kSameBlockUnordered:
      return DrawPairs<PairShape::kSameBlockUnordered>(draw, begin, count, pairs);
  }
  return 0;
}

}  // namespace

BlockWeights::BlockWeights(std::span<const std::uint32_t> weights, Executor& executor) {
  const auto members_count = static_cast<std::uint32_t>(weights.size());
  const std::size_t blocks_count = BlocksOf(members_count);
  weights_.resize(blocks_count);
  rows_.resize(blocks_count << kBlockBits);
  ForEachBlock(members_count, executor, [&](std::uint32_t block, MemberRange members) {
    const auto own = weights.subspan(members.first.value, members.count);
    weights_[block] = std::accumulate(own.begin(), own.end(), std::uint64_t{0});
    if (weights_[block] == 0) return;
    Shares shares;
    ComputeShares(own, weights_[block], shares);
    BuildRows(shares, &rows_[std::size_t{block} << kBlockBits]);
  });
  total_ = std::accumulate(weights_.begin(), weights_.end(), std::uint64_t{0});
}

const std::uint32_t* BlockWeights::rows(std::uint32_t block) const {
  return &rows_[std::size_t{block} << kBlockBits];
}

std::uint32_t RoundedCount(std::uint64_t first_weight, std::uint64_t second_weight, std::uint64_t total,
                           std::uint64_t unit, std::uint64_t coin) {
  if (total == 0) return 0;
  const Product dividend = Product{first_weight} * second_weight;
  const Product divisor = Product{total} * unit;
  const Product rest = dividend % divisor;
  const bool up = Product{coin >> 32} * divisor < rest << 32;
  constexpr Product kPairsMax = Product{1} << (2 * kBlockBits);
  return static_cast<std::uint32_t>(std::min(dividend / divisor + up, kPairsMax));
}

void PairSampler::AddDistinct(const PairDraw& draw, std::vector<std::uint32_t>& pairs) {
  const std::size_t wanted = pairs.size() + draw.count;
  std::uint64_t draws_count = 0;
  for (int round = 0; round < kRoundsMax && pairs.size() < wanted; ++round) {
    const std::size_t old_size = pairs.size();
    const auto missing = static_cast<std::uint32_t>(wanted - old_size);
    pairs.resize(wanted);
    pairs.resize(old_size + DrawPairs(draw, draws_count, missing, pairs.data() + old_size));
    draws_count += missing;
    const auto middle = pairs.begin() + static_cast<std::ptrdiff_t>(old_size);
    Sort(std::span(middle, pairs.end()));
    if (old_size > 0) std::inplace_merge(pairs.begin(), middle, pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  }
}

void PairSampler::Sort(std::span<std::uint32_t> pairs) {
  constexpr std::size_t kFewPairs = 128;
  if (pairs.size() <= kFewPairs) {
    std::sort(pairs.begin(), pairs.end());
    return;
  }
  // Least significant digit first: 9 + 9 + 8 = 26 bits.
  constexpr std::uint32_t kDigitBits = 9;
  constexpr std::uint32_t kDigits = 3;
  constexpr std::uint32_t kDigitMask = (1u << kDigitBits) - 1;
  static_assert(kDigits * kDigitBits >= 2 * kBlockBits);
  std::array<std::array<std::uint32_t, 1u << kDigitBits>, kDigits> ends = {};
  for (const std::uint32_t pair : pairs) {
    for (std::uint32_t d = 0; d < kDigits; ++d) ++ends[d][pair >> (d * kDigitBits) & kDigitMask];
  }
  scratch_.resize(pairs.size());
  std::uint32_t* from = pairs.data();
  std::uint32_t* to = scratch_.data();
  for (std::uint32_t d = 0; d < kDigits; ++d) {
    std::exclusive_scan(ends[d].begin(), ends[d].end(), ends[d].begin(), 0u);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      to[ends[d][from[i] >> (d * kDigitBits) & kDigitMask]++] = from[i];
    }
    std::swap(from, to);
  }
  std::copy(from, from + pairs.size(), pairs.begin());
}

}  // namespace lawine
