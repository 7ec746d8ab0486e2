// The worker's gRPC services: translate, call, translate.
#ifndef LAWINE_SERVICES_WORKER_WORKER_SERVICE_H_
#define LAWINE_SERVICES_WORKER_WORKER_SERVICE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/executor.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/worker/coordinator_watch.h"
#include "services/worker/runs/conduct.h"
#include "services/worker/runs/peer_links.h"
#include "services/worker/runs/run_host.h"
#include "services/worker/shard_moves.h"
#include "services/worker/shards/ranks.h"
#include "services/worker/shards/shard_host.h"
#include "services/worker/shards/shard_load.h"

namespace lawine {

// A worker, and which of its processes.
struct WorkerIdentity {
  std::string node_id;
  std::uint64_t incarnation = 0;
};

class WorkerService final : public internal::v1::WorkerService::Service {
 public:
  // `load_dir`: see ShardLoader.
  WorkerService(WorkerIdentity identity, ShardHost& shards, RunHost& runs, PeerLinks& peers,
                CoordinatorWatch& coordinator, ShardMoves& moves, Executor& executor, std::string load_dir)
      : identity_(std::move(identity)),
        shards_(shards),
        runs_(runs),
        peers_(peers),
        coordinator_(coordinator),
        moves_(moves),
        executor_(executor),
        loader_(shards, executor, std::move(load_dir)) {}

  grpc::Status Identify(grpc::ServerContext*, const internal::v1::IdentifyRequest*,
                        internal::v1::IdentifyResponse* response) override;
  grpc::Status LoadShard(grpc::ServerContext* context, LoadStream* stream) override;
  grpc::Status DropGraph(grpc::ServerContext* context, const internal::v1::DropGraphRequest* request,
                         internal::v1::DropGraphResponse* response) override;
  grpc::Status DescribeShards(grpc::ServerContext*, const internal::v1::DescribeShardsRequest* request,
                              internal::v1::DescribeShardsResponse* response) override;
  grpc::Status SurveyShards(grpc::ServerContext*, const internal::v1::SurveyShardsRequest* request,
                            internal::v1::SurveyShardsResponse* response) override;
  grpc::Status VerifyShards(grpc::ServerContext* context, const internal::v1::VerifyShardsRequest* request,
                            internal::v1::VerifyShardsResponse* response) override;
  grpc::Status ReadMembers(grpc::ServerContext*, const internal::v1::ReadMembersRequest* request,
                           internal::v1::ReadMembersResponse* response) override;
  grpc::Status ReadFollowers(grpc::ServerContext*, const internal::v1::ReadFollowersRequest* request,
                             internal::v1::ReadFollowersResponse* response) override;
  grpc::Status ProposeSeeds(grpc::ServerContext*, const internal::v1::ProposeSeedsRequest* request,
                            internal::v1::ProposeSeedsResponse* response) override;
  grpc::Status PassOn(grpc::ServerContext* context, PassOnStream* stream) override;
  grpc::Status ReadFollowees(grpc::ServerContext* context, const internal::v1::ReadFolloweesRequest* request,
                             grpc::ServerWriter<internal::v1::ReadFolloweesResponse>* writer) override;
  grpc::Status ReadDegrees(grpc::ServerContext* context, const internal::v1::ReadDegreesRequest* request,
                           grpc::ServerWriter<internal::v1::ReadDegreesResponse>* writer) override;
  grpc::Status ConductRun(grpc::ServerContext* context, ConductStream* stream) override;
  grpc::Status ConductTraffic(grpc::ServerContext* context, ConductTrafficStream* stream) override;
  grpc::Status ReadReceipts(grpc::ServerContext* context, const internal::v1::ReadReceiptsRequest* request,
                            grpc::ServerWriter<internal::v1::ReadReceiptsResponse>* writer) override;
  grpc::Status DropRun(grpc::ServerContext*, const internal::v1::DropRunRequest* request,
                       internal::v1::DropRunResponse*) override;
  grpc::Status KeepCheckpoints(grpc::ServerContext*, const internal::v1::KeepCheckpointsRequest* request,
                               internal::v1::KeepCheckpointsResponse* response) override;
  grpc::Status DescribeVersions(grpc::ServerContext*, const internal::v1::DescribeVersionsRequest* request,
                                internal::v1::DescribeVersionsResponse* response) override;
  grpc::Status ResolveMembers(grpc::ServerContext*, const internal::v1::ResolveMembersRequest* request,
                              internal::v1::ResolveMembersResponse* response) override;
  grpc::Status ReadLinks(grpc::ServerContext*, const internal::v1::ReadLinksRequest* request,
                         internal::v1::ReadLinksResponse* response) override;
  grpc::Status WriteChanges(grpc::ServerContext*, const internal::v1::WriteChangesRequest* request,
                            internal::v1::WriteChangesResponse*) override;
  grpc::Status FoldShards(grpc::ServerContext* context, const internal::v1::FoldShardsRequest* request,
                          internal::v1::FoldShardsResponse* response) override;

 private:
  const WorkerIdentity identity_;
  ShardHost& shards_;
  RunHost& runs_;
  PeerLinks& peers_;
  CoordinatorWatch& coordinator_;
  ShardMoves& moves_;
  Executor& executor_;
  ShardLoader loader_;
};

// Takes frames from peers. With gRPC's callback API, which answers a peer in half the time of the others
// (bench/services/exchange_api_bench.cc).
class ExchangeService final : public internal::v1::ExchangeService::CallbackService {
 public:
  explicit ExchangeService(RunHost& runs);
  // REQUIRES: its server has stopped.
  ~ExchangeService() override;
  grpc::ServerReadReactor<internal::v1::ExchangeRequest>* Exchange(grpc::CallbackServerContext* context,
                                                                   internal::v1::ExchangeResponse*) override;
  // Ends the streams that peers hold open; later ones end at once.
  void Close();

 private:
  class Incoming;
  void Remove(Incoming& stream);

  RunHost& runs_;
  Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<Incoming*, std::unique_ptr<Incoming>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_WORKER_SERVICE_H_
