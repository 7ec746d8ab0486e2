#include "engine/spread/network_changes.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "engine/base/key_batch.h"
#include "engine/base/status_macros.h"
#include "engine/store/gap_lists.h"

namespace lawine {
namespace {

Threshold Complement(Threshold t) { return Threshold::FromFixed(Threshold::kOne - t.fixed()); }

using AddedLinks = absl::flat_hash_map<std::uint32_t, std::vector<NetworkChanges::Since>>;

// Sources ascend, so that equal states are equal bytes; links of one stay in their order.
void Save(const AddedLinks& links, StateWriter& out) {
  std::vector<std::uint32_t> sources;
  for (const auto& [source, list] : links) sources.push_back(source);
  std::sort(sources.begin(), sources.end());
  out.List(sources);
  for (const std::uint32_t source : sources) {
    std::vector<std::uint32_t> receivers, steps;
    for (const NetworkChanges::Since& link : links.at(source)) {
      receivers.push_back(link.receiver);
      steps.push_back(link.step);
    }
    out.List(receivers);
    out.Column(steps);
  }
}

AddedLinks Load(MemberRange range, std::uint32_t graph_members, std::uint32_t steps_max, StateReader& in) {
  AddedLinks links;
  for (const std::uint32_t source : in.List("sources of changed links", graph_members)) {
    const std::vector<std::uint32_t> receivers = in.List("receivers of changed links", range.count);
    std::vector<std::uint32_t> steps(receivers.size());
    in.Column("steps of changed links", steps_max, steps);
    if (!in.ok()) break;
    std::vector<NetworkChanges::Since>& list = links[source];
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      list.push_back({.receiver = receivers[i], .step = steps[i]});
    }
  }
  return links;
}

}  // namespace

NetworkChanges::NetworkChanges(const ModelSpec& model, const ShardImage& image, std::uint64_t changes_max)
    : model_(model), image_(image), changes_max_(changes_max) {}

void NetworkChanges::Begin(const CoinKey& key) {
  growth_ = model_.growth.value_or(GrowthSpec());
  key_ = key;
  step_ = 0;
  added_.clear();
  added_count_ = 0;
  dropped_.clear();
  dropped_of_.clear();
  author_followers_ = MemberSet();
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

absl::Status NetworkChanges::Advance(std::uint32_t step) {
  LAWINE_RETURN_IF_ERROR(CheckSteps(step));
  while (step_ < step) {
    PassStep();
    LAWINE_RETURN_IF_ERROR(CheckCounts());
    if (growth_.new_links != Threshold()) AddLinks(step_);
  }
  if (growth_.members_change()) MoveMembers();
  return CheckCounts();
}

void NetworkChanges::PassStep() {
  const Threshold keep = Complement(growth_.lost_links), stay = Complement(growth_.leaving),
                  wait = Complement(growth_.joining);
  const auto times = [](std::uint64_t value, Threshold factor) {
    return (Threshold::FromFixed(value) * factor).fixed();
  };
  ++step_;
  if (growth_.lost_links != Threshold()) kept_.push_back(times(kept_.back(), keep));
  staying_below_ = times(staying_below_, stay);
  absent_below_ = times(absent_below_, wait);
}

// Links grow at all steps, also at those that are left out, and nobody can end the run meanwhile.
absl::Status NetworkChanges::CheckSteps(std::uint32_t step) const {
  if (growth_.new_links == Threshold()) return absl::OkStatus();
  const std::uint64_t steps = step - step_;
  if (steps * Gaining().count <= limits::kGrowthDrawsMax) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("growth.new_links: nothing happens from step ", step_, " to step ", step,
                   " but that links grow, at most ", limits::kGrowthDrawsMax / Gaining().count,
                   " such steps are possible in this graph: begin earlier, or use "
                   "longer steps"));
}

absl::Status NetworkChanges::CheckCounts() const {
  if (!TooMany()) return absl::OkStatus();
  const bool added = added_count_ >= dropped_.size();
  const char* const field = !added                             ? "reactions.unfollow"
                            : growth_.new_links != Threshold() ? "growth.new_links"
                                                               : "reactions.follow";
  return absl::ResourceExhaustedError(absl::StrCat(
      field, ": by step ", step_, " of a replica more than ", changes_max_,
      " links into one shard were added or dropped: lower it, end the run earlier, or use more shards"));
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
MemberRange NetworkChanges::Gaining() const {
  return growth_.mutual ? MemberRange{MemberId(0), image_.graph().members()} : image_.range();
}

void NetworkChanges::AddLinks(std::uint32_t step) {
  const MemberRange members = Gaining();
  const CoinLane gains(key_, CoinPurpose::kGrowth, step), others(key_, CoinPurpose::kGrowthTarget, step);
  const MemberRange range = image_.range();
  std::array<std::uint32_t, kKeyBatch> ids;
  KeyBuffer keys;
  for (std::uint32_t at = 0; at < members.count && !TooMany(); at += kKeyBatch) {
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
      const MemberId other(static_cast<std::uint32_t>(MulHigh(coin, image_.graph().members())));
      if (other == member) continue;
      if (range.Contains(member)) Add(other, {member.value - range.first.value, step});
      if (growth_.mutual && range.Contains(other)) Add(member, {other.value - range.first.value, step});
    }
  }
}

