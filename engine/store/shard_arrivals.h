// Copies of shards below the root of a storage (rocks_store.h), from their first byte until they are shards
// of it.
//
//   ROOT/<graph>/shard-0003.arriving/    a copy on its way here; never opened as a shard
//   ROOT/<graph>/shard-0003.sending-7/   a checkpoint that somebody reads; gone with its reader
#ifndef LAWINE_ENGINE_STORE_SHARD_ARRIVALS_H_
#define LAWINE_ENGINE_STORE_SHARD_ARRIVALS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/store/shard_copies.h"
#include "engine/store/shard_store.h"

namespace lawine {

// Thread-safe, but what is done about one shard must take turns.
class ShardArrivals {
 public:
  explicit ShardArrivals(std::string root) : root_(std::move(root)) {}

  // Removes what an earlier process left: checkpoints that it sent, shards that it loaded or deleted. Copies
  // on their way stay. Call once, before shards are opened. REQUIRES: no other process uses the root.
  void RemoveLeftovers() const;

  // Shards of `graph` of which there is a copy that is not adopted, ascending.
  absl::StatusOr<std::vector<ShardName>> Arriving(const std::string& graph) const;

  // Goes on with what is there of the copy.
  absl::StatusOr<std::unique_ptr<ShardArrival>> Begin(const ShardName& name,
                                                      const std::vector<ShardFile>& files) const;
  // The manifest of a copy that has arrived; changes nothing. DATA_LOSS or FAILED_PRECONDITION when it is
  // none of `name`.
  absl::StatusOr<ShardManifest> ManifestOf(const ShardName& name) const;
  // Digest of the graph at a version, as such a copy knows it; changes nothing. FAILED_PRECONDITION when it
  // lacks the version.
  absl::StatusOr<Digest> DigestAt(const ShardName& name, std::uint64_t graph_version) const;
  // Opens a copy that has arrived, whatever its graph was called: from now on it is called as in `name`.
  // Opening changes files: it has not arrived any more, until MarkArrived.
  absl::StatusOr<std::unique_ptr<StoredShard>> Open(const ShardName& name) const;
  absl::Status MarkArrived(const ShardName& name) const;
  // FAILED_PRECONDITION unless it has arrived.
  absl::Status CheckArrived(const ShardName& name) const;
  // Puts it in its place: from now on the storage opens it. FAILED_PRECONDITION when it has not arrived.
  // REQUIRES: not open.
  absl::Status Adopt(const ShardName& name) const;
  // Removes what is there of a copy; OK when there is nothing.
  absl::Status Remove(const ShardName& name) const;

 private:
  static constexpr char kArrivingMark[] = ".arriving";
  std::string PlaceOf(const ShardName& name) const;
  std::string ArrivingOf(const ShardName& name) const { return PlaceOf(name) + kArrivingMark; }

  const std::string root_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_ARRIVALS_H_
