#include "services/worker/worker_server.h"

#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"
#include "engine/store/rocks_store.h"
#include "engine/store/shard_arrivals.h"
#include "services/common/certificates.h"
#include "services/common/errors.h"
#include "services/common/memory.h"
#include "services/common/process.h"
#include "services/common/reload_figures.h"
#include "services/common/repeating.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/worker/registration.h"
#include "services/worker/shard_moves.h"
#include "services/worker/worker_figures.h"
#include "services/worker/worker_service.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
constexpr absl::Duration kShutdownGrace = absl::Seconds(2);
constexpr absl::Duration kDeleteEvery = absl::Seconds(1);
constexpr absl::Duration kOpenEvery = absl::Seconds(3);
constexpr std::size_t kNodeIdBytesMax = 64;

absl::Status CheckNodeId(const std::string& id, const std::string& path) {
  const bool good =
      std::all_of(id.begin(), id.end(), [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
  if (good && !id.empty() && id.size() <= kNodeIdBytesMax) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      path, ": expected a node id, 1 to ", kNodeIdBytesMax, " letters, digits and '-', found ",
      id.empty() ? "an empty file"
                 : absl::StrCat(id.size(), " bytes, \"", absl::CHexEscape(id.substr(0, 20)), "\""),
      ": write the id that this worker had (lawine cluster status names workers that are away). Without the "
      "file it would be another worker, and shards that were moved or restored to this one would not be "
      "found"));
}

// The node id is made once and kept with the data: addresses change, it does not.
absl::StatusOr<std::string> NodeId(const std::string& data_dir) {
  const std::string path = data_dir + "/node_id";
  const auto kept = ReadFile(path);
  if (kept.ok()) {
    std::string id(absl::StripSuffix(*kept, "\n"));
    LAWINE_RETURN_IF_ERROR(CheckNodeId(id, path));
    return id;
  }
  // Whoever has an id that cannot be read just now must not become somebody else.
  if (!absl::IsNotFound(kept.status())) return kept.status();
  std::random_device random;
  const std::string id = absl::StrFormat("w-%08x%08x", random(), random());
  LAWINE_RETURN_IF_ERROR(WriteFileAtomically(path, id + "\n"));
  return id;
}

std::uint64_t DrawIncarnation() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

std::string GraphsOf(const WorkerOptions& options) { return options.data_dir + "/graphs"; }

class WorkerServerImpl final : public WorkerServer {
 public:
  WorkerServerImpl(const WorkerOptions& options, std::shared_ptr<Certificates> certificates,
                   std::unique_ptr<DirectoryLock> lock, std::string node_id,
                   std::unique_ptr<ShardStorage> storage)
      : options_(options),
        certificates_(std::move(certificates)),
        lock_(std::move(lock)),
        identity_{.node_id = std::move(node_id), .incarnation = DrawIncarnation()},
        pool_(options.threads),
        shards_(std::move(storage), options.memory_limit_bytes, pool_),
        peers_(ToWorkers()),
        moves_(identity_.node_id, GraphsOf(options), ToWorkers(), shards_, runs_, pool_),
        service_(identity_, shards_, runs_, peers_, coordinator_, moves_, pool_, options.data_dir + "/load"),
        shard_service_(moves_, coordinator_),
        exchange_(runs_) {}
  ~WorkerServerImpl() override { Shutdown(); }

  absl::Status Bind() {
    LAWINE_RETURN_IF_ERROR(shards_.CheckMemoryLimit());
    const Listening listening{.address = options_.listen,
                              .insecure = options_.insecure_listen,
                              .credentials = certificates_ == nullptr ? nullptr : certificates_->ForServer()};
    LAWINE_ASSIGN_OR_RETURN(bound_, StartServer(listening, {&service_, &shard_service_, &exchange_}));
    registration_ = std::make_unique<Registration>(options_.coordinator, certificates_, coordinator_,
                                                   [this] { return What(); });
    return absl::OkStatus();
  }

  const std::string& address() const override { return bound_.address; }
  const std::string& node_id() const override { return identity_.node_id; }

  std::vector<HealthCheck> Checks() const override {
    std::vector<HealthCheck> checks;
    if (certificates_ != nullptr) checks.push_back({"certificate-cluster", certificates_->Check()});
    checks.push_back({"admission", registration_->Refusal()});
    checks.push_back({"shards", CheckShards()});
    const bool draining = draining_;
    checks.push_back({"draining", draining ? absl::UnavailableError("it is stopping") : absl::OkStatus()});
    return checks;
  }
  MetricFamilies Collect() const override {
    MetricFamilies families;
    AddShardFigures(shards_.LastList(), options_.memory_limit_bytes.value_or(0), families);
    AddGauges(families, "lawine_worker_runs", "Runs it takes part in.",
              {{static_cast<double>(runs_.runs_count())}});
    AddGauges(families, "lawine_worker_peers", "Other workers it has a stream to, for runs.",
              {{static_cast<double>(peers_.links_count())}});
    AddGauges(families, "lawine_coordinator_connected", "1 while the coordinator knows it.",
              {{registration_->connected() ? 1.0 : 0.0}});
    AddCheckpointFigures(runs_.checkpoint_totals(), families);
    AddReloadFigures({{"cluster", certificates_.get()}}, nullptr, families);
    return families;
  }
  bool Drain(absl::Time until) override {
    draining_ = true;
    if (auto* health = bound_.server->GetHealthCheckService(); health != nullptr) {
      health->SetServingStatus(false);
    }
    runs_.Close();
    registration_->Stop();
    return runs_.WaitIdle(until);
  }

