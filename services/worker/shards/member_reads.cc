#include "services/worker/shards/member_reads.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/member_block.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

template <class Label>
void CountLabels(const ProfileColumn<Label>& column, std::uint32_t members_count, pbi::LabelCounts& counts) {
  std::map<Label, std::uint32_t> members_by_label;
  if (column.values().empty()) {
    if (members_count > 0) members_by_label[column.all()] = members_count;
  } else {
    for (const Label label : column.values()) ++members_by_label[label];
  }
  for (const auto& [label, members] : members_by_label) {
    counts.add_labels(label);
    counts.add_members(members);
  }
}

}  // namespace

absl::StatusOr<MemberColumns> ReadMemberBlock(const ShardReader& reader, std::uint32_t block) {
  MemberColumns members;
  LAWINE_RETURN_IF_ERROR(reader.ScanMembers(
      block, block + 1,
      [&members](std::uint32_t, std::string_view bytes) { return DecodeMemberBlock(bytes, members); }));
  return members;
}

absl::StatusOr<std::shared_ptr<const ShardReader>> ReaderFor(ShardHost& shards,
                                                             const ShardManifest& manifest) {
  return shards.Reader({manifest.graph.name, manifest.shard}, manifest.graph.graph_version);
}

absl::Status ReadMember(ShardHost& shards, const ShardMembers& members, LocalId member, bool profile,
                        pbi::MemberRecord& record) {
  record.set_key(members.KeyOf(member));
  record.set_id(members.range().first.value + member.value);
  record.set_audience(members.audience()[member.value]);
  if (!profile) return absl::OkStatus();
  LAWINE_ASSIGN_OR_RETURN(const auto reader, ReaderFor(shards, members.manifest()));
  LAWINE_ASSIGN_OR_RETURN(const MemberColumns columns,
                          ReadMemberBlock(*reader, member.value / limits::kMembersPerBlock));
  const std::size_t at = member.value % limits::kMembersPerBlock;
  if (at >= columns.size()) return absl::DataLossError("a member block is shorter than its shard's range");
  if (!columns.names.empty()) record.set_name(columns.names[at]);
  record.set_followees(columns.followees[at]);
  record.set_community(columns.community[at]);
  record.set_network(columns.network[at]);
  record.set_account_kind(columns.account_kind[at]);
  record.set_person(members.PersonOf(member).value);
  return absl::OkStatus();
}

pbi::ShardDescription Describe(const ShardMembers& members, bool profiles) {
  pbi::ShardDescription description;
  description.set_shard(members.manifest().shard.value);
  description.set_members(members.range().count);
  description.set_links(members.manifest().links);
  description.set_without_followees(members.manifest().without_followees);
  std::map<std::uint32_t, std::uint32_t> members_by_audience;
  for (const std::uint32_t audience : members.audience()) ++members_by_audience[audience];
  for (const auto& [audience, count] : members_by_audience) {
    description.add_audiences(audience);
    description.add_audience_members(count);
  }
  if (!profiles) return description;
  std::uint32_t persons = 0;
  for (std::uint32_t m = 0; m < members.range().count; ++m) {
    persons += members.PersonOf(LocalId(m)).value == members.range().first.value + m;
  }
  description.set_persons(persons);
  const std::uint32_t members_count = members.range().count;
  CountLabels(members.networks(), members_count, *description.mutable_networks());
  CountLabels(members.account_kinds(), members_count, *description.mutable_account_kinds());
  CountLabels(members.communities(), members_count, *description.mutable_communities());
  return description;
}

absl::Status ReadFollowers(const ShardReader& reader, MemberId source, std::uint32_t count,
                           pbi::ReadFollowersResponse& response) {
  const ShardManifest& manifest = reader.manifest();
  if (source.value >= manifest.graph.members()) return absl::InvalidArgumentError("no such source");
  const std::uint32_t block = source.value / limits::kSourcesPerBlock;
  FollowerLists lists;
  LAWINE_RETURN_IF_ERROR(reader.ScanFollowers(block, block + 1, [&](std::uint32_t, std::string_view bytes) {
    return DecodeFollowerBlock(bytes, manifest.range().count, manifest.graph.columns, lists);
  }));
  if (lists.counts.empty()) return absl::OkStatus();
  const auto place = lists.counts.begin() + source.value % limits::kSourcesPerBlock;
  const std::size_t first = std::accumulate(lists.counts.begin(), place, std::size_t{0});
  for (std::size_t i = 0; i < std::min(*place, count); ++i) {
    response.add_followers(manifest.range().first.value + lists.followers[first + i]);
  }
  return absl::OkStatus();
}

}  // namespace lawine
