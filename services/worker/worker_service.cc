#include "services/worker/worker_service.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "services/common/errors.h"
#include "services/common/steady_time.h"
#include "services/common/wire.h"
#include "services/worker/runs/conduct.h"
#include "services/worker/runs/kept_receipts.h"
#include "services/worker/runs/run_checkpoints.h"
#include "services/worker/shards/changes.h"
#include "services/worker/shards/member_reads.h"
#include "services/worker/shards/ranks.h"
#include "services/worker/shards/survey.h"
#include "services/worker/shards/verify.h"

namespace lawine {

namespace pbi = ::lawine::internal::v1;

namespace {

absl::Status FillMembers(ShardHost& shards, const pbi::ReadMembersRequest& request,
                         pbi::ReadMembersResponse& response) {
  LAWINE_ASSIGN_OR_RETURN(const auto all, shards.Members(request.graph(), request.graph_version()));
  for (const auto& members : all) {
    const auto add = [&](LocalId member) {
      return ReadMember(shards, *members, member, request.profiles(), *response.add_members());
    };
    for (const std::uint64_t key : request.keys()) {
      const auto member = members->Find(key);
      if (member.has_value()) LAWINE_RETURN_IF_ERROR(add(*member));
    }
    for (const std::uint32_t id : request.ids()) {
      if (!members->range().Contains(MemberId(id))) continue;
      LAWINE_RETURN_IF_ERROR(add(LocalId(id - members->range().first.value)));
    }
  }
  return absl::OkStatus();
}

absl::Status FillProposals(ShardHost& shards, const pbi::ProposeSeedsRequest& request,
                           pbi::ProposeSeedsResponse& response) {
  if (request.rule() < 1 || request.rule() > 3 || request.count() < 1 ||
      request.count() > limits::kSeedMembersMax) {
    return absl::InvalidArgumentError("unknown seed rule or count");
  }
  LAWINE_ASSIGN_OR_RETURN(const auto all, shards.Members(request.graph(), request.graph_version()));
  std::vector<SeedCandidate> best;
  for (const auto& members : all) {
    MergeSeeds(lawine::ProposeSeeds(*members, wire::FromProto(request)), request.count(), best);
  }
  for (const SeedCandidate& candidate : best) *response.add_proposals() = wire::ToProto(candidate);
  return absl::OkStatus();
}

absl::Status FillFollowers(ShardHost& shards, const pbi::ReadFollowersRequest& request,
                           pbi::ReadFollowersResponse& response) {
  LAWINE_ASSIGN_OR_RETURN(const auto all, shards.Members(request.graph(), request.graph_version()));
  for (const auto& members : all) {
    LAWINE_ASSIGN_OR_RETURN(const auto reader, shards.Reader({request.graph(), members->manifest().shard},
                                                             request.graph_version()));
    LAWINE_RETURN_IF_ERROR(
        lawine::ReadFollowers(*reader, MemberId(request.source()), request.count(), response));
  }
  return absl::OkStatus();
}

absl::Status FillDescriptions(ShardHost& shards, const pbi::DescribeShardsRequest& request,
                              pbi::DescribeShardsResponse& response) {
  LAWINE_ASSIGN_OR_RETURN(const auto all, shards.Members(request.graph(), request.graph_version()));
  for (const auto& members : all) *response.add_shards() = Describe(*members, request.profiles());
  for (const HeldShardState& state : shards.List()) {
    for (pbi::ShardDescription& shard : *response.mutable_shards()) {
      if (state.name != ShardName{request.graph(), ShardIndex(shard.shard())}) continue;
      shard.set_disk_bytes(state.disk_bytes);
      shard.set_resident_bytes(state.resident_bytes);
      shard.set_links_in_memory(state.links_in_memory);
      shard.set_partly_in_memory(state.partly_in_memory);
    }
  }
  return absl::OkStatus();
}

// Runs that were ended may not have noticed yet, while the graph's other workers delete their shards already.
absl::StatusOr<std::uint32_t> DropUnused(const grpc::ServerContext& context, ShardHost& shards,
                                         const std::string& graph) {
  constexpr absl::Duration kInUseMax = absl::Seconds(10);
  const SteadyTime end = SteadyNow() + kInUseMax;
  for (;;) {
    absl::StatusOr<std::uint32_t> dropped = shards.Drop(graph);
    const bool in_use = absl::IsFailedPrecondition(dropped.status());
    if (!in_use || context.IsCancelled() || SteadyNow() >= end) return dropped;
    absl::SleepFor(absl::Milliseconds(20));
  }
}

}  // namespace

grpc::Status WorkerService::Identify(grpc::ServerContext*, const pbi::IdentifyRequest*,
                                     pbi::IdentifyResponse* response) {
  response->set_node_id(identity_.node_id);
  response->set_incarnation(identity_.incarnation);
  return grpc::Status::OK;
}

grpc::Status WorkerService::LoadShard(grpc::ServerContext* context, LoadStream* stream) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  return ToGrpc(loader_.Load(*context, *stream));
}

