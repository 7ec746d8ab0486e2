// Where a coordinator listens and who may connect, from its options.
#ifndef LAWINE_SERVICES_COORDINATOR_PORTS_H_
#define LAWINE_SERVICES_COORDINATOR_PORTS_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "services/common/certificates.h"
#include "services/common/rpc.h"
#include "services/coordinator/access/token_store.h"
#include "services/coordinator/coordinator_server.h"

namespace lawine {

struct Ports {
  std::shared_ptr<Certificates> cluster_certificates;  // may be null
  std::shared_ptr<Certificates> public_certificates;   // may be null
  std::unique_ptr<TokenStore> tokens;                  // may be null
  Listening public_port;
  std::optional<Listening> cluster_port;  // none: workers register at the public port

  // Of calls to workers.
  std::shared_ptr<grpc::ChannelCredentials> ToWorkers() const {
    return cluster_certificates == nullptr ? nullptr : cluster_certificates->ForChannels();
  }
};

// Reads the files. INVALID_ARGUMENT, naming file or flag, when one is wrong or they contradict each other.
absl::StatusOr<Ports> PreparePorts(const CoordinatorOptions& options);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PORTS_H_
