// One run as the coordinator knows it while it is in memory: state, steps so far, who waits for more.
#ifndef LAWINE_SERVICES_COORDINATOR_RUN_ENTRY_H_
#define LAWINE_SERVICES_COORDINATOR_RUN_ENTRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/worker.pb.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/conductor.h"
#include "services/coordinator/graphs.h"
#include "services/coordinator/scenario_plan.h"

namespace lawine {

// Steps of a run, appended by its conductor, read by any number of watchers, each at its own pace.
// Thread-safe. Watchers keep only a position, so a slow one costs nothing.
class RunSteps {
 public:
  void Append(const internal::v1::StepRow& row) {
    MutexLock lock(mutex_);
    rows_.push_back(row);
    changed_.NotifyAll();
  }
  void Close() {
    MutexLock lock(mutex_);
    closed_ = true;
    changed_.NotifyAll();
  }
  // Rows from `from` on, waiting up to `timeout` for the first. `closed` tells whether these are the last.
  std::vector<internal::v1::StepRow> ReadFrom(std::size_t from, absl::Duration timeout, bool& closed) const {
    MutexLock lock(mutex_);
    if (rows_.size() <= from && !closed_) changed_.WaitFor(mutex_, absl::ToChronoNanoseconds(timeout));
    closed = closed_;
    if (from >= rows_.size()) return {};
    return {rows_.begin() + static_cast<std::ptrdiff_t>(from), rows_.end()};
  }
  std::size_t size() const {
    MutexLock lock(mutex_);
    return rows_.size();
  }

 private:
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::vector<internal::v1::StepRow> rows_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

// `run` is read and changed under `mutex`; the rest is set before the entry is shared.
struct RunEntry {
  std::uint64_t run_id = 0;
  RunPlan plan;  // only for runs of this coordinator's lifetime
  GraphUse use;  // until it has ended; the conductor's
  absl::Time asked;
  RunSteps steps;
  Cancellation cancellation;
  mutable Mutex mutex;
  lawine::v1::Run run ABSL_GUARDED_BY(mutex);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUN_ENTRY_H_
