#include "tests/cluster/test_cluster.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace lawine {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr char kLoopback[] = "127.0.0.1";

std::string MustListen(ServerProcess& process) {
  const auto address = process.WaitUntilListening(kStartTimeout);
  if (address.ok()) return *address;
  std::fprintf(stderr, "a process of the test cluster %s\n", std::string(address.status().message()).c_str());
  std::abort();
}

}  // namespace

TestCluster::TestCluster(ClusterOptions options) : options_(std::move(options)) {
  StartCoordinator(options_.host + ":0");
  for (std::uint32_t w = 0; w < options_.workers; ++w) {
    const bool given = w < options_.data.size() && !options_.data[w].empty();
    workers_.emplace_back().data = given ? options_.data[w] : directory_.path() / absl::StrCat("worker-", w);
    NameWorker(w);
    StartWorker(w, WorkerListen(w));
  }
  WaitForAlive(options_.workers);
}

void TestCluster::CopyData(std::size_t index, const std::filesystem::path& to) const {
  for (const auto& entry : std::filesystem::directory_iterator(workers_[index].data)) {
    if (entry.is_socket()) std::filesystem::remove(entry.path());
  }
  std::filesystem::copy(workers_[index].data, to, std::filesystem::copy_options::recursive);
}

std::size_t TestCluster::AddWorker() {
  const std::size_t index = workers_.size();
  workers_.emplace_back().data = directory_.path() / absl::StrCat("worker-", index);
  NameWorker(index);
  StartWorker(index, WorkerListen(index));
  WaitForAlive(workers_.size());
  return index;
}

std::string TestCluster::WorkerListen(std::size_t index) const {
  return (index < options_.worker_hosts.size() ? options_.worker_hosts[index] : options_.host) + ":0";
}

// Shards are dealt by node id: with ids of our choice worker 0 has the first ones.
void TestCluster::NameWorker(std::size_t index) {
  const std::filesystem::path file = workers_[index].data / "node_id";
  if (std::filesystem::exists(file)) return;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << "w-test-" << index << "\n";
}

std::string TestCluster::NodeId(std::size_t index) const {
  std::string id;
  std::ifstream(workers_[index].data / "node_id") >> id;
  return id;
}

void TestCluster::RestartWorker(std::size_t index, bool same_port) {
  workers_[index].process->Kill();
  StartWorker(index, same_port ? workers_[index].address : WorkerListen(index));
  AwaitBack(index);
}

// The coordinator may still hold the old process for alive, which may have had the same address.
void TestCluster::AwaitBack(std::size_t index) {
  const auto back = [&] {
    const absl::Time asked = absl::Now();
    for (const auto& worker : client_->Workers()) {
      const absl::Time heard = asked - absl::Seconds(worker.seconds_since_heard());
      if (worker.alive() && worker.address() == workers_[index].address && heard > workers_[index].started) {
        return true;
      }
    }
    return false;
  };
  if (Eventually(kStartTimeout, back)) return;
  std::fprintf(stderr, "worker %zu has not come back\n", index);
  std::abort();
}

void TestCluster::RestartCoordinator() {
  ReviveCoordinator();
  WaitForAlive(workers_.size());
}

void TestCluster::ReviveWorker(std::size_t index) {
  workers_[index].process->Kill();
  StartWorker(index, WorkerListen(index));
}

void TestCluster::ReviveCoordinator() {
  coordinator_->Kill();
  StartCoordinator(address_);
}

void TestCluster::WaitForAlive(std::size_t workers_count) {
  std::size_t alive = ~std::size_t{0};
  const auto found = [&] {
    alive = 0;
    for (const auto& worker : client_->Workers()) alive += worker.alive();
    return alive == workers_count;
  };
  if (Eventually(kStartTimeout, found)) return;
  std::fprintf(stderr, "expected %zu live workers, found %zu\n", workers_count, alive);
  std::abort();
}

std::vector<std::string> TestCluster::CoordinatorCommand(const std::string& listen) const {
  std::vector<std::string> command = options_.coordinator_prefix;
  command.insert(command.end(), {CoordinatorProgram(), "--data", CoordinatorData(), ListenFlag(), listen,
                                 "--runs-at-once", absl::StrCat(options_.runs_at_once)});
  command.insert(command.end(), options_.coordinator_flags.begin(), options_.coordinator_flags.end());
  return command;
}

std::vector<std::string> TestCluster::WorkerCommand(std::size_t index, const std::string& listen) const {
  std::vector<std::string> command;
  if (index < options_.worker_prefixes.size()) command = options_.worker_prefixes[index];
  command.insert(command.end(), {WorkerProgram(), "--data", workers_[index].data, ListenFlag(), listen,
                                 "--coordinator", address_, "--threads", absl::StrCat(options_.threads)});
  if (!options_.memory_limit.empty()) {
    command.insert(command.end(), {"--memory-limit", options_.memory_limit});
  }
  command.insert(command.end(), options_.worker_flags.begin(), options_.worker_flags.end());
  return command;
}

std::string TestCluster::ListenFlag() const {
  return options_.host == kLoopback ? "--listen" : "--insecure-listen";
}

std::filesystem::path TestCluster::LogStem(const std::string& name) {
  return directory_.path() / absl::StrCat(name, "-", logs_count_++);
}

void TestCluster::StartCoordinator(const std::string& listen) {
  coordinator_ = std::make_unique<ServerProcess>(CoordinatorCommand(listen), LogStem("coordinator-log"));
  address_ = MustListen(*coordinator_);
  client_ = std::make_unique<Client>(address_);
}

void TestCluster::StartWorker(std::size_t index, const std::string& listen) {
  Worker& worker = workers_[index];
  worker.started = absl::Now();
  worker.process = std::make_unique<ServerProcess>(WorkerCommand(index, listen), LogStem("worker-log"));
  worker.address = MustListen(*worker.process);
}

}  // namespace lawine
