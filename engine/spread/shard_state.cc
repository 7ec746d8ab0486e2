#include "engine/spread/shard_state.h"

#include <algorithm>
#include <array>

#include "engine/base/status_macros.h"
#include "engine/spread/decide.h"
#include "engine/spread/list_kernels.h"
#include "engine/store/list_walk.h"

namespace lawine {
void ShardState::Begin(const RunSpec& spec, std::uint32_t replica) {
  const MemberRange range = image_.range();
  replica_ = replica;
  received_ = MemberSet(range.count);
  unreached_ = image_.members().reachable().Count();
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
    unreached_ -= image_.members().reachable().Contains(local) ? 1 : 0;
    digest_ += receipt.Term(image_.KeyOf(local));
    digest_ += forward.Term(image_.KeyOf(local));
    if (spec.record_receipts) receipts_.receipt_steps[local.value] = receipts_.forward_steps[local.value] = 0;
  }
}

absl::StatusOr<StepCounts> ShardState::Step(const RunSpec& spec, std::uint32_t step, Frontier frontier,
                                            std::vector<MemberId>& forwards) {
  new_.clear();
  LAWINE_ASSIGN_OR_RETURN(const std::uint64_t deliveries, Deliver(spec, frontier));
  unreached_ -= new_.size();
  Decide(spec, step, forwards);
  return StepCounts{.step = step,
                    .deliveries = deliveries,
                    .first_receipts = new_.size(),
                    .forwards = forwards.size(),
                    .acting = forwards.size(),
                    .seen = deliveries};
}

absl::StatusOr<std::uint64_t> ShardState::Deliver(const RunSpec& spec, Frontier frontier) {
  switch (Choose(spec, frontier)) {
    case Direction::kSparsePush:
      return PushSparse(frontier);
    case Direction::kDensePush:
      return PushDense(frontier);
    case Direction::kLinkPush:
      return PushByLinks(spec, frontier);
    case Direction::kPull:
      break;
  }
  Pull(frontier);
  return CountDeliveries(frontier);
}

std::uint64_t ShardState::CountDeliveries(Frontier frontier) const {
  constexpr std::size_t kAhead = 32;
  return image_.WithLists([frontier](const auto& lists) {
    std::uint64_t deliveries = 0;
    for (const auto part : frontier) {
      for (std::size_t i = 0; i < part.size(); ++i) {
        if (i + kAhead < part.size()) lists.PrefetchPlace(lists.SlotOf(part[i + kAhead]));
        deliveries += lists.ListOf(part[i]).links;
      }
    }
    return deliveries;
  });
}

// Costs are in links read by pushing. A dense step costs a copy and a scan of the words whatever happens; a
// sparse one an append a delivery. Pulling, a member reads until its first forwarder: one link in
// links / deliveries leads to one, and no list is longer than it is. A link pulled costs about as much as two
// pushed: each member begins with a miss and ends with a branch not foreseen.
ShardState::Direction ShardState::Choose(const RunSpec& spec, Frontier frontier) const {
  if (spec.link != Threshold::FromFixed(Threshold::kOne)) return Direction::kLinkPush;
  std::uint64_t forwarders = 0;
  for (const auto part : frontier) forwarders += part.size();
  const std::uint64_t links = image_.manifest().links;
  const std::uint64_t range = std::max<std::uint64_t>(image_.range().count, 1);
  const std::uint64_t deliveries = forwarders * links / std::max(image_.graph().members(), 1u);
  if (deliveries <= range / 32) return Direction::kSparsePush;
  const std::uint64_t reads = std::min(links / deliveries, links / range) + 8;
  const bool pull = image_.HasFollowees() && 2 * unreached_ * reads < deliveries;
  return pull ? Direction::kPull : Direction::kDensePush;
}

absl::StatusOr<std::uint64_t> ShardState::PushSparse(Frontier frontier) {
  std::uint64_t* const words = received_.words().data();
  std::uint64_t deliveries = 0;
  for (const auto part : frontier) {
    const auto push = [&](std::size_t, Gaps list) {
      const std::size_t count = new_.size();
      new_.resize(count + list.size());
      new_.resize(DeliverList(list, words, new_.data(), count).received_count);
    };
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t links, ForEachList(image_, part, push));
    deliveries += links;
  }
  links_touched_ += deliveries;
  std::sort(new_.begin(), new_.end());
  return deliveries;
}

absl::StatusOr<std::uint64_t> ShardState::PushDense(Frontier frontier) {
  before_ = received_;
  std::uint64_t* const words = received_.words().data();
  std::uint64_t deliveries = 0;
  for (const auto part : frontier) {
    const auto push = [&](std::size_t, Gaps list) { MarkList(list, words); };
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t links, ForEachList(image_, part, push));
    deliveries += links;
  }
  links_touched_ += deliveries;
  CollectNew();
  return deliveries;
}

