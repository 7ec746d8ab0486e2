// Reading members and followers, with names and profiles from storage.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_MEMBER_READS_H_
#define LAWINE_SERVICES_WORKER_SHARDS_MEMBER_READS_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "engine/graph/member_block.h"
#include "engine/store/shard_image.h"
#include "lawine/internal/v1/worker.pb.h"
#include "services/worker/shards/shard_host.h"

namespace lawine {

// What is stored of a block of members.
absl::StatusOr<MemberColumns> ReadMemberBlock(const ShardReader& reader, std::uint32_t block);

// As ShardHost::Reader, of the shard and version that the manifest says.
absl::StatusOr<std::shared_ptr<const ShardReader>> ReaderFor(ShardHost& shards,
                                                             const ShardManifest& manifest);

// Fills `record` for one member of the shard; with names and labels if `profile`.
absl::Status ReadMember(ShardHost& shards, const ShardMembers& members, LocalId member, bool profile,
                        internal::v1::MemberRecord& record);

// Members and degrees of one shard; labels too if `profiles`.
internal::v1::ShardDescription Describe(const ShardMembers& members, bool profiles);

// Adds up to `count` followers of `source` inside the shard to `response`, read from storage.
absl::Status ReadFollowers(const ShardReader& reader, MemberId source, std::uint32_t count,
                           internal::v1::ReadFollowersResponse& response);

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_MEMBER_READS_H_
