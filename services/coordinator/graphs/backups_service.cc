#include "services/coordinator/graphs/backups_service.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/common/silence_limit.h"
#include "services/common/steady_time.h"
#include "services/coordinator/graphs/graph_backups.h"
#include "services/coordinator/graphs/graph_restore.h"
#include "services/coordinator/workers/call_guard.h"

namespace lawine {

namespace pb = ::lawine::v1;

namespace {

constexpr char kCalls[] = "backups and restores";
constexpr absl::Duration kTellEvery = absl::Milliseconds(300);
// As in traffic: a caller that neither sends nor ends cannot be told of a failure.
constexpr absl::Duration kFailureKept = absl::Seconds(2);

// Reads all of the file; tells how far it is now and then.
absl::Status TakeFile(GraphRestore& restore, BackupService::RestoreStream& stream, SilenceLimit& silence) {
  pb::RestoreGraphRequest request;
  SteadyTime told = SteadyNow();
  while (silence.Read(stream, request)) {
    if (request.end()) return absl::OkStatus();
    if (!request.has_data()) return FieldError("part", "expected data after the options");
    LAWINE_RETURN_IF_ERROR(restore.Append(request.data()));
    if (SteadyNow() - told < kTellEvery) continue;
    told = SteadyNow();
    pb::RestoreGraphResponse response;
    response.mutable_progress()->set_phase("restoring");
    response.mutable_progress()->set_bytes_taken(restore.bytes_taken());
    response.mutable_progress()->set_bytes_expected(restore.bytes_expected());
    if (!silence.Write(stream, response)) break;
  }
  LAWINE_RETURN_IF_ERROR(silence.status());
  // Reading ends the same way for a caller that has left.
  return absl::CancelledError("the caller left before all of the file had come");
}

}  // namespace

grpc::Status BackupService::BackupGraph(grpc::ServerContext* context, const pb::BackupGraphRequest* request,
                                        grpc::ServerWriter<pb::BackupGraphResponse>* writer) {
  return ToGrpc(Backup(*context, request->name(), *writer));
}

absl::Status BackupService::Backup(grpc::ServerContext& context, const std::string& name,
                                   grpc::ServerWriter<pb::BackupGraphResponse>& writer) {
  const GoingOn going_on(going_on_);
  LAWINE_RETURN_IF_ERROR(CheckRoom(going_on, kAtOnceMax, kCalls));
  LAWINE_ASSIGN_OR_RETURN(GraphUse use, GraphUse::Of(graphs_, name));
  LAWINE_ASSIGN_OR_RETURN(const auto graph, graphs_.Find(name, use.version()));
  LAWINE_ASSIGN_OR_RETURN(Placement placement, graphs_.Place(graph));
  Cancellation cancellation;
  const CallGuard guard(context, cancellation);
  LAWINE_ASSIGN_OR_RETURN(OpenShards::Places places, TakePlaces(placement, cancellation));
  SilenceLimit silence(context);
  bool first = true;
  const auto take = [&](std::string_view bytes, std::uint64_t bytes_expected) {
    bool taken = true;
    for (; taken && !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kStreamPartBytes))) {
      pb::BackupGraphResponse response;
      const std::string_view part = bytes.substr(0, kStreamPartBytes);
      response.set_data(part.data(), part.size());
      if (std::exchange(first, false)) response.set_bytes_expected(bytes_expected);
      taken = silence.Write(writer, response);
    }
    return taken;
  };
  const absl::Status made =
      BackUpGraph(graph, std::move(use), std::move(placement), std::move(places), take, cancellation);
  LAWINE_RETURN_IF_ERROR(silence.status());
  LAWINE_RETURN_IF_ERROR(made);
  spdlog::info("graph '{}' was backed up, version {}", name, graph.info().graph_version());
  return absl::OkStatus();
}

// Shards that are to move meanwhile are not waited for with them.
absl::StatusOr<OpenShards::Places> BackupService::TakePlaces(const Placement& placement,
                                                             const Cancellation& cancellation) {
  OpenShards::Counts counts;
  for (const WorkerHandle& worker : placement.workers) {
    counts[worker.node_id] = static_cast<std::uint32_t>(worker.shards.size());
  }
  const auto gone = [&] { return cancellation.cancelled() || placement.lease->cancelled(); };
  auto places = graphs_.placements().open_shards().Take(counts, gone);
  LAWINE_RETURN_IF_ERROR(placement.Ended(places.status()));
  return places;
}

grpc::Status BackupService::RestoreGraph(grpc::ServerContext* context, RestoreStream* stream) {
  return ToGrpc(Restore(*context, *stream));
}

absl::Status BackupService::Restore(grpc::ServerContext& context, RestoreStream& stream) {
  SilenceLimit silence(context, "repeat the call");
  pb::RestoreGraphRequest first;
  LAWINE_RETURN_IF_ERROR(silence.ReadFirst(stream, first, "options"));
  if (!first.has_options()) return FieldError("part", "expected options first");
  const GoingOn going_on(going_on_);
  LAWINE_RETURN_IF_ERROR(CheckRoom(going_on, kAtOnceMax, kCalls));
  Cancellation cancellation;
  const CallGuard guard(context, cancellation, kFailureKept);
  GraphRestore restore(graphs_, workers_, first.options(), cancellation);
  LAWINE_RETURN_IF_ERROR(TakeFile(restore, stream, silence));
  pb::RestoreGraphResponse last;
  LAWINE_ASSIGN_OR_RETURN(*last.mutable_restored(), restore.Finish());
  spdlog::info("graph '{}' was restored: {} shards", last.restored().graph().name(),
               last.restored().shards_size());
  silence.Write(stream, last);
  return silence.status();
}

}  // namespace lawine
