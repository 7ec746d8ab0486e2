#include "services/worker/shards/changes.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/store/change_record.h"
#include "services/common/wire.h"

namespace lawine {

namespace pbi = ::lawine::internal::v1;

absl::Status DescribeVersions(ShardHost& shards, const pbi::DescribeVersionsRequest& request,
                              pbi::DescribeVersionsResponse& response) {
  LAWINE_ASSIGN_OR_RETURN(const auto logs, shards.Logs(request.graph()));
  for (const auto& [shard, log] : logs) {
    pbi::ShardVersions& versions = *response.add_shards();
    versions.set_shard(shard.value);
    versions.set_stored_version(log->stored()->manifest().graph.graph_version);
    const GraphInfo head = log->head();
    versions.set_last_version(head.graph_version);
    versions.set_ticket(log->ticket());
    const auto info = request.graph_version() == 0 ? absl::StatusOr<GraphInfo>(head)
                                                   : log->GraphAt(request.graph_version());
    if (info.ok()) *versions.mutable_info() = wire::ToProto(*info);
  }
  return absl::OkStatus();
}

absl::Status ResolveMembers(ShardHost& shards, const pbi::ResolveMembersRequest& request,
                            pbi::ResolveMembersResponse& response) {
  LAWINE_ASSIGN_OR_RETURN(const auto stored, shards.StoredMembers(request.graph()));
  const auto add = [&response](MemberKey key, std::uint32_t id) {
    response.add_keys(key);
    response.add_ids(id);
  };
  for (const auto& members : stored) {
    const ShardManifest& manifest = members->manifest();
    const bool last = manifest.shard.value + 1 == manifest.graph.partition.shards_count();
    LAWINE_ASSIGN_OR_RETURN(const auto log, shards.Log({request.graph(), manifest.shard}));
    for (const std::uint64_t key : request.keys()) {
      if (const auto local = members->Find(key); local.has_value()) {
        add(key, members->range().first.value + local->value);
      } else if (const auto added = log->FindAdded(key, request.graph_version()); last && added.has_value()) {
        add(key, added->value);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ReadLinks(ShardHost& shards, const pbi::ReadLinksRequest& request,
                       pbi::ReadLinksResponse& response) {
  if (request.receivers_size() != request.sources_size() || request.kinds_size() != request.sources_size()) {
    return absl::InvalidArgumentError("expected columns of the same length");
  }
  LAWINE_ASSIGN_OR_RETURN(const auto log, shards.Log({request.graph(), ShardIndex(request.shard())}));
  LAWINE_ASSIGN_OR_RETURN(const GraphInfo graph, log->GraphAt(request.graph_version()));
  std::vector<LinkPlace> places;
  for (int i = 0; i < request.sources_size(); ++i) {
    const MemberId source(request.sources(i)), receiver(request.receivers(i));
    const bool here =
        receiver.value < graph.members() && graph.partition.OwnerOf(receiver) == ShardIndex(request.shard());
    if (source.value >= graph.members() || !here || request.kinds(i) > 255) {
      return absl::InvalidArgumentError("a link of members that do not exist, or are another shard's");
    }
    places.push_back({source, receiver, static_cast<std::uint8_t>(request.kinds(i))});
  }
  LAWINE_ASSIGN_OR_RETURN(const auto states, log->ReadLinks(request.graph_version(), places));
  for (const LinkState& state : states) {
    response.add_there(state.there);
    response.add_weights(state.weight);
  }
  return absl::OkStatus();
}

absl::Status WriteChanges(ShardHost& shards, const pbi::WriteChangesRequest& request) {
  LAWINE_ASSIGN_OR_RETURN(const ChangeRecord record, DecodeChangeRecord(request.record()));
  LAWINE_ASSIGN_OR_RETURN(const Digest previous, Digest::FromHex(request.previous_digest()));
  LAWINE_ASSIGN_OR_RETURN(const auto log, shards.Log({request.graph(), ShardIndex(request.shard())}));
  return log->Append(record, previous);
}

}  // namespace lawine
