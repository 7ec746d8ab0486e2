#include "engine/spread/seed_choice.h"

#include <algorithm>

#include "engine/base/coin.h"

namespace lawine {
namespace {

std::uint64_t RankOf(const SeedRule& rule, std::uint32_t audience) {
  switch (rule.kind) {
    case SeedRule::Kind::kRandom:
      return 0;
    case SeedRule::Kind::kAudience:
      return audience > rule.audience ? audience - rule.audience : rule.audience - audience;
    case SeedRule::Kind::kHighestAudience:
      return 0xFFFFFFFFu - audience;
  }
  return 0;
}

}  // namespace

std::vector<SeedCandidate> ProposeSeeds(const ShardMembers& members, const SeedRule& rule) {
  const CoinLane lane({.run_seed = rule.run_seed, .message = 0, .replica = 0}, CoinPurpose::kSeedChoice);
  const auto audience = members.audience();
  std::vector<SeedCandidate> heap;  // the worst of the best on top
  heap.reserve(std::min<std::size_t>(rule.count, audience.size()) + 1);
  for (std::uint32_t i = 0; i < audience.size(); ++i) {
    if (rule.account_kind != 0 && members.account_kinds()[LocalId(i)] != rule.account_kind) continue;
    if (rule.community.has_value() && members.communities()[LocalId(i)] != *rule.community) continue;
    const std::uint64_t rank = RankOf(rule, audience[i]);
    if (heap.size() == rule.count && rank > heap.front().rank) continue;
    const MemberKey key = members.KeyOf(LocalId(i));
    const SeedCandidate candidate{.rank = rank,
                                  .coin = lane.Coin(key),
                                  .key = key,
                                  .member = MemberId(members.range().first.value + i),
                                  .audience = audience[i]};
    if (heap.size() == rule.count && !(candidate < heap.front())) continue;
    heap.push_back(candidate);
    std::push_heap(heap.begin(), heap.end());
    if (heap.size() <= rule.count) continue;
    std::pop_heap(heap.begin(), heap.end());
    heap.pop_back();
  }
  std::sort_heap(heap.begin(), heap.end());
  return heap;
}

void MergeSeeds(const std::vector<SeedCandidate>& proposals, std::uint32_t count,
                std::vector<SeedCandidate>& best) {
  best.insert(best.end(), proposals.begin(), proposals.end());
  std::sort(best.begin(), best.end());
  if (best.size() > count) best.resize(count);
}

}  // namespace lawine
