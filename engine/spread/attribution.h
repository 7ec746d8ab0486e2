// Who brought a message to whom, while it spreads: of all that delivered it to a member at the step of its
// receipt, the one with the smallest attribution coin. "Attribution, exactly" in engine/README.md.
#ifndef LAWINE_ENGINE_SPREAD_ATTRIBUTION_H_
#define LAWINE_ENGINE_SPREAD_ATTRIBUTION_H_

#include <cstdint>
#include <vector>

#include "engine/base/coin.h"
#include "engine/base/ids.h"
#include "engine/spread/shard_process.h"

namespace lawine {

// Of one message of one replica on one shard. Writes into the columns of `receipts`, which must outlive it.
class Attribution {
 public:
  // For local ids below `members_count`.
  Attribution(const CoinKey& key, std::uint32_t members_count, Receipts& receipts)
      : coins_(key, CoinPurpose::kAttribution), receipts_(receipts), best_(members_count) {
    receipts_.senders_plus_one.assign(members_count, 0);
    receipts_.deliveries.assign(members_count, 0);
  }

  CoinLane CoinsOf(MemberKey source) const { return coins_.ForSource(source); }

  // A delivery that arrives at `step`, which may be a later one than that being taken. `coins` are the
  // source's.
  void Deliver(std::uint32_t step, MemberId source, const CoinLane& coins, std::uint32_t receiver,
               MemberKey receiver_key) {
    std::uint32_t& deliveries = receipts_.deliveries[receiver];
    deliveries += deliveries < 0xFFFFFFFF ? 1 : 0;
    Best& best = best_[receiver];
    if (step > best.step) return;
    const std::uint64_t coin = coins.Coin(receiver_key);
    std::uint32_t& sender = receipts_.senders_plus_one[receiver];
    if (step == best.step && (coin > best.coin || (coin == best.coin && source.value + 1 >= sender))) return;
    best = {.step = step, .coin = coin};
    sender = source.value + 1;
  }

  // The member has it from nobody: it was given it, or its owner posts it in another network. REQUIRES: it
  // had no receipt before `step`.
  void Inject(std::uint32_t step, std::uint32_t member) {
    best_[member] = {.step = step, .coin = 0};
    receipts_.senders_plus_one[member] = 0;
  }

  // See ShardProcess; what is in the columns of receipts is saved with them.
  void SaveTo(StateWriter& out) const;
  void LoadFrom(StateReader& in);

 private:
  struct Best {
    std::uint32_t step = kNoStep;
    std::uint64_t coin = 0;
  };

  CoinLane coins_;
  Receipts& receipts_;
  std::vector<Best> best_;  // by local id
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_ATTRIBUTION_H_
