// How the command line reaches a cluster: protected or not, with which token.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_CHANNEL_H_
#define LAWINE_SERVICES_CLI_CONNECTION_CHANNEL_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/cli/connection/session.h"
#include "services/common/certificate_files.h"

namespace lawine::cli {

struct ClusterChannel {
  std::string address;  // HOST:PORT
  std::string server_name = {};
  CertificateTexts certificates = {};  // only the CA; empty: plain text
  std::shared_ptr<grpc::Channel> channel = nullptr;
};

// To options.cluster. INVALID_ARGUMENT when that is no HOST:PORT, a file cannot be read, or a token would
// cross a connection that anyone can read.
absl::StatusOr<ClusterChannel> OpenCluster(const GlobalOptions& options);
// To a cluster of this machine, in plain text.
ClusterChannel OpenLoopback(const std::string& address);

// After a call that reached nobody: what is wrong with the protection, and what to do; OK when nothing is.
absl::Status WhyRefused(const ClusterChannel& channel);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_CHANNEL_H_
