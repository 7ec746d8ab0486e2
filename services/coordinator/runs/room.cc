#include "services/coordinator/runs/room.h"

#include <spdlog/spdlog.h>

#include <string>

#include "services/common/steady_time.h"
#include "services/coordinator/runs/run_names.h"

namespace lawine {

absl::Status WhenThereIsRoom(absl::Duration wait_max, RunEntry& entry,
                             const std::function<absl::Status()>& keep) {
  constexpr absl::Duration kTryEvery = absl::Milliseconds(500);
  const SteadyTime end = SteadyNow() + wait_max;
  absl::Status kept = keep();
  const auto may_pass = [&kept] { return absl::IsResourceExhausted(kept) || absl::IsUnavailable(kept); };
  if (!may_pass()) return kept;
  spdlog::warn("{}: pauses: {}", RunName(entry.run_id), std::string(kept.message()));
  while (may_pass()) {
    if (SteadyNow() >= end || entry.cancellation.cancelled()) return kept;
    {
      MutexLock lock(entry.mutex);
      entry.record.mutable_run()->set_waiting_for(std::string(kept.message()));
    }
    SleepUnlessCancelled(kTryEvery, entry.cancellation);
    kept = keep();
  }
  MutexLock lock(entry.mutex);
  entry.record.mutable_run()->clear_waiting_for();
  return kept;
}

}  // namespace lawine