grpc::Status WorkerService::DropGraph(grpc::ServerContext* context, const pbi::DropGraphRequest* request,
                                      pbi::DropGraphResponse* response) {
  runs_.DropReceiptsOf(request->graph());  // they hold what is to be deleted
  const auto dropped = DropUnused(*context, shards_, request->graph());
  response->set_shards_dropped(dropped.value_or(0));
  return ToGrpc(dropped.ok() ? moves_.DropArriving(*context, request->graph()) : dropped.status());
}

grpc::Status WorkerService::DescribeShards(grpc::ServerContext*, const pbi::DescribeShardsRequest* request,
                                           pbi::DescribeShardsResponse* response) {
  return ToGrpc(FillDescriptions(shards_, *request, *response));
}

grpc::Status WorkerService::SurveyShards(grpc::ServerContext*, const pbi::SurveyShardsRequest* request,
                                         pbi::SurveyShardsResponse* response) {
  return ToGrpc(Survey(shards_, *request, *response));
}

grpc::Status WorkerService::VerifyShards(grpc::ServerContext* context,
                                         const pbi::VerifyShardsRequest* request,
                                         pbi::VerifyShardsResponse* response) {
  return ToGrpc(Verify(shards_, executor_, *context, *request, *response));
}

grpc::Status WorkerService::ReadMembers(grpc::ServerContext*, const pbi::ReadMembersRequest* request,
                                        pbi::ReadMembersResponse* response) {
  return ToGrpc(FillMembers(shards_, *request, *response));
}

grpc::Status WorkerService::ReadFollowers(grpc::ServerContext*, const pbi::ReadFollowersRequest* request,
                                          pbi::ReadFollowersResponse* response) {
  return ToGrpc(FillFollowers(shards_, *request, *response));
}

grpc::Status WorkerService::ProposeSeeds(grpc::ServerContext*, const pbi::ProposeSeedsRequest* request,
                                         pbi::ProposeSeedsResponse* response) {
  return ToGrpc(FillProposals(shards_, *request, *response));
}

grpc::Status WorkerService::PassOn(grpc::ServerContext* context, PassOnStream* stream) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  return ToGrpc(lawine::PassOn(shards_, executor_, *stream));
}

grpc::Status WorkerService::ReadFollowees(grpc::ServerContext* context,
                                          const pbi::ReadFolloweesRequest* request,
                                          grpc::ServerWriter<pbi::ReadFolloweesResponse>* writer) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  return ToGrpc(lawine::ReadFollowees(shards_, *request, *writer));
}

grpc::Status WorkerService::ReadDegrees(grpc::ServerContext* context, const pbi::ReadDegreesRequest* request,
                                        grpc::ServerWriter<pbi::ReadDegreesResponse>* writer) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  return ToGrpc(lawine::ReadDegrees(shards_, *request, *writer));
}

grpc::Status WorkerService::ConductRun(grpc::ServerContext* context, ConductStream* stream) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  return ToGrpc(Conduct(identity_.incarnation, shards_, runs_, peers_, executor_, *context, *stream));
}

grpc::Status WorkerService::ConductTraffic(grpc::ServerContext* context, ConductTrafficStream* stream) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  return ToGrpc(
      lawine::ConductTraffic(identity_.incarnation, shards_, runs_, peers_, executor_, *context, *stream));
}

