#include "services/coordinator/workers/worker_handle.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/list_text.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

constexpr char kShardsMovePayload[] = "lawine/shards-move";
constexpr std::size_t kShardsBytesMax = 100;  // of their numbers in a text

void CopyDetails(const absl::Status& from, absl::Status& to) {
  from.ForEachPayload(
      [&to](absl::string_view name, const absl::Cord& payload) { to.SetPayload(name, payload); });
}

}  // namespace

std::string WorkerHandle::Text() const { return absl::StrCat("worker ", node_id, " at ", address); }

absl::Status WorkerHandle::Said(const grpc::Status& status) const {
  const absl::Status said = FromGrpc(status);
  if (said.ok()) return said;
  absl::Status named(said.code(), absl::StrCat(Text(), ": ", said.message()));
  CopyDetails(said, named);
  return named;
}

absl::Status WorkerHandle::PartSaid(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  const bool gone = status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
  const absl::Status said = FromGrpc(status);
  absl::Status named =
      PartFailed(said.code(), absl::StrCat(gone ? " has disappeared: " : ": ", status.error_message()));
  CopyDetails(said, named);
  return named;
}

absl::Status WorkerHandle::PartFailed(absl::StatusCode code, const std::string& what) const {
  return absl::Status(code,
                      absl::StrCat(Text(), " (shards ", ListText(shards, ", ", kShardsBytesMax), ")", what));
}

absl::Status Placement::Check(const std::string& graph) const {
  if (missing.empty()) return absl::OkStatus();
  std::string text =
      absl::StrCat("graph '", graph, "': no live worker holds ", missing.size() == 1 ? "shard " : "shards ",
                   ListText(missing, ", ", kShardsBytesMax));
  if (!problems.empty()) absl::StrAppend(&text, "; ", ListText(problems, "; "));
  absl::StrAppend(&text, ". Start the workers that hold them, or restore or make the graph again.");
  return absl::UnavailableError(text);
}

absl::Status Placement::Ended(absl::Status status) const {
  if (status.ok() || lease == nullptr || !lease->cancelled()) return status;
  return ShardsMove("it was stopped because shards of its graph move to other workers");
}

absl::Status ShardsMove(const std::string& what) {
  absl::Status status = WithReason(absl::UnavailableError(absl::StrCat(what, ": try again")), "SHARDS_MOVE");
  status.SetPayload(kShardsMovePayload, absl::Cord("1"));
  return status;
}

bool IsShardsMove(const absl::Status& status) { return status.GetPayload(kShardsMovePayload).has_value(); }

const WorkerHandle& Placement::HolderOf(std::uint32_t shard) const {
  const auto holds = [shard](const WorkerHandle& worker) {
    return std::binary_search(worker.shards.begin(), worker.shards.end(), shard);
  };
  const auto holder = std::find_if(workers.begin(), workers.end(), holds);
  LAWINE_CHECK(holder != workers.end());
  return *holder;
}

}  // namespace lawine
