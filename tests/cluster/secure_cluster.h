// A cluster of real processes with certificates and tokens, as on Kubernetes.
#ifndef LAWINE_TESTS_CLUSTER_SECURE_CLUSTER_H_
#define LAWINE_TESTS_CLUSTER_SECURE_CLUSTER_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/cluster/authority.h"
#include "tests/cluster/client.h"
#include "tests/cluster/server_process.h"
#include "tests/support/temp_directory.h"

namespace lawine {

// Tokens are "NAME-secret". Dies with a message when a process cannot be started.
class SecureCluster {
 public:
  // With roles' tokens read, run and admin, and one worker.
  SecureCluster();

  Authority& authority() { return authority_; }
  const std::string& address() const { return address_; }
  const std::string& cluster_address() const { return cluster_address_; }
  std::string AdminAddress() const { return coordinator_->Printed("admin port on "); }
  std::string WorkerAdminAddress() const { return worker_->Printed("admin port on "); }
  ServerProcess& coordinator() { return *coordinator_; }
  ServerProcess& worker() { return *worker_; }
  std::filesystem::path folder() const { return directory_.path(); }

  // A caller of the public port; an empty secret: without a token.
  Client As(const std::string& secret) const;
  // A channel to the cluster port with these certificates; without: plain text.
  std::shared_ptr<grpc::Channel> ClusterChannel(const CertificateTexts* texts) const;
  // Replaces the tokens file by lines of "NAME ROLE OPTIONS".
  void WriteTokens(const std::vector<std::string>& lines);
  static std::string SecretOf(const std::string& name) { return name + "-secret"; }

  // Waits until this many workers are alive.
  void WaitForAlive(std::size_t workers_count) const;
  std::vector<std::string> WorkerCommand(const std::string& name, const CertificateFiles& files) const;
  std::filesystem::path LogStem(const std::string& name) const { return folder() / name; }
  void RestartCoordinator();

 private:
  const TempDirectory directory_;
  Authority authority_{"lawine test"};
  std::string address_ = "127.0.0.1:0";
  std::string cluster_address_ = "127.0.0.1:0";
  std::unique_ptr<ServerProcess> coordinator_;
  std::unique_ptr<ServerProcess> worker_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_CLUSTER_SECURE_CLUSTER_H_
