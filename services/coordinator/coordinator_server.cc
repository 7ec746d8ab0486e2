#include "services/coordinator/coordinator_server.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"
#include "services/common/rpc.h"
#include "services/coordinator/change_service.h"
#include "services/coordinator/graph_changes.h"
#include "services/coordinator/public_services.h"
#include "services/coordinator/traffic_service.h"
#include "services/coordinator/what_if_service.h"

namespace lawine {
namespace {

constexpr absl::Duration kShutdownGrace = absl::Seconds(2);
constexpr std::size_t kPlanThreads = 2;

class CoordinatorServerImpl final : public CoordinatorServer {
 public:
  CoordinatorServerImpl(const CoordinatorOptions& options, std::unique_ptr<RegistryStore> registry)
      : registry_(std::move(registry)),
        pool_(kPlanThreads),
        graphs_(*registry_, workers_, pool_),
        runs_(*registry_, graphs_, workers_, options.runs),
        changes_(*registry_, graphs_),
        graph_service_(graphs_),
        change_service_(changes_),
        simulation_service_(runs_),
        traffic_service_(*registry_, graphs_, runs_),
        what_if_service_(graphs_, runs_),
        cluster_service_(workers_, graphs_, runs_),
        registry_service_(workers_, graphs_) {}
  ~CoordinatorServerImpl() override { Shutdown(); }

  absl::Status Bind(const CoordinatorOptions& options) {
    LAWINE_RETURN_IF_ERROR(graphs_.Load());
    LAWINE_RETURN_IF_ERROR(runs_.Start());
    LAWINE_ASSIGN_OR_RETURN(
        bound_, StartServer(options.listen, options.insecure_listen,
                            {&graph_service_, &change_service_, &simulation_service_, &traffic_service_,
                             &what_if_service_, &cluster_service_, &registry_service_}));
    return absl::OkStatus();
  }

  const std::string& address() const override { return bound_.address; }
  bool WaitForWorkers(std::uint32_t workers_count, absl::Duration timeout) override {
    return workers_.WaitForWorkers(workers_count, timeout);
  }
  void Shutdown() override {
    MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    runs_.Stop();
    if (bound_.server != nullptr) StopServer(*bound_.server, kShutdownGrace);
  }

 private:
  const std::unique_ptr<RegistryStore> registry_;
  ThreadPool pool_;
  WorkerDirectory workers_;
  Graphs graphs_;
  Runs runs_;
  GraphChanges changes_;
  GraphService graph_service_;
  ChangeService change_service_;
  SimulationService simulation_service_;
  TrafficService traffic_service_;
  WhatIfService what_if_service_;
  ClusterService cluster_service_;
  RegistryService registry_service_;
  BoundServer bound_;
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CoordinatorServer>> CoordinatorServer::Start(
    const CoordinatorOptions& options) {
  if (options.data_dir.empty()) return absl::InvalidArgumentError("a coordinator needs a data directory");
  LAWINE_RETURN_IF_ERROR(CheckRunsOptions(options.runs));
  std::error_code error;
  std::filesystem::create_directories(options.data_dir, error);
  if (error) return absl::UnavailableError(absl::StrCat(options.data_dir, ": ", error.message()));
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<RegistryStore> registry,
                          RegistryStore::Open(options.data_dir + "/registry"));
  auto server = std::make_unique<CoordinatorServerImpl>(options, std::move(registry));
  LAWINE_RETURN_IF_ERROR(server->Bind(options));
  return server;
}

}  // namespace lawine
