// A coordinator process, whole: registry of workers, graphs and runs, and the gRPC server in front of them.
#ifndef LAWINE_SERVICES_COORDINATOR_COORDINATOR_SERVER_H_
#define LAWINE_SERVICES_COORDINATOR_COORDINATOR_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/coordinator/run_options.h"

namespace lawine {

struct CoordinatorOptions {
  std::string data_dir;                // made if missing; the registry of graphs and runs
  std::string listen = "127.0.0.1:0";  // port 0: any free one
  bool insecure_listen = false;        // allows a listen address other than loopback
  RunsOptions runs = {};
  // Links of an import that are brought into order take so much memory; more of them go to data_dir/import.
  std::uint64_t import_memory_bytes = std::uint64_t{256} << 20;
};

// Thread-safe.
class CoordinatorServer {
 public:
  // Opens the registry and binds. Fails when the directory cannot be used or the port is taken.
  static absl::StatusOr<std::unique_ptr<CoordinatorServer>> Start(const CoordinatorOptions& options);
  virtual ~CoordinatorServer() = default;

  // HOST:PORT really bound.
  virtual const std::string& address() const = 0;
  // True when `workers_count` workers are registered and alive before `timeout`.
  virtual bool WaitForWorkers(std::uint32_t workers_count, absl::Duration timeout) = 0;
  // Stops taking calls, ends those in progress within a few seconds. Safe to call twice; the destructor does.
  virtual void Shutdown() = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_COORDINATOR_SERVER_H_
