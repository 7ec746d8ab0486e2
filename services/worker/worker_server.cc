#include "services/worker/worker_server.h"

#include <spdlog/spdlog.h>

#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/base/thread_pool.h"
#include "engine/store/rocks_store.h"
#include "services/common/errors.h"
#include "services/common/process.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/worker/worker_service.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
constexpr absl::Duration kRetryEvery = absl::Milliseconds(200);
constexpr absl::Duration kRegisterTimeout = absl::Seconds(5);
constexpr absl::Duration kShutdownGrace = absl::Seconds(2);

// The node id is made once and kept with the data: addresses change, it does not.
absl::StatusOr<std::string> NodeId(const std::string& data_dir) {
  const std::string path = data_dir + "/node_id";
  if (auto kept = ReadFile(path); kept.ok()) {
    const std::string id(absl::StripSuffix(*kept, "\n"));
    if (!id.empty()) return id;
    return absl::DataLossError(
        absl::StrCat(path, ": expected a node id, found an empty file: restore or delete it"));
  }
  std::random_device random;
  const std::string id = absl::StrFormat("w-%08x%08x", random(), random());
  LAWINE_RETURN_IF_ERROR(WriteFileAtomically(path, id + "\n"));
  return id;
}

class WorkerServerImpl final : public WorkerServer {
 public:
  WorkerServerImpl(const WorkerOptions& options, std::unique_ptr<DirectoryLock> lock, std::string node_id,
                   std::unique_ptr<ShardStorage> storage)
      : options_(options),
        lock_(std::move(lock)),
        node_id_(std::move(node_id)),
        pool_(options.threads),
        shards_(std::move(storage), options.memory_limit_bytes, pool_),
        service_(shards_, runs_, peers_, pool_),
        exchange_(runs_) {}
  ~WorkerServerImpl() override { Shutdown(); }

  absl::Status Bind() {
    LAWINE_RETURN_IF_ERROR(shards_.CheckMemoryLimit());
    LAWINE_ASSIGN_OR_RETURN(bound_,
                            StartServer(options_.listen, options_.insecure_listen, {&service_, &exchange_}));
    registering_ = std::thread([this] { KeepRegistered(); });
    return absl::OkStatus();
  }

  const std::string& address() const override { return bound_.address; }
  const std::string& node_id() const override { return node_id_; }

  void Shutdown() override {
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      stopping_ = true;
      wake_.NotifyAll();
    }
    if (registering_.joinable()) registering_.join();
    peers_.Close();
    exchange_.Close();
    if (bound_.server != nullptr) StopServer(*bound_.server, kShutdownGrace);
  }

 private:
  pbi::RegisterRequest Registration() const {
    pbi::RegisterRequest request;
    request.set_node_id(node_id_);
    request.set_address(options_.advertise.empty() ? bound_.address : options_.advertise);
    request.set_runs(static_cast<std::uint32_t>(runs_.runs_count()));
    request.set_version(kVersion);
    request.set_memory_limit_bytes(options_.memory_limit_bytes.value_or(0));
    for (const HeldShardState& state : shards_.List()) {
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

  void KeepRegistered() {
    const auto channel = OpenChannel(options_.coordinator);
    const auto stub = pbi::RegistryService::NewStub(channel);
    bool known = false;
    while (!Stopping()) {
      grpc::ClientContext context;
      SetDeadline(context, kRegisterTimeout);
      pbi::RegisterResponse response;
      const grpc::Status status = stub->Register(&context, Registration(), &response);
      if (status.ok() != known) {
        known = status.ok();
        if (known) spdlog::info("registered with coordinator {} as {}", options_.coordinator, node_id_);
        if (!known) spdlog::warn("coordinator {}: {}", options_.coordinator, status.error_message());
      }
      Sleep(status.ok() ? absl::Milliseconds(response.heartbeat_milliseconds()) : kRetryEvery);
    }
  }

  bool Stopping() {
    MutexLock lock(mutex_);
    return stopping_;
  }
  void Sleep(absl::Duration time) {
    MutexLock lock(mutex_);
    if (!stopping_) wake_.WaitFor(mutex_, absl::ToChronoNanoseconds(time));
  }

  const WorkerOptions options_;
  const std::unique_ptr<DirectoryLock> lock_;
  const std::string node_id_;
  ThreadPool pool_;
  ShardHost shards_;
  RunHost runs_;
  PeerLinks peers_;
  WorkerService service_;
  ExchangeService exchange_;
  BoundServer bound_;
  std::thread registering_;
  Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerServer>> WorkerServer::Start(const WorkerOptions& options) {
  if (options.data_dir.empty() || options.coordinator.empty() || options.threads < 1 ||
      options.threads > 1024) {
    return absl::InvalidArgumentError(
        "a worker needs a data directory, a coordinator, and 1 to 1024 threads");
  }
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<DirectoryLock> lock, DirectoryLock::Take(options.data_dir));
  LAWINE_ASSIGN_OR_RETURN(std::unique_ptr<ShardStorage> storage,
                          OpenRocksStorage(options.data_dir + "/graphs", RocksOptions()));
  LAWINE_ASSIGN_OR_RETURN(const std::string node_id, NodeId(options.data_dir));
  auto server = std::make_unique<WorkerServerImpl>(options, std::move(lock), node_id, std::move(storage));
  LAWINE_RETURN_IF_ERROR(server->Bind());
  return server;
}

}  // namespace lawine
