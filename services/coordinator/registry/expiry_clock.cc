#include "services/coordinator/registry/expiry_clock.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace lawine {

absl::Time ExpiryClock::Now() {
  const absl::Time wall = wall_();
  const absl::Time passed = wall_begun_ + (steady_() - steady_begun_);
  MutexLock lock(mutex_);
  const bool stepped = wall - passed > kStepMin;
  if (stepped && !told_) {
    spdlog::warn(
        "the clock was set forward by {}: {} expire as if it had not been, until the coordinator is "
        "started again. Set the clock right, or restart if it is",
        absl::FormatDuration(absl::Trunc(wall - passed, absl::Seconds(1))), what_);
  }
  told_ = stepped;
  return std::min(wall, passed);
}

}  // namespace lawine
