// By which time what is kept has grown old.
#ifndef LAWINE_SERVICES_COORDINATOR_REGISTRY_EXPIRY_CLOCK_H_
#define LAWINE_SERVICES_COORDINATOR_REGISTRY_EXPIRY_CLOCK_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "services/common/steady_time.h"

namespace lawine {

// Records have the time of day, which somebody may set: a clock that is wrong for a minute must not delete
// what should stay for days. Thread-safe.
class ExpiryClock {
 public:
  using Wall = std::function<absl::Time()>;
  using Steady = std::function<SteadyTime()>;

  // `what` expires by it, for the log. The clocks are arguments for tests.
  explicit ExpiryClock(
      std::string what, Wall wall = [] { return absl::Now(); }, Steady steady = SteadyNow)
      : what_(std::move(what)),
        wall_(std::move(wall)),
        steady_(std::move(steady)),
        wall_begun_(wall_()),
        steady_begun_(steady_()) {}

  // Never later than the time of day, and never further from the one at which this began than time has passed
  // since: after a step forward things expire later, until a coordinator begins with it.
  absl::Time Now();

 private:
  static constexpr absl::Duration kStepMin = absl::Hours(1);  // to be told of

  const std::string what_;
  const Wall wall_;
  const Steady steady_;
  const absl::Time wall_begun_;
  const SteadyTime steady_begun_;
  Mutex mutex_;
  bool told_ ABSL_GUARDED_BY(mutex_) = false;  // of a step, while it lasts
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_REGISTRY_EXPIRY_CLOCK_H_
