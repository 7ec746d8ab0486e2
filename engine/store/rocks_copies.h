// What copying a shard asks of RocksDB: a checkpoint of one that is open, and the manifest of one that is
// not.
#ifndef LAWINE_ENGINE_STORE_ROCKS_COPIES_H_
#define LAWINE_ENGINE_STORE_ROCKS_COPIES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/store/shard_copies.h"
#include "engine/store/shard_manifest.h"

namespace rocksdb {
class DB;
}

namespace lawine {

// In names of directories of checkpoints.
inline constexpr char kSendingMark[] = ".sending-";

// All that was written to the open shard in `directory`, beside it; tables are linked, not copied, so it
// takes neither time nor room.
absl::StatusOr<std::unique_ptr<ShardCheckpoint>> MakeRocksCheckpoint(rocksdb::DB& db,
                                                                     const std::string& directory);

// Reads the manifest of the shard in `directory` without changing a byte there.
absl::StatusOr<ShardManifest> ReadRocksManifest(const std::string& directory);
// Digest of the graph at a version, as the shard in `directory` knows it, without changing a byte there.
// FAILED_PRECONDITION when there is no such version.
absl::StatusOr<Digest> ReadRocksDigest(const std::string& directory, std::uint64_t graph_version);
// Writes another manifest, durably. REQUIRES: not open.
absl::Status ReplaceRocksManifest(const std::string& directory, const ShardManifest& manifest);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_ROCKS_COPIES_H_
