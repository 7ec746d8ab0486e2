// Waiting for room on the coordinator's disk.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_ROOM_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_ROOM_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/coordinator/runs/run_entry.h"

namespace lawine {

// Keeps something of a run. A disk that is full may have room again: the run pauses for it, as for a worker
// that was lost, until it is cancelled. Returns what `keep` said last.
absl::Status WhenThereIsRoom(absl::Duration wait_max, RunEntry& entry,
                             const std::function<absl::Status()>& keep);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_ROOM_H_