void NetworkChanges::SaveTo(StateWriter& out) const {
  Save(added_, out);
  AddedLinks dropped;
  for (const auto& [link, step] : dropped_) {
    dropped[static_cast<std::uint32_t>(link >> 32)].push_back({static_cast<std::uint32_t>(link), step});
  }
  for (auto& [source, links] : dropped) {
    std::sort(links.begin(), links.end(),
              [](const Since& a, const Since& b) { return a.receiver < b.receiver; });
  }
  Save(dropped, out);
}

// What a message changed at a step is so from the next one on.
void NetworkChanges::LoadFrom(std::uint32_t step, StateReader& in) {
  while (step_ < step) PassStep();
  if (growth_.members_change()) MoveMembers();
  added_ = Load(image_.range(), image_.graph().members(), step + 1, in);
  for (const auto& [source, links] : added_) added_count_ += links.size();
  for (const auto& [source, links] : Load(image_.range(), image_.graph().members(), step + 1, in)) {
    dropped_of_.insert(source);
    for (const Since& link : links) dropped_.emplace(LinkOf(MemberId(source), link.receiver), link.step);
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

std::span<const NetworkChanges::Since> NetworkChanges::AddedOf(MemberId source) const {
  const auto found = added_.find(source.value);
  return found == added_.end() ? std::span<const Since>() : std::span<const Since>(found->second);
}

// Growth adds few links to any one member, and looks through what it has. Whoever accepts may follow the same
// author, so of that one it is known who does.
bool NetworkChanges::Add(MemberId source, Since link) {
  if (TooMany()) return false;
  const bool noted = author_followers_.members_count() > 0 && source == author_;
  if (noted) {
    if (author_followers_.Contains(LocalId(link.receiver))) return false;
    author_followers_.Insert(LocalId(link.receiver));
  } else {
    const auto same = [&link](const Since& other) { return other.receiver == link.receiver; };
    const std::span<const Since> added = AddedOf(source);
    if (std::any_of(added.begin(), added.end(), same) || GraphHas(source, link.receiver)) return false;
  }
  added_[source.value].push_back(link);
  ++added_count_;
  return true;
}

void NetworkChanges::NoteFollowersOf(MemberId author) {
  author_ = author;
  author_followers_ = MemberSet(image_.range().count);
  std::uint32_t place = 0;
  for (const std::uint16_t gap : image_.GapsOf(author)) {
    place += gap;
    if (gap != kSkip) author_followers_.Insert(LocalId(place));
  }
  for (const Since& link : AddedOf(author)) author_followers_.Insert(LocalId(link.receiver));
}

bool NetworkChanges::Follow(MemberId source, std::uint32_t receiver) {
  if (author_followers_.members_count() == 0 || source != author_) NoteFollowersOf(source);
  return Add(source, {receiver, step_ + 1});
}

bool NetworkChanges::Unfollow(MemberId source, std::uint32_t receiver) {
  if (TooMany() || !dropped_.try_emplace(LinkOf(source, receiver), step_ + 1).second) return false;
  dropped_of_.insert(source.value);
  return true;
}

NetworkChanges::SourceLinks NetworkChanges::LinksOf(MemberId source) const {
  const CoinLane losses(key_, CoinPurpose::kLinkLoss);
  SourceLinks links(*this, source, losses.ForSource(image_.KeyOfSource(source)));
  links.added_ = AddedOf(source);
  links.drops_ = dropped_of_.contains(source.value);
  return links;
}

bool NetworkChanges::SourceLinks::IsThere(std::uint32_t receiver, MemberKey key, std::uint32_t age) const {
  if (drops_) {
    const auto dropped = changes_.dropped_.find(LinkOf(source_, receiver));
    if (dropped != changes_.dropped_.end() && dropped->second <= step_) return false;
  }
  return changes_.kept_.size() == 1 || (loss_.Coin(key) >> 1) < changes_.kept_[age];
}

absl::Status CheckChangesOn(const ModelSpec& model, const ShardImage& image) {
  if (!AddsLinks(model) || image.stored().empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "links can only be added where all there are are in memory: raise the memory limit");
}

}  // namespace lawine
