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
  const ProfileColumn<std::uint32_t>& communities = members.communities();
  community_of_all_ = GroupOf(communities.all(), spec);
  for (const std::uint32_t community : communities.values()) {
    communities_.push_back(static_cast<std::uint16_t>(GroupOf(community, spec)));
  }
}

void AddTo(std::span<const GroupRow> rows, std::vector<GroupRow>& sums) {
  sums.resize(std::max(sums.size(), rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sums[i].members += rows[i].members;
    sums[i].deliveries += rows[i].deliveries;
    sums[i].reach += rows[i].reach;
    sums[i].forwards += rows[i].forwards;
    sums[i].first_met += rows[i].first_met;
    sums[i].last_met += rows[i].last_met;
  }
}

}  // namespace lawine
