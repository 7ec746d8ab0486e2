#include "services/coordinator/ports.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

absl::Status CheckOptions(const CoordinatorOptions& options) {
  const bool public_tls = !options.public_certificates.none();
  const auto refused = [](const std::string& what) { return absl::InvalidArgumentError(what); };
  if (options.insecure_listen && public_tls) {
    return refused("--insecure-listen is plain text: with --public-tls-cert say --listen");
  }
  if (options.insecure_cluster_listen && !options.cluster_certificates.none()) {
    return refused("--insecure-cluster-listen is plain text: with --tls-ca say --cluster-listen");
  }
  if (IsLoopback(options.listen)) return absl::OkStatus();
  if (options.insecure_listen && !options.tokens_file.empty()) {
    return refused("--tokens: anyone on the way could read tokens on a port without certificates");
  }
  if (public_tls && options.tokens_file.empty()) {
    return refused(absl::StrCat("'", options.listen,
                                "' is not a loopback address: say with --tokens FILE who may call"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Ports> PreparePorts(const CoordinatorOptions& options) {
  LAWINE_RETURN_IF_ERROR(CheckOptions(options));
  LAWINE_RETURN_IF_ERROR(CheckGiven(options.cluster_certificates, "--tls", true));
  LAWINE_RETURN_IF_ERROR(CheckGiven(options.public_certificates, "--public-tls", false));
  Ports ports;
  ports.public_port = {
      .address = options.listen, .insecure = options.insecure_listen, .credentials = nullptr};
  if (!options.public_certificates.none()) {
    LAWINE_ASSIGN_OR_RETURN(ports.public_certificates,
                            Certificates::Load(options.public_certificates, "public"));
    ports.public_port.credentials = ports.public_certificates->ForServer();
  }
  if (!options.tokens_file.empty()) {
    LAWINE_ASSIGN_OR_RETURN(ports.tokens, TokenStore::Open(options.tokens_file));
  }
  if (!options.cluster_certificates.none()) {
    LAWINE_ASSIGN_OR_RETURN(ports.cluster_certificates,
                            Certificates::Load(options.cluster_certificates, "cluster"));
  }
  const bool open = ports.public_certificates == nullptr && ports.tokens == nullptr &&
                    ports.cluster_certificates == nullptr;
  if (open && options.cluster_listen.empty()) return ports;
  ports.cluster_port = Listening{
      .address = options.cluster_listen.empty() ? kDefaultClusterListen : options.cluster_listen,
      .insecure = options.insecure_cluster_listen,
      .credentials =
          open || ports.cluster_certificates == nullptr ? nullptr : ports.cluster_certificates->ForServer()};
  return ports;
}

}  // namespace lawine
