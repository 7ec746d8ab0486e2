// Runs and traffic a worker takes part in: each has a machine, and a thread (its ConductRun or ConductTraffic
// call) that drives it.
#ifndef LAWINE_SERVICES_WORKER_RUNS_RUN_HOST_H_
#define LAWINE_SERVICES_WORKER_RUNS_RUN_HOST_H_

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/spread/run_machine.h"
#include "services/worker/runs/active_machine.h"
#include "services/worker/runs/checkpoint_totals.h"
#include "services/worker/runs/kept_receipts.h"

namespace lawine {

class RunHost;

// Keeps an attempt listed while it lasts.
class Listed {
 public:
  Listed(RunHost& runs, RunAttempt attempt) : runs_(runs), attempt_(attempt) {}
  ~Listed();

 private:
  RunHost& runs_;
  const RunAttempt attempt_;
};

// Thread-safe.
class RunHost {
 public:
  static constexpr std::size_t kReceiptsKept = 4;

  // FAILED_PRECONDITION unless the attempt is later than those listed of its run: what is left of these may
  // still be going on here for a moment. RESOURCE_EXHAUSTED above kRunsMax. What has come of it before
  // reaches it now; UNAVAILABLE when that was too much to keep.
  absl::Status Add(const std::shared_ptr<FrameSink>& run);
  void Remove(RunAttempt attempt);
  std::size_t runs_count() const;
  // From now on none is added: UNAVAILABLE.
  void Close();
  bool closed() const { return closed_; }
  // True when none is left, before `end`.
  bool WaitIdle(absl::Time end) const;

  // Frames of one attempt from a peer. Of an attempt that is not here they are kept for a while: it may be
  // about to begin. Their attempt does not begin when they are not kept that long.
  void Deliver(std::span<const std::string_view> frames, absl::Time now = absl::Now());

  // Keeps the receipts of the last kReceiptsKept runs that asked for them, and beside these, of the last
  // limits::kRunsAtOnceMax, those that are awaited.
  void Keep(KeptReceipts receipts);
  // All that the coordinator awaits of the run has been read.
  void NoteRead(std::uint64_t run_id);
  std::shared_ptr<const KeptReceipts> FindReceipts(std::uint64_t run_id) const;
  void DropReceipts(std::uint64_t run_id);
  void DropReceiptsOf(const std::string& graph);

  CheckpointTotals& checkpoint_totals() { return checkpoint_totals_; }
  const CheckpointTotals& checkpoint_totals() const { return checkpoint_totals_; }

 private:
  // What has come of an attempt that is not here (yet, or any more).
  struct Early {
    std::vector<std::string> frames;
    std::uint64_t bytes = 0;
    bool lost = false;  // something has come that is not kept
    absl::Time since;
  };
  void KeepEarly(RunAttempt attempt, std::span<const std::string_view> frames, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseEarly(RunAttempt attempt, Early& early) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseOldest(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  static constexpr std::size_t kRunsMax = 256;
  using ReceiptsByAge = std::deque<std::shared_ptr<const KeptReceipts>>;  // oldest first
  static void KeepLast(std::shared_ptr<const KeptReceipts> receipts, std::size_t most, ReceiptsByAge& kept);

  CheckpointTotals checkpoint_totals_;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::atomic<bool> closed_{false};
  std::map<RunAttempt, std::shared_ptr<FrameSink>> runs_ ABSL_GUARDED_BY(mutex_);
  std::map<RunAttempt, Early> early_ ABSL_GUARDED_BY(mutex_);
  std::deque<RunAttempt> early_order_ ABSL_GUARDED_BY(mutex_);  // oldest first; some have begun, or are lost
  std::deque<RunAttempt> lost_order_ ABSL_GUARDED_BY(mutex_);   // those that are lost, in that order
  std::uint64_t early_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  ReceiptsByAge receipts_ ABSL_GUARDED_BY(mutex_);
  ReceiptsByAge awaited_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_RUN_HOST_H_
