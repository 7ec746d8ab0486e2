#include "engine/graph/degree_sampler.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "engine/base/check.h"
#include "engine/graph/generator_block.h"

namespace lawine {
namespace {

constexpr std::uint32_t kLinearKnots = 16;  // intervals in the lower half
constexpr std::uint32_t kInterpolationBits = 8;
constexpr int kScaleRoundsMax = 32;

// Of four members, three follow in proportion to their audience's rank, one at a rank of its own.
constexpr std::uint32_t kFreshFolloweesMask = 3;

using Product = unsigned __int128;

// a + (b - a) * part / 2^part_bits, in 1/256.
std::uint32_t Interpolate(std::uint64_t a, std::uint64_t b, std::uint64_t part, std::uint32_t part_bits) {
  return static_cast<std::uint32_t>((a << kInterpolationBits) +
                                    (((b - a) * part) >> (part_bits - kInterpolationBits)));
}

struct CappedSum {
  std::uint64_t capped_count = 0;  // members above the limit
  std::uint64_t free_sum = 0;      // of the others
};

CappedSum SumBelow(std::span<const std::uint32_t> weights, std::uint64_t limit, Executor& executor) {
  const auto members_count = static_cast<std::uint32_t>(weights.size());
  std::vector<CappedSum> sums(BlocksOf(members_count));
  ForEachBlock(members_count, executor, [&](std::uint32_t block, MemberRange members) {
    CappedSum sum;
    for (const std::uint32_t w : weights.subspan(members.first.value, members.count)) {
      sum.capped_count += w > limit;
      sum.free_sum += w > limit ? 0 : w;
    }
    sums[block] = sum;
  });
  CappedSum all;
  for (const CappedSum& sum : sums) {
    all.capped_count += sum.capped_count;
    all.free_sum += sum.free_sum;
  }
  return all;
}

// The scale, in 2^-32, at which weights below the cap fill what capped ones leave of `total`.
std::uint64_t FindScale(std::uint64_t total, std::uint32_t cap, Executor& executor,
                        std::span<const std::uint32_t> weights) {
  std::uint64_t limit = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t scale = 0;
  for (int round = 0; round < kScaleRoundsMax; ++round) {
    const CappedSum sum = SumBelow(weights, limit, executor);
    const std::uint64_t capped = sum.capped_count * cap;
    if (sum.free_sum == 0 || capped >= total) break;
    scale = static_cast<std::uint64_t>((Product{total - capped} << 32) / sum.free_sum);
    const std::uint64_t next_limit = (std::uint64_t{cap} << 32) / std::max<std::uint64_t>(scale, 1);
    if (next_limit >= limit) break;
    limit = next_limit;
  }
  return scale;
}

std::uint32_t AudienceRank(std::uint64_t coin) { return static_cast<std::uint32_t>(coin >> 32); }

bool IsIsolated(std::uint64_t coin, const Preset& preset) {
  const std::uint64_t low_half = coin & 0xFFFFFFFFu;
  return ((low_half * kMillion) >> 32) < preset.isolated_ppm;
}

// Ranks of audiences: a member's own, or, for those alike, about that of its group. Groups' ranks are
// uniform, and so is the difference from them (past one end ranks go on at the other), so that ranks remain
// uniform. The largest networks are nobody's like.
class AudienceRanks {
 public:
  AudienceRanks(const Preset& preset, const GeneratorSpec& spec)
      : alike_ppm_(preset.alike_ppm),
        own_(GeneratorLane(spec.graph_seed, GeneratorCoin::kAudience)),
        group_(GeneratorLane(spec.graph_seed, GeneratorCoin::kAlikeGroup)),
        alike_(GeneratorLane(spec.graph_seed, GeneratorCoin::kAlikeMember)) {}

  std::uint32_t Of(std::uint32_t member, std::uint64_t own_coin) const {
    const std::uint32_t own = AudienceRank(own_coin);
    if (alike_ppm_ == 0 || own >= kRanksAlike) return own;
    const std::uint64_t coin = alike_.Coin(member);
    if ((((coin & 0xFFFFFFFFu) * kMillion) >> 32) >= alike_ppm_) return own;
    const std::uint64_t rank =
        Scaled(group_.Coin(member >> kGroupBits), kRanksAlike) + Scaled(coin, kRanksAlike / kDifferenceShare);
    return static_cast<std::uint32_t>(rank % kRanksAlike);
  }
  std::uint64_t OwnCoin(std::uint32_t member) const { return own_.Coin(member); }

 private:
  static constexpr std::uint32_t kGroupBits = 7;
  static constexpr std::uint64_t kRanksAlike = (1ull << 32) - (1ull << 25);  // but for one member in 128
  static constexpr std::uint64_t kDifferenceShare = 8;

  static std::uint64_t Scaled(std::uint64_t coin, std::uint64_t range) { return (coin >> 32) * range >> 32; }

