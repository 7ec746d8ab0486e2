#include "services/cli/connection/connection.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"
#include "services/cli/connection/data_dir.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/connection/kept_cluster.h"
#include "services/coordinator/coordinator_server.h"
#include "services/worker/worker_server.h"

namespace lawine::cli {
namespace {

class RemoteConnection : public Connection {
 public:
  RemoteConnection(Interrupt& interrupt, ClusterChannel channel)
      : Connection(interrupt, std::move(channel)) {}
};

// Coordinator and workers as objects of this process, on the directories a kept cluster would use.
struct EmbeddedCluster {
  explicit EmbeddedCluster(DataLock held) : lock(std::move(held)) {}
  ~EmbeddedCluster() {
    // All at once: each waits for the streams that the others hold open to it.
    std::vector<std::thread> stopping;
    for (auto& worker : workers) stopping.emplace_back([&worker] { worker->Shutdown(); });
    for (std::thread& thread : stopping) thread.join();
    if (coordinator != nullptr) coordinator->Shutdown();
  }
  EmbeddedCluster(const EmbeddedCluster&) = delete;
  EmbeddedCluster& operator=(const EmbeddedCluster&) = delete;

  DataLock lock;
  std::unique_ptr<CoordinatorServer> coordinator;
  std::vector<std::unique_ptr<WorkerServer>> workers;
};

class EmbeddedConnection : public Connection {
 public:
  EmbeddedConnection(Interrupt& interrupt, std::unique_ptr<EmbeddedCluster> servers)
      : Connection(interrupt, OpenLoopback(servers->coordinator->address())), servers_(std::move(servers)) {}
  bool embedded() const override { return true; }

 private:
  std::unique_ptr<EmbeddedCluster> servers_;
};

absl::StatusOr<std::unique_ptr<EmbeddedCluster>> StartEmbedded(const std::string& data, DataLock lock) {
  constexpr absl::Duration kWorkersPatience = absl::Seconds(60);
  auto servers = std::make_unique<EmbeddedCluster>(std::move(lock));
  CoordinatorOptions coordinator;
  coordinator.data_dir = CoordinatorDir(data);
  coordinator.runs.resume = false;  // a command does what it was asked, not what an earlier one left
  LAWINE_ASSIGN_OR_RETURN(servers->coordinator, CoordinatorServer::Start(coordinator));
  const std::uint32_t workers_count = std::max(1u, WorkerDirsCount(data));
  for (std::uint32_t i = 0; i < workers_count; ++i) {
    WorkerOptions worker;
    worker.data_dir = WorkerDir(data, i);
    worker.coordinator = servers->coordinator->address();
    worker.threads = std::max(1u, std::thread::hardware_concurrency() / workers_count);
    LAWINE_ASSIGN_OR_RETURN(auto server, WorkerServer::Start(worker));
    servers->workers.push_back(std::move(server));
  }
  if (!servers->coordinator->WaitForWorkers(workers_count, kWorkersPatience)) {
    return absl::UnavailableError(absl::StrCat("not all of ", workers_count, " workers of ", data,
                                               " were ready within ",
                                               absl::FormatDuration(kWorkersPatience)));
  }
  return servers;
}

// Of the coordinator that `lawine up` keeps; empty when there is none.
absl::StatusOr<std::string> KeptAddress(const std::string& data) {
  LAWINE_ASSIGN_OR_RETURN(const ClusterRecord kept, LoadCluster(data));
  const ClusterState state = StateOf(kept);
  if (state == ClusterState::kNone) return std::string();
  if (state == ClusterState::kBroken) {
    return absl::UnavailableError(absl::StrCat("the coordinator of the cluster kept in ", data,
                                               " is gone, its workers are not\n`lawine down` and `lawine up` "
                                               "start it afresh; the log is ",
                                               LogFile(data, "coordinator")));
  }
  if (kept.processes.front().address.empty()) {
    return absl::UnavailableError(absl::StrCat("the cluster kept in ", data, " is still starting"));
  }
  return kept.processes.front().address;
}

}  // namespace

Connection::Connection(Interrupt& interrupt, ClusterChannel cluster)
    : interrupt_(interrupt), channel_(std::move(cluster)) {
  const std::shared_ptr<grpc::Channel>& channel = channel_.channel;
  graphs_ = v1::GraphService::NewStub(channel);
  simulations_ = v1::SimulationService::NewStub(channel);
  traffic_ = v1::TrafficService::NewStub(channel);
  what_if_ = v1::WhatIfService::NewStub(channel);
  cluster_ = v1::ClusterService::NewStub(channel);
  placement_ = v1::PlacementService::NewStub(channel);
  backups_ = v1::BackupService::NewStub(channel);
  changes_ = v1::ChangeService::NewStub(channel);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Session& session) {
  const GlobalOptions& options = session.options;
  if (!options.cluster.empty()) {
    LAWINE_ASSIGN_OR_RETURN(ClusterChannel channel, OpenCluster(options));
    return std::make_unique<RemoteConnection>(session.interrupt, std::move(channel));
  }
  LAWINE_RETURN_IF_ERROR(CheckDataDir(options.data));
  LAWINE_ASSIGN_OR_RETURN(std::string address, KeptAddress(options.data));
  if (!address.empty()) return std::make_unique<RemoteConnection>(session.interrupt, OpenLoopback(address));
  LAWINE_ASSIGN_OR_RETURN(DataLock lock, DataLock::Take(session));
  // Whoever held the lock may have been `lawine up`.
  LAWINE_ASSIGN_OR_RETURN(address, KeptAddress(options.data));
  if (!address.empty()) return std::make_unique<RemoteConnection>(session.interrupt, OpenLoopback(address));
  LAWINE_ASSIGN_OR_RETURN(auto servers, StartEmbedded(options.data, std::move(lock)));
  return std::make_unique<EmbeddedConnection>(session.interrupt, std::move(servers));
}

absl::Status Connection::Explain(const grpc::Status& status) const {
  if (status.ok()) return absl::OkStatus();
  if (interrupt_.raised()) return absl::CancelledError("interrupted");
  // Only servers send details: without any, the connection itself failed.
  const bool from_server = !status.error_details().empty();
  if (!from_server && status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    const absl::Status refused = WhyRefused(channel_);
    if (!refused.ok()) return refused;
    return absl::UnavailableError(absl::StrCat("no cluster answers at ", address(), " (",
                                               status.error_message(),
                                               ")\ncheck the address, or start one with `lawine up`"));
  }
  if (!from_server && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return absl::DeadlineExceededError(
        absl::StrCat("the cluster at ", address(), " did not answer in time\nsee `lawine cluster status`"));
  }
  return FromCall(status);
}

std::string NewRequestId() {
  std::random_device entropy;
  return absl::StrFormat("%08x%08x%08x%08x", entropy(), entropy(), entropy(), entropy());
}

}  // namespace lawine::cli
