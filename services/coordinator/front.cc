#include "services/coordinator/front.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using Context = grpc::ServerContext;
using grpc::Status;
using Kind = Rule::Kind;
template <class Message>
using Writer = grpc::ServerWriter<Message>;

class GraphFront final : public pb::GraphService::Service {
 public:
  GraphFront(Gate& gate, pb::GraphService::Service& behind) : gate_(gate), behind_(behind) {}
  Status CreateGraph(Context* c, const pb::CreateGraphRequest* q,
                     Writer<pb::CreateGraphResponse>* w) override {
    return gate_.Pass({"CreateGraph", Role::kAdmin, Kind::kWorks}, behind_, &Behind::CreateGraph, c, q, w);
  }
  Status ImportGraph(Context* c,
                     grpc::ServerReaderWriter<pb::ImportGraphResponse, pb::ImportGraphRequest>* s) override {
    return gate_.Pass({"ImportGraph", Role::kAdmin, Kind::kWorks}, behind_, &Behind::ImportGraph, c, s);
  }
  Status GetGraph(Context* c, const pb::GetGraphRequest* q, pb::GetGraphResponse* r) override {
    return gate_.Pass({"GetGraph", Role::kRead}, behind_, &Behind::GetGraph, c, q, r);
  }
  Status ListGraphs(Context* c, const pb::ListGraphsRequest* q, pb::ListGraphsResponse* r) override {
    return gate_.Pass({"ListGraphs", Role::kRead}, behind_, &Behind::ListGraphs, c, q, r);
  }
  Status DeleteGraph(Context* c, const pb::DeleteGraphRequest* q, pb::DeleteGraphResponse* r) override {
    return gate_.Pass({"DeleteGraph", Role::kAdmin}, behind_, &Behind::DeleteGraph, c, q, r);
  }
  Status GetGraphStats(Context* c, const pb::GetGraphStatsRequest* q, pb::GetGraphStatsResponse* r) override {
    return gate_.Pass({"GetGraphStats", Role::kRead}, behind_, &Behind::GetGraphStats, c, q, r);
  }
  Status VerifyGraph(Context* c, const pb::VerifyGraphRequest* q, pb::VerifyGraphResponse* r) override {
    return gate_.Pass({"VerifyGraph", Role::kRead}, behind_, &Behind::VerifyGraph, c, q, r);
  }
  Status ListPresets(Context* c, const pb::ListPresetsRequest* q, pb::ListPresetsResponse* r) override {
    return gate_.Pass({"ListPresets", Role::kRead}, behind_, &Behind::ListPresets, c, q, r);
  }
  Status GetMember(Context* c, const pb::GetMemberRequest* q, pb::GetMemberResponse* r) override {
    return gate_.Pass({"GetMember", Role::kRead}, behind_, &Behind::GetMember, c, q, r);
  }

 private:
  using Behind = pb::GraphService::Service;
  Gate& gate_;
  Behind& behind_;
};

