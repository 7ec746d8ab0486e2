#include "engine/store/shard_delta.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

absl::Status Unfit(const ShardManifest& manifest, std::uint64_t version, const std::string& what) {
  return ManifestContradicted(manifest, absl::StrCat("the changes of version ", version, " ", what));
}

// Replaces what is known of the link, or adds it, in order.
void Set(const ChangedLink& link, ShardDelta::Links& links) {
  const ShardDelta::Link now{link.receiver, link.kind, link.there, link.weight};
  const auto before = [](const ShardDelta::Link& a, const ShardDelta::Link& b) {
    return std::pair(a.receiver, a.kind) < std::pair(b.receiver, b.kind);
  };
  const auto at = std::lower_bound(links.begin(), links.end(), now, before);
  if (at != links.end() && !before(now, *at)) {
    *at = now;
  } else {
    links.insert(at, now);
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ShardDelta>> ShardDelta::Of(const ShardMembers& base,
                                                                 std::span<const ChangeRecord> records) {
  std::shared_ptr<ShardDelta> delta(new ShardDelta(base.manifest()));
  for (const ChangeRecord& record : records) LAWINE_RETURN_IF_ERROR(delta->Add(record));
  const ShardManifest& now = delta->manifest_;
  if (now.links > limits::kLinksPerShardMax || now.links > now.graph.links) {
    return Unfit(now, now.graph.graph_version,
                 absl::StrCat("leave the shard ", now.links, " links, of a graph of ", now.graph.links));
  }
  LAWINE_RETURN_IF_ERROR(delta->CheckDegrees(base));
  LAWINE_RETURN_IF_ERROR(delta->CountByStride());
  return delta;
}

absl::Status ShardDelta::Add(const ChangeRecord& record) {
  GraphInfo& graph = manifest_.graph;
  if (record.graph_version != graph.graph_version + 1) {
    return Unfit(manifest_, record.graph_version, absl::StrCat("follow those of ", graph.graph_version));
  }
  graph.made_digest = graph.identity();
  graph.graph_version = record.graph_version;
  graph.links = record.graph_links;
  graph.digest = record.graph_digest;
  manifest_.digest += record.shard_digest_added;
  LAWINE_RETURN_IF_ERROR(AddMembers(record));
  LAWINE_RETURN_IF_ERROR(AddLinks(record));
  for (const ChangedAudience& audience : record.audiences) {
    if (audience.member >= manifest_.range().count) {
      return Unfit(manifest_, record.graph_version, "are of members outside the shard");
    }
    audiences_[audience.member] += audience.added;
  }
  return absl::OkStatus();
}

absl::Status ShardDelta::AddMembers(const ChangeRecord& record) {
  if (record.members.empty()) return absl::OkStatus();
  GraphInfo& graph = manifest_.graph;
  const std::uint64_t members = std::uint64_t{graph.members()} + record.members.size();
  if (members > limits::kMembersMax) return Unfit(manifest_, record.graph_version, "are too many members");
  for (std::size_t i = 0; i < record.members.size(); ++i) {
    manifest_.keys_listed = manifest_.keys_listed || record.members[i].key != graph.members() + i;
  }
  added_.insert(added_.end(), record.members.begin(), record.members.end());
  graph.added_members += static_cast<std::uint32_t>(record.members.size());
  std::vector<std::uint32_t> boundaries(graph.partition.boundaries().begin(),
                                        graph.partition.boundaries().end());
  boundaries.back() = static_cast<std::uint32_t>(members);
  LAWINE_ASSIGN_OR_RETURN(graph.partition, PartitionMap::FromBoundaries(boundaries));
  return absl::OkStatus();
}

absl::Status ShardDelta::AddLinks(const ChangeRecord& record) {
  const LinkColumns columns = manifest_.graph.columns;
  for (const ChangedLink& link : record.links) {
    if (link.source.value >= manifest_.graph.members() || link.receiver >= manifest_.range().count) {
      return Unfit(manifest_, record.graph_version, "are of links between members that do not exist");
    }
    if ((link.kind != 0 && !columns.kinds) || (link.weight != 0 && !columns.weights)) {
      return Unfit(manifest_, record.graph_version, "have kinds or weights of links, the graph has none");
    }
    const std::int64_t added = link.there ? 1 : -1;
    Set(link, links_[link.source.value]);
    links_by_stride_[link.source.value / ShardManifest::kSourcesPerStride] += added;
    followees_[link.receiver] += added;
    manifest_.links += static_cast<std::uint64_t>(added);
  }
  return absl::OkStatus();
}

// Degrees stay numbers, and members that had no followees have some, and the other way round.
absl::Status ShardDelta::CheckDegrees(const ShardMembers& base) {
  const auto degree = [](std::span<const std::uint32_t> degrees, std::uint32_t member) -> std::int64_t {
    return member < degrees.size() ? degrees[member] : 0;
  };
  for (const auto& [member, added] : audiences_) {
    const std::int64_t now = degree(base.audience(), member) + added;
    if (now >= 0 && now <= std::int64_t{0xFFFFFFFF}) continue;
    return Unfit(manifest_, manifest_.graph.graph_version, "leave a member an impossible audience");
  }
  manifest_.without_followees += manifest_.range().count - base.range().count;
  for (const auto& [member, added] : followees_) {
    const std::int64_t before = degree(base.followees(), member), now = before + added;
    if (now < 0) return Unfit(manifest_, manifest_.graph.graph_version, "take more links than there are");
    manifest_.without_followees += (now == 0 ? 1 : 0) - (before == 0 ? 1 : 0);
  }
  return absl::OkStatus();
}

absl::Status ShardDelta::CountByStride() {
  const std::uint32_t strides = limits::BlocksOf<ShardManifest::kSourcesPerStride>(manifest_.graph.members());
  std::vector<std::uint64_t> before = {0};
  for (std::uint32_t s = 0; s < strides; ++s) {
    std::int64_t links = 0;
    if (s + 1 < base_.links_before.size()) {
      links = static_cast<std::int64_t>(base_.links_before[s + 1] - base_.links_before[s]);
    }
    if (const auto added = links_by_stride_.find(s); added != links_by_stride_.end()) links += added->second;
    if (links < 0) return Unfit(manifest_, manifest_.graph.graph_version, "take more links than there are");
    before.push_back(before.back() + static_cast<std::uint64_t>(links));
  }
  manifest_.links_before = std::move(before);
  return absl::OkStatus();
}

}  // namespace lawine