  void Shutdown() override {
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      stopping_ = true;
    }
    if (registration_ != nullptr) registration_->Join();
    peers_.Close();
    exchange_.Close();
    if (bound_.server != nullptr) StopServer(*bound_.server, kShutdownGrace);
  }

 private:
  std::shared_ptr<grpc::ChannelCredentials> ToWorkers() const {
    return certificates_ == nullptr ? nullptr : certificates_->ForChannels();
  }

  // Damaged shards do not count: the others are served. Those that do not belong here are a wrong volume, or
  // a wrong version of the programs; those that may be opened later, as on a disk that is full, are waited
  // for.
  absl::Status CheckShards() const {
    for (const HeldShardState& state : shards_.LastList()) {
      if (!absl::IsFailedPrecondition(state.status) && !MayPass(state.status)) continue;
      return absl::Status(state.status.code(),
                          absl::StrCat("shard ", state.name.shard.value, " of graph '", state.name.graph,
                                       "' cannot be used: ", state.status.message()));
    }
    return shards_.Listing();
  }

  pbi::RegisterRequest What() {
    pbi::RegisterRequest request;
    request.set_node_id(identity_.node_id);
    request.set_incarnation(identity_.incarnation);
    request.set_address(options_.advertise.empty() ? bound_.address : options_.advertise);
    request.set_runs(static_cast<std::uint32_t>(runs_.runs_count()));
    request.set_version(kVersion);
    request.set_protocol(kClusterProtocol);
    request.set_memory_limit_bytes(options_.memory_limit_bytes.value_or(0));
    for (const HeldShardState& state : shards_.LastList()) {
      pbi::HeldShard& shard = *request.add_shards();
      shard.set_graph(state.name.graph);
      shard.set_shard(state.name.shard.value);
      shard.set_problem(std::string(state.status.message()));
      shard.set_disk_bytes(state.disk_bytes);
      shard.set_resident_bytes(state.resident_bytes);
      shard.set_partly_in_memory(state.partly_in_memory);
      if (!state.status.ok()) continue;
      shard.set_graph_digest(state.graph.identity().ToHex());
      *shard.mutable_info() = wire::ToProto(state.graph);
    }
    return request;
  }

  const WorkerOptions options_;
  const std::shared_ptr<Certificates> certificates_;  // may be null
  const std::unique_ptr<DirectoryLock> lock_;
  const WorkerIdentity identity_;
  ThreadPool pool_;
  ShardHost shards_;
  RunHost runs_;
  PeerLinks peers_;
  CoordinatorWatch coordinator_;
  ShardMoves moves_;
  WorkerService service_;
  ShardService shard_service_;
  ExchangeService exchange_;
  Repeating deleting_{kDeleteEvery, [this] { shards_.DeleteLeft(); }};
  Repeating opening_{kOpenEvery, [this] { shards_.OpenAgain(); }};
  BoundServer bound_;
  std::unique_ptr<Registration> registration_;
  std::atomic<bool> draining_{false};
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerServer>> WorkerServer::Start(const WorkerOptions& options) {
  if (options.data_dir.empty()) {
    return absl::InvalidArgumentError("--data: expected a directory, found none");
  }
  LAWINE_RETURN_IF_ERROR(CheckHostPort("--coordinator", options.coordinator));
  if (!options.advertise.empty()) LAWINE_RETURN_IF_ERROR(CheckHostPort("--advertise", options.advertise));
  if (options.threads < 1 || options.threads > WorkerOptions::kThreadsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("--threads: expected 1 to ", WorkerOptions::kThreadsMax, ", found ", options.threads));
  }
  // Its own, and those that serve calls from the start.
  LAWINE_RETURN_IF_ERROR(CheckRoomForStacks(options.threads + kIdleServerThreadsMax));
  if (options.advertise.empty() && IsAnyAddress(options.listen) && !IsLoopback(options.coordinator)) {
    return absl::InvalidArgumentError(absl::StrCat("with --listen ", options.listen,
                                                   " a worker does not know where others reach it: say "
                                                   "--advertise HOST:PORT"));
  }
  if (options.insecure_listen && !options.certificates.none()) {
    return absl::InvalidArgumentError("--insecure-listen is plain text: with --tls-ca say --listen");
  }
  LAWINE_RETURN_IF_ERROR(CheckGiven(options.certificates, "--tls", true));
  std::shared_ptr<Certificates> certificates;
  if (!options.certificates.none()) {
    LAWINE_ASSIGN_OR_RETURN(certificates, Certificates::Load(options.certificates, "cluster"));
  }
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<DirectoryLock> lock, DirectoryLock::Take(options.data_dir));
  ShardArrivals(GraphsOf(options)).RemoveLeftovers();
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<ShardStorage> storage,
                          OpenRocksStorage(GraphsOf(options), RocksOptions()));
  LAWINE_ASSIGN_OR_RETURN(const std::string node_id, NodeId(options.data_dir));
  auto server = std::make_unique<WorkerServerImpl>(options, std::move(certificates), std::move(lock), node_id,
                                                   std::move(storage));
  LAWINE_RETURN_IF_ERROR(server->Bind());
  return server;
}

}  // namespace lawine
