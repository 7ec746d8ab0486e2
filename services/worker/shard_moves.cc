#include "services/worker/shard_moves.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "engine/store/changed_reader.h"
#include "engine/store/shard_check.h"
#include "engine/store/shard_log.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/common/shard_files.h"
#include "services/common/silence_limit.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr absl::Duration kTellEvery = absl::Milliseconds(200);

absl::StatusOr<ShardName> NameOf(const pbi::ShardId& id) {
  LAWINE_RETURN_IF_ERROR(CheckGraphName(id.graph()));
  return ShardName{.graph = id.graph(), .shard = ShardIndex(id.shard())};
}

absl::Status CheckGraph(const ShardManifest& manifest, const pbi::ShardId& id) {
  const std::string found = manifest.graph.identity().ToHex();
  if (found == id.graph_digest()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("shard ", manifest.shard.value, " of graph '",
                                                    manifest.graph.name, "': expected digest ",
                                                    id.graph_digest(), ", this worker holds ", found));
}

// `found` is the digest of the graph at that version, as the shard knows it.
absl::Status CheckVersion(const pbi::ShardId& id, const Digest& found) {
  if (found.ToHex() == id.version_digest()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("shard ", id.shard(), " of graph '", id.graph(),
                                                    "' at version ", id.graph_version(), ": expected digest ",
                                                    id.version_digest(), ", found ", found.ToHex()));
}

// Asks the worker that has the shard for what is missing, file by file.
class Fetching {
 public:
  using Stream = grpc::ClientReaderWriter<pbi::SendShardRequest, pbi::SendShardResponse>;

