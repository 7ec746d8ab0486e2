// Reading members and receipts of hydrated shards, with names and profiles from storage.
#ifndef LAWINE_SERVICES_WORKER_MEMBER_READS_H_
#define LAWINE_SERVICES_WORKER_MEMBER_READS_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "engine/store/shard_image.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/run_host.h"
#include "services/worker/shard_host.h"

namespace lawine {

// Fills `record` for one member of the image's range; with names and labels if `profile`.
absl::Status ReadMember(const ShardHost& shards, const ShardImage& image, LocalId member, bool profile,
                        internal::v1::MemberRecord& record);

// Calls write(part) with all receipts in order of key, until it returns false (CANCELLED then).
absl::Status StreamReceipts(const ShardHost& shards, const KeptReceipts& kept,
                            const std::function<bool(const internal::v1::ReadReceiptsResponse&)>& write);

// Members, degrees and bytes of one shard.
internal::v1::ShardDescription Describe(const ShardImage& image, std::uint64_t disk_bytes);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_MEMBER_READS_H_
