#include "services/coordinator/graphs/graph_stats.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/graph/profile.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/common/rpc.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kStatsTimeout = absl::Minutes(1);
constexpr std::size_t kLargestCommunities = 10;

using ShardDescriptions = std::vector<pbi::DescribeShardsResponse>;  // by worker

absl::StatusOr<ShardDescriptions> DescribeShards(const pbi::GraphInfo& graph, const Placement& placement,
                                                 bool profiles, Cancellation* cancellation = nullptr) {
  pbi::DescribeShardsRequest request;
  request.set_graph(graph.name());
  request.set_graph_version(graph.graph_version());
  request.set_profiles(profiles);
  return AskAll(placement.workers, &WorkerStub::DescribeShards, request, kStatsTimeout,
                {cancellation, placement.lease.get()});
}

AudienceDistribution AudiencesOf(const ShardDescriptions& parts) {
  AudienceDistribution audiences;
  for (const auto& part : parts) {
    for (const auto& s : part.shards()) {
      for (int i = 0; i < s.audiences_size(); ++i) audiences.Add(s.audiences(i), s.audience_members(i));
    }
  }
  return audiences;
}

using MembersByLabel = std::map<std::uint32_t, std::uint32_t>;

MembersByLabel AddUp(const ShardDescriptions& parts,
                     const pbi::LabelCounts& (pbi::ShardDescription::*counts_of)() const) {
  MembersByLabel sums;
  for (const auto& part : parts) {
    for (const auto& shard : part.shards()) {
      const pbi::LabelCounts& counts = (shard.*counts_of)();
      for (int i = 0; i < counts.labels_size(); ++i) sums[counts.labels(i)] += counts.members(i);
    }
  }
  return sums;
}

// Largest first, smaller labels first among equals.
std::vector<std::pair<std::uint32_t, std::uint32_t>> BySize(const MembersByLabel& members) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sorted(members.begin(), members.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

void AddLabels(const ShardDescriptions& parts, pb::GetGraphStatsResponse& stats) {
  for (const auto& [network, members] : BySize(AddUp(parts, &pbi::ShardDescription::networks))) {
    pb::NetworkStats& row = *stats.add_networks();
    row.set_network(NetworkName(static_cast<std::uint8_t>(network)));
    row.set_members(members);
  }
  for (const auto& [kind, members] : AddUp(parts, &pbi::ShardDescription::account_kinds)) {
    pb::AccountKindStats& row = *stats.add_account_kinds();
    row.set_account_kind(kind);
    row.set_members(members);
  }
  MembersByLabel communities = AddUp(parts, &pbi::ShardDescription::communities);
  if (const auto none = communities.find(kNoCommunity); none != communities.end()) {
    stats.set_without_community(none->second);
    communities.erase(none);
  }
  stats.set_communities(static_cast<std::uint32_t>(communities.size()));
  for (const auto& [community, members] : BySize(communities)) {
    if (static_cast<std::size_t>(stats.largest_communities_size()) == kLargestCommunities) break;
    pb::CommunityStats& row = *stats.add_largest_communities();
    row.set_community(community);
    row.set_members(members);
  }
}

void AddShards(const ShardDescriptions& parts, const Placement& placement, pb::GetGraphStatsResponse& stats) {
  for (std::size_t w = 0; w < parts.size(); ++w) {
    for (const auto& shard : parts[w].shards()) {
      pb::ShardStats& row = *stats.add_shards();
      row.set_shard(shard.shard());
      row.set_worker(placement.workers[w].node_id);
      row.set_members(shard.members());
      row.set_links(shard.links());
      row.set_disk_bytes(shard.disk_bytes());
      row.set_resident_bytes(shard.resident_bytes());
      row.set_links_in_memory(shard.links_in_memory());
      row.set_partly_in_memory(shard.partly_in_memory());
      stats.set_persons(stats.persons() + shard.persons());
      stats.set_without_followees(stats.without_followees() + shard.without_followees());
    }
  }
  std::sort(stats.mutable_shards()->begin(), stats.mutable_shards()->end(),
            [](const auto& a, const auto& b) { return a.shard() < b.shard(); });
}

}  // namespace

absl::StatusOr<AudienceDistribution> CountAudiences(const pbi::GraphInfo& graph, const Placement& placement) {
  LAWINE_ASSIGN_OR_RETURN(const auto parts, DescribeShards(graph, placement, false));
  return AudiencesOf(parts);
}

absl::StatusOr<std::vector<std::uint32_t>> LargestCommunities(const pbi::GraphInfo& graph,
                                                              const Placement& placement, std::size_t count,
                                                              Cancellation* cancellation) {
  LAWINE_ASSIGN_OR_RETURN(const auto parts, DescribeShards(graph, placement, true, cancellation));
  std::vector<std::uint32_t> communities;
  for (const auto& [community, members] : BySize(AddUp(parts, &pbi::ShardDescription::communities))) {
    if (community != kNoCommunity && communities.size() < count) communities.push_back(community);
  }
  std::sort(communities.begin(), communities.end());
  return communities;
}

absl::StatusOr<pb::GetGraphStatsResponse> CountGraph(const pbi::GraphInfo& graph, const Placement& placement,
                                                     Cancellation& cancellation) {
  LAWINE_ASSIGN_OR_RETURN(const auto parts, DescribeShards(graph, placement, true, &cancellation));
  pb::GetGraphStatsResponse stats;
  const AudienceDistribution audiences = AudiencesOf(parts);
  stats.set_audience_mean(audiences.Mean());
  stats.set_audience_median(audiences.Quantile(50));
  stats.set_audience_p99(audiences.Quantile(99));
  stats.set_audience_max(audiences.Max());
  stats.set_without_followers(audiences.Zeros());
  AddLabels(parts, stats);
  AddShards(parts, placement, stats);
  return stats;
}

}  // namespace lawine
