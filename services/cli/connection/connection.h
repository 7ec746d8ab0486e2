// A cluster to talk to: given, kept by `lawine up`, or one of our own in this process. All are reached over
// the same channel, by the same calls.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_CONNECTION_H_
#define LAWINE_SERVICES_CLI_CONNECTION_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lawine/v1/backups.grpc.pb.h"
#include "lawine/v1/changes.grpc.pb.h"
#include "lawine/v1/cluster.grpc.pb.h"
#include "lawine/v1/graph.grpc.pb.h"
#include "lawine/v1/placement.grpc.pb.h"
#include "lawine/v1/simulation.grpc.pb.h"
#include "lawine/v1/traffic.grpc.pb.h"
#include "lawine/v1/what_if.grpc.pb.h"
#include "services/cli/connection/channel.h"
#include "services/cli/connection/session.h"

namespace lawine::cli {

inline constexpr absl::Duration kControlTimeout = absl::Seconds(30);
// For calls that count or delete whole graphs.
inline constexpr absl::Duration kLongTimeout = absl::Minutes(30);
// For loads and for watching: broken connections are noticed by keepalive, not by this.
inline constexpr absl::Duration kStreamTimeout = absl::Hours(72);

class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Session& session);
  virtual ~Connection() = default;

  v1::GraphService::Stub& graphs() { return *graphs_; }
  v1::SimulationService::Stub& simulations() { return *simulations_; }
  v1::TrafficService::Stub& traffic() { return *traffic_; }
  v1::WhatIfService::Stub& what_if() { return *what_if_; }
  v1::ClusterService::Stub& cluster() { return *cluster_; }
  v1::PlacementService::Stub& placement() { return *placement_; }
  v1::BackupService::Stub& backups() { return *backups_; }
  v1::ChangeService::Stub& changes() { return *changes_; }
  Interrupt& interrupt() { return interrupt_; }

  // It ends with this process.
  virtual bool embedded() const { return false; }
  const std::string& address() const { return channel_.address; }

  // One unary call: Call(graphs(), &v1::GraphService::Stub::GetGraph, request, response).
  template <typename Stub, typename Request, typename Response>
  absl::Status Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response, absl::Duration timeout = kControlTimeout) {
    CallScope call(interrupt_, timeout);
    return Explain((stub.*method)(&call.context(), request, &response));
  }

  // The status of a call as the command ends with: what it says, and what to do about it. CANCELLED
  // after an interrupt.
  absl::Status Explain(const grpc::Status& status) const;

 protected:
  Connection(Interrupt& interrupt, ClusterChannel channel);

 private:
  Interrupt& interrupt_;
  const ClusterChannel channel_;
  std::unique_ptr<v1::GraphService::Stub> graphs_;
  std::unique_ptr<v1::SimulationService::Stub> simulations_;
  std::unique_ptr<v1::TrafficService::Stub> traffic_;
  std::unique_ptr<v1::WhatIfService::Stub> what_if_;
  std::unique_ptr<v1::ClusterService::Stub> cluster_;
  std::unique_ptr<v1::PlacementService::Stub> placement_;
  std::unique_ptr<v1::BackupService::Stub> backups_;
  std::unique_ptr<v1::ChangeService::Stub> changes_;
};

// An id for a request that must act once, however often it is sent.
std::string NewRequestId();

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_CONNECTION_H_
