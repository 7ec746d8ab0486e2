// Runs a worker takes part in: each has a machine, and a thread (its ConductRun call) that drives it.
#ifndef LAWINE_SERVICES_WORKER_RUN_HOST_H_
#define LAWINE_SERVICES_WORKER_RUN_HOST_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/spread/run_machine.h"
#include "services/worker/shard_host.h"

namespace lawine {

// One run: a machine, what it stands on, and a way to wait for it.
class ActiveRun {
 public:
  // `send` passes a frame to all other workers of the run; it is called by the driving thread.
  ActiveRun(RunSpec spec, Images images, std::function<absl::Status(const std::string& frame)> send);

  RunMachine& machine() { return machine_; }
  const RunSpec& spec() const { return spec_; }
  const Images& images() const { return images_; }

  // From any thread: a frame for this run has come.
  void OnFrame(std::string_view frame);
  // Starts the machine, or advances it. Driving thread only.
  absl::Status Step(bool start, Executor& executor);
  // Waits until the machine can go on. False when `timeout` passed first, or what went wrong.
  absl::StatusOr<bool> WaitReady(absl::Duration timeout);

 private:
  const RunSpec spec_;
  const Images images_;
  const std::function<absl::Status(const std::string&)> send_;
  absl::Status send_status_;  // driving thread only
  RunMachine machine_;
  Mutex mutex_;
  CondVar changed_;
  absl::Status receive_status_ ABSL_GUARDED_BY(mutex_);
};

// Receipts of an ended run, with what is needed to name members.
struct KeptReceipts {
  std::uint64_t run_id = 0;
  std::vector<std::shared_ptr<const ShardMembers>> shards;
  std::vector<Receipts> receipts;  // parallel to shards
};

// Thread-safe.
class RunHost {
 public:
  // ALREADY_EXISTS for a run id in use, RESOURCE_EXHAUSTED above kRunsMax.
  absl::Status Add(const std::shared_ptr<ActiveRun>& run);
  void Remove(std::uint64_t run_id);
  std::size_t runs_count() const;

  // A frame from a peer. Frames of runs that are not here (ended, cancelled) are dropped.
  void Deliver(std::string_view frame);

  // Keeps the receipts of the last kReceiptsKept runs that asked for them.
  void Keep(KeptReceipts receipts);
  std::shared_ptr<const KeptReceipts> FindReceipts(std::uint64_t run_id) const;
  void DropReceipts(std::uint64_t run_id);
  void DropReceiptsOf(const std::string& graph);

 private:
  static constexpr std::size_t kRunsMax = 256;
  static constexpr std::size_t kReceiptsKept = 4;

  mutable Mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<ActiveRun>> runs_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<const KeptReceipts>> receipts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUN_HOST_H_
