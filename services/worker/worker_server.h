// A worker process, whole: storage, runs, peer streams, and the gRPC server in front of them.
#ifndef LAWINE_SERVICES_WORKER_WORKER_SERVER_H_
#define LAWINE_SERVICES_WORKER_WORKER_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/certificate_files.h"
#include "services/common/health_check.h"
#include "services/common/metric_families.h"

namespace lawine {

struct WorkerOptions {
  std::string data_dir;                // made if missing; holds node_id and graphs/
  std::string listen = "127.0.0.1:0";  // port 0: any free one
  std::string advertise;               // HOST:PORT for others; empty: the bound address
  std::string coordinator;             // HOST:PORT
  static constexpr std::size_t kThreadsMax = 1024;
  std::size_t threads = 1;       // threads that work on runs and loads, 1 to kThreadsMax
  bool insecure_listen = false;  // allows plain text on a listen address other than loopback
  CertificateFiles certificates =
      {};  // all three, or none: plain text; of calls to coordinator and workers too
  // What members and links of graphs may take in memory; links beyond it are read from disk, which is slower.
  // None: graphs that do not fit the machine are refused.
  std::optional<std::uint64_t> memory_limit_bytes;
};

// Thread-safe.
class WorkerServer {
 public:
  // Opens the data directory, binds, and registers with the coordinator (again and again until it answers;
  // Start does not wait for that). Fails when options contradict each other, the directory cannot be used or
  // the port is taken.
  static absl::StatusOr<std::unique_ptr<WorkerServer>> Start(const WorkerOptions& options);
  virtual ~WorkerServer() = default;

  // HOST:PORT really bound.
  virtual const std::string& address() const = 0;
  virtual const std::string& node_id() const = 0;
  virtual std::vector<HealthCheck> Checks() const = 0;
  virtual MetricFamilies Collect() const = 0;
  // Is not ready any more and begins nothing; returns when what it takes part in has ended (true), at `until`
  // at the latest. Runs that go on then wait for it, or for who comes back with its data.
  virtual bool Drain(absl::Time until) = 0;
  // Stops taking calls, ends those in progress within a few seconds. Safe to call twice; the destructor does.
  virtual void Shutdown() = 0;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_WORKER_SERVER_H_
