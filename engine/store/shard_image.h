// A shard in memory, flat and read-only: what runs work on. RocksDB is the source of truth, but a cached
// read from it costs microseconds where following a list costs nanoseconds.
#ifndef LAWINE_ENGINE_STORE_SHARD_IMAGE_H_
#define LAWINE_ENGINE_STORE_SHARD_IMAGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/base/huge_array.h"
#include "engine/graph/follower_block.h"
#include "engine/store/followee_index.h"
#include "engine/store/gap_lists.h"
#include "engine/store/shard_members.h"
#include "engine/store/shard_store.h"
#include "engine/store/source_index.h"

namespace lawine {

// Immutable after Hydrate; thread-safe.
class ShardImage {
 public:
  // Reads every block, checks counts, and lays lists out on huge pages; strides in parallel on `executor`.
  // DATA_LOSS when the shard does not hold what its manifest says.
  static absl::StatusOr<std::unique_ptr<const ShardImage>> Hydrate(const ShardReader& reader,
                                                                   Executor& executor);
  // The same where the members were read already.
  static absl::StatusOr<std::unique_ptr<const ShardImage>> Hydrate(
      const ShardReader& reader, std::shared_ptr<const ShardMembers> members, Executor& executor);

  const ShardManifest& manifest() const { return members_->manifest(); }
  const GraphInfo& graph() const { return manifest().graph; }
  const ShardMembers& members() const { return *members_; }
  // The members alone, for those who do not need the links any more.
  std::shared_ptr<const ShardMembers> shared_members() const { return members_; }
  MemberRange range() const { return members_->range(); }

  // How many followers `source` has inside the range.
  std::uint32_t LinksOf(MemberId source) const { return sources_.Find(source).links; }
  // Followers of `source` inside the range: gaps of their local ids, see gap_lists.h.
  Gaps GapsOf(MemberId source) const {
    const SourceIndex::Place place = sources_.Find(source);
    return followers_.span().subspan(place.begin, place.end - place.begin);
  }
  void PrefetchPlace(MemberId source) const { sources_.Prefetch(source); }
  // The followers with their columns, one entry a link. Slow: for looking, not for runs.
  FollowerLists ReadFollowers(MemberId source) const;
  // The same links from the receivers' side.
  const FolloweeIndex& followees() const { return followees_; }

  MemberKey KeyOf(LocalId member) const { return members_->KeyOf(member); }
  // Of any member of the graph.
  MemberKey KeyOfSource(MemberId source) const {
    return source_keys_.empty() ? source.value : source_keys_[source.value];
  }

  // With the members.
  std::uint64_t resident_bytes() const;

 private:
  explicit ShardImage(std::shared_ptr<const ShardMembers> members) : members_(std::move(members)) {}
  absl::Status ReadKeys(const ShardReader& reader);
  absl::Status ReadLists(const ShardReader& reader, Executor& executor);

  const std::shared_ptr<const ShardMembers> members_;
  SourceIndex sources_;
  HugeArray<std::uint16_t> followers_;
  HugeArray<std::uint8_t> kinds_;
  HugeArray<std::uint32_t> weights_;
  FolloweeIndex followees_;
  std::vector<MemberKey> source_keys_;  // empty where keys are dense ids
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_IMAGE_H_
