// Everything a shard has on disk, read and compared with what it must be.
#ifndef LAWINE_ENGINE_STORE_SHARD_CHECK_H_
#define LAWINE_ENGINE_STORE_SHARD_CHECK_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/executor.h"
#include "engine/store/shard_store.h"

namespace lawine {

struct ShardCheck {
  std::uint64_t file_bytes = 0;  // compared with their checksums; 0 for shards of versions without
  std::uint64_t links = 0;
  std::uint32_t members = 0;
  Digest digest = {};  // of links and members, computed anew
};

// Files against their checksums, then every block decoded, and counts and digest against the manifest, and
// followees of each member against the links that lead to it. What other shards would have to be asked for is
// believed: audiences, and persons elsewhere. Takes memory for the members, a count of each a thread, and a
// few blocks only. DATA_LOSS says what was expected and what was found.
absl::StatusOr<ShardCheck> CheckShard(const ShardReader& reader, Executor& executor);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_CHECK_H_
