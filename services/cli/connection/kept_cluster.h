// The cluster that `lawine up` keeps: which processes it has, whether they live, how to start and stop them.
#ifndef LAWINE_SERVICES_CLI_CONNECTION_KEPT_CLUSTER_H_
#define LAWINE_SERVICES_CLI_CONNECTION_KEPT_CLUSTER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/cli/connection/interrupt.h"

namespace lawine::cli {

struct ProcessRecord {
  std::string name;  // "coordinator", "worker-0"
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since boot: tells a process from a later one with the same pid
  std::string address;            // HOST:PORT; empty until it is ready
};

// What cluster.json holds. The coordinator is the first process.
struct ClusterRecord {
  std::vector<ProcessRecord> processes;
};

enum class ClusterState {
  kNone,    // nothing runs (there is no file, or all of its processes are gone)
  kLive,    // the coordinator runs; whether workers do, it tells
  kBroken,  // workers run without their coordinator
};

// A missing file is an empty record.
absl::StatusOr<ClusterRecord> LoadCluster(const std::string& data);
absl::Status SaveCluster(const std::string& data, const ClusterRecord& record);
void RemoveCluster(const std::string& data);

// False for zombies and for processes that only inherited the pid.
bool IsAlive(const ProcessRecord& process);
ClusterState StateOf(const ClusterRecord& record);

// A server process: prints "listening on HOST:PORT" when it is ready.
struct LaunchOptions {
  std::string name;
  std::string binary;
  std::vector<std::string> arguments;
  std::string log;
  absl::Duration patience = absl::Seconds(60);
};
// Starts it in a session of its own, detached, both outputs going to a new `log`. Does not wait.
absl::StatusOr<ProcessRecord> Launch(const LaunchOptions& options);
// Fills in the address. FAILED_PRECONDITION with the end of the log when the process ends instead.
absl::Status AwaitReady(const LaunchOptions& options, ProcessRecord& process, const Interrupt& interrupt);

// Asks all to end, workers first, waits, and kills what is left. Returns how many had to be killed.
std::uint32_t StopProcesses(const ClusterRecord& record, absl::Duration patience);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_CONNECTION_KEPT_CLUSTER_H_
