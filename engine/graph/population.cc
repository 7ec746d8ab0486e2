#include "engine/graph/population.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/graph/link_kind.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

class Population final : public LinkSource {
 public:
  Population(std::vector<std::shared_ptr<const LinkSource>> networks, const PersonPlan& persons)
      : persons_(persons) {
    std::uint32_t communities = 0;
    for (std::shared_ptr<const LinkSource>& network : networks) {
      LAWINE_CHECK(members_count_ % limits::kSourcesPerBlock == 0);
      LAWINE_CHECK(network->columns() == LinkColumns{} && network->keys().empty());
      const std::uint32_t count = network->members_count();
      const std::uint32_t chunks = network->chunks_count();
      MemberColumns last;
      network->Profiles({MemberId(count - 1), 1}, last);
      parts_.push_back({std::move(network), {MemberId(members_count_), count}, chunks_count_, communities});
      members_count_ += count;
      chunks_count_ += chunks;
      communities += last.community.back();  // communities are numbered by first member
    }
  }

  std::uint32_t members_count() const override { return members_count_; }
  LinkColumns columns() const override { return {.kinds = true, .weights = false}; }
  bool persons() const override { return true; }
  std::span<const MemberKey> keys() const override { return {}; }
  std::uint32_t chunks_count() const override { return chunks_count_; }
  MemberRange chunk(std::uint32_t index) const override {
    const Part& part = PartOfChunk(index);
    const MemberRange own = part.network->chunk(index - part.first_chunk);
    return {MemberId(part.members.first.value + own.first.value), own.count};
  }
  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override;
  std::uint64_t InLinksOf(MemberId member) const override {
    const Part& part = PartOf(member);
    return part.network->InLinksOf(MemberId(member.value - part.members.first.value)) +
           persons_.AccountsOf(member).count - 1;
  }
  void Profiles(MemberRange range, MemberColumns& members) const override;

 private:
  struct Part {
    std::shared_ptr<const LinkSource> network;
    MemberRange members;
    std::uint32_t first_chunk = 0;
    std::uint32_t communities_before = 0;
  };

  const Part& PartOfChunk(std::uint32_t index) const {
    const auto after =
        std::upper_bound(parts_.begin(), parts_.end(), index,
                         [](std::uint32_t i, const Part& part) { return i < part.first_chunk; });
    return *std::prev(after);
  }
  const Part& PartOf(MemberId member) const {
    return *std::find_if(parts_.begin(), parts_.end(),
                         [member](const Part& part) { return part.members.Contains(member); });
  }
  // Links of `source` to the person's other accounts in `receivers`: those before or those after its network.
  void AddSamePerson(MemberId source, const Part& part, bool before, MemberRange receivers,
                     FollowerLists& lists) const;

  const PersonPlan persons_;
  std::vector<Part> parts_;
  std::uint32_t members_count_ = 0;
  std::uint32_t chunks_count_ = 0;
};

// What both ranges have; empty ranges begin anywhere.
MemberRange Shared(MemberRange a, MemberRange b) {
  const std::uint32_t first = std::max(a.first.value, b.first.value);
  const std::uint32_t end = std::max(first, std::min(a.end(), b.end()));
  return {MemberId(first), end - first};
}

void Population::AddSamePerson(MemberId source, const Part& part, bool before, MemberRange receivers,
                               FollowerLists& lists) const {
  const PersonPlan::Accounts accounts = persons_.AccountsOf(source);
  for (const MemberId account : accounts.span()) {
    const bool is_before = account.value < part.members.first.value;
    if (part.members.Contains(account) || is_before != before || !receivers.Contains(account)) continue;
    lists.followers.push_back(account.value - receivers.first.value);
    lists.kinds.push_back(kLinkSamePerson);
  }
}

absl::Status Population::FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                                         FollowerLists& lists) const {
  lists.Clear();
  const Part& part = PartOfChunk(chunk_index);
  const MemberRange sources = chunk(chunk_index);
  const MemberRange inside = Shared(receivers, part.members);
  FollowerLists own;
  if (inside.count > 0) {
    const MemberRange own_receivers = {MemberId(inside.first.value - part.members.first.value), inside.count};
    const absl::Status status =
        part.network->FollowersInside(chunk_index - part.first_chunk, own_receivers, own);
    if (!status.ok()) return status;
  } else {
    own.counts.assign(sources.count, 0);
  }
  const std::uint32_t shift = inside.first.value - receivers.first.value;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < sources.count; ++i) {
    const MemberId source(sources.first.value + i);
    const std::size_t first = lists.followers.size();
    AddSamePerson(source, part, true, receivers, lists);
    for (const std::size_t end = at + own.counts[i]; at < end; ++at) {
      lists.followers.push_back(own.followers[at] + shift);
      lists.kinds.push_back(kLinkFollow);
    }
    AddSamePerson(source, part, false, receivers, lists);
    lists.counts.push_back(static_cast<std::uint32_t>(lists.followers.size() - first));
  }
  return absl::OkStatus();
}

void Population::Profiles(MemberRange range, MemberColumns& members) const {
  members.Clear();
  MemberColumns own;
  for (const Part& part : parts_) {
    const MemberRange inside = Shared(range, part.members);
    if (inside.count == 0) continue;
    part.network->Profiles({MemberId(inside.first.value - part.members.first.value), inside.count}, own);
    for (std::uint32_t i = 0; i < inside.count; ++i) {
      const MemberId account(inside.first.value + i);
      members.keys.push_back(account.value);
      members.community.push_back(own.community[i] + part.communities_before);
      members.person.push_back(persons_.AccountsOf(account).ids[0].value);
    }
    members.network.insert(members.network.end(), own.network.begin(), own.network.end());
    members.account_kind.insert(members.account_kind.end(), own.account_kind.begin(), own.account_kind.end());
  }
}

}  // namespace

std::shared_ptr<const LinkSource> JoinNetworks(std::vector<std::shared_ptr<const LinkSource>> networks,
                                               const PersonPlan& persons) {
  return std::make_shared<const Population>(std::move(networks), persons);
}

}  // namespace lawine