grpc::Status WorkerService::ReadReceipts(grpc::ServerContext* context,
                                         const pbi::ReadReceiptsRequest* request,
                                         grpc::ServerWriter<pbi::ReadReceiptsResponse>* writer) {
  const CoordinatorWatch::Call call(coordinator_, *context);
  const auto kept = runs_.FindReceipts(request->run_id());
  if (kept == nullptr) {
    return ToGrpc(absl::NotFoundError(absl::StrCat(
        "this worker no longer has the run's receipts (it keeps those of the last ", RunHost::kReceiptsKept,
        " runs, until it stops): repeat the run with the same run seed, the receipts will be the "
        "same")));
  }
  if (request->message() >= kept->receipts.size()) {
    return ToGrpc(absl::InvalidArgumentError("the run has no message of this number"));
  }
  const absl::Status read = StreamReceipts(shards_, *kept, request->message(),
                                           [writer](const auto& part) { return writer->Write(part); });
  if (read.ok()) runs_.NoteRead(request->run_id());
  return ToGrpc(read);
}

grpc::Status WorkerService::DropRun(grpc::ServerContext*, const pbi::DropRunRequest* request,
                                    pbi::DropRunResponse*) {
  runs_.DropReceipts(request->run_id());
  return grpc::Status::OK;
}

grpc::Status WorkerService::KeepCheckpoints(grpc::ServerContext*, const pbi::KeepCheckpointsRequest* request,
                                            pbi::KeepCheckpointsResponse* response) {
  const auto dropped = lawine::KeepCheckpoints(shards_, *request);
  response->set_dropped(dropped.value_or(0));
  return ToGrpc(dropped.status());
}

grpc::Status WorkerService::DescribeVersions(grpc::ServerContext*,
                                             const pbi::DescribeVersionsRequest* request,
                                             pbi::DescribeVersionsResponse* response) {
  return ToGrpc(lawine::DescribeVersions(shards_, *request, *response));
}

grpc::Status WorkerService::ResolveMembers(grpc::ServerContext*, const pbi::ResolveMembersRequest* request,
                                           pbi::ResolveMembersResponse* response) {
  return ToGrpc(lawine::ResolveMembers(shards_, *request, *response));
}

grpc::Status WorkerService::ReadLinks(grpc::ServerContext*, const pbi::ReadLinksRequest* request,
                                      pbi::ReadLinksResponse* response) {
  return ToGrpc(lawine::ReadLinks(shards_, *request, *response));
}

grpc::Status WorkerService::WriteChanges(grpc::ServerContext*, const pbi::WriteChangesRequest* request,
                                         pbi::WriteChangesResponse*) {
  return ToGrpc(lawine::WriteChanges(shards_, *request));
}

grpc::Status WorkerService::FoldShards(grpc::ServerContext* context, const pbi::FoldShardsRequest* request,
                                       pbi::FoldShardsResponse* response) {
  const auto blocks =
      shards_.Fold(request->graph(), request->graph_version(), [context] { return context->IsCancelled(); });
  response->set_blocks(blocks.value_or(0));
  return ToGrpc(blocks.status());
}

// One peer's stream. Frames are taken in on gRPC's threads; the next message is asked for when they are.
class ExchangeService::Incoming final : public grpc::ServerReadReactor<pbi::ExchangeRequest> {
 public:
  Incoming(ExchangeService& service, grpc::CallbackServerContext& context)
      : service_(service), context_(context) {}
  void Start() { StartRead(&request_); }
  void Cancel() { context_.TryCancel(); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    const std::vector<std::string_view> frames(request_.frames().begin(), request_.frames().end());
    service_.runs_.Deliver(frames);
    StartRead(&request_);
  }
  // The last that gRPC says to it: it is gone when this returns.
  void OnDone() override { service_.Remove(*this); }

 private:
  ExchangeService& service_;
  grpc::CallbackServerContext& context_;
  pbi::ExchangeRequest request_;
};

ExchangeService::ExchangeService(RunHost& runs) : runs_(runs) {}
ExchangeService::~ExchangeService() = default;

grpc::ServerReadReactor<pbi::ExchangeRequest>* ExchangeService::Exchange(grpc::CallbackServerContext* context,
                                                                         pbi::ExchangeResponse*) {
  auto stream = std::make_unique<Incoming>(*this, *context);
  Incoming* const added = stream.get();
  {
    MutexLock lock(mutex_);
    streams_.emplace(added, std::move(stream));
    if (closed_) added->Cancel();
  }
  added->Start();
  return added;
}

void ExchangeService::Remove(Incoming& stream) {
  std::unique_ptr<Incoming> removed;  // goes after the lock
  MutexLock lock(mutex_);
  removed = std::move(streams_.extract(&stream).mapped());
}

void ExchangeService::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
  for (const auto& [stream, owned] : streams_) stream->Cancel();
}

}  // namespace lawine
