// When a run that has lost workers is tried again, and when it is given up.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RECOVERY_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RECOVERY_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/steady_time.h"

namespace lawine {

struct RecoveryOptions {
  absl::Duration recover_within = absl::Minutes(10);  // so long a run waits for workers that were lost
  std::uint32_t attempts_max = 20;                    // a run is begun so often without getting any further
};

// Whether a failure may be over when workers are back: they went away, or did not answer in time.
bool IsLoss(const absl::Status& status);

// Of one run. One thread at a time.
class Recovery {
 public:
  explicit Recovery(const RecoveryOptions& options) : options_(options) {}

  // All workers are there, an attempt begins.
  void Started();
  // The attempt, if one began, was ended by us and says nothing against the run.
  void Interrupted();
  // An attempt has failed, or could not begin; `further`: it got further than those before. OK when there
  // should be another, `wait()` from now; else what was lost, with what was tried.
  absl::Status Lost(const absl::Status& failure, bool further, SteadyTime now);
  absl::Duration wait() const { return wait_; }

 private:
  const RecoveryOptions options_;
  std::uint32_t attempts_ = 0;  // that began, since the run last got further
  bool going_on_ = false;       // the last of them
  std::optional<SteadyTime> since_;
  absl::Status first_;  // then
  absl::Duration wait_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RECOVERY_H_