  Fetching(grpc::ServerContext& context, const pbi::FetchShardRequest& request,
           const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : context_(grpc::ClientContext::FromServerContext(context)),
        stub_(pbi::ShardService::NewStub(OpenChannel(request.source_address(), credentials))),
        source_(request.source_address()),
        stream_(stub_->SendShard(context_.get())) {
    pbi::SendShardRequest first;
    *first.mutable_shard() = request.shard();
    stream_->Write(first);  // a failure shows when reading
  }
  ~Fetching() {
    if (finished_) return;
    context_->TryCancel();
    stream_->Finish();
  }
  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;

  absl::StatusOr<std::vector<ShardFile>> Files() {
    pbi::SendShardResponse response;
    if (!stream_->Read(&response)) return Failure();
    if (!response.has_files()) return absl::InternalError("expected the list of files first");
    return wire::FromProto(response.files());
  }
  absl::Status Ask(ShardArrival::Place place) {
    pbi::SendShardRequest request;
    request.mutable_wanted()->set_file(static_cast<std::uint32_t>(place.file));
    request.mutable_wanted()->set_offset(place.offset);
    return stream_->Write(request) ? absl::OkStatus() : Failure();
  }
  // Further bytes of the file that was asked for last.
  absl::StatusOr<std::string> Read() {
    pbi::SendShardResponse response;
    if (!stream_->Read(&response)) return Failure();
    return std::move(*response.mutable_data());
  }

 private:
  absl::Status Failure() {
    finished_ = true;
    stream_->WritesDone();
    const absl::Status status = FromGrpc(stream_->Finish());
    if (status.ok()) return absl::UnavailableError(absl::StrCat(source_, " ended the copy early"));
    return absl::Status(status.code(), absl::StrCat("from ", source_, ": ", status.message()));
  }

  const std::unique_ptr<grpc::ClientContext> context_;  // ends with the call that it serves
  const std::unique_ptr<pbi::ShardService::Stub> stub_;
  const std::string source_;
  const std::unique_ptr<Stream> stream_;
  bool finished_ = false;
};

bool Tell(const ShardArrival& arrival, bool arrived, ShardMoves::FetchWriter& writer) {
  pbi::FetchShardResponse response;
  response.set_bytes_copied(arrival.bytes_arrived());
  response.set_bytes_total(arrival.bytes_total());
  response.set_arrived(arrived);
  return writer.Write(response);
}

absl::Status FetchAll(Fetching& source, ShardArrival& arrival, ShardMoves::FetchWriter& writer) {
  const absl::Status gone = absl::CancelledError("the coordinator ended the copy");
  if (!Tell(arrival, false, writer)) return gone;
  absl::Time told = absl::Now();
  while (const auto next = arrival.next()) {
    LAWINE_RETURN_IF_ERROR(source.Ask(*next));
    for (auto at = arrival.next(); at.has_value() && at->file == next->file;) {
      LAWINE_ASSIGN_OR_RETURN(const std::string bytes, source.Read());
      LAWINE_RETURN_IF_ERROR(arrival.Append(bytes));
      const std::uint64_t expected = at->offset + bytes.size();
      at = arrival.next();
      // A file that has to come again from its beginning is asked for again.
      if (at.has_value() && at->file == next->file && at->offset != expected) break;
      if (absl::Now() - told < kTellEvery) continue;
      told = absl::Now();
      if (!Tell(arrival, false, writer)) return gone;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<ShardLog>> ShardMoves::LogOf(const pbi::ShardId& shard) const {
  LAWINE_ASSIGN_OR_RETURN(const ShardName name, NameOf(shard));
  LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<ShardLog> log, shards_.Log(name));
  LAWINE_RETURN_IF_ERROR(CheckGraph(log->stored()->manifest(), shard));
  LAWINE_ASSIGN_OR_RETURN(const GraphInfo graph, log->GraphAt(shard.graph_version()));
  LAWINE_RETURN_IF_ERROR(CheckVersion(shard, graph.digest));
  return log;
}

absl::StatusOr<std::unique_ptr<ShardCheckpoint>> ShardMoves::CheckpointOf(const pbi::ShardId& shard) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<ShardLog> log, LogOf(shard));
  return log->stored()->Checkpoint();
}

// Whoever is asked or told something of shards under an address that another worker had before.
absl::Status ShardMoves::CheckMeant(const std::string& node_id) const {
  if (node_id == node_id_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("expected worker ", node_id, " here, found worker ", node_id_));
}

absl::Status ShardMoves::Confirm(const pbi::ConfirmShardRequest& request) const {
  LAWINE_RETURN_IF_ERROR(CheckMeant(request.node_id()));
  return LogOf(request.shard()).status();
}

absl::Status ShardMoves::Send(grpc::ServerContext& context, SendStream& stream) const {
  SilenceLimit silence(context, "fetch the shard again, it goes on where it was", silence_max_);
  pbi::SendShardRequest request;
  LAWINE_RETURN_IF_ERROR(silence.ReadFirst(stream, request, "the shard"));
  if (!request.has_shard()) return absl::InvalidArgumentError("expected the shard first");
  const pbi::ShardId shard = request.shard();
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<ShardCheckpoint> checkpoint, CheckpointOf(shard));
  pbi::SendShardResponse response;
  *response.mutable_files() = wire::ToProto(checkpoint->files());
  if (!stream.Write(response)) return absl::CancelledError("the caller is gone");
  while (silence.Read(stream, request)) {
    const pbi::FilePlace& wanted = request.wanted();
    if (!request.has_wanted() || wanted.file() >= checkpoint->files().size()) {
      return absl::InvalidArgumentError("expected a file of the list");
    }
    const std::uint64_t size = checkpoint->files()[wanted.file()].size;
    for (std::uint64_t at = wanted.offset(); at < size; at += response.data().size()) {
      const std::size_t count =
          static_cast<std::size_t>(std::min<std::uint64_t>(kStreamPartBytes, size - at));
      LAWINE_ASSIGN_OR_RETURN(*response.mutable_data(), checkpoint->Read(wanted.file(), at, count));
      if (response.data().size() < count) {
        return absl::DataLossError(absl::StrCat("shard ", shard.shard(), " of graph '", shard.graph(), "': ",
                                                checkpoint->files()[wanted.file()].name, " ends at byte ",
                                                at + response.data().size(), ", expected ", size));
      }
      if (!stream.Write(response)) return absl::CancelledError("the caller is gone");
    }
  }
  return silence.status();
}

absl::StatusOr<Turns::Turn> ShardMoves::Take(const ShardName& name, const grpc::ServerContext& context) {
  return turns_.Take(absl::StrCat(name.graph, "/", name.shard.value),
                     [&context] { return context.IsCancelled(); });
}

