// What checkpoints of runs have come to at a worker since it started.
#ifndef LAWINE_SERVICES_WORKER_RUNS_CHECKPOINT_TOTALS_H_
#define LAWINE_SERVICES_WORKER_RUNS_CHECKPOINT_TOTALS_H_

#include <atomic>
#include <cstdint>

namespace lawine {

// Thread-safe.
struct CheckpointTotals {
  std::atomic<std::uint64_t> kept{0};
  std::atomic<std::uint64_t> failed{0};  // could not be written
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> microseconds{0};  // of writing
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_CHECKPOINT_TOTALS_H_
