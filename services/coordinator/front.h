// The public services as callers reach them: each method with what it asks of its callers.
#ifndef LAWINE_SERVICES_COORDINATOR_FRONT_H_
#define LAWINE_SERVICES_COORDINATOR_FRONT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "lawine/v1/backups.grpc.pb.h"
#include "lawine/v1/changes.grpc.pb.h"
#include "lawine/v1/placement.grpc.pb.h"
#include "lawine/v1/traffic.grpc.pb.h"
#include "lawine/v1/what_if.grpc.pb.h"
#include "services/coordinator/access/gate.h"
#include "services/coordinator/graphs/change_service.h"
#include "services/coordinator/public_services.h"
#include "services/coordinator/traffic/traffic_service.h"
#include "services/coordinator/what_if/what_if_service.h"

namespace lawine {

// What is behind the gate.
struct PublicServices {
  lawine::v1::GraphService::Service& graphs;
  SimulationService& simulations;
  TrafficService& traffic;
  WhatIfService& what_if;
  lawine::v1::ClusterService::Service& cluster;
  lawine::v1::PlacementService::Service& placement;
  lawine::v1::BackupService::Service& backups;
  ChangeService& changes;
};

// Services that pass `gate`, in any order. A method that has no rule there is UNIMPLEMENTED: nobody gets past
// by being forgotten. Both arguments must outlive them.
std::vector<std::unique_ptr<grpc::Service>> MakeFront(Gate& gate, const PublicServices& services);
// Full names of all services at the public port, with those of gRPC.
std::vector<std::string> PublicServiceNames();

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_FRONT_H_
