#include "services/coordinator/runs/group_result.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/graph/profile.h"
#include "services/common/number_text.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

std::string OrUnknown(std::string name) { return name.empty() ? "unknown" : name; }

std::string CommunityOf(std::size_t place, const GroupSpec& spec) {
  if (place < spec.communities.size()) return absl::StrCat(spec.communities[place]);
  return place == spec.communities.size() ? "none" : "others";
}

// "0", "1 to 9", "10,000 or more"
std::string BandOf(std::size_t band) {
  const auto first = Thousands(kAudienceBands[band]);
  if (band + 1 == kAudienceBands.size()) return absl::StrCat(first, " or more");
  const std::uint32_t last = kAudienceBands[band + 1] - 1;
  return last == kAudienceBands[band] ? first : absl::StrCat(first, " to ", Thousands(last));
}

std::pair<pb::GroupKind, std::string> GroupOf(std::uint32_t group, const GroupSpec& spec) {
  if (group < kGroupAccountKinds) {
    return {pb::GROUP_KIND_NETWORK,
            OrUnknown(NetworkName(static_cast<std::uint8_t>(group - kGroupNetworks)))};
  }
  if (group < kGroupAudiences) {
    const auto kind = static_cast<std::uint8_t>(group - kGroupAccountKinds);
    return {pb::GROUP_KIND_ACCOUNT_KIND, OrUnknown(std::string(AccountKindName(kind)))};
  }
  if (group < kGroupCommunities) return {pb::GROUP_KIND_AUDIENCE, BandOf(group - kGroupAudiences)};
  return {pb::GROUP_KIND_COMMUNITY, CommunityOf(group - kGroupCommunities, spec)};
}

}  // namespace

google::protobuf::RepeatedPtrField<pb::GroupResult> GroupResults(std::span<const GroupRow> rows,
                                                                 const GroupSpec& spec,
                                                                 std::uint32_t replicas,
                                                                 bool several_messages) {
  google::protobuf::RepeatedPtrField<pb::GroupResult> results;
  for (std::uint32_t group = 0; group < GroupsCount(spec); ++group) {
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

void AddMetBySteps(std::span<const GroupRow> rows, const GroupSpec& spec,
                   google::protobuf::RepeatedPtrField<pb::StepCounts>& steps) {
  for (pb::StepCounts& step : steps) {
    const std::size_t at = std::size_t{GroupsCount(spec)} + step.step();
    step.set_first_met(at < rows.size() ? rows[at].first_met : 0);
    step.set_last_met(at < rows.size() ? rows[at].last_met : 0);
  }
}

}  // namespace lawine
