// Pairs of members drawn between two blocks, in proportion to the members' weights.
//
// A member of a block is drawn by the alias method (Walker 1977; Vose 1991) from 32 random bits: 13 choose a
// row, 19 choose between the row's own member and its alias. Shares are multiples of 2^-32 of the block's
// weight; a member without weight is never drawn. One row is one 32-bit word: 4 bytes a member.
#ifndef LAWINE_ENGINE_GRAPH_BLOCK_PAIRS_H_
#define LAWINE_ENGINE_GRAPH_BLOCK_PAIRS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/coin.h"
#include "engine/base/executor.h"

namespace lawine {

// Weights of blocks, and the alias tables that draw a member of one. Immutable and thread-safe.
class BlockWeights {
 public:
  BlockWeights() = default;
  // `weights` by member, in any unit.
  BlockWeights(std::span<const std::uint32_t> weights, Executor& executor);

  std::uint64_t total() const { return total_; }
  std::uint64_t weight(std::uint32_t block) const { return weights_[block]; }
  // kBlockMembers rows: alias threshold << kBlockBits | alias. REQUIRES: weight(block) > 0 to draw.
  const std::uint32_t* rows(std::uint32_t block) const;

 private:
  std::vector<std::uint64_t> weights_;
  std::vector<std::uint32_t> rows_;
  std::uint64_t total_ = 0;
};

// (first weight * second weight) / (total * unit), rounded up or down by `coin` so that it is right on
// average; never more than two blocks have pairs. 0 when total is 0.
std::uint32_t RoundedCount(std::uint64_t first_weight, std::uint64_t second_weight, std::uint64_t total,
                           std::uint64_t unit, std::uint64_t coin);

// A pair is packed as receiver << kBlockBits | source, both as places in their blocks.
enum class PairShape {
  kFirstIsSource,  // the block drawn by the coin's high half sends
  kFirstIsReceiver,
  kSameBlock,           // both places of one block: packed as the coin says (first sends), never equal
  kSameBlockUnordered,  // smaller place << kBlockBits | larger, never equal
};

struct PairDraw {
  const std::uint32_t* first_rows = nullptr;   // drawn by the high half of a coin
  const std::uint32_t* second_rows = nullptr;  // drawn by the low half
  CoinLane lane;                               // the key is the number of the draw
  std::uint32_t count = 0;
  PairShape shape = PairShape::kFirstIsSource;
};

// Draws pairs; keeps scratch memory between calls. One per thread.
class PairSampler {
 public:
  // Adds `draw.count` pairs that are not among `pairs` yet: the first such that the lane's coins 0, 1, 2, ...
  // give. Hence the same pairs whichever shape, of the first two, asks. `pairs` is strictly ascending before
  // and after. Fewer are added where the blocks are so dense that new pairs hardly turn up.
  void AddDistinct(const PairDraw& draw, std::vector<std::uint32_t>& pairs);

  // Sorts `pairs` of 2 * kBlockBits bits.
  void Sort(std::span<std::uint32_t> pairs);

 private:
  std::vector<std::uint32_t> scratch_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_BLOCK_PAIRS_H_
