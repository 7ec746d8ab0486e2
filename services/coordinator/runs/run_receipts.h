// Receipts of ended runs: workers keep them, the coordinator passes them on.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RECEIPTS_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RECEIPTS_H_

#include <cstdint>
#include <functional>
#include <span>

#include "absl/status/status.h"
#include "lawine/v1/simulation.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// Takes part of them; false when nobody wants more. Once the graph's lease has ended it should not wait for
// long.
using WriteReceipts = std::function<bool(const lawine::v1::ListReceiptsResponse&, const Cancellation& lease)>;

// Calls write(part) with the receipts of the worker's shards until it returns false (CANCELLED then).
// NOT_FOUND when the worker has none of the run. Ends with `cancellation`, and with `lease`, if there is one.
absl::Status ReadReceipts(const WorkerHandle& worker, std::uint64_t run_id, std::uint32_t message,
                          const std::function<bool(const lawine::v1::ListReceiptsResponse&)>& write,
                          Cancellation& cancellation, Cancellation* lease = nullptr);

// Tells all at the same time. A worker that cannot be told keeps them a while longer, which does no harm.
void ForgetReceipts(std::span<const WorkerHandle> workers, std::uint64_t run_id);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_RECEIPTS_H_
