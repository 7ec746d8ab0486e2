#include "tests/cluster/secure_cluster.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "engine/base/check.h"
#include "services/common/process.h"
#include "services/common/rpc.h"
#include "services/coordinator/access/token_file.h"

namespace lawine {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);

class Bearer final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit Bearer(std::string secret) : secret_(std::move(secret)) {}
  grpc::Status GetMetadata(grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
                           std::multimap<std::string, std::string>* metadata) override {
    metadata->emplace("authorization", absl::StrCat("Bearer ", secret_));
    return grpc::Status::OK;
  }

 private:
  const std::string secret_;
};

void MustListen(ServerProcess& process) {
  const auto address = process.WaitUntilListening(kStartTimeout);
  LAWINE_CHECK(address.ok());
}

}  // namespace

SecureCluster::SecureCluster() {
  WriteCertificates(folder() / "internal", authority_.Issue());
  WriteCertificates(folder() / "public", authority_.Issue({.usages = "serverAuth"}));
  WriteTokens({"read read", "run run", "admin admin"});
  RestartCoordinator();
  const CertificateFiles files{folder() / "internal/ca.crt", folder() / "internal/tls.crt",
                               folder() / "internal/tls.key"};
  worker_ = std::make_unique<ServerProcess>(WorkerCommand("worker", files), LogStem("worker-log"));
  MustListen(*worker_);
  WaitForAlive(1);
}

void SecureCluster::RestartCoordinator() {
  if (coordinator_ != nullptr) coordinator_->Kill();
  const std::string folder_name = folder();
  coordinator_ = std::make_unique<ServerProcess>(std::vector<std::string>{CoordinatorProgram(),
                                                                          "--data",
                                                                          folder_name + "/coordinator",
                                                                          "--listen",
                                                                          address_,
                                                                          "--cluster-listen",
                                                                          cluster_address_,
                                                                          "--tls-ca",
                                                                          folder_name + "/internal/ca.crt",
                                                                          "--tls-cert",
                                                                          folder_name + "/internal/tls.crt",
                                                                          "--tls-key",
                                                                          folder_name + "/internal/tls.key",
                                                                          "--public-tls-cert",
                                                                          folder_name + "/public/tls.crt",
                                                                          "--public-tls-key",
                                                                          folder_name + "/public/tls.key",
                                                                          "--tokens",
                                                                          folder_name + "/tokens",
                                                                          "--admin-listen",
                                                                          "127.0.0.1:0",
                                                                          "--log-format",
                                                                          "json"},
                                                 LogStem("coordinator-log"));
  MustListen(*coordinator_);
  address_ = coordinator_->Printed("listening on ");
  cluster_address_ = coordinator_->Printed("cluster port on ");
}

Client SecureCluster::As(const std::string& secret) const {
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = ReadFile(folder() / "public/ca.crt").value();
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::SslCredentials(ssl);
  if (!secret.empty()) {
    credentials = grpc::CompositeChannelCredentials(
        credentials, grpc::MetadataCredentialsFromPlugin(std::make_unique<Bearer>(secret)));
  }
  return Client(OpenChannel(address_, credentials));
}

std::shared_ptr<grpc::Channel> SecureCluster::ClusterChannel(const CertificateTexts* texts) const {
  if (texts == nullptr) return OpenChannel(cluster_address_);
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = ReadFile(folder() / "internal/ca.crt").value();
  ssl.pem_cert_chain = texts->certificate;
  ssl.pem_private_key = texts->key;
  return OpenChannel(cluster_address_, grpc::SslCredentials(ssl));
}

void SecureCluster::WriteTokens(const std::vector<std::string>& lines) {
  std::string text = "# name role sha256 options\n";
  for (const std::string& line : lines) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 2));
    absl::StrAppend(&text, words[0], " ", words[1], " ", Sha256Hex(SecretOf(words[0])), " ",
                    words.size() > 2 ? words[2] : "", "\n");
  }
  LAWINE_CHECK(WriteFileAtomically(folder() / "tokens", text).ok());
}

void SecureCluster::WaitForAlive(std::size_t workers_count) const {
  Client client = As(SecretOf("read"));
  const absl::Time end = absl::Now() + kWaitFactor * kStartTimeout;
  for (std::size_t alive = ~std::size_t{0}; alive != workers_count; absl::SleepFor(absl::Milliseconds(20))) {
    LAWINE_CHECK(absl::Now() < end);
    alive = 0;
    for (const auto& worker : client.Workers()) alive += worker.alive();
  }
}

std::vector<std::string> SecureCluster::WorkerCommand(const std::string& name,
                                                      const CertificateFiles& files) const {
  std::vector<std::string> command = {WorkerProgram(), "--data",         folder() / name,
                                      "--coordinator", cluster_address_, "--admin-listen",
                                      "127.0.0.1:0",   "--threads",      "1"};
  if (!files.none()) {
    command.insert(command.end(),
                   {"--tls-ca", files.ca, "--tls-cert", files.certificate, "--tls-key", files.key});
  }
  return command;
}

}  // namespace lawine
