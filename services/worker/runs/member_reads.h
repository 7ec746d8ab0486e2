// Reading members, followers and receipts, with names and profiles from storage.
#ifndef LAWINE_SERVICES_WORKER_RUNS_MEMBER_READS_H_
#define LAWINE_SERVICES_WORKER_RUNS_MEMBER_READS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "engine/store/shard_image.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/runs/run_host.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// Fills `record` for one member of the shard; with names and labels if `profile`.
absl::Status ReadMember(ShardHost& shards, const ShardMembers& members, LocalId member, bool profile,
                        internal::v1::MemberRecord& record);

// Calls write(part) with all receipts of a message in order of key, until it returns false (CANCELLED then).
absl::Status StreamReceipts(ShardHost& shards, const KeptReceipts& kept, std::uint32_t message,
                            const std::function<bool(const internal::v1::ReadReceiptsResponse&)>& write);

// Members and degrees of one shard; labels too if `profiles`.
internal::v1::ShardDescription Describe(const ShardMembers& members, bool profiles);

// Adds up to `count` followers of `source` inside the shard to `response`, read from storage.
absl::Status ReadFollowers(const ShardReader& reader, MemberId source, std::uint32_t count,
                           internal::v1::ReadFollowersResponse& response);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RUNS_MEMBER_READS_H_
