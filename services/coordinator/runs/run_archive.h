// Runs on disk: what a coordinator must find again when it starts, and nothing else. Every write is durable
// when it returns.
#ifndef LAWINE_SERVICES_COORDINATOR_RUNS_RUN_ARCHIVE_H_
#define LAWINE_SERVICES_COORDINATOR_RUNS_RUN_ARCHIVE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/registry.pb.h"
#include "services/coordinator/registry/registry_store.h"

namespace lawine {

// Thread-safe, but for one run's records at a time. What is larger than a message may be is INVALID_ARGUMENT.
class RunArchive {
 public:
  explicit RunArchive(RegistryStore& registry) : registry_(registry) {}

  // The first record of a run, with the id of the request that made it: both are kept or neither. Returns its
  // bytes, as does Save.
  absl::StatusOr<std::uint64_t> Add(const internal::v1::RunRecord& record);
  // Replaces the run's record.
  absl::StatusOr<std::uint64_t> Save(const internal::v1::RunRecord& record);
  // NOT_FOUND when there is none, DATA_LOSS when it is damaged.
  absl::StatusOr<internal::v1::RunRecord> Load(std::uint64_t run_id) const;
  // By number.
  absl::Status ForEach(
      const std::function<absl::Status(internal::v1::RunRecord record, std::uint64_t bytes)>& visit) const;
  // Deletes the record, blocks and, if it is still this run's, the id of its request (may be empty); the
  // number is not used again as `next_id` says.
  absl::Status Forget(std::uint64_t run_id, const std::string& request_id, std::uint64_t next_id);

  // Blocks of replicas that are over, of a run that is not.
  absl::Status AddBlock(std::uint64_t run_id, const internal::v1::RunBlock& block);
  // By first replica.
  absl::StatusOr<std::vector<internal::v1::RunBlock>> Blocks(std::uint64_t run_id) const;
  absl::Status DropBlocks(std::uint64_t run_id);

  // The run that a request with this id has made; empty: none.
  absl::StatusOr<std::string> RunOfRequest(const std::string& request_id) const;
  // Numbers below it may have been used.
  std::uint64_t NextId() const;

 private:
  absl::Status KeepNextId(std::uint64_t next_id);

  RegistryStore& registry_;
  Mutex next_id_mutex_;
  std::uint64_t next_id_ ABSL_GUARDED_BY(next_id_mutex_) = 0;  // as it is kept, at least
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_RUNS_RUN_ARCHIVE_H_
