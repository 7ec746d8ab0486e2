// What the coordinator asks of workers about copies of single shards.
#ifndef LAWINE_SERVICES_COORDINATOR_WORKERS_SHARD_CALLS_H_
#define LAWINE_SERVICES_COORDINATOR_WORKERS_SHARD_CALLS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lawine/internal/v1/placement.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// What is asked of one shard takes no longer.
inline constexpr absl::Duration kShardTimeout = absl::Minutes(2);
// A shard that is slower to copy than this is copied again later, from where it was.
absl::Duration CopyTimeout(std::uint64_t bytes);

// `to` copies the shard from `from`; told(bytes) now and then. OK when the copy is whole and can be adopted.
// All failures name the worker.
absl::Status FetchShard(const WorkerHandle& to, const WorkerHandle& from, const internal::v1::ShardId& shard,
                        absl::Duration timeout, const std::function<void(std::uint64_t)>& told,
                        Cancellation& cancellation);
// Here and below: CANCELLED when `ends` is, if it is there; whether the worker has done it is not known then.
absl::Status AdoptShard(const WorkerHandle& worker, const internal::v1::ShardId& shard,
                        Cancellation* ends = nullptr);
// OK only when the worker itself says at this moment that it holds the shard; it answers within seconds, or
// it is DEADLINE_EXCEEDED.
absl::Status ConfirmShard(const WorkerHandle& worker, const internal::v1::ShardId& shard,
                          Cancellation* ends = nullptr);
// REQUIRES, unless `arrived_only`: the shard belongs to no graph, or its owner has confirmed it just now.
absl::Status DropShard(const WorkerHandle& worker, const internal::v1::ShardId& shard, bool arrived_only,
                       Cancellation* ends = nullptr, absl::Duration timeout = kShardTimeout);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WORKERS_SHARD_CALLS_H_
