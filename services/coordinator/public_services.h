// The public gRPC services: translate, call, translate. The contract is in proto/lawine/v1.
#ifndef LAWINE_SERVICES_COORDINATOR_PUBLIC_SERVICES_H_
#define LAWINE_SERVICES_COORDINATOR_PUBLIC_SERVICES_H_

#include <atomic>
#include <cstdint>

#include "lawine/internal/v1/worker.grpc.pb.h"
#include "lawine/v1/cluster.grpc.pb.h"
#include "lawine/v1/graph.grpc.pb.h"
#include "lawine/v1/simulation.grpc.pb.h"
#include "services/coordinator/graphs/graph_import.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/runs/runs.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

class GraphService final : public lawine::v1::GraphService::Service {
 public:
  GraphService(Graphs& graphs, Imports& imports) : graphs_(graphs), imports_(imports) {}
  grpc::Status CreateGraph(grpc::ServerContext* context, const lawine::v1::CreateGraphRequest* request,
                           grpc::ServerWriter<lawine::v1::CreateGraphResponse>* writer) override;
  grpc::Status ImportGraph(grpc::ServerContext* context, ImportStream* stream) override;
  grpc::Status GetGraph(grpc::ServerContext*, const lawine::v1::GetGraphRequest* request,
                        lawine::v1::GetGraphResponse* response) override;
  grpc::Status ListGraphs(grpc::ServerContext*, const lawine::v1::ListGraphsRequest* request,
                          lawine::v1::ListGraphsResponse* response) override;
  grpc::Status DeleteGraph(grpc::ServerContext*, const lawine::v1::DeleteGraphRequest* request,
                           lawine::v1::DeleteGraphResponse*) override;
  grpc::Status GetGraphStats(grpc::ServerContext*, const lawine::v1::GetGraphStatsRequest* request,
                             lawine::v1::GetGraphStatsResponse* response) override;
  grpc::Status VerifyGraph(grpc::ServerContext*, const lawine::v1::VerifyGraphRequest* request,
                           lawine::v1::VerifyGraphResponse* response) override;
  grpc::Status ListPresets(grpc::ServerContext*, const lawine::v1::ListPresetsRequest*,
                           lawine::v1::ListPresetsResponse* response) override;
  grpc::Status GetMember(grpc::ServerContext*, const lawine::v1::GetMemberRequest* request,
                         lawine::v1::GetMemberResponse* response) override;

 private:
  static constexpr std::uint32_t kReadingAtOnceMax = 2;
  static constexpr std::uint32_t kDescribingAtOnceMax = 32;

  Graphs& graphs_;
  Imports& imports_;
  std::atomic<std::uint32_t> reading_{0};     // calls that read a whole graph
  std::atomic<std::uint32_t> describing_{0};  // calls for stats that do not
};

class SimulationService final : public lawine::v1::SimulationService::Service {
 public:
  explicit SimulationService(Runs& runs) : runs_(runs) {}
  // For the owner of a token.
  grpc::Status SimulateOf(const std::string& owner, grpc::ServerContext* context,
                          const lawine::v1::SimulateRequest* request, lawine::v1::SimulateResponse* response);
  grpc::Status CreateRunOf(const std::string& owner, grpc::ServerContext* context,
                           const lawine::v1::CreateRunRequest* request,
                           lawine::v1::CreateRunResponse* response);
  grpc::Status GetRun(grpc::ServerContext*, const lawine::v1::GetRunRequest* request,
                      lawine::v1::GetRunResponse* response) override;
  grpc::Status ListRuns(grpc::ServerContext*, const lawine::v1::ListRunsRequest* request,
                        lawine::v1::ListRunsResponse* response) override;
  grpc::Status CancelRun(grpc::ServerContext*, const lawine::v1::CancelRunRequest* request,
                         lawine::v1::CancelRunResponse* response) override;
  grpc::Status PauseRun(grpc::ServerContext*, const lawine::v1::PauseRunRequest* request,
                        lawine::v1::PauseRunResponse* response) override;
  grpc::Status ResumeRun(grpc::ServerContext*, const lawine::v1::ResumeRunRequest* request,
                         lawine::v1::ResumeRunResponse* response) override;
  grpc::Status PinRun(grpc::ServerContext*, const lawine::v1::PinRunRequest* request,
                      lawine::v1::PinRunResponse* response) override;
  grpc::Status DeleteRun(grpc::ServerContext*, const lawine::v1::DeleteRunRequest* request,
                         lawine::v1::DeleteRunResponse*) override;
  grpc::Status WatchRun(grpc::ServerContext* context, const lawine::v1::WatchRunRequest* request,
                        grpc::ServerWriter<lawine::v1::WatchRunResponse>* writer) override;
  grpc::Status GetRunResult(grpc::ServerContext*, const lawine::v1::GetRunResultRequest* request,
                            lawine::v1::GetRunResultResponse* response) override;
  grpc::Status GetRunTrace(grpc::ServerContext*, const lawine::v1::GetRunTraceRequest* request,
                           lawine::v1::GetRunTraceResponse* response) override;
  grpc::Status ListReceipts(grpc::ServerContext* context, const lawine::v1::ListReceiptsRequest* request,
                            grpc::ServerWriter<lawine::v1::ListReceiptsResponse>* writer) override;

 private:
  Runs& runs_;
};

class ClusterService final : public lawine::v1::ClusterService::Service {
 public:
  ClusterService(WorkerDirectory& workers, Graphs& graphs, Runs& runs)
      : workers_(workers), graphs_(graphs), runs_(runs) {}
  grpc::Status GetClusterStatus(grpc::ServerContext*, const lawine::v1::GetClusterStatusRequest*,
                                lawine::v1::GetClusterStatusResponse* response) override;

 private:
  WorkerDirectory& workers_;
  Graphs& graphs_;
  Runs& runs_;
};

// For workers.
class RegistryService final : public internal::v1::RegistryService::Service {
 public:
  RegistryService(WorkerDirectory& workers, Graphs& graphs) : workers_(workers), graphs_(graphs) {}
  grpc::Status Register(grpc::ServerContext*, const internal::v1::RegisterRequest* request,
                        internal::v1::RegisterResponse* response) override;

 private:
  WorkerDirectory& workers_;
  Graphs& graphs_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PUBLIC_SERVICES_H_
