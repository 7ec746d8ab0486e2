#include "services/worker/shards/verify.h"

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/store/shard_check.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

absl::Status Check(ShardHost& shards, const ShardName& name, std::uint64_t graph_version, Executor& executor,
                   pbi::CheckedShard& checked) {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<const ShardLog> log, shards.Log(name));
  LAWINE_RETURN_IF_ERROR(log->CheckStored());
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<const ShardReader> reader,
                          shards.Reader(name, graph_version));
  LAWINE_ASSIGN_OR_RETURN(const ShardCheck check, CheckShard(*reader, executor));
  checked.set_file_bytes(check.file_bytes);
  checked.set_links(check.links);
  checked.set_members(check.members);
  checked.set_digest(check.digest.ToHex());
  return absl::OkStatus();
}

}  // namespace

absl::Status Verify(ShardHost& shards, Executor& executor, const grpc::ServerContext& context,
                    const pbi::VerifyShardsRequest& request, pbi::VerifyShardsResponse& response) {
  for (const HeldShardState& state : shards.List()) {
    if (state.name.graph != request.graph()) continue;
    if (context.IsCancelled()) return absl::CancelledError("the caller is gone");
    pbi::CheckedShard& checked = *response.add_shards();
    checked.set_shard(state.name.shard.value);
    const absl::Time start = absl::Now();
    const absl::Status found = Check(shards, state.name, request.graph_version(), executor, checked);
    checked.set_problem(std::string(found.message()));
    checked.set_seconds(absl::ToDoubleSeconds(absl::Now() - start));
  }
  return absl::OkStatus();
}

}  // namespace lawine
