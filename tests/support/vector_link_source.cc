#include "tests/support/vector_link_source.h"

#include <algorithm>

#include "engine/base/check.h"

namespace lawine {

VectorLinkSource::VectorLinkSource(const TestGraph& graph, Options options) : options_(options) {
  keys_ = graph.extra_members;
  for (const auto& [from, to] : graph.links) {
    keys_.push_back(from);
    keys_.push_back(to);
  }
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  followers_.resize(keys_.size());
  in_links_.resize(keys_.size());
  for (const auto& [from, to] : graph.links) {
    LAWINE_CHECK(from != to);
    followers_[IdOf(from).value].push_back(IdOf(to));
    ++in_links_[IdOf(to).value];
  }
  for (auto& list : followers_) {
    std::sort(list.begin(), list.end());
    LAWINE_CHECK(std::adjacent_find(list.begin(), list.end()) == list.end());
  }
}

std::uint32_t VectorLinkSource::chunks_count() const {
  return (members_count() + chunk_sources() - 1) / chunk_sources();
}

MemberRange VectorLinkSource::chunk(std::uint32_t index) const {
  const std::uint32_t first = index * chunk_sources();
  return {MemberId(first), std::min(chunk_sources(), members_count() - first)};
}

absl::Status VectorLinkSource::FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                                               FollowerLists& lists) const {
  lists.Clear();
  const MemberRange sources = chunk(chunk_index);
  for (std::uint32_t from = sources.first.value; from < sources.end(); ++from) {
    const std::size_t before = lists.followers.size();
    for (const MemberId to : followers_[from]) {
      if (!receivers.Contains(to)) continue;
      lists.followers.push_back(to.value - receivers.first.value);
      if (options_.columns.kinds) lists.kinds.push_back(KindOf(keys_[from], keys_[to.value]));
      if (options_.columns.weights) lists.weights.push_back(WeightOf(keys_[from], keys_[to.value]));
    }
    lists.counts.push_back(static_cast<std::uint32_t>(lists.followers.size() - before));
  }
  return absl::OkStatus();
}

void VectorLinkSource::Profiles(MemberRange range, MemberColumns& members) const {
  members.Clear();
  for (std::uint32_t m = range.first.value; m < range.end(); ++m) {
    members.keys.push_back(keys_[m]);
    members.community.push_back(CommunityOf(keys_[m]));
    members.network.push_back(NetworkOf(keys_[m]));
    members.account_kind.push_back(1);
  }
}

MemberId VectorLinkSource::IdOf(MemberKey key) const {
  const auto it = std::lower_bound(keys_.begin(), keys_.end(), key);
  LAWINE_CHECK(it != keys_.end() && *it == key);
  return MemberId(static_cast<std::uint32_t>(it - keys_.begin()));
}

}  // namespace lawine
