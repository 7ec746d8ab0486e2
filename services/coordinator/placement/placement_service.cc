#include "services/coordinator/placement/placement_service.h"

#include "services/common/errors.h"

namespace lawine {

namespace pb = ::lawine::v1;

namespace {

// The rebalance in the response, unless it was refused.
template <class Response>
grpc::Status Answer(const absl::StatusOr<pb::Rebalance>& rebalance, Response& response) {
  if (rebalance.ok()) *response.mutable_rebalance() = *rebalance;
  return ToGrpc(rebalance.status());
}

}  // namespace

grpc::Status PlacementService::PlanRebalance(grpc::ServerContext*, const pb::PlanRebalanceRequest* request,
                                             pb::PlanRebalanceResponse* response) {
  auto plan = rebalancer_.Plan(request->options());
  if (plan.ok()) *response = *std::move(plan);
  return ToGrpc(plan.status());
}

grpc::Status PlacementService::ApplyRebalance(grpc::ServerContext*, const pb::ApplyRebalanceRequest* request,
                                              pb::ApplyRebalanceResponse* response) {
  return Answer(rebalancer_.Apply(*request), *response);
}

grpc::Status PlacementService::GetRebalance(grpc::ServerContext*, const pb::GetRebalanceRequest*,
                                            pb::GetRebalanceResponse* response) {
  return Answer(rebalancer_.Get(), *response);
}

grpc::Status PlacementService::CancelRebalance(grpc::ServerContext*, const pb::CancelRebalanceRequest*,
                                               pb::CancelRebalanceResponse* response) {
  return Answer(rebalancer_.Cancel(), *response);
}

}  // namespace lawine
