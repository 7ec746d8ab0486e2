// How a coordinator treats runs.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_OPTIONS_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/registry/expiry_clock.h"
#include "services/coordinator/runs/run_recovery.h"

namespace lawine {

// Of the owner of a token; 0: no limit.
struct OwnerLimits {
  std::uint32_t runs_at_once = 0;
  std::uint32_t runs_queued = 0;
  std::uint32_t run_seconds = 0;     // that one run may be expected to work
  std::uint32_t run_memory_mib = 0;  // that one run may be expected to take
};

struct RunsOptions {
  std::uint32_t at_once_max = 8;  // 1 to limits::kRunsAtOnceMax; further runs queue
  // Scenarios of runs that queue take at most so much memory, one run's beside.
  std::uint64_t queued_bytes_max = std::uint64_t{256} << 20;
  // About so much work is done again after a loss: replicas and waves that are over are kept so often.
  absl::Duration keep_every = absl::Seconds(10);
  // The same of runs of one replica: what they have come to is kept so often. 0: never.
  absl::Duration checkpoint_every = absl::Seconds(60);
  absl::Duration simulate_max =
      absl::Minutes(10);  // Simulate works no longer, whatever the caller's deadline
  RecoveryOptions recovery;
  absl::Duration results_kept = absl::Hours(7 * 24);  // after the end, unless pinned
  // Records of ended runs take at most so many bytes, the latest and pinned ones beside: then the oldest go.
  std::uint64_t results_bytes_max = std::uint64_t{1} << 30;
  ExpiryClock::Wall time_of_day = absl::Now;  // by which results expire; another in tests
  // Goes on with runs of an earlier coordinator; else they are paused.
  bool resume = true;
  // By name of the owner; limits may change at any time. None: nobody has any. Thread-safe.
  std::function<OwnerLimits(const std::string& owner)> limits_of = {};
};

// Of its owner; none where there are no limits.
OwnerLimits LimitsOf(const RunsOptions& options, const std::string& owner);
// RESOURCE_EXHAUSTED, with the estimate, where an owner's run, or the runs of one call, are expected to take
// more than they may.
absl::Status CheckQuota(const RunsOptions& options, const std::string& owner,
                        const lawine::v1::Estimate& estimate);

// INVALID_ARGUMENT names the option.
absl::Status CheckRunsOptions(const RunsOptions& options);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_OPTIONS_H_