absl::Status ShardMoves::Fetch(grpc::ServerContext& context, const pbi::FetchShardRequest& request,
                               FetchWriter& writer) {
  LAWINE_ASSIGN_OR_RETURN(const ShardName name, NameOf(request.shard()));
  // An earlier call, of a coordinator that was restarted, may not have noticed yet.
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, Take(name, context));
  if (shards_.Log(name).ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat("this worker holds shard ", name.shard.value, " of '", name.graph, "' already"));
  }
  Fetching source(context, request, credentials_);
  LAWINE_ASSIGN_OR_RETURN(const std::vector<ShardFile> files, source.Files());
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<ShardArrival> arrival, arrivals_.Begin(name, files));
  LAWINE_RETURN_IF_ERROR(FetchAll(source, *arrival, writer));
  LAWINE_RETURN_IF_ERROR(arrival->Finish());
  LAWINE_RETURN_IF_ERROR(CheckArrived(name, request.shard()));
  return Tell(*arrival, true, writer) ? absl::OkStatus()
                                      : absl::CancelledError("the coordinator ended the copy");
}

// Whether it can be a shard of this worker.
absl::Status ShardMoves::CheckArrived(const ShardName& name, const pbi::ShardId& id) const {
  LAWINE_ASSIGN_OR_RETURN(const ShardManifest manifest, arrivals_.ManifestOf(name));
  LAWINE_RETURN_IF_ERROR(CheckGraph(manifest, id));
  LAWINE_ASSIGN_OR_RETURN(const Digest digest, arrivals_.DigestAt(name, id.graph_version()));
  LAWINE_RETURN_IF_ERROR(CheckVersion(id, digest));
  return shards_.CheckRoomFor(manifest);
}

absl::StatusOr<pbi::StoreShardResponse> ShardMoves::Store(const grpc::ServerContext& context,
                                                          StoreReader& reader) {
  pbi::StoreShardRequest first;
  if (!reader.Read(&first)) return absl::CancelledError("the coordinator is gone");
  if (!first.has_job()) return absl::InvalidArgumentError("expected the job first");
  LAWINE_ASSIGN_OR_RETURN(const ShardName name, NameOf(first.job().shard()));
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, Take(name, context));
  if (shards_.Log(name).ok()) {
    return absl::AlreadyExistsError(
        absl::StrCat("this worker holds shard ", name.shard.value, " of '", name.graph, "' already"));
  }
  LAWINE_RETURN_IF_ERROR(arrivals_.Remove(name));
  auto stored = StoreAll(first.job(), name, reader);
  if (!stored.ok()) arrivals_.Remove(name).IgnoreError();  // the failure tells more
  return stored;
}

absl::StatusOr<pbi::StoreShardResponse> ShardMoves::StoreAll(const pbi::StoreShardJob& job,
                                                             const ShardName& name, StoreReader& reader) {
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<ShardArrival> arrival,
                          arrivals_.Begin(name, wire::FromProto(job.files())));
  pbi::StoreShardRequest request;
  while (reader.Read(&request) && !request.end()) {
    if (!request.has_data()) return absl::InvalidArgumentError("expected bytes of files, or the end");
    std::string_view rest = request.data();
    while (!rest.empty()) {
      const auto next = arrival->next();
      if (!next.has_value()) return absl::InvalidArgumentError("more bytes come than the list of files says");
      const std::uint64_t left = job.files().files(static_cast<int>(next->file)).size() - next->offset;
      const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, rest.size()));
      LAWINE_RETURN_IF_ERROR(arrival->Append(rest.substr(0, count)));
      rest.remove_prefix(count);
    }
  }
  if (!request.end() || arrival->next().has_value()) {
    return absl::CancelledError("the shard was broken off before all of it had come");
  }
  LAWINE_RETURN_IF_ERROR(arrival->Finish());
  pbi::StoreShardResponse response;
  LAWINE_RETURN_IF_ERROR(CheckStored(name, job.shard(), response));
  LAWINE_RETURN_IF_ERROR(arrivals_.MarkArrived(name));
  return response;
}

// Reads all that has arrived, as of the version that is wanted, and tells what it is. Closes it.
absl::Status ShardMoves::CheckStored(const ShardName& name, const pbi::ShardId& id,
                                     pbi::StoreShardResponse& response) const {
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<StoredShard> stored, arrivals_.Open(name));
  LAWINE_RETURN_IF_ERROR(shards_.CheckRoomFor(stored->manifest()));
  LAWINE_ASSIGN_OR_RETURN(const std::shared_ptr<ShardLog> log, ShardLog::Open(stored));
  LAWINE_ASSIGN_OR_RETURN(const GraphInfo graph, log->GraphAt(id.graph_version()));
  LAWINE_RETURN_IF_ERROR(CheckVersion(id, graph.digest));
  LAWINE_ASSIGN_OR_RETURN(const auto members, ShardMembers::Read(*stored));
  LAWINE_ASSIGN_OR_RETURN(const auto delta, log->DeltaOf(id.graph_version(), *members));
  std::shared_ptr<const ShardReader> reader = stored;
  if (delta != nullptr) reader = std::make_shared<const ChangedReader>(stored, delta);
  LAWINE_ASSIGN_OR_RETURN(const ShardCheck check, CheckShard(*reader, executor_));
  *response.mutable_graph() = wire::ToProto(reader->manifest().graph);
  response.set_digest(check.digest.ToHex());
  response.set_dense_keys(!reader->manifest().keys_listed);
  return absl::OkStatus();
}