class SimulationFront final : public pb::SimulationService::Service {
 public:
  SimulationFront(Gate& gate, SimulationService& behind) : gate_(gate), behind_(behind) {}
  Status Simulate(Context* c, const pb::SimulateRequest* q, pb::SimulateResponse* r) override {
    return gate_.Pass({"Simulate", Role::kRun, Kind::kWorks}, behind_, &Behind::Simulate, c, q, r);
  }
  Status CreateRun(Context* c, const pb::CreateRunRequest* q, pb::CreateRunResponse* r) override {
    return gate_.Serve(*c, {"CreateRun", Role::kRun, Kind::kBegins},
                       [&](const Caller& caller) { return behind_.CreateRunOf(caller.owner, *q, *r); });
  }
  Status GetRun(Context* c, const pb::GetRunRequest* q, pb::GetRunResponse* r) override {
    return gate_.Pass({"GetRun", Role::kRead}, behind_, &Behind::GetRun, c, q, r);
  }
  Status ListRuns(Context* c, const pb::ListRunsRequest* q, pb::ListRunsResponse* r) override {
    return gate_.Pass({"ListRuns", Role::kRead}, behind_, &Behind::ListRuns, c, q, r);
  }
  Status CancelRun(Context* c, const pb::CancelRunRequest* q, pb::CancelRunResponse* r) override {
    return gate_.Pass({"CancelRun", Role::kRun}, behind_, &Behind::CancelRun, c, q, r);
  }
  Status PauseRun(Context* c, const pb::PauseRunRequest* q, pb::PauseRunResponse* r) override {
    return gate_.Pass({"PauseRun", Role::kRun}, behind_, &Behind::PauseRun, c, q, r);
  }
  Status ResumeRun(Context* c, const pb::ResumeRunRequest* q, pb::ResumeRunResponse* r) override {
    return gate_.Pass({"ResumeRun", Role::kRun, Kind::kBegins}, behind_, &Behind::ResumeRun, c, q, r);
  }
  Status PinRun(Context* c, const pb::PinRunRequest* q, pb::PinRunResponse* r) override {
    return gate_.Pass({"PinRun", Role::kRun}, behind_, &Behind::PinRun, c, q, r);
  }
  Status DeleteRun(Context* c, const pb::DeleteRunRequest* q, pb::DeleteRunResponse* r) override {
    return gate_.Pass({"DeleteRun", Role::kRun}, behind_, &Behind::DeleteRun, c, q, r);
  }
  Status WatchRun(Context* c, const pb::WatchRunRequest* q, Writer<pb::WatchRunResponse>* w) override {
    return gate_.Pass({"WatchRun", Role::kRead}, behind_, &Behind::WatchRun, c, q, w);
  }
  Status GetRunResult(Context* c, const pb::GetRunResultRequest* q, pb::GetRunResultResponse* r) override {
    return gate_.Pass({"GetRunResult", Role::kRead}, behind_, &Behind::GetRunResult, c, q, r);
  }
  Status GetRunTrace(Context* c, const pb::GetRunTraceRequest* q, pb::GetRunTraceResponse* r) override {
    return gate_.Pass({"GetRunTrace", Role::kRead}, behind_, &Behind::GetRunTrace, c, q, r);
  }
  Status ListReceipts(Context* c, const pb::ListReceiptsRequest* q,
                      Writer<pb::ListReceiptsResponse>* w) override {
    return gate_.Pass({"ListReceipts", Role::kRead}, behind_, &Behind::ListReceipts, c, q, w);
  }

 private:
  using Behind = SimulationService;
  Gate& gate_;
  Behind& behind_;
};

class TrafficFront final : public pb::TrafficService::Service {
 public:
  TrafficFront(Gate& gate, pb::TrafficService::Service& behind) : gate_(gate), behind_(behind) {}
  Status RunTraffic(Context* c,
                    grpc::ServerReaderWriter<pb::RunTrafficResponse, pb::RunTrafficRequest>* s) override {
    return gate_.Pass({"RunTraffic", Role::kRun, Kind::kWorks}, behind_, &Behind::RunTraffic, c, s);
  }

 private:
  using Behind = pb::TrafficService::Service;
  Gate& gate_;
  Behind& behind_;
};

class WhatIfFront final : public pb::WhatIfService::Service {
 public:
  WhatIfFront(Gate& gate, pb::WhatIfService::Service& behind) : gate_(gate), behind_(behind) {}
  Status Compare(Context* c, const pb::CompareRequest* q, Writer<pb::CompareResponse>* w) override {
    return gate_.Pass({"Compare", Role::kRun, Kind::kWorks}, behind_, &Behind::Compare, c, q, w);
  }
  Status Sweep(Context* c, const pb::SweepRequest* q, Writer<pb::SweepResponse>* w) override {
    return gate_.Pass({"Sweep", Role::kRun, Kind::kWorks}, behind_, &Behind::Sweep, c, q, w);
  }
  Status MarginalReach(Context* c, const pb::MarginalReachRequest* q,
                       Writer<pb::MarginalReachResponse>* w) override {
    return gate_.Pass({"MarginalReach", Role::kRun, Kind::kWorks}, behind_, &Behind::MarginalReach, c, q, w);
  }

