#include "services/coordinator/front.h"

#include "services/coordinator/access/reflection.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using Context = grpc::ServerContext;
using grpc::Status;
using Kind = Rule::Kind;
template <class Message>
using Writer = grpc::ServerWriter<Message>;

// What stands in front of a service: the same methods, each of which passes the gate.
template <class Interface, class Hidden = typename Interface::Service>
class Front : public Interface::Service {
 public:
  Front(Gate& gate, Hidden& behind) : gate_(gate), behind_(behind) {}

 protected:
  using Behind = Hidden;

  // Whether the method asks who its caller is shows in its type.
  template <class Method, class... Arguments>
  Status Pass(const Rule& rule, Method method, Context* context, Arguments... arguments) {
    return gate_.Pass(rule, behind_, method, context, arguments...);
  }

 private:
  Gate& gate_;
  Behind& behind_;
};

class GraphFront final : public Front<pb::GraphService> {
 public:
  using Front::Front;
  Status CreateGraph(Context* c, const pb::CreateGraphRequest* q,
                     Writer<pb::CreateGraphResponse>* w) override {
    return Pass({"CreateGraph", Role::kAdmin, Kind::kWorks}, &Behind::CreateGraph, c, q, w);
  }
  Status ImportGraph(Context* c,
                     grpc::ServerReaderWriter<pb::ImportGraphResponse, pb::ImportGraphRequest>* s) override {
    return Pass({"ImportGraph", Role::kAdmin, Kind::kWorks}, &Behind::ImportGraph, c, s);
  }
  Status GetGraph(Context* c, const pb::GetGraphRequest* q, pb::GetGraphResponse* r) override {
    return Pass({"GetGraph", Role::kRead}, &Behind::GetGraph, c, q, r);
  }
  Status ListGraphs(Context* c, const pb::ListGraphsRequest* q, pb::ListGraphsResponse* r) override {
    return Pass({"ListGraphs", Role::kRead}, &Behind::ListGraphs, c, q, r);
  }
  Status DeleteGraph(Context* c, const pb::DeleteGraphRequest* q, pb::DeleteGraphResponse* r) override {
    return Pass({"DeleteGraph", Role::kAdmin}, &Behind::DeleteGraph, c, q, r);
  }
  Status GetGraphStats(Context* c, const pb::GetGraphStatsRequest* q, pb::GetGraphStatsResponse* r) override {
    // With its shape it reads the whole graph.
    const Kind kind = q->shape() ? Kind::kWorks : Kind::kAnswers;
    return Pass({"GetGraphStats", Role::kRead, kind}, &Behind::GetGraphStats, c, q, r);
  }
  Status VerifyGraph(Context* c, const pb::VerifyGraphRequest* q, pb::VerifyGraphResponse* r) override {
    return Pass({"VerifyGraph", Role::kRead, Kind::kWorks}, &Behind::VerifyGraph, c, q, r);
  }
  Status ListPresets(Context* c, const pb::ListPresetsRequest* q, pb::ListPresetsResponse* r) override {
    return Pass({"ListPresets", Role::kRead}, &Behind::ListPresets, c, q, r);
  }
  Status GetMember(Context* c, const pb::GetMemberRequest* q, pb::GetMemberResponse* r) override {
    return Pass({"GetMember", Role::kRead}, &Behind::GetMember, c, q, r);
  }
};

