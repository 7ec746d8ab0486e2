#include "engine/graph/pages.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/graph/generator_block.h"
#include "engine/graph/person_plan.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

constexpr std::uint32_t kFewest = 10;

std::uint32_t SizeOf(std::uint32_t members_count, std::uint32_t share_of_first, std::uint32_t rank) {
  const std::uint32_t size = members_count / share_of_first / (rank + 1);
  return std::min(std::max(size, kFewest), members_count);
}

class PagesSource final : public LinkSource {
 public:
  PagesSource(std::shared_ptr<const LinkSource> network, const PagesSpec& spec)
      : network_(std::move(network)), spec_(spec), first_(network_->members_count()) {
    LAWINE_CHECK(first_ % limits::kSourcesPerBlock == 0);
    LAWINE_CHECK(network_->columns() == LinkColumns{} && network_->keys().empty() && !network_->persons());
    for (std::uint32_t account = 0; account < accounts(); ++account) links_ += FollowersOf(account);
  }

  std::uint32_t members_count() const override { return first_ + accounts(); }
  LinkColumns columns() const override { return {}; }
  std::span<const MemberKey> keys() const override { return {}; }
  std::uint32_t chunks_count() const override {
    return network_->chunks_count() + limits::BlocksOf<limits::kSourcesPerBlock>(accounts());
  }
  MemberRange chunk(std::uint32_t index) const override {
    if (index < network_->chunks_count()) return network_->chunk(index);
    const std::uint32_t account = (index - network_->chunks_count()) * limits::kSourcesPerBlock;
    return {MemberId(first_ + account), std::min(limits::kSourcesPerBlock, accounts() - account)};
  }
  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override;
  // As planned: who follows which page is chance, the same for all.
  std::uint64_t InLinksOf(MemberId member) const override {
    return member.value < first_ ? network_->InLinksOf(member) + links_ / first_ : 0;
  }
  void Profiles(MemberRange range, MemberColumns& members) const override;

 private:
  std::uint32_t accounts() const { return spec_.pages + spec_.groups; }
  bool IsPage(std::uint32_t account) const { return account < spec_.pages; }
  std::uint32_t FollowersOf(std::uint32_t account) const {
    return IsPage(account) ? PageFollowers(first_, account) : GroupMembers(first_, account - spec_.pages);
  }
  KeyedOrder OrderOf(std::uint32_t account) const {
    return {GeneratorLane(spec_.graph_seed, GeneratorCoin::kPages).ForSource(account), first_};
  }

  const std::shared_ptr<const LinkSource> network_;
  const PagesSpec spec_;
  const std::uint32_t first_;
  std::uint64_t links_ = 0;
};

// The members of the network among `range`.
MemberRange Inside(MemberRange range, std::uint32_t members_count) {
  const std::uint32_t end = std::min(range.end(), members_count);
  return {range.first, end - std::min(range.first.value, end)};
}

absl::Status PagesSource::FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                                          FollowerLists& lists) const {
  const MemberRange inside = Inside(receivers, first_);
  if (chunk_index < network_->chunks_count()) {
    if (inside.count > 0) return network_->FollowersInside(chunk_index, inside, lists);
    lists.Clear();
    lists.counts.assign(chunk(chunk_index).count, 0);
    return absl::OkStatus();
  }
  lists.Clear();
  const MemberRange sources = chunk(chunk_index);
  for (std::uint32_t source = sources.first.value; source < sources.end(); ++source) {
    const KeyedOrder order = OrderOf(source - first_);
    const std::size_t before = lists.followers.size();
    for (std::uint32_t i = 0; i < FollowersOf(source - first_); ++i) {
      const MemberId follower(order.At(i));
      if (inside.Contains(follower)) lists.followers.push_back(follower.value - receivers.first.value);
    }
    std::sort(lists.followers.begin() + static_cast<std::ptrdiff_t>(before), lists.followers.end());
    lists.counts.push_back(static_cast<std::uint32_t>(lists.followers.size() - before));
  }
  return absl::OkStatus();
}

void PagesSource::Profiles(MemberRange range, MemberColumns& members) const {
  const MemberRange inside = Inside(range, first_);
  network_->Profiles(inside, members);
  MemberColumns any;
  network_->Profiles({MemberId(0), 1}, any);
  for (std::uint32_t m = range.first.value + inside.count; m < range.end(); ++m) {
    members.keys.push_back(m);
    members.community.push_back(kNoCommunity);
    members.network.push_back(any.network[0]);
    members.account_kind.push_back(IsPage(m - first_) ? kAccountPage : kAccountGroup);
  }
}

}  // namespace

std::uint32_t PageFollowers(std::uint32_t members_count, std::uint32_t rank) {
  return SizeOf(members_count, 50, rank);
}
std::uint32_t GroupMembers(std::uint32_t members_count, std::uint32_t rank) {
  return SizeOf(members_count, 200, rank);
}

std::shared_ptr<const LinkSource> WithPages(std::shared_ptr<const LinkSource> network,
                                            const PagesSpec& spec) {
  return std::make_shared<PagesSource>(std::move(network), spec);
}

}  // namespace lawine
