#include "engine/spread/network_changes.h"

#include <algorithm>
#include <array>

#include "engine/base/key_batch.h"
#include "engine/store/gap_lists.h"

namespace lawine {
namespace {

Threshold Complement(Threshold t) { return Threshold::FromFixed(Threshold::kOne - t.fixed()); }

const NetworkChanges::Since* Find(std::span<const NetworkChanges::Since> links, std::uint32_t receiver) {
  const auto found = std::find_if(links.begin(), links.end(),
                                  [receiver](const auto& link) { return link.receiver == receiver; });
  return found == links.end() ? nullptr : &*found;
}

}  // namespace

NetworkChanges::NetworkChanges(const ModelSpec& model, const ShardImage& image)
    : model_(model), image_(image) {}

void NetworkChanges::Begin(const CoinKey& key) {
  growth_ = model_.growth.value_or(GrowthSpec());
  key_ = key;
  step_ = 0;
  added_.clear();
  dropped_.clear();
  kept_.assign(1, Threshold::kOne);
  if (!growth_.members_change()) return;
  const MemberRange range = image_.range();
  absent_below_ = Complement(growth_.start).fixed();
  staying_below_ = Threshold::kOne;
  away_ = left_ = MemberSet(range.count);
  absent_.clear();
  staying_.clear();
  MemberSet given(range.count);  // whoever is given a message is there from the start
  for (const MessageSpec& message : model_.messages) {
    for (const Injection& injection : message.injections) {
      for (const MemberId member : injection.members) {
        if (range.Contains(member)) given.Insert(LocalId(member.value - range.first.value));
      }
    }
  }
  const CoinLane joins(key, CoinPurpose::kJoin), leaves(key, CoinPurpose::kLeave);
  for (std::uint32_t local = 0; local < range.count; ++local) {
    const MemberKey member = image_.KeyOf(LocalId(local));
    if (growth_.leaving != Threshold()) staying_.push_back({leaves.Coin(member) >> 1, local});
    const std::uint64_t join = joins.Coin(member) >> 1;
    if (join >= absent_below_ || given.Contains(LocalId(local))) continue;
    absent_.push_back({join, local});
    away_.Insert(LocalId(local));
  }
  present_ = range.count - absent_.size();
}

void NetworkChanges::Advance(std::uint32_t step) {
  const Threshold keep = Complement(growth_.lost_links), stay = Complement(growth_.leaving),
                  wait = Complement(growth_.joining);
  const auto times = [](std::uint64_t value, Threshold factor) {
    return (Threshold::FromFixed(value) * factor).fixed();
  };
  while (step_ < step) {
    ++step_;
    if (growth_.lost_links != Threshold()) kept_.push_back(times(kept_.back(), keep));
    staying_below_ = times(staying_below_, stay);
    absent_below_ = times(absent_below_, wait);
    if (growth_.new_links != Threshold()) AddLinks(step_);
  }
  if (growth_.members_change()) MoveMembers();
}

void NetworkChanges::MoveMembers() {
  std::erase_if(staying_, [this](const Waiting& member) {
    if (member.coin < staying_below_) return false;
    const LocalId local(member.local);
    left_.Insert(local);
    present_ -= away_.Contains(local) ? 0 : 1;
    away_.Insert(local);
    return true;
  });
  std::erase_if(absent_, [this](const Waiting& member) {
    if (member.coin < absent_below_) return false;
    const LocalId local(member.local);
    if (left_.Contains(local)) return true;
    away_.Remove(local);
    ++present_;
    return true;
  });
}

// New links of one direction are found by the shard of who gets them; of the other by the receivers' too,
// which looks at all members for that.
void NetworkChanges::AddLinks(std::uint32_t step) {
  AddLinks(step, growth_.mutual ? MemberRange{MemberId(0), image_.graph().members()} : image_.range());
}

void NetworkChanges::AddLinks(std::uint32_t step, MemberRange members) {
  const CoinLane gains(key_, CoinPurpose::kGrowth, step), others(key_, CoinPurpose::kGrowthTarget, step);
  const MemberRange range = image_.range();
  std::array<std::uint32_t, kKeyBatch> ids;
  KeyBuffer keys;
  for (std::uint32_t at = 0; at < members.count; at += kKeyBatch) {
    const std::size_t count = std::min<std::size_t>(kKeyBatch, members.count - at);
    for (std::uint32_t i = 0; i < count; ++i) {
      ids[i] = members.first.value + at + i;
      keys[i] = image_.KeyOfSource(MemberId(ids[i]));
    }
    const std::size_t gaining = SelectPassing(gains, growth_.new_links, std::span(ids).first(count),
                                              KeySpan(keys).first(count), ids.data());
    for (const std::uint32_t id : std::span(ids).first(gaining)) {
      const MemberId member(id);
      const std::uint64_t coin = others.Coin(image_.KeyOfSource(member));
      const auto product = static_cast<unsigned __int128>(coin) * image_.graph().members();
      const MemberId other(static_cast<std::uint32_t>(product >> 64));
      if (other == member) continue;
      if (range.Contains(member)) Add(other, {member.value - range.first.value, step});
      if (growth_.mutual && range.Contains(other)) Add(member, {other.value - range.first.value, step});
    }
  }
}

bool NetworkChanges::GraphHas(MemberId source, std::uint32_t receiver) const {
  std::uint32_t place = 0;
  for (const std::uint16_t gap : image_.GapsOf(source)) {
    place += gap;
    if (gap != kSkip && place >= receiver) return place == receiver;
  }
  return false;
}

bool NetworkChanges::Add(MemberId source, Since link) {
  const auto found = added_.find(source.value);
  if (found != added_.end() && Find(found->second, link.receiver) != nullptr) return false;
  if (GraphHas(source, link.receiver)) return false;
  added_[source.value].push_back(link);
  return true;
}

bool NetworkChanges::Unfollow(MemberId source, std::uint32_t receiver) {
  std::vector<Since>& dropped = dropped_[source.value];
  if (Find(dropped, receiver) != nullptr) return false;
  dropped.push_back({receiver, step_ + 1});
  return true;
}

NetworkChanges::SourceLinks NetworkChanges::LinksOf(MemberId source) const {
  const CoinLane losses(key_, CoinPurpose::kLinkLoss);
  SourceLinks links(*this, losses.ForSource(image_.KeyOfSource(source)), step_);
  const auto of = [source](const BySource& lists) {
    const auto found = lists.find(source.value);
    return found == lists.end() ? std::span<const Since>() : std::span<const Since>(found->second);
  };
  links.added_ = of(added_);
  links.dropped_ = of(dropped_);
  return links;
}

bool NetworkChanges::SourceLinks::IsThere(std::uint32_t receiver, MemberKey key, std::uint32_t age) const {
  if (!dropped_.empty()) {
    const Since* const dropped = Find(dropped_, receiver);
    if (dropped != nullptr && dropped->step <= step_) return false;
  }
  return changes_.kept_.size() == 1 || (loss_.Coin(key) >> 1) < changes_.kept_[age];
}

absl::Status CheckChangesOn(const ModelSpec& model, const ShardImage& image) {
  if (!AddsLinks(model) || image.stored().empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "links can only be added where all there are are in memory: raise the memory limit");
}

}  // namespace lawine
