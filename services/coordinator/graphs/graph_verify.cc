#include "services/coordinator/graphs/graph_verify.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/status_macros.h"
#include "services/coordinator/workers/fan_out.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kVerifyTimeout = absl::Hours(6);

pb::ShardVerdict VerdictOf(const pbi::CheckedShard& checked, const std::string& worker) {
  pb::ShardVerdict verdict;
  verdict.set_shard(checked.shard());
  verdict.set_worker(worker);
  verdict.set_problem(checked.problem());
  verdict.set_file_bytes(checked.file_bytes());
  verdict.set_links(checked.links());
  verdict.set_members(checked.members());
  verdict.set_seconds(checked.seconds());
  return verdict;
}

}  // namespace

absl::StatusOr<pb::VerifyGraphResponse> VerifyGraph(const pbi::GraphInfo& graph,
                                                    std::span<const WorkerHandle> holders,
                                                    std::span<const std::string> owners,
                                                    Cancellation& cancellation) {
  pbi::VerifyShardsRequest request;
  request.set_graph(graph.name());
  request.set_graph_version(graph.graph_version());
  LAWINE_ASSIGN_OR_RETURN(
      const std::vector<pbi::VerifyShardsResponse> parts,
      AskAll(holders, &WorkerStub::VerifyShards, request, kVerifyTimeout, {&cancellation}));
  pb::VerifyGraphResponse response;
  Digest digest;
  std::set<std::uint32_t> sound;
  for (std::size_t w = 0; w < holders.size(); ++w) {
    for (const pbi::CheckedShard& checked : parts[w].shards()) {
      const std::string owner = checked.shard() < owners.size() ? owners[checked.shard()] : "";
      if (!owner.empty() && owner != holders[w].node_id) continue;
      *response.add_shards() = VerdictOf(checked, holders[w].node_id);
      if (!checked.problem().empty() || !sound.insert(checked.shard()).second) continue;
      LAWINE_ASSIGN_OR_RETURN(const Digest part, Digest::FromHex(checked.digest()));
      digest += part;
    }
  }
  for (std::uint32_t s = 0; s + 1 < static_cast<std::uint32_t>(graph.boundaries_size()); ++s) {
    const bool held = std::any_of(response.shards().begin(), response.shards().end(),
                                  [s](const pb::ShardVerdict& verdict) { return verdict.shard() == s; });
    if (held) continue;
    pb::ShardVerdict& missing = *response.add_shards();
    missing.set_shard(s);
    missing.set_problem(
        "no live worker holds it: start the worker that does, or restore or make the graph again");
  }
  std::stable_sort(
      response.mutable_shards()->begin(), response.mutable_shards()->end(),
      [](const pb::ShardVerdict& a, const pb::ShardVerdict& b) { return a.shard() < b.shard(); });
  const bool all = std::all_of(response.shards().begin(), response.shards().end(),
                               [](const pb::ShardVerdict& verdict) { return verdict.problem().empty(); });
  response.set_digest(digest.ToHex());
  response.set_expected_digest(graph.digest());
  response.set_sound(all && response.digest() == response.expected_digest());
  return response;
}

}  // namespace lawine
