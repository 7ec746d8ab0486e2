#include "engine/spread/group_counts.h"

#include <algorithm>

#include "engine/graph/profile.h"

namespace lawine {
namespace {

std::uint32_t GroupOf(std::uint32_t community, const GroupSpec& spec) {
  const auto& listed = spec.communities;
  const auto found = std::lower_bound(listed.begin(), listed.end(), community);
  if (found != listed.end() && *found == community) {
    return kGroupCommunities + static_cast<std::uint32_t>(found - listed.begin());
  }
  return GroupsCount(spec) - (community == kNoCommunity ? 2 : 1);
}

}  // namespace

MemberGroups::MemberGroups(const GroupSpec& spec, const ShardMembers& members)
    : members_(members), count_(GroupsCount(spec)) {
  for (const std::uint32_t audience : members.audience()) {
    const auto next = std::upper_bound(kAudienceBands.begin(), kAudienceBands.end(), audience);
    bands_.push_back(static_cast<std::uint8_t>(next - kAudienceBands.begin() - 1));
  }
  const ProfileColumn<std::uint32_t>& communities = members.communities();
  community_of_all_ = GroupOf(communities.all(), spec);
  for (const std::uint32_t community : communities.values()) {
    communities_.push_back(static_cast<std::uint16_t>(GroupOf(community, spec)));
  }
}

void AddTo(const GroupRow& row, GroupRow& sum) {
  sum.members += row.members;
  sum.deliveries += row.deliveries;
  sum.reach += row.reach;
  sum.forwards += row.forwards;
  sum.first_met += row.first_met;
  sum.last_met += row.last_met;
}

void AddTo(std::span<const GroupRow> rows, std::vector<GroupRow>& sums) {
  sums.resize(std::max(sums.size(), rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) AddTo(rows[i], sums[i]);
}

}  // namespace lawine
