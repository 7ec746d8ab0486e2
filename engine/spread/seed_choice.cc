#include "engine/spread/seed_choice.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/base/coin.h"
#include "engine/base/vectorised.h"

namespace lawine {
namespace {

constexpr std::size_t kBlockMembers = 1024;

// Those with the largest audiences are those nearest to the largest there can be.
std::uint32_t WantedAudience(const SeedRule& rule) {
  return rule.kind == SeedRule::Kind::kHighestAudience ? 0xFFFFFFFFu : rule.audience;
}

std::uint32_t Distance(std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; }

LAWINE_VECTORISED std::uint32_t SmallestDistance(const std::uint32_t* audience, std::size_t count,
                                                 std::uint32_t wanted) {
  std::uint32_t smallest = 0xFFFFFFFFu;
  for (std::size_t i = 0; i < count; ++i) smallest = std::min(smallest, Distance(audience[i], wanted));
  return smallest;
}

// The best so far, the worst of them on top.
class BestSeeds {
 public:
  explicit BestSeeds(std::size_t count) : count_(count) {}

  // Whether a candidate of this rank may still be among the best.
  bool MayTake(std::uint64_t rank) const { return heap_.size() < count_ || rank <= heap_.front().rank; }
  void Add(const SeedCandidate& candidate) {
    if (heap_.size() == count_ && !(candidate < heap_.front())) return;
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end());
    if (heap_.size() <= count_) return;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
  std::vector<SeedCandidate> Sorted() && {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::move(heap_);
  }

 private:
  const std::size_t count_;
  std::vector<SeedCandidate> heap_;
};

}  // namespace

// Blocks of members that are all too far from what is wanted are passed over, which are nearly all of them.
std::vector<SeedCandidate> ProposeSeeds(const ShardMembers& members, const SeedRule& rule) {
  if (rule.count == 0) return {};
  const CoinLane lane({.run_seed = rule.run_seed, .message = 0, .replica = 0}, CoinPurpose::kSeedChoice);
  const bool random = rule.kind == SeedRule::Kind::kRandom;
  const std::uint32_t wanted = WantedAudience(rule);
  const std::span<const std::uint32_t> audience = members.audience();
  BestSeeds best(rule.count);
  for (std::size_t first = 0; first < audience.size(); first += kBlockMembers) {
    const std::size_t end = std::min(first + kBlockMembers, audience.size());
    if (!random && !best.MayTake(SmallestDistance(&audience[first], end - first, wanted))) continue;
    for (auto i = static_cast<std::uint32_t>(first); i < end; ++i) {
      if (rule.account_kind != 0 && members.account_kinds()[LocalId(i)] != rule.account_kind) continue;
      if (rule.community.has_value() && members.communities()[LocalId(i)] != *rule.community) continue;
      if (rule.network.has_value() && members.networks()[LocalId(i)] != *rule.network) continue;
      const std::uint64_t rank = random ? 0 : Distance(audience[i], wanted);
      if (!best.MayTake(rank)) continue;
      const MemberKey key = members.KeyOf(LocalId(i));
      best.Add({.rank = rank,
                .coin = lane.Coin(key),
                .key = key,
                .member = MemberId(members.range().first.value + i),
                .audience = audience[i]});
    }
  }
  return std::move(best).Sorted();
}

void MergeSeeds(const std::vector<SeedCandidate>& proposals, std::uint32_t count,
                std::vector<SeedCandidate>& best) {
  best.insert(best.end(), proposals.begin(), proposals.end());
  std::sort(best.begin(), best.end());
  if (best.size() > count) best.resize(count);
}

}  // namespace lawine
