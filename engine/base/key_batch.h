// Coins and digest terms of many members at once: the loops that a step spends its decisions in, in the form
// that vectorises. Each gives what the one-key functions of coin.h and digest.h give.
#ifndef LAWINE_ENGINE_BASE_KEY_BATCH_H_
#define LAWINE_ENGINE_BASE_KEY_BATCH_H_

#include <array>
#include <cstdint>
#include <span>

#include "engine/base/coin.h"
#include "engine/base/digest.h"
#include "engine/base/ids.h"
#include "engine/base/probability.h"

namespace lawine {

// Callers cut their work into batches of at most this many: key buffers then stay in the innermost cache.
inline constexpr std::size_t kKeyBatch = 1024;

using KeyBuffer = std::array<MemberKey, kKeyBatch>;
using KeySpan = std::span<const MemberKey>;

// keys[i] = first + ids[i], for graphs whose keys are dense.
void DenseKeys(MemberKey first, std::span<const std::uint32_t> ids, MemberKey* keys);

// The sum of lane.Term(key) over keys.
Digest SumTerms(const DigestLane& lane, KeySpan keys);

// Writes those of `ids` to `passing` whose key's coin passes `threshold`, in order, and returns how many;
// `passing` needs room for ids.size() and may begin at `ids` itself or before it. `ids` and `keys` are
// parallel.
// REQUIRES: at most kKeyBatch of them.
std::size_t SelectPassing(const CoinLane& lane, Threshold threshold, std::span<const std::uint32_t> ids,
                          KeySpan keys, std::uint32_t* passing);

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_KEY_BATCH_H_