class SimulationFront final : public Front<pb::SimulationService, SimulationService> {
 public:
  using Front::Front;
  Status Simulate(Context* c, const pb::SimulateRequest* q, pb::SimulateResponse* r) override {
    return Pass({"Simulate", Role::kRun, Kind::kWorks}, &Behind::SimulateOf, c, q, r);
  }
  Status CreateRun(Context* c, const pb::CreateRunRequest* q, pb::CreateRunResponse* r) override {
    return Pass({"CreateRun", Role::kRun, Kind::kBegins}, &Behind::CreateRunOf, c, q, r);
  }
  Status GetRun(Context* c, const pb::GetRunRequest* q, pb::GetRunResponse* r) override {
    return Pass({"GetRun", Role::kRead}, &Behind::GetRun, c, q, r);
  }
  Status ListRuns(Context* c, const pb::ListRunsRequest* q, pb::ListRunsResponse* r) override {
    return Pass({"ListRuns", Role::kRead}, &Behind::ListRuns, c, q, r);
  }
  Status CancelRun(Context* c, const pb::CancelRunRequest* q, pb::CancelRunResponse* r) override {
    return Pass({"CancelRun", Role::kRun}, &Behind::CancelRun, c, q, r);
  }
  Status PauseRun(Context* c, const pb::PauseRunRequest* q, pb::PauseRunResponse* r) override {
    return Pass({"PauseRun", Role::kRun}, &Behind::PauseRun, c, q, r);
  }
  Status ResumeRun(Context* c, const pb::ResumeRunRequest* q, pb::ResumeRunResponse* r) override {
    return Pass({"ResumeRun", Role::kRun, Kind::kBegins}, &Behind::ResumeRun, c, q, r);
  }
  Status PinRun(Context* c, const pb::PinRunRequest* q, pb::PinRunResponse* r) override {
    return Pass({"PinRun", Role::kRun}, &Behind::PinRun, c, q, r);
  }
  Status DeleteRun(Context* c, const pb::DeleteRunRequest* q, pb::DeleteRunResponse* r) override {
    return Pass({"DeleteRun", Role::kRun}, &Behind::DeleteRun, c, q, r);
  }
  Status WatchRun(Context* c, const pb::WatchRunRequest* q, Writer<pb::WatchRunResponse>* w) override {
    return Pass({"WatchRun", Role::kRead}, &Behind::WatchRun, c, q, w);
  }
  Status GetRunResult(Context* c, const pb::GetRunResultRequest* q, pb::GetRunResultResponse* r) override {
    return Pass({"GetRunResult", Role::kRead}, &Behind::GetRunResult, c, q, r);
  }
  Status GetRunTrace(Context* c, const pb::GetRunTraceRequest* q, pb::GetRunTraceResponse* r) override {
    return Pass({"GetRunTrace", Role::kRead}, &Behind::GetRunTrace, c, q, r);
  }
  Status ListReceipts(Context* c, const pb::ListReceiptsRequest* q,
                      Writer<pb::ListReceiptsResponse>* w) override {
    return Pass({"ListReceipts", Role::kRead}, &Behind::ListReceipts, c, q, w);
  }
};

class TrafficFront final : public Front<pb::TrafficService, TrafficService> {
 public:
  using Front::Front;
  Status RunTraffic(Context* c,
                    grpc::ServerReaderWriter<pb::RunTrafficResponse, pb::RunTrafficRequest>* s) override {
    return Pass({"RunTraffic", Role::kRun, Kind::kWorks}, &Behind::RunTraffic, c, s);
  }
};

class WhatIfFront final : public Front<pb::WhatIfService, WhatIfService> {
 public:
  using Front::Front;
  Status Compare(Context* c, const pb::CompareRequest* q, Writer<pb::CompareResponse>* w) override {
    return Pass({"Compare", Role::kRun, Kind::kWorks}, &Behind::Compare, c, q, w);
  }
  Status Sweep(Context* c, const pb::SweepRequest* q, Writer<pb::SweepResponse>* w) override {
    return Pass({"Sweep", Role::kRun, Kind::kWorks}, &Behind::Sweep, c, q, w);
  }
  Status MarginalReach(Context* c, const pb::MarginalReachRequest* q,
                       Writer<pb::MarginalReachResponse>* w) override {
    return Pass({"MarginalReach", Role::kRun, Kind::kWorks}, &Behind::MarginalReach, c, q, w);
  }
};

class ClusterFront final : public Front<pb::ClusterService> {
 public:
  using Front::Front;
  Status GetClusterStatus(Context* c, const pb::GetClusterStatusRequest* q,
                          pb::GetClusterStatusResponse* r) override {
    return Pass({"GetClusterStatus", Role::kRead}, &Behind::GetClusterStatus, c, q, r);
  }
};

