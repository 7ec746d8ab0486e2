#include "services/coordinator/coordinator_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <prometheus/registry.h>

#include <atomic>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"
#include "services/common/memory.h"
#include "services/common/rpc.h"
#include "services/common/size.h"
#include "services/coordinator/access/call_metrics.h"
#include "services/coordinator/access/gate.h"
#include "services/coordinator/access/reflection.h"
#include "services/coordinator/cluster_figures.h"
#include "services/coordinator/front.h"
#include "services/coordinator/graphs/backups_service.h"
#include "services/coordinator/graphs/change_service.h"
#include "services/coordinator/graphs/graph_changes.h"
#include "services/coordinator/placement/placement_service.h"
#include "services/coordinator/placement/rebalancer.h"
#include "services/coordinator/ports.h"
#include "services/coordinator/public_services.h"
#include "services/coordinator/runs/run_metrics.h"
#include "services/coordinator/traffic/traffic_service.h"
#include "services/coordinator/what_if/what_if_service.h"

namespace lawine {
namespace {

constexpr absl::Duration kShutdownGrace = absl::Seconds(2);
constexpr std::size_t kPlanThreads = 2;
constexpr char kNoKey[] = "nobody/writes/this";

RunsOptions WithOwners(RunsOptions options, const TokenStore* tokens) {
  if (tokens == nullptr) return options;
  options.limits_of = [tokens](const std::string& owner) {
    const auto token = tokens->Named(owner);
    // Whose token is gone has the least: taking a token away lifts no limit.
    constexpr OwnerLimits kLeast{.runs_at_once = 1};
    return token.has_value() ? OwnerLimits{token->runs_at_once, token->runs_queued, token->run_seconds,
                                           token->run_memory_mib}
                             : kLeast;
  };
  return options;
}

// So many imports may take their memory at once.
absl::Status CheckImportMemory(std::uint64_t bytes) {
  const std::uint64_t most = MemoryBytes() / Imports::kAtOnceMax;
  if (bytes <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("import memory: expected at most ", MebibytesText(most), ", for ", Imports::kAtOnceMax,
                   " imports at once in the memory of this machine or container, found ",
                   MebibytesText(bytes), ": give less as --import-memory"));
}

class CoordinatorServerImpl final : public CoordinatorServer {
 public:
  CoordinatorServerImpl(const CoordinatorOptions& options, Ports ports,
                        std::unique_ptr<RegistryStore> registry)
      : ports_(std::move(ports)),
        registry_(std::move(registry)),
        call_metrics_(metrics_),
        run_metrics_(metrics_),
        pool_(kPlanThreads),
        workers_(ports_.ToWorkers()),
        graphs_(*registry_, workers_, pool_),
        runs_(*registry_, graphs_, workers_, WithOwners(options.runs, ports_.tokens.get()), &run_metrics_),
        rebalancer_(*registry_, graphs_, workers_),
        changes_(*registry_, graphs_),
        imports_(graphs_, pool_,
                 {.directory = options.data_dir + "/import", .memory_bytes = options.import_memory_bytes}),
        graph_service_(graphs_, imports_),
        change_service_(changes_),
        simulation_service_(runs_),
        traffic_service_(*registry_, graphs_, runs_),
        what_if_service_(graphs_, runs_),
        cluster_service_(workers_, graphs_, runs_),
        placement_service_(rebalancer_),
        backup_service_(graphs_, workers_),
        registry_service_(workers_, graphs_),
        gate_(ports_.tokens.get(), call_metrics_),
        front_(MakeFront(gate_, {.graphs = graph_service_,
                                 .simulations = simulation_service_,
                                 .traffic = traffic_service_,
                                 .what_if = what_if_service_,
                                 .cluster = cluster_service_,
                                 .placement = placement_service_,
                                 .backups = backup_service_,
                                 .changes = change_service_})) {}
  ~CoordinatorServerImpl() override { Shutdown(); }

