// A coordinator process, whole: registry of workers, graphs and runs, and the gRPC servers in front of them.
#ifndef LAWINE_SERVICES_COORDINATOR_COORDINATOR_SERVER_H_
#define LAWINE_SERVICES_COORDINATOR_COORDINATOR_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/certificate_files.h"
#include "services/common/health_check.h"
#include "services/common/metric_families.h"
#include "services/coordinator/runs/run_options.h"

namespace lawine {

struct CoordinatorOptions {
  std::string data_dir;                // made if missing; the registry of graphs and runs
  std::string listen = "127.0.0.1:0";  // port 0: any free one
  bool insecure_listen = false;        // allows plain text on a listen address other than loopback
  // Where workers register. Empty: at the public port, if that has neither certificates nor tokens; else at
  // kDefaultClusterListen.
  std::string cluster_listen = {};
  bool insecure_cluster_listen = false;
  CertificateFiles cluster_certificates = {};  // all three, or none: plain text
  CertificateFiles public_certificates = {};   // certificate and key, or none: plain text
  std::string tokens_file = {};                // empty: everybody may do everything
  RunsOptions runs = {};
  // Links of an import that are brought into order take so much memory; more of them go to data_dir/import.
  std::uint64_t import_memory_bytes = std::uint64_t{256} << 20;
};

inline constexpr char kDefaultClusterListen[] = "127.0.0.1:7071";

// Thread-safe.
class CoordinatorServer {
 public:
  // Opens the registry and binds. Fails when options contradict each other, a file among them is wrong, the
  // directory cannot be used or a port is taken.
  static absl::StatusOr<std::unique_ptr<CoordinatorServer>> Start(const CoordinatorOptions& options);
  virtual ~CoordinatorServer() = default;

  // HOST:PORT really bound, for callers and for workers; the same where one port is for both.
  virtual const std::string& address() const = 0;
  virtual const std::string& cluster_address() const = 0;
  // True when `workers_count` workers are registered and alive before `timeout`.
  virtual bool WaitForWorkers(std::uint32_t workers_count, absl::Duration timeout) = 0;
  virtual std::vector<HealthCheck> Checks() const = 0;
  virtual MetricFamilies Collect() const = 0;
  // Is not ready any more and begins nothing; returns when no caller waits for an answer that would be lost
  // (true), at `until` at the latest. Runs are kept and gone on with by a later coordinator: they are not
  // waited for.
  virtual bool Drain(absl::Time until) = 0;
  // Stops taking calls, ends those in progress within a few seconds. Safe to call twice; the destructor does.
  virtual void Shutdown() = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_COORDINATOR_SERVER_H_
