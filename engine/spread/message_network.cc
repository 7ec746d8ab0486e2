// What a message does beside going along links: the part of MessageShard that knows persons, authors and
// groups of members.
#include <optional>
#include <span>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/graph/link_kind.h"
#include "engine/spread/message_shard.h"
#include "engine/store/list_walk.h"

namespace lawine {
namespace {

// Calls visit(local id) for each of the person's other accounts in the range, `list` being what the image
// holds of `account`.
template <class Visit>
void ForEachSamePerson(const ShardImage& image, MemberId account, Gaps list, Visit&& visit) {
  const std::span<const std::uint8_t> kinds = image.KindsOf(account);
  std::uint32_t place = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    place += list[i];
    if (list[i] != kSkip && kinds[i] == kLinkSamePerson) visit(place);
  }
}

}  // namespace

MemberKey MessageShard::DeciderOf(std::uint32_t local) const {
  const std::optional<PeopleSpec>& people = context_.model.people;
  if (!people.has_value() || !people->one_decision) return KeyOf(local);
  return context_.image.KeyOfSource(context_.image.members().PersonOf(LocalId(local)));
}

// Whoever acted at the last step may post the same in other networks.
absl::Status MessageShard::CrossPost(Frontier frontier) {
  const std::optional<PeopleSpec>& people = context_.model.people;
  if (!people.has_value() || people->networks.empty()) return absl::OkStatus();
  const CoinLane coins = Coins(CoinPurpose::kCrossPost);
  for (const auto part : frontier) {
    const auto visit = [&](std::size_t i, Gaps list) {
      const CoinLane own = coins.ForSource(context_.image.KeyOfSource(part[i]));
      ForEachSamePerson(context_.image, part[i], list, [&](std::uint32_t local) {
        const MemberId account(range().first.value + local);
        if (people->CrossPosting(part[i], account).Passes(own.Coin(KeyOf(local)))) PostAlso(local);
      });
    };
    LAWINE_RETURN_IF_ERROR(ForEachList(context_.image, part, visit).status());
  }
  return absl::OkStatus();
}

void MessageShard::PostAlso(std::uint32_t local) {
  const LocalId account(local);
  if (received_.Contains(account) || Has(immune_, local) || IsOut(local)) return;
  received_.Insert(account);
  accepted_.Insert(account);
  if (spec_->seen.has_value()) seen_.Insert(account);
  if (attribution_ != nullptr) attribution_->Inject(counts_.step, local);
  ++counts_.cross_posts;
  new_receipts_.push_back(local);
  starting_.push_back(local);
}

void MessageShard::FollowAuthor() {
  if (spec_->reactions.follow == Threshold()) return;
  const MemberId author = first_rules().injections.front().members.front();
  const CoinLane coins = Coins(CoinPurpose::kFollow);
  for (const std::uint32_t local : accepting_) {
    if (range().first.value + local == author.value) continue;
    if (!spec_->reactions.follow.Passes(coins.Coin(KeyOf(local)))) continue;
    counts_.follows += context_.changes->Follow(author, local) ? 1 : 0;
  }
}

void MessageShard::CountGroups(std::span<const std::uint32_t> locals, std::uint64_t GroupRow::*count) {
  if (context_.groups == nullptr) return;
  for (const std::uint32_t local : locals) {
    for (const std::uint32_t group : context_.groups->Of(local)) ++(groups_[group].*count);
  }
}

std::vector<GroupRow> MessageShard::Groups(Others all) const {
  std::vector<GroupRow> rows = groups_;
  for (std::uint32_t local = 0; local < range().count; ++local) {
    const auto groups = context_.groups->Of(local);
    for (const std::uint32_t group : groups) ++rows[group].members;
    if (all.size() == 1 || receipts_.receipt_steps[local] == kNoStep) continue;
    bool first = true, last = true;
    for (const auto& other : all) {
      if (other.get() == this || other->receipts_.receipt_steps[local] == kNoStep) continue;
      const bool before = IsBefore(*other, local);
      first = first && !before;
      last = last && before;
    }
    for (const std::uint32_t group : groups) {
      rows[group].first_met += first ? 1 : 0;
      rows[group].last_met += last ? 1 : 0;
    }
    const std::size_t at = std::size_t{context_.groups->count()} + receipts_.receipt_steps[local];
    if (rows.size() <= at) rows.resize(at + 1);
    ++rows[at].members;
    rows[at].first_met += first ? 1 : 0;
    rows[at].last_met += last ? 1 : 0;
  }
  return rows;
}

void MessageShard::TellAccounts(MessageStep& out) const {
  out = {};
  const ShardMembers& members = context_.image.members();
  for (std::uint32_t local = 0; local < range().count; ++local) {
    const MemberId account(range().first.value + local);
    if (received_.Contains(LocalId(local)) && members.PersonOf(LocalId(local)) != account) {
      out.acting.push_back(account);
    }
  }
  out.counts.acting = out.acting.size();
}

std::uint64_t MessageShard::People(Frontier accounts) const {
  const ShardMembers& members = context_.image.members();
  const auto is_first = [&](std::uint32_t local) {
    return members.PersonOf(LocalId(local)).value == range().first.value + local;
  };
  MemberSet people(range().count);
  for (std::uint32_t local = 0; local < range().count; ++local) {
    if (received_.Contains(LocalId(local)) && is_first(local)) people.Insert(LocalId(local));
  }
  for (const auto part : accounts) {
    for (const MemberId account : part) {
      ForEachSamePerson(context_.image, account, context_.image.GapsOf(account), [&](std::uint32_t local) {
        if (is_first(local)) people.Insert(LocalId(local));
      });
    }
  }
  return people.Count();
}

}  // namespace lawine