  const std::uint32_t alike_ppm_;
  const CoinLane own_, group_, alike_;
};

std::vector<std::uint32_t> DrawAudiences(const Preset& preset, const GeneratorSpec& spec,
                                         Executor& executor) {
  const AudienceRanks ranks(preset, spec);
  std::vector<std::uint32_t> weights(spec.members);
  ForEachBlock(spec.members, executor, [&](std::uint32_t, MemberRange members) {
    for (std::uint32_t m = members.first.value; m < members.end(); ++m) {
      const std::uint64_t coin = ranks.OwnCoin(m);
      weights[m] = IsIsolated(coin, preset) ? 0 : QuantileAt(preset.audience_quantiles, ranks.Of(m, coin));
    }
  });
  return weights;
}

std::vector<std::uint32_t> DrawFollowees(const Preset& preset, const GeneratorSpec& spec,
                                         Executor& executor) {
  const AudienceRanks ranks(preset, spec);
  const CoinLane lane = GeneratorLane(spec.graph_seed, GeneratorCoin::kFollowees);
  std::vector<std::uint32_t> weights(spec.members);
  ForEachBlock(spec.members, executor, [&](std::uint32_t, MemberRange members) {
    for (std::uint32_t m = members.first.value; m < members.end(); ++m) {
      const std::uint64_t audience_coin = ranks.OwnCoin(m);
      const std::uint64_t coin = lane.Coin(m);
      const bool fresh = (coin & kFreshFolloweesMask) == 0;
      const std::uint32_t rank = fresh ? static_cast<std::uint32_t>(coin >> 32) : ranks.Of(m, audience_coin);
      weights[m] = IsIsolated(audience_coin, preset) ? 0 : QuantileAt(preset.followee_quantiles, rank);
    }
  });
  return weights;
}

// Returned links: the same part of what a member could return, for everybody.
std::vector<std::uint32_t> MutualWeights(const MemberWeights& weights, std::uint64_t total,
                                         Executor& executor) {
  std::vector<std::uint32_t> mutual(weights.audience.size());
  ForEachBlock(static_cast<std::uint32_t>(mutual.size()), executor, [&](std::uint32_t, MemberRange members) {
    for (std::uint32_t m = members.first.value; m < members.end(); ++m) {
      mutual[m] = std::min(weights.audience[m], weights.followees[m]);
    }
  });
  const std::uint64_t possible = std::accumulate(mutual.begin(), mutual.end(), std::uint64_t{0});
  if (possible > total) {
    const auto scale = static_cast<std::uint64_t>((Product{total} << 32) / possible);
    for (std::uint32_t& w : mutual) w = static_cast<std::uint32_t>((Product{w} * scale) >> 32);
  }
  return mutual;
}

// Nobody is meant to have links with more than a quarter of the others, as far as the mean permits.
std::uint32_t WeightCap(const GeneratorSpec& spec) {
  const std::uint64_t others = spec.members - 1;
  const std::uint64_t mean_and_half = (std::uint64_t{spec.links_per_member_milli} * 3 / 2 + 999) / 1000;
  const std::uint64_t links = std::min(others, std::max(others / 4, mean_and_half));
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(links << kWeightBits, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

std::uint32_t QuantileAt(std::span<const std::uint32_t> knots, std::uint32_t rank) {
  constexpr std::uint32_t kLinearBits = 27;  // 2^31 ranks in 16 intervals
  LAWINE_CHECK(knots.size() > kLinearKnots + 2);
  if (rank < (1u << 31)) {
    const std::uint32_t knot = rank >> kLinearBits;
    return Interpolate(knots[knot], knots[knot + 1], rank & ((1u << kLinearBits) - 1), kLinearBits);
  }
  // `left` in (0, 2^31]: members above. Octave k has left in (2^(31-k), 2^(32-k)], its lower knot is 1 -
  // 2^-k.
  const std::uint32_t left = 0u - rank;
  const auto octaves_count = static_cast<std::uint32_t>(knots.size()) - kLinearKnots - 1;
  const auto octave = std::min(static_cast<std::uint32_t>(std::countl_zero(left - 1)), octaves_count);
  // The last octave reaches to the end, and is twice as wide as the next would be.
  const std::uint32_t width_bits = octave == octaves_count ? 32 - octave : 31 - octave;
  const std::uint64_t part = (std::uint64_t{1} << (32 - octave)) - left;
  const std::uint32_t knot = kLinearKnots - 1 + octave;
  return Interpolate(knots[knot], knots[knot + 1], part << kInterpolationBits,
                     width_bits + kInterpolationBits);
}

void ScaleWeights(std::uint64_t total, std::uint32_t cap, Executor& executor,
                  std::vector<std::uint32_t>& weights) {
  const std::uint64_t scale = FindScale(total, cap, executor, weights);
  ForEachBlock(static_cast<std::uint32_t>(weights.size()), executor, [&](std::uint32_t, MemberRange members) {
    for (std::uint32_t m = members.first.value; m < members.end(); ++m) {
      const Product scaled = (Product{weights[m]} * scale + (1u << 31)) >> 32;
      weights[m] = static_cast<std::uint32_t>(std::min<Product>(scaled, cap));
    }
  });
}

MemberWeights DrawMemberWeights(const Preset& preset, const GeneratorSpec& spec, Executor& executor) {
  const auto total =
      static_cast<std::uint64_t>((Product{spec.members} * spec.links_per_member_milli << kWeightBits) / 1000);
  const std::uint32_t cap = WeightCap(spec);
  MemberWeights weights;
  weights.audience = DrawAudiences(preset, spec, executor);
  ScaleWeights(total, cap, executor, weights.audience);
  if (preset.mutual_ppm < kMillion) {
    weights.followees = DrawFollowees(preset, spec, executor);
    ScaleWeights(total, cap, executor, weights.followees);
    const auto mutual_total = static_cast<std::uint64_t>(Product{total} * preset.mutual_ppm / kMillion);
    weights.mutual = MutualWeights(weights, mutual_total, executor);
  }
  return weights;
}

}  // namespace lawine
