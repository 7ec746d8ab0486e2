// Blocks of the generator: 8,192 consecutive members, the unit in which graphs are planned and made.
#ifndef LAWINE_ENGINE_GRAPH_GENERATOR_BLOCK_H_
#define LAWINE_ENGINE_GRAPH_GENERATOR_BLOCK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/base/coin.h"
#include "engine/base/executor.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"

namespace lawine {

inline constexpr std::uint32_t kBlockBits = 13;
inline constexpr std::uint32_t kBlockMembers = 1u << kBlockBits;
static_assert(kBlockMembers % limits::kSourcesPerBlock == 0, "blocks are the chunks of a LinkSource");

// Weights are expected numbers of links, in units of 1/256 link.
inline constexpr std::uint32_t kWeightBits = 8;
inline constexpr std::uint32_t kWeightOne = 1u << kWeightBits;

// What a coin of the generator decides. Never renumber: part of Preset::generator_version.
enum class GeneratorCoin : std::uint64_t {
  kAudience = 0,       // key1 = member: isolated or not (low half), size of its audience (high half)
  kFollowees = 1,      // key1 = member: how many it follows
  kCommunitySize = 2,  // key1 = block, key2 = community inside the block
  kCommunityLink = 3,  // key1 = the smaller member, key2 = the larger
  kMutualCount = 4,    // key1 = the smaller block, key2 = the larger
  kMutualDraw = 5,     // key1 = both blocks, key2 = number of the draw
  kOneWayCount = 6,    // key1 = block of the sources, key2 = block of the receivers
  kOneWayDraw = 7,     // key1 = both blocks, key2 = number of the draw
  kAlikeGroup = 8,     // key1 = group of members near each other: size of the audiences of those alike
  kAlikeMember = 9,    // key1 = member: alike or not (low half), by how much it differs (high half)
  kPersons = 10,       // see person_plan.cc
  kNetworkSeed = 11,   // key1 = place of a network in its population: the network's graph seed
  kPages = 12,         // see pages.cc
};

inline CoinLane GeneratorLane(std::uint64_t graph_seed, GeneratorCoin coin) {
  const auto first = static_cast<std::uint64_t>(CoinPurpose::kGenerator);
  return CoinLane({.run_seed = graph_seed},
                  static_cast<CoinPurpose>(first + static_cast<std::uint64_t>(coin)));
}

inline std::uint32_t BlocksOf(std::uint32_t members_count) {
  return (members_count >> kBlockBits) + ((members_count & (kBlockMembers - 1)) != 0);
}

// REQUIRES: block < BlocksOf(members_count).
inline MemberRange BlockRange(std::uint32_t block, std::uint32_t members_count) {
  const std::uint32_t first = block << kBlockBits;
  return {MemberId(first), std::min(kBlockMembers, members_count - first)};
}

// Calls visit(block, members) once for every block, possibly at the same time on several threads.
template <class Visit>
void ForEachBlock(std::uint32_t members_count, Executor& executor, Visit&& visit) {
  executor.ParallelFor(BlocksOf(members_count), [&](std::size_t index) {
    const auto block = static_cast<std::uint32_t>(index);
    visit(block, BlockRange(block, members_count));
  });
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_GENERATOR_BLOCK_H_
