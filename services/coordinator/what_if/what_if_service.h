// The public gRPC service of comparisons and sweeps. The contract is in proto/lawine/v1/what_if.proto.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_WHAT_IF_SERVICE_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_WHAT_IF_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "lawine/v1/what_if.grpc.pb.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/runs/runs.h"

namespace lawine {

// Thread-safe. Each call is for the owner of a token.
class WhatIfService final {
 public:
  WhatIfService(Graphs& graphs, Runs& runs) : graphs_(graphs), runs_(runs) {}
  grpc::Status Compare(const std::string& owner, grpc::ServerContext* context,
                       const lawine::v1::CompareRequest* request,
                       grpc::ServerWriter<lawine::v1::CompareResponse>* writer);
  grpc::Status Sweep(const std::string& owner, grpc::ServerContext* context,
                     const lawine::v1::SweepRequest* request,
                     grpc::ServerWriter<lawine::v1::SweepResponse>* writer);
  grpc::Status MarginalReach(const std::string& owner, grpc::ServerContext* context,
                             const lawine::v1::MarginalReachRequest* request,
                             grpc::ServerWriter<lawine::v1::MarginalReachResponse>* writer);

 private:
  Graphs& graphs_;
  Runs& runs_;
  std::atomic<std::uint32_t> going_on_{0};
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_WHAT_IF_SERVICE_H_
