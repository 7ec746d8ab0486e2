// One run as the coordinator knows it while it is in memory: state, progress, who waits for more.
#ifndef LAWINE_SERVICES_COORDINATOR_RUN_ENTRY_H_
#define LAWINE_SERVICES_COORDINATOR_RUN_ENTRY_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/spread/outcome.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/conductor.h"
#include "services/coordinator/graphs.h"
#include "services/coordinator/scenario_plan.h"

namespace lawine {

// How far a run is: noted by its conductor, read by any number of watchers, each at its own pace.
// Thread-safe. Watchers keep only a position, so a slow one costs nothing. Steps are those of a single
// replica, at most limits::kStepsMax; of several only how many are over is kept.
class RunProgress {
 public:
  struct View {
    std::vector<StepCounts> steps;  // further ones, kStepsAtOnceMax at most
    std::uint32_t replicas_done = 0;
    bool last = false;  // nothing will follow
  };
  static constexpr std::size_t kStepsAtOnceMax = 4096;

  void Append(const StepCounts& counts) {
    MutexLock lock(mutex_);
    steps_.push_back(counts);
    changed_.NotifyAll();
  }
  void SetReplicasDone(std::uint32_t replicas_done) {
    MutexLock lock(mutex_);
    replicas_done_ = replicas_done;
    changed_.NotifyAll();
  }
  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    changed_.NotifyAll();
  }
  // Waits up to `timeout` for something new to who has seen `steps_seen` and `replicas_seen`.
  View Read(std::size_t steps_seen, std::uint32_t replicas_seen, absl::Duration timeout) const {
    MutexLock lock(mutex_);
    const bool nothing_new = steps_.size() <= steps_seen && replicas_done_ == replicas_seen;
    if (nothing_new && !closed_) changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(timeout));
    const std::size_t begin = std::min(steps_seen, steps_.size());
    const std::size_t end = std::min(begin + kStepsAtOnceMax, steps_.size());
    return {.steps = {steps_.begin() + static_cast<std::ptrdiff_t>(begin),
                      steps_.begin() + static_cast<std::ptrdiff_t>(end)},
            .replicas_done = replicas_done_,
            .last = closed_ && end == steps_.size()};
  }
  // Waits up to `timeout` for Close.
  bool WaitClosed(absl::Duration timeout) const {
    const absl::Time end = absl::Now() + timeout;
    MutexLock lock(mutex_);
    for (absl::Duration left = timeout; !closed_ && left > absl::ZeroDuration(); left = end - absl::Now()) {
      changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(left));
    }
    return closed_;
  }
  std::uint32_t steps_count() const {
    MutexLock lock(mutex_);
    return static_cast<std::uint32_t>(steps_.size());
  }
  std::uint32_t replicas_done() const {
    MutexLock lock(mutex_);
    return replicas_done_;
  }

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::vector<StepCounts> steps_ ABSL_GUARDED_BY(mutex_);
  std::uint32_t replicas_done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// `run` is read and changed under `mutex`; the rest is set before the entry is shared.
struct RunEntry {
  std::uint64_t run_id = 0;
  RunPlan plan;  // only for runs of this coordinator's lifetime
  GraphUse use;  // until it has ended; the conductor's
  absl::Time asked;
  RunProgress progress;
  Cancellation cancellation;
  mutable Mutex mutex;
  lawine::v1::Run run ABSL_GUARDED_BY(mutex);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUN_ENTRY_H_
