#include "services/coordinator/group_result.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/graph/profile.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

std::string OrUnknown(std::string name) { return name.empty() ? "unknown" : name; }

std::string CommunityOf(std::size_t place, const GroupSpec& spec) {
  if (place < spec.communities.size()) return absl::StrCat(spec.communities[place]);
  return place == spec.communities.size() ? "none" : "others";
}

std::pair<pb::GroupKind, std::string> GroupOf(std::uint32_t group, const GroupSpec& spec) {
  if (group < kGroupAccountKinds) {
    return {pb::GROUP_KIND_NETWORK,
            OrUnknown(NetworkName(static_cast<std::uint8_t>(group - kGroupNetworks)))};
  }
  if (group < kGroupCommunities) {
    const auto kind = static_cast<std::uint8_t>(group - kGroupAccountKinds);
    return {pb::GROUP_KIND_ACCOUNT_KIND, OrUnknown(std::string(AccountKindName(kind)))};
  }
  return {pb::GROUP_KIND_COMMUNITY, CommunityOf(group - kGroupCommunities, spec)};
}

}  // namespace

google::protobuf::RepeatedPtrField<pb::GroupResult> GroupResults(std::span<const GroupRow> rows,
                                                                 const GroupSpec& spec,
                                                                 std::uint32_t replicas,
                                                                 bool several_messages) {
  google::protobuf::RepeatedPtrField<pb::GroupResult> results;
  for (std::uint32_t group = 0; group < rows.size(); ++group) {
    const GroupRow& row = rows[group];
    if (row.members == 0) continue;
    pb::GroupResult& result = *results.Add();
    const auto [kind, name] = GroupOf(group, spec);
    result.set_kind(kind);
    result.set_name(name);
    result.set_members(row.members / replicas);
    result.set_deliveries(row.deliveries);
    result.set_reach(row.reach);
    result.set_forwards(row.forwards);
    result.set_unreached(row.members - row.reach);
    if (!several_messages) continue;
    result.set_first_met(row.first_met);
    result.set_last_met(row.last_met);
  }
  return results;
}

}  // namespace lawine