// Lists are taken in batches that stay in the innermost cache: ids, keys, coins, then the few that passed.
absl::StatusOr<std::uint64_t> ShardState::PushByLinks(const RunSpec& spec, Frontier frontier) {
  before_ = received_;
  const auto words = received_.words();
  const CoinLane links({spec.run_seed, spec.message, replica_}, CoinPurpose::kLink);
  std::array<std::uint32_t, kKeyBatch> ids;
  KeyBuffer keys;
  std::uint64_t deliveries = 0;
  for (const auto part : frontier) {
    const auto push = [&](std::size_t i, Gaps list) {
      const CoinLane coins = links.ForSource(image_.KeyOfSource(part[i]));
      std::uint32_t place = 0;
      for (std::size_t at = 0; at < list.size(); at += kKeyBatch) {
        const Gaps batch = list.subspan(at, std::min(kKeyBatch, list.size() - at));
        const auto receivers = std::span(ids).first(IdsOfGaps(batch, place, ids.data()));
        const std::size_t carried =
            SelectPassing(coins, spec.link, receivers, KeysOf(receivers, keys), ids.data());
        for (const std::uint32_t receiver : receivers.first(carried)) {
          words[receiver >> 6] |= std::uint64_t{1} << (receiver & 63);
        }
        deliveries += carried;
      }
    };
    LAWINE_ASSIGN_OR_RETURN(const std::uint64_t touched, ForEachList(image_, part, push));
    links_touched_ += touched;
  }
  CollectNew();
  return deliveries;
}

void ShardState::CollectNew() {
  const auto now = received_.words();
  const auto then = before_.words();
  for (std::size_t w = 0; w < now.size(); ++w) {
    ForEachBit(now[w] & ~then[w], static_cast<std::uint32_t>(w * 64),
               [&](std::uint32_t id) { new_.push_back(id); });
  }
}

void ShardState::Pull(Frontier frontier) {
  if (forwarders_.members_count() == 0) forwarders_ = MemberSet(image_.graph().members());
  for (const auto part : frontier) {
    for (const MemberId member : part) forwarders_.Insert(LocalId(member.value));
  }
  const auto received = received_.words();
  const auto reachable = image_.members().reachable().words();
  std::vector<std::uint32_t>& candidates = new_;
  for (std::size_t w = 0; w < received.size(); ++w) {
    ForEachBit(reachable[w] & ~received[w], static_cast<std::uint32_t>(w * 64),
               [&](std::uint32_t id) { candidates.push_back(id); });
  }
  image_.WithFollowees([this](const auto& followees) { FindForwarders(followees); });
  for (const auto part : frontier) {
    for (const MemberId member : part) forwarders_.words()[member.value >> 6] = 0;
  }
}

// Of the candidates, keeps those that follow a forwarder.
template <class Followees>
void ShardState::FindForwarders(const Followees& followees) {
  constexpr std::size_t kOffsetsAhead = 32;
  constexpr std::size_t kListsAhead = 12;
  const std::vector<std::uint32_t>& candidates = new_;
  const std::uint64_t* const forwarders = forwarders_.words().data();
  const auto forwards = [forwarders](std::uint32_t id) { return (forwarders[id >> 6] >> (id & 63)) & 1; };
  std::size_t found_count = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i + kOffsetsAhead < candidates.size())
      followees.PrefetchOffset(LocalId(candidates[i + kOffsetsAhead]));
    if (i + kListsAhead < candidates.size()) followees.PrefetchList(LocalId(candidates[i + kListsAhead]));
    const LocalId member(candidates[i]);
    bool found = false;
    links_touched_ += followees.Find(member, found, forwards);
    if (!found) continue;
    received_.Insert(member);
    new_[found_count++] = member.value;  // behind what was read: candidates and finds share the array
  }
  new_.resize(found_count);
}

KeySpan ShardState::KeysOf(std::span<const std::uint32_t> members, KeyBuffer& buffer) const {
  image_.members().KeysOf(members, buffer.data());
  return KeySpan(buffer).first(members.size());
}

void ShardState::Decide(const RunSpec& spec, std::uint32_t step, std::vector<MemberId>& forwards) {
  forwards.clear();
  const std::uint32_t first = image_.range().first.value;
  const DecisionKey key{
      .coin = {spec.run_seed, spec.message, replica_}, .step = step, .forward = spec.forward};
  digest_ += DecideForwards(image_.members(), key, DecisionLanes(key), new_,
                            [&](std::uint32_t local) { forwards.push_back(MemberId(first + local)); });
  if (!spec.record_receipts) return;
  for (const std::uint32_t local : new_) receipts_.receipt_steps[local] = step;
  for (const MemberId member : forwards) receipts_.forward_steps[member.value - first] = step;
}

void ShardState::SaveTo(StateWriter& out) const {
  out.Set(received_);
  out.Sum(digest_);
  out.Number(links_touched_);
  receipts_.SaveTo(out);
}

void ShardState::LoadFrom(std::uint32_t step, StateReader& in) {
  in.Set("received", received_);
  in.Sum("digest", digest_);
  links_touched_ = in.Number("links touched");
  receipts_.LoadFrom(step, image_.graph().members(), in);
  const MemberSet& reachable = image_.members().reachable();
  unreached_ = reachable.Count() - CountBoth(reachable, received_);
}

std::uint64_t ShardState::UnreachedWithoutFollowees() const {
  return NeverReachable(image_.members(), received_);
}

}  // namespace lawine
