// One run as the coordinator knows it while it is in memory: state, progress, who waits for more.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_ENTRY_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_ENTRY_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "engine/spread/outcome.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/graphs/graphs.h"
#include "services/coordinator/plan/scenario_plan.h"
#include "services/coordinator/runs/conductor.h"

namespace lawine {

// How far a run is: noted by its conductor, read by any number of watchers, each at its own pace.
// Thread-safe. Watchers keep only a position, so a slow one costs nothing. Steps are those of a single
// replica, at most limits::kStepsMax; of several only how many are over is kept.
class WatchedRun {
 public:
  struct View {
    std::vector<StepCounts> steps;  // further ones, kStepsAtOnceMax at most
    std::uint32_t replicas_done = 0;
    bool last = false;  // nothing will follow
  };
  static constexpr std::size_t kStepsAtOnceMax = 4096;

  // Steps come from the first on again; those told already are not told twice.
  void BeginAttempt() {
    MutexLock lock(mutex_);
    attempt_steps_ = 0;
  }
  // False when an earlier attempt had another step in its place: one of them is wrong.
  bool Append(const StepCounts& counts) {
    MutexLock lock(mutex_);
    const std::size_t place = attempt_steps_++;
    if (place < steps_.size()) return steps_[place] == counts;
    steps_.push_back(counts);
    changed_.NotifyAll();
    return true;
  }
  // What is done once stays done, for watchers; an attempt may be behind the one before it.
  void SetReplicasDone(std::uint32_t replicas_done) {
    MutexLock lock(mutex_);
    replicas_done_ = std::max(replicas_done_, replicas_done);
    changed_.NotifyAll();
  }
  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    changed_.NotifyAll();
  }
  // Goes on after a pause.
  void Reopen() {
    MutexLock lock(mutex_);
    closed_ = false;
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
  std::size_t attempt_steps_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint32_t replicas_done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// What callers want of a run, beside that it goes on.
enum class Wish { kNone, kPause, kCancel };

// What is guarded is read and changed under `mutex`, which is held for moments only; the rest is set before
// the entry is shared, or belongs to the thread that conducts the run. On disk the record is that thread's
// too; of a run that has ended, is paused or left it is changed by who holds `writing`.
struct RunEntry {
  std::uint64_t run_id = 0;
  std::string owner;                 // name of a token; may be empty
  std::uint64_t scenario_bytes = 0;  // in memory, about
  std::optional<RunPlan> plan;       // while its turn is near; made again from the record
  GraphUse use;                      // until it has ended
  bool attempt_is_fresh = false;     // no frames had the record's attempt yet
  absl::Time asked;
  std::vector<lawine::v1::WorkerTrace> trace;  // once it has succeeded
  WatchedRun progress;
  Cancellation cancellation;
  Mutex writing ABSL_ACQUIRED_BEFORE(mutex);
  mutable Mutex mutex;
  bool forgotten ABSL_GUARDED_BY(mutex) = false;
  Wish wish ABSL_GUARDED_BY(mutex) = Wish::kNone;
  bool left ABSL_GUARDED_BY(mutex) = false;  // queued, for a later coordinator: this one is stopping
  internal::v1::RunRecord record ABSL_GUARDED_BY(mutex);  // without result
  std::uint64_t record_bytes ABSL_GUARDED_BY(mutex) = 0;  // on disk, with the result
};

inline bool Ended(lawine::v1::RunState state) {
  return state == lawine::v1::RUN_STATE_SUCCEEDED || state == lawine::v1::RUN_STATE_FAILED ||
         state == lawine::v1::RUN_STATE_CANCELLED;
}

// "SUCCEEDED"
inline std::string StateWord(lawine::v1::RunState state) {
  return std::string(absl::StripPrefix(lawine::v1::RunState_Name(state), "RUN_STATE_"));
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_ENTRY_H_
