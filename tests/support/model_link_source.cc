#include "tests/support/model_link_source.h"

#include <algorithm>

namespace lawine {

ModelLinkSource::ModelLinkSource(const ModelGraph& graph) {
  std::map<MemberKey, std::uint32_t> ids;
  for (const auto& [key, member] : graph.members) {
    ids.emplace(key, static_cast<std::uint32_t>(keys_.size()));
    keys_.push_back(key);
    members_.push_back(member);
    persons_ = persons_ || member.person.has_value();
  }
  links_.resize(keys_.size());
  in_links_.resize(keys_.size());
  for (const ModelLink& link : graph.links) {
    links_[ids.at(link.source)].push_back({ids.at(link.receiver), link.kind, link.weight});
    ++in_links_[ids.at(link.receiver)];
  }
  for (auto& list : links_) std::sort(list.begin(), list.end());
}

std::uint32_t ModelLinkSource::chunks_count() const {
  return (members_count() + limits::kSourcesPerBlock - 1) / limits::kSourcesPerBlock;
}

MemberRange ModelLinkSource::chunk(std::uint32_t index) const {
  const std::uint32_t first = index * limits::kSourcesPerBlock;
  return {MemberId(first), std::min(limits::kSourcesPerBlock, members_count() - first)};
}

absl::Status ModelLinkSource::FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                                              FollowerLists& lists) const {
  lists.Clear();
  const MemberRange sources = chunk(chunk_index);
  for (std::uint32_t from = sources.first.value; from < sources.end(); ++from) {
    const std::size_t before = lists.followers.size();
    for (const Link& link : links_[from]) {
      if (!receivers.Contains(MemberId(link.receiver))) continue;
      lists.followers.push_back(link.receiver - receivers.first.value);
      lists.kinds.push_back(link.kind);
      lists.weights.push_back(link.weight);
    }
    lists.counts.push_back(static_cast<std::uint32_t>(lists.followers.size() - before));
  }
  return absl::OkStatus();
}

void ModelLinkSource::Profiles(MemberRange range, MemberColumns& members) const {
  members.Clear();
  for (std::uint32_t m = range.first.value; m < range.end(); ++m) {
    members.keys.push_back(keys_[m]);
    members.community.push_back(members_[m].community);
    members.network.push_back(members_[m].network);
    members.account_kind.push_back(members_[m].account_kind);
    if (!persons_) continue;
    const auto person = std::ranges::lower_bound(keys_, members_[m].person.value_or(keys_[m]));
    members.person.push_back(static_cast<std::uint32_t>(person - keys_.begin()));
  }
}

}  // namespace lawine
