#include "engine/spread/shard_state.h"

#include <algorithm>
#include <array>
#include <bit>

namespace lawine {
namespace {

// Calls visit(list) with the followers of each member of `frontier`. Reading a list is a random access to
// its place and another to its head: both are asked for some members ahead.
template <class Visit>
void ForEachList(const ShardImage& image, std::span<const MemberId> frontier, Visit&& visit) {
  constexpr std::size_t kHeadsAhead = 8;
  constexpr std::size_t kPlacesAhead = 24;
  std::array<std::span<const std::uint32_t>, kHeadsAhead> ring;
  const auto fetch = [&](std::size_t i) {
    if (i + kPlacesAhead < frontier.size()) image.PrefetchIndex(frontier[i + kPlacesAhead]);
    if (i >= frontier.size()) return;
    const auto list = image.FollowersOf(frontier[i]);
    ring[i % kHeadsAhead] = list;
    __builtin_prefetch(list.data());
    __builtin_prefetch(list.data() + 16);
  };
  for (std::size_t i = 0; i < std::min(kHeadsAhead, frontier.size()); ++i) fetch(i);
  for (std::size_t i = 0; i < frontier.size(); ++i) {
    const auto list = ring[i % kHeadsAhead];
    fetch(i + kHeadsAhead);
    visit(list);
  }
}

}  // namespace

void ShardState::Begin(const RunSpec& spec, std::uint32_t replica) {
  const MemberRange range = image_.range();
  replica_ = replica;
  received_ = MemberSet(range.count);
  digest_ = Digest();
  if (spec.record_receipts) {
    receipts_.receipt_steps.assign(range.count, kNoStep);
    receipts_.forward_steps.assign(range.count, kNoStep);
  }
  const DigestLane receipt(spec.message, replica_, 0, TransitionEvent::kReceipt);
  const DigestLane forward(spec.message, replica_, 0, TransitionEvent::kForward);
  for (const MemberId seed : spec.seed_members) {
    if (!range.Contains(seed)) continue;
    const LocalId local(seed.value - range.first.value);
    received_.Insert(local);
    digest_ += receipt.Term(image_.KeyOf(local));
    digest_ += forward.Term(image_.KeyOf(local));
    if (spec.record_receipts) receipts_.receipt_steps[local.value] = receipts_.forward_steps[local.value] = 0;
  }
}

StepCounts ShardState::Step(const RunSpec& spec, std::uint32_t step,
                            std::span<const std::span<const MemberId>> frontier,
                            std::vector<MemberId>& forwards) {
  std::uint64_t forwarders = 0;
  for (const auto part : frontier) forwarders += part.size();
  const std::uint64_t members = std::max<std::uint64_t>(image_.graph().members(), 1);
  const std::uint64_t deliveries_expected = forwarders * image_.manifest().links / members;
  // A dense step costs a copy and a scan of the words whatever happens; a sparse one an append a delivery.
  const bool dense = deliveries_expected > image_.range().count / 32;
  deliveries_ = 0;
  new_.clear();
  if (dense) before_ = received_;
  for (const auto part : frontier) dense ? DeliverDense(part) : DeliverSparse(part);
  if (dense) {
    CollectNew();
  } else {
    std::sort(new_.begin(), new_.end());
  }
  Decide(spec, step, forwards);
  return {
      .step = step, .deliveries = deliveries_, .first_receipts = new_.size(), .forwards = forwards.size()};
}

void ShardState::DeliverSparse(std::span<const MemberId> frontier) {
  const auto words = received_.words();
  ForEachList(image_, frontier, [&](std::span<const std::uint32_t> list) {
    std::size_t count = new_.size();
    new_.resize(count + list.size());
    for (const std::uint32_t receiver : list) {
      std::uint64_t& word = words[receiver >> 6];
      const std::uint64_t shift = receiver & 63;
      new_[count] = receiver;
      count += (~word >> shift) & 1;
      word |= 1ull << shift;
    }
    new_.resize(count);
    deliveries_ += list.size();
  });
}

void ShardState::DeliverDense(std::span<const MemberId> frontier) {
  const auto words = received_.words();
  ForEachList(image_, frontier, [&](std::span<const std::uint32_t> list) {
    for (const std::uint32_t receiver : list) words[receiver >> 6] |= 1ull << (receiver & 63);
    deliveries_ += list.size();
  });
}

void ShardState::CollectNew() {
  const auto now = received_.words();
  const auto then = before_.words();
  for (std::size_t w = 0; w < now.size(); ++w) {
    ForEachBit(now[w] & ~then[w], static_cast<std::uint32_t>(w * 64),
               [&](std::uint32_t id) { new_.push_back(id); });
  }
}

void ShardState::Decide(const RunSpec& spec, std::uint32_t step, std::vector<MemberId>& forwards) {
  forwards.clear();
  const CoinLane coin({spec.run_seed, spec.message, replica_}, CoinPurpose::kForward);
  const DigestLane receipt(spec.message, replica_, step, TransitionEvent::kReceipt);
  const DigestLane forward(spec.message, replica_, step, TransitionEvent::kForward);
  for (const std::uint32_t local : new_) {
    const MemberKey key = image_.KeyOf(LocalId(local));
    digest_ += receipt.Term(key);
    if (!spec.forward.Passes(coin.Coin(key))) continue;
    digest_ += forward.Term(key);
    forwards.push_back(MemberId(image_.range().first.value + local));
  }
  if (!spec.record_receipts) return;
  for (const std::uint32_t local : new_) receipts_.receipt_steps[local] = step;
  for (const MemberId member : forwards)
    receipts_.forward_steps[member.value - image_.range().first.value] = step;
}

std::uint64_t ShardState::UnreachedWithoutFollowees() const {
  const auto reachable = image_.members().reachable().words();
  const auto received = received_.words();
  std::uint64_t reached_or_reachable = 0;
  for (std::size_t w = 0; w < received.size(); ++w) {
    reached_or_reachable += static_cast<std::uint64_t>(std::popcount(reachable[w] | received[w]));
  }
  return image_.range().count - reached_or_reachable;
}

}  // namespace lawine
