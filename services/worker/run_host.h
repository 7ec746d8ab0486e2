// Runs a worker takes part in: each has a machine, and a thread (its ConductRun call) that drives it.
#ifndef LAWINE_SERVICES_WORKER_RUN_HOST_H_
#define LAWINE_SERVICES_WORKER_RUN_HOST_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/spread/run_machine.h"
#include "services/worker/shard_host.h"

namespace lawine {

// One run: a machine, what it stands on, and a way to wait for it.
class ActiveRun {
 public:
  // Passes frames to all other workers of the run, in one message each.
  using SendFrames = std::function<absl::Status(std::vector<std::string> frames)>;

  // `send` is called by the driving thread.
  ActiveRun(RunSpec spec, Images images, SendFrames send);

  RunMachine& machine() { return machine_; }
  const RunSpec& spec() const { return spec_; }
  const Images& images() const { return images_; }

  // From any thread: frames have come. Those for other runs are dropped.
  void OnFrames(std::span<const std::string_view> frames);
  // Starts the machine, or advances it. Driving thread only.
  absl::Status Step(bool start, Executor& executor);
  // Waits until the machine can go on. False when `timeout` passed first, or what went wrong.
  absl::StatusOr<bool> WaitReady(absl::Duration timeout);

 private:
  void Collect(std::string frame);
  void Flush();

  const RunSpec spec_;
  const Images images_;
  const SendFrames send_;
  // Driving thread only.
  std::vector<std::string> frames_;  // of this turn, to be sent together
  std::size_t frame_bytes_ = 0;
  absl::Status send_status_;
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

  // Frames of one run from a peer. Those of runs that are not here (ended, cancelled) are dropped.
  void Deliver(std::span<const std::string_view> frames);

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