absl::Status ShardMoves::Adopt(const grpc::ServerContext& context, const pbi::ShardId& shard) {
  LAWINE_ASSIGN_OR_RETURN(const ShardName name, NameOf(shard));
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, Take(name, context));
  if (const auto held = shards_.Log(name); held.ok()) {
    return CheckGraph((*held)->stored()->manifest(), shard);
  }
  LAWINE_RETURN_IF_ERROR(arrivals_.CheckArrived(name));
  LAWINE_RETURN_IF_ERROR(shards_.CheckNotLeft(name));
  LAWINE_RETURN_IF_ERROR(shards_.DropDamaged(name));
  LAWINE_RETURN_IF_ERROR(arrivals_.Adopt(name));
  runs_.DropReceiptsOf(name.graph);  // they are of fewer shards than this worker has now
  LAWINE_RETURN_IF_ERROR(shards_.Adopt(name));
  spdlog::info("shard {} of graph '{}' has moved here", name.shard.value, name.graph);
  return absl::OkStatus();
}

absl::Status ShardMoves::Drop(const grpc::ServerContext& context, const pbi::DropShardRequest& request) {
  LAWINE_RETURN_IF_ERROR(CheckMeant(request.node_id()));
  const pbi::ShardId& shard = request.shard();
  LAWINE_ASSIGN_OR_RETURN(const ShardName name, NameOf(shard));
  LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, Take(name, context));
  LAWINE_RETURN_IF_ERROR(arrivals_.Remove(name));
  if (request.arrived_only()) return absl::OkStatus();
  runs_.DropReceiptsOf(name.graph);
  LAWINE_RETURN_IF_ERROR(shards_.DropShard(name, shard.graph_digest()));
  spdlog::info("shard {} of graph '{}' has moved away", name.shard.value, name.graph);
  return absl::OkStatus();
}

absl::Status ShardMoves::DropArriving(const grpc::ServerContext& context, const std::string& graph) {
  LAWINE_ASSIGN_OR_RETURN(const std::vector<ShardName> arriving, arrivals_.Arriving(graph));
  for (const ShardName& name : arriving) {
    LAWINE_ASSIGN_OR_RETURN(const Turns::Turn turn, Take(name, context));
    LAWINE_RETURN_IF_ERROR(arrivals_.Remove(name));
  }
  return absl::OkStatus();
}

grpc::Status ShardService::SendShard(grpc::ServerContext* context, ShardMoves::SendStream* stream) {
  return ToGrpc(moves_.Send(*context, *stream));
}

grpc::Status ShardService::FetchShard(grpc::ServerContext* context, const pbi::FetchShardRequest* request,
                                      ShardMoves::FetchWriter* writer) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  return ToGrpc(moves_.Fetch(*context, *request, *writer));
}

grpc::Status ShardService::StoreShard(grpc::ServerContext* context, ShardMoves::StoreReader* reader,
                                      pbi::StoreShardResponse* response) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  auto stored = moves_.Store(*context, *reader);
  if (stored.ok()) *response = *std::move(stored);
  return ToGrpc(stored.status());
}

grpc::Status ShardService::AdoptShard(grpc::ServerContext* context, const pbi::AdoptShardRequest* request,
                                      pbi::AdoptShardResponse*) {
  return ToGrpc(moves_.Adopt(*context, request->shard()));
}

grpc::Status ShardService::ConfirmShard(grpc::ServerContext*, const pbi::ConfirmShardRequest* request,
                                        pbi::ConfirmShardResponse*) {
  return ToGrpc(moves_.Confirm(*request));
}

grpc::Status ShardService::DropShard(grpc::ServerContext* context, const pbi::DropShardRequest* request,
                                     pbi::DropShardResponse*) {
  return ToGrpc(moves_.Drop(*context, *request));
}

}  // namespace lawine