 private:
  using Behind = pb::WhatIfService::Service;
  Gate& gate_;
  Behind& behind_;
};

class ClusterFront final : public pb::ClusterService::Service {
 public:
  ClusterFront(Gate& gate, pb::ClusterService::Service& behind) : gate_(gate), behind_(behind) {}
  Status GetClusterStatus(Context* c, const pb::GetClusterStatusRequest* q,
                          pb::GetClusterStatusResponse* r) override {
    return gate_.Pass({"GetClusterStatus", Role::kRead}, behind_, &Behind::GetClusterStatus, c, q, r);
  }

 private:
  using Behind = pb::ClusterService::Service;
  Gate& gate_;
  Behind& behind_;
};

class PlacementFront final : public pb::PlacementService::Service {
 public:
  PlacementFront(Gate& gate, pb::PlacementService::Service& behind) : gate_(gate), behind_(behind) {}
  Status PlanRebalance(Context* c, const pb::PlanRebalanceRequest* q, pb::PlanRebalanceResponse* r) override {
    return gate_.Pass({"PlanRebalance", Role::kRead}, behind_, &Behind::PlanRebalance, c, q, r);
  }
  Status ApplyRebalance(Context* c, const pb::ApplyRebalanceRequest* q,
                        pb::ApplyRebalanceResponse* r) override {
    return gate_.Pass({"ApplyRebalance", Role::kAdmin, Kind::kBegins}, behind_, &Behind::ApplyRebalance, c, q,
                      r);
  }
  Status GetRebalance(Context* c, const pb::GetRebalanceRequest* q, pb::GetRebalanceResponse* r) override {
    return gate_.Pass({"GetRebalance", Role::kRead}, behind_, &Behind::GetRebalance, c, q, r);
  }
  Status CancelRebalance(Context* c, const pb::CancelRebalanceRequest* q,
                         pb::CancelRebalanceResponse* r) override {
    return gate_.Pass({"CancelRebalance", Role::kAdmin}, behind_, &Behind::CancelRebalance, c, q, r);
  }

 private:
  using Behind = pb::PlacementService::Service;
  Gate& gate_;
  Behind& behind_;
};

class BackupFront final : public pb::BackupService::Service {
 public:
  BackupFront(Gate& gate, pb::BackupService::Service& behind) : gate_(gate), behind_(behind) {}
  Status BackupGraph(Context* c, const pb::BackupGraphRequest* q,
                     Writer<pb::BackupGraphResponse>* w) override {
    return gate_.Pass({"BackupGraph", Role::kAdmin, Kind::kWorks}, behind_, &Behind::BackupGraph, c, q, w);
  }
  Status RestoreGraph(
      Context* c, grpc::ServerReaderWriter<pb::RestoreGraphResponse, pb::RestoreGraphRequest>* s) override {
    return gate_.Pass({"RestoreGraph", Role::kAdmin, Kind::kWorks}, behind_, &Behind::RestoreGraph, c, s);
  }

 private:
  using Behind = pb::BackupService::Service;
  Gate& gate_;
  Behind& behind_;
};

class ChangeFront final : public pb::ChangeService::Service {
 public:
  ChangeFront(Gate& gate, pb::ChangeService::Service& behind) : gate_(gate), behind_(behind) {}
  Status ApplyChanges(
      Context* c, grpc::ServerReaderWriter<pb::ApplyChangesResponse, pb::ApplyChangesRequest>* s) override {
    return gate_.Pass({"ApplyChanges", Role::kAdmin, Kind::kWorks}, behind_, &Behind::ApplyChanges, c, s);
  }
  Status FoldChanges(Context* c, const pb::FoldChangesRequest* q, pb::FoldChangesResponse* r) override {
    return gate_.Pass({"FoldChanges", Role::kAdmin, Kind::kWorks}, behind_, &Behind::FoldChanges, c, q, r);
  }

 private:
  using Behind = pb::ChangeService::Service;
  Gate& gate_;
  Behind& behind_;
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

}  // namespace lawine
