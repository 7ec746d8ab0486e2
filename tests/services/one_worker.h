// What a coordinator consists of, over a registry in memory, with a whole worker in this process.
#ifndef LAWINE_TESTS_SERVICES_ONE_WORKER_H_
#define LAWINE_TESTS_SERVICES_ONE_WORKER_H_

#include <memory>
#include <string>
#include <utility>

#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "services/common/rpc.h"
#include "services/coordinator/public_services.h"
#include "services/worker/worker_server.h"
#include "tests/services/memory_registry.h"
#include "tests/support/temp_directory.h"

namespace lawine {

class OneWorker {
 public:
  OneWorker() {
    WorkerOptions options;
    options.data_dir = (directory_.path() / "worker").string();
    options.coordinator = bound_.address;
    auto worker = WorkerServer::Start(options);
    EXPECT_TRUE(worker.ok()) << worker.status();
    worker_ = *std::move(worker);
    EXPECT_TRUE(workers.WaitForWorkers(1, absl::Seconds(60)));
  }
  ~OneWorker() {
    worker_->Shutdown();
    StopServer(*bound_.server, absl::ZeroDuration());
  }

  // A small graph.
  static v1::CreateGraphRequest Wanted(const std::string& name, const std::string& request_id = "") {
    v1::CreateGraphRequest request;
    request.set_name(name);
    request.set_request_id(request_id);
    request.set_preset("hyves");
    request.set_members(2'000);
    request.set_links_per_member(20);
    request.set_shards(2);
    return request;
  }
  absl::StatusOr<v1::Graph> Make(const v1::CreateGraphRequest& request) {
    return graphs.Create(request, [](const v1::LoadProgress&) { return true; });
  }

  const std::string& address() const { return bound_.address; }

  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool{1};
  Graphs graphs{registry, workers, pool};

 private:
  const TempDirectory directory_;
  RegistryService service_{workers, graphs};
  const BoundServer bound_ = *StartServer({.address = "127.0.0.1:0"}, {&service_});
  std::unique_ptr<WorkerServer> worker_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SERVICES_ONE_WORKER_H_
