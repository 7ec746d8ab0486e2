// Who forwards, and when: the part of MessageShard that decides (5).
#include <algorithm>
#include <tuple>

#include "engine/spread/message_shard.h"

namespace lawine {

// In the order that the rounding of products is defined by.
Factor MessageShard::FactorFor(std::uint32_t local, std::uint32_t step, const RunProgress& progress,
                               Others all) const {
  const ForwardFactors& factors = spec_->factors;
  const ShardMembers& members = context_.image.members();
  Factor product;
  const auto times = [&product](const std::vector<Factor>& table, std::size_t at) {
    if (at < table.size()) product = product * table[at];
  };
  if (!factors.by_account_kind.empty())
    times(factors.by_account_kind, members.account_kinds()[LocalId(local)]);
  if (!factors.by_community.empty()) times(factors.by_community, members.communities()[LocalId(local)]);
  if (!factors.by_age.empty()) {
    times(factors.by_age, std::min<std::size_t>(step - progress.StartOf(number_), factors.by_age.size() - 1));
  }
  for (const Influence& influence : spec_->influences) {
    if (all[influence.by]->HasReceiptBefore(local, step)) product = product * influence.factor;
  }
  for (const Intervention* const intervention : in_force_) product = product * intervention->forward;
  return product;
}

// Whether the member met another message before this one. REQUIRES: receipts are kept, and it has both.
bool MessageShard::IsBefore(const MessageShard& other, std::uint32_t local) const {
  const auto met = [local](const MessageShard& message) {
    return std::tuple(message.receipts_.receipt_steps[local],
                      message.Coins(CoinPurpose::kForward).Coin(message.DeciderOf(local)), message.number_);
  };
  return met(other) < met(*this);
}

// Whether no other message came before this one. REQUIRES: there are others, else receipts need not be kept.
bool MessageShard::MetFirst(std::uint32_t local, Others all) const {
  const std::uint32_t own = receipts_.receipt_steps[local];
  return std::all_of(all.begin(), all.end(), [&](const auto& other) {
    return other.get() == this || other->receipts_.receipt_steps[local] > own || !IsBefore(*other, local);
  });
}

void MessageShard::Decide(std::uint32_t step, const RunProgress& progress, Others all) {
  if (context_.model.first_met_only && all.size() > 1) {
    std::erase_if(accepting_, [&](std::uint32_t local) { return !MetFirst(local, all); });
  }
  if (accepting_.empty()) return;
  const CoinLane coins = Coins(CoinPurpose::kForward);
  const bool own_coins = !context_.model.people.has_value() || !context_.model.people->one_decision;
  const bool same_for_all = own_coins && spec_->factors.by_account_kind.empty() &&
                            spec_->factors.by_community.empty() && spec_->influences.empty();
  if (!same_for_all) {
    std::erase_if(accepting_, [&](std::uint32_t local) {
      const Threshold chance = spec_->forward * FactorFor(local, step, progress, all);
      return !chance.Passes(coins.Coin(DeciderOf(local)));
    });
  } else {
    const Threshold chance = spec_->forward * FactorFor(accepting_.front(), step, progress, all);
    std::size_t kept = 0;
    ForEachKeyBatch(context_.image.members(), accepting_, [&](auto batch, KeySpan keys) {
      kept += SelectPassing(coins, chance, batch, keys, accepting_.data() + kept);
    });
    accepting_.resize(kept);
  }
  Schedule(step);
}

// When those that forward begin to act.
void MessageShard::Schedule(std::uint32_t step) {
  if (spec_->epidemic.has_value()) return;  // GoOn does
  std::uint64_t extra = 0;
  for (const Intervention* const intervention : in_force_) extra += intervention->delay;
  if (spec_->delay.empty() && extra == 0) {
    starting_.insert(starting_.end(), accepting_.begin(), accepting_.end());
    return;
  }
  const CoinLane coins = Coins(CoinPurpose::kDelay);
  const RhythmSteps steps(spec_->rhythm);
  for (const std::uint32_t local : accepting_) {
    const std::uint64_t at =
        steps.After(step, spec_->delay.empty() ? 0 : spec_->delay.Delay(coins.Coin(DeciderOf(local))));
    const auto due = static_cast<std::uint32_t>(std::min<std::uint64_t>(at + extra, kNoStep - 1));
    due == step ? starting_.push_back(local) : due_[due].push_back(local);
  }
}

}  // namespace lawine
