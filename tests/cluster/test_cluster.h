// A cluster of real processes on this machine, in a directory of its own.
//
//   TestCluster cluster({.workers = 2, .threads = 3});
//   cluster.client().Simulate(scenario);
//   cluster.worker(1).Kill();
//   cluster.RestartWorker(1);
#ifndef LAWINE_TESTS_CLUSTER_TEST_CLUSTER_H_
#define LAWINE_TESTS_CLUSTER_TEST_CLUSTER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/cluster/client.h"
#include "tests/cluster/server_process.h"
#include "tests/support/temp_directory.h"

namespace lawine {

struct ClusterOptions {
  std::uint32_t workers = 2;
  std::uint32_t threads = 1;  // of each worker
  std::uint32_t runs_at_once = 8;
  std::string memory_limit = {};  // of each worker; empty: none
  std::vector<std::string> coordinator_flags = {};
  std::vector<std::string> worker_flags = {};
  std::vector<std::filesystem::path> data = {};  // of workers; those not named get a directory of their own
  std::filesystem::path coordinator_data = {};   // the same
  std::vector<std::string> coordinator_prefix = {};  // what stands before its command
  // Where the coordinator listens, and workers that have no address of their own; others than loopback are
  // allowed.
  std::string host = "127.0.0.1";
  std::vector<std::string> worker_hosts = {};
  std::vector<std::vector<std::string>> worker_prefixes = {};  // as of the coordinator
};

// Dies with a message when a process cannot be started.
class TestCluster {
 public:
  explicit TestCluster(ClusterOptions options = {});

  Client& client() { return *client_; }
  const std::string& address() const { return address_; }
  ServerProcess& coordinator() { return *coordinator_; }
  std::size_t workers_count() const { return workers_.size(); }
  ServerProcess& worker(std::size_t index) { return *workers_[index].process; }
  const std::string& worker_address(std::size_t index) const { return workers_[index].address; }
  // What the worker calls itself.
  std::string NodeId(std::size_t index) const;
  std::filesystem::path WorkerData(std::size_t index) const { return workers_[index].data; }
  std::filesystem::path CoordinatorData() const {
    return options_.coordinator_data.empty() ? directory_.path() / "coordinator" : options_.coordinator_data;
  }

  // Copies what a worker has on disk. REQUIRES: it was killed.
  void CopyData(std::size_t index, const std::filesystem::path& to) const;

  // One more worker, with an empty directory. Waits until it is registered; returns its number.
  std::size_t AddWorker();

  // Kills the process if it still runs and starts it again on the same data: the worker on any free port, or
  // on its old one; the coordinator where it was. Waits until all workers are registered.
  void RestartWorker(std::size_t index, bool same_port = false);
  void RestartCoordinator();
  // The same without waiting for more than that they listen.
  void ReviveWorker(std::size_t index);
  void ReviveCoordinator();
  // Waits until the coordinator holds this many workers for alive.
  void WaitForAlive(std::size_t workers_count);
  // Waits until the coordinator knows the worker's latest process.
  void AwaitBack(std::size_t index);

  // Commands that would start one more process on the same data.
  std::vector<std::string> CoordinatorCommand(const std::string& listen) const;
  std::vector<std::string> WorkerCommand(std::size_t index, const std::string& listen) const;
  std::filesystem::path LogStem(const std::string& name);

 private:
  std::string WorkerListen(std::size_t index) const;
  std::string ListenFlag() const;
  struct Worker {
    std::filesystem::path data;
    std::string address;
    std::unique_ptr<ServerProcess> process;
    absl::Time started;  // the latest process; the one before had ended
  };
  void NameWorker(std::size_t index);
  void StartCoordinator(const std::string& listen);
  void StartWorker(std::size_t index, const std::string& listen);

  const ClusterOptions options_;
  const TempDirectory directory_;
  std::string address_;
  std::unique_ptr<ServerProcess> coordinator_;
  std::vector<Worker> workers_;
  std::unique_ptr<Client> client_;
  int logs_count_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_TEST_CLUSTER_H_
