// First receipts decide: the coins and digest terms of one message at one step.
#ifndef LAWINE_ENGINE_SPREAD_DECIDE_H_
#define LAWINE_ENGINE_SPREAD_DECIDE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "engine/base/key_batch.h"
#include "engine/store/shard_members.h"

namespace lawine {

// Which message, and whose luck.
struct DecisionKey {
  CoinKey coin;
  std::uint32_t step = 0;
  Threshold forward;
};

// What first receipts ask of it, hashed once. The lane of forwards is only made where someone forwards.
struct DecisionLanes {
  explicit DecisionLanes(const DecisionKey& key)
      : coin(key.coin, CoinPurpose::kForward),
        receipt(key.coin.message, key.coin.replica, key.step, TransitionEvent::kReceipt) {}
  CoinLane coin;
  DigestLane receipt;
};

// `received`, local ids, have received at the step: calls emit(local id) for each that forwards, in order,
// and returns the terms of their receipts and forwards. Batches stay in the innermost cache.
template <class Emit>
Digest DecideForwards(const ShardMembers& members, const DecisionKey& key, const DecisionLanes& lanes,
                      std::span<const std::uint32_t> received, Emit&& emit) {
  KeyBuffer keys;
  std::array<std::uint32_t, kKeyBatch> passing;
  Digest digest;
  for (std::size_t at = 0; at < received.size(); at += kKeyBatch) {
    const auto batch = received.subspan(at, std::min(kKeyBatch, received.size() - at));
    members.KeysOf(batch, keys.data());
    digest += SumTerms(lanes.receipt, KeySpan(keys).first(batch.size()));
    const std::size_t count =
        SelectPassing(lanes.coin, key.forward, batch, KeySpan(keys).first(batch.size()), passing.data());
    if (count == 0) continue;
    members.KeysOf(std::span(passing).first(count), keys.data());
    digest += SumTerms(DigestLane(key.coin.message, key.coin.replica, key.step, TransitionEvent::kForward),
                       KeySpan(keys).first(count));
    for (const std::uint32_t local : std::span(passing).first(count)) emit(local);
  }
  return digest;
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_DECIDE_H_
