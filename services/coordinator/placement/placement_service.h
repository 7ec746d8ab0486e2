// The public gRPC service of placement: translate, call, translate.
#ifndef LAWINE_SERVICES_COORDINATOR_PLACEMENT_PLACEMENT_SERVICE_H_
#define LAWINE_SERVICES_COORDINATOR_PLACEMENT_PLACEMENT_SERVICE_H_

#include "lawine/v1/placement.grpc.pb.h"
#include "services/coordinator/placement/rebalancer.h"

namespace lawine {

class PlacementService final : public lawine::v1::PlacementService::Service {
 public:
  explicit PlacementService(Rebalancer& rebalancer) : rebalancer_(rebalancer) {}
  grpc::Status PlanRebalance(grpc::ServerContext*, const lawine::v1::PlanRebalanceRequest* request,
                             lawine::v1::PlanRebalanceResponse* response) override;
  grpc::Status ApplyRebalance(grpc::ServerContext*, const lawine::v1::ApplyRebalanceRequest* request,
                              lawine::v1::ApplyRebalanceResponse* response) override;
  grpc::Status GetRebalance(grpc::ServerContext*, const lawine::v1::GetRebalanceRequest*,
                            lawine::v1::GetRebalanceResponse* response) override;
  grpc::Status CancelRebalance(grpc::ServerContext*, const lawine::v1::CancelRebalanceRequest*,
                               lawine::v1::CancelRebalanceResponse* response) override;

 private:
  Rebalancer& rebalancer_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLACEMENT_PLACEMENT_SERVICE_H_