  absl::Status Bind() {
    LAWINE_RETURN_IF_ERROR(graphs_.Load());
    LAWINE_RETURN_IF_ERROR(rebalancer_.Start());
    LAWINE_RETURN_IF_ERROR(runs_.Start());
    std::vector<grpc::Service*> services;
    for (const auto& service : front_) services.push_back(service.get());
    if (ports_.cluster_port.has_value()) {
      LAWINE_ASSIGN_OR_RETURN(cluster_, StartServer(*ports_.cluster_port, {&registry_service_}));
    } else {
      services.push_back(&registry_service_);
    }
    services.push_back(&reflection_);
    LAWINE_ASSIGN_OR_RETURN(public_, StartServer(ports_.public_port, services));
    return absl::OkStatus();
  }

  const std::string& address() const override { return public_.address; }
  const std::string& cluster_address() const override {
    return cluster_.server != nullptr ? cluster_.address : public_.address;
  }
  bool WaitForWorkers(std::uint32_t workers_count, absl::Duration timeout) override {
    return workers_.WaitForWorkers(workers_count, timeout);
  }
  std::vector<HealthCheck> Checks() const override {
    const absl::Status read = registry_->Get(kNoKey).status();
    std::vector<HealthCheck> checks = {{"registry", absl::IsNotFound(read) ? absl::OkStatus() : read}};
    for (const auto& [name, certificates] : {std::pair("certificate-cluster", &ports_.cluster_certificates),
                                             std::pair("certificate-public", &ports_.public_certificates)}) {
      if (*certificates != nullptr) checks.push_back({name, (*certificates)->Check()});
    }
    const bool draining = draining_;
    checks.push_back({"draining", draining ? absl::UnavailableError("it is stopping") : absl::OkStatus()});
    return checks;
  }
  MetricFamilies Collect() const override {
    MetricFamilies families = metrics_.Collect();
    AddClusterFigures(workers_, graphs_, runs_, families);
    AddPortFigures(ports_, families);
    return families;
  }
  bool Drain(absl::Time until) override {
    draining_ = true;
    if (auto* health = public_.server->GetHealthCheckService(); health != nullptr) {
      health->SetServingStatus(false);
    }
    gate_.Close();
    return gate_.WaitIdle(until);
  }
  void Shutdown() override {
    MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    rebalancer_.Stop();
    runs_.Stop();
    for (const BoundServer* bound : {&public_, &cluster_}) {
      if (bound->server != nullptr) StopServer(*bound->server, kShutdownGrace);
    }
  }

 private:
  const Ports ports_;
  const std::unique_ptr<RegistryStore> registry_;
  prometheus::Registry metrics_;
  CallMetrics call_metrics_;
  RunMetrics run_metrics_;
  ThreadPool pool_;
  WorkerDirectory workers_;
  Graphs graphs_;
  Runs runs_;
  Rebalancer rebalancer_;
  GraphChanges changes_;
  Imports imports_;
  GraphService graph_service_;
  ChangeService change_service_;
  SimulationService simulation_service_;
  TrafficService traffic_service_;
  WhatIfService what_if_service_;
  ClusterService cluster_service_;
  PlacementService placement_service_;
  BackupService backup_service_;
  RegistryService registry_service_;
  Gate gate_;
  const std::vector<std::unique_ptr<grpc::Service>> front_;
  Reflection reflection_{PublicServiceNames()};
  BoundServer cluster_;
  BoundServer public_;
  std::atomic<bool> draining_{false};
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CoordinatorServer>> CoordinatorServer::Start(
    const CoordinatorOptions& options) {
  if (options.data_dir.empty()) return absl::InvalidArgumentError("a coordinator needs a data directory");
  LAWINE_RETURN_IF_ERROR(CheckRunsOptions(options.runs));
  LAWINE_RETURN_IF_ERROR(CheckImportMemory(options.import_memory_bytes));
  LAWINE_ASSIGN_OR_RETURN(Ports ports, PreparePorts(options));
  std::error_code error;
  std::filesystem::create_directories(options.data_dir, error);
  if (error) return absl::UnavailableError(absl::StrCat(options.data_dir, ": ", error.message()));
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<RegistryStore> registry,
                          RegistryStore::Open(options.data_dir + "/registry"));
  auto server = std::make_unique<CoordinatorServerImpl>(options, std::move(ports), std::move(registry));
  LAWINE_RETURN_IF_ERROR(server->Bind());
  return server;
}

}  // namespace lawine
