#include "engine/base/key_batch.h"

#include "engine/base/check.h"
#include "engine/base/vectorised.h"

namespace lawine {
namespace {

// Arguments by value: the compiler then knows that the loop does not change them. Returns whether any passes:
// in traffic hardly ever one does.
LAWINE_VECTORISED bool MarkPassing(CoinLane lane, Threshold threshold, const MemberKey* keys,
                                   std::size_t count, std::uint8_t* passes) {
  std::uint8_t any = 0;
  for (std::size_t i = 0; i < count; ++i) any |= passes[i] = threshold.Passes(lane.Coin(keys[i])) ? 1 : 0;
  return any != 0;
}

// Low words are summed in halves: the carry then needs no comparison, and the loop vectorises.
LAWINE_VECTORISED Digest SumTermsOf(DigestLane lane, const MemberKey* keys, std::size_t count) {
  std::uint64_t high = 0, middle = 0, low = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Digest term = lane.Term(keys[i]);
    high += term.high;
    middle += term.low >> 32;
    low += term.low & 0xFFFFFFFF;
  }
  middle += low >> 32;
  return {.high = high + (middle >> 32), .low = middle << 32 | (low & 0xFFFFFFFF)};
}

LAWINE_VECTORISED void AddToEach(MemberKey first, const std::uint32_t* ids, std::size_t count,
                                 MemberKey* keys) {
  for (std::size_t i = 0; i < count; ++i) keys[i] = first + ids[i];
}

}  // namespace

void DenseKeys(MemberKey first, std::span<const std::uint32_t> ids, MemberKey* keys) {
  AddToEach(first, ids.data(), ids.size(), keys);
}

// A part is short enough that neither sum of halves can overflow.
Digest SumTerms(const DigestLane& lane, KeySpan keys) {
  constexpr std::size_t kPart = std::size_t{1} << 30;
  Digest sum;
  for (; keys.size() > kPart; keys = keys.subspan(kPart)) sum += SumTermsOf(lane, keys.data(), kPart);
  return sum += SumTermsOf(lane, keys.data(), keys.size());
}

std::size_t SelectPassing(const CoinLane& lane, Threshold threshold, std::span<const std::uint32_t> ids,
                          KeySpan keys, std::uint32_t* passing) {
  LAWINE_CHECK(ids.size() == keys.size() && ids.size() <= kKeyBatch);
  std::array<std::uint8_t, kKeyBatch> passes;
  if (!MarkPassing(lane, threshold, keys.data(), keys.size(), passes.data())) return 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    passing[count] = ids[i];
    count += passes[i];
  }
  return count;
}

}  // namespace lawine