class PlacementFront final : public Front<pb::PlacementService> {
 public:
  using Front::Front;
  Status PlanRebalance(Context* c, const pb::PlanRebalanceRequest* q, pb::PlanRebalanceResponse* r) override {
    return Pass({"PlanRebalance", Role::kRead}, &Behind::PlanRebalance, c, q, r);
  }
  Status ApplyRebalance(Context* c, const pb::ApplyRebalanceRequest* q,
                        pb::ApplyRebalanceResponse* r) override {
    return Pass({"ApplyRebalance", Role::kAdmin, Kind::kBegins}, &Behind::ApplyRebalance, c, q, r);
  }
  Status GetRebalance(Context* c, const pb::GetRebalanceRequest* q, pb::GetRebalanceResponse* r) override {
    return Pass({"GetRebalance", Role::kRead}, &Behind::GetRebalance, c, q, r);
  }
  Status CancelRebalance(Context* c, const pb::CancelRebalanceRequest* q,
                         pb::CancelRebalanceResponse* r) override {
    return Pass({"CancelRebalance", Role::kAdmin}, &Behind::CancelRebalance, c, q, r);
  }
};

class BackupFront final : public Front<pb::BackupService> {
 public:
  using Front::Front;
  Status BackupGraph(Context* c, const pb::BackupGraphRequest* q,
                     Writer<pb::BackupGraphResponse>* w) override {
    return Pass({"BackupGraph", Role::kAdmin, Kind::kWorks}, &Behind::BackupGraph, c, q, w);
  }
  Status RestoreGraph(
      Context* c, grpc::ServerReaderWriter<pb::RestoreGraphResponse, pb::RestoreGraphRequest>* s) override {
    return Pass({"RestoreGraph", Role::kAdmin, Kind::kWorks}, &Behind::RestoreGraph, c, s);
  }
};

class ChangeFront final : public Front<pb::ChangeService, ChangeService> {
 public:
  using Front::Front;
  Status ApplyChanges(
      Context* c, grpc::ServerReaderWriter<pb::ApplyChangesResponse, pb::ApplyChangesRequest>* s) override {
    return Pass({"ApplyChanges", Role::kAdmin, Kind::kBegins}, &Behind::ApplyChanges, c, s);
  }
  Status FoldChanges(Context* c, const pb::FoldChangesRequest* q, pb::FoldChangesResponse* r) override {
    return Pass({"FoldChanges", Role::kAdmin, Kind::kWorks}, &Behind::FoldChanges, c, q, r);
  }
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeFront(Gate& gate, const PublicServices& services) {
  std::vector<std::unique_ptr<grpc::Service>> front;
  front.push_back(std::make_unique<GraphFront>(gate, services.graphs));
  front.push_back(std::make_unique<SimulationFront>(gate, services.simulations));
  front.push_back(std::make_unique<TrafficFront>(gate, services.traffic));
  front.push_back(std::make_unique<WhatIfFront>(gate, services.what_if));
  front.push_back(std::make_unique<ClusterFront>(gate, services.cluster));
  front.push_back(std::make_unique<PlacementFront>(gate, services.placement));
  front.push_back(std::make_unique<BackupFront>(gate, services.backups));
  front.push_back(std::make_unique<ChangeFront>(gate, services.changes));
  return front;
}

std::vector<std::string> PublicServiceNames() {
  return {
      pb::GraphService::service_full_name(),
      pb::SimulationService::service_full_name(),
      pb::TrafficService::service_full_name(),
      pb::WhatIfService::service_full_name(),
      pb::ClusterService::service_full_name(),
      pb::PlacementService::service_full_name(),
      pb::BackupService::service_full_name(),
      pb::ChangeService::service_full_name(),
      grpc::reflection::v1alpha::ServerReflection::service_full_name(),
      "grpc.health.v1.Health",  // gRPC's own, which it does not describe
  };
}

}  // namespace lawine
