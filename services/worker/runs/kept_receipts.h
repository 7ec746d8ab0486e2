// Receipts of a run that has ended, until they are read.
#ifndef LAWINE_SERVICES_WORKER_RUNS_KEPT_RECEIPTS_H_
#define LAWINE_SERVICES_WORKER_RUNS_KEPT_RECEIPTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "engine/spread/run_machine.h"
#include "engine/store/shard_members.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// With what is needed to name members.
struct KeptReceipts {
  std::uint64_t run_id = 0;
  MembersByShard shards = {};
  std::vector<std::vector<Receipts>> receipts = {};  // by message, then parallel to shards
  bool awaited = false;                              // the coordinator reads them before the run is over
};

// Calls write(part) with all receipts of a message in order of key, until it returns false (CANCELLED then).
absl::Status StreamReceipts(ShardHost& shards, const KeptReceipts& kept, std::uint32_t message,
                            const std::function<bool(const internal::v1::ReadReceiptsResponse&)>& write);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_KEPT_RECEIPTS_H_
