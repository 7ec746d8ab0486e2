// A shard in memory, flat and read-only: what runs work on. RocksDB is the source of truth, but a cached
// read from it costs microseconds where following a list costs nanoseconds.
#ifndef LAWINE_ENGINE_STORE_SHARD_IMAGE_H_
#define LAWINE_ENGINE_STORE_SHARD_IMAGE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/executor.h"
#include "engine/graph/follower_block.h"
#include "engine/store/changed_lists.h"
#include "engine/store/followee_index.h"
#include "engine/store/gap_lists.h"
#include "engine/store/link_lists.h"
#include "engine/store/shard_delta.h"
#include "engine/store/shard_members.h"
#include "engine/store/shard_store.h"
#include "engine/store/stored_lists.h"

namespace lawine {

// What the image of a shard takes, at most; told by its manifest alone.
struct ImageBytes {
  std::uint64_t members = 0;    // members and keys: always in memory
  std::uint64_t lists = 0;      // followers, by source
  std::uint64_t followees = 0;  // the same links from the receivers' side
};
ImageBytes ImageBytesOf(const ShardManifest& manifest);

// Immutable after Hydrate; thread-safe.
class ShardImage {
 public:
  // Reads every block, checks counts, and lays lists out on huge pages; strides in parallel on `executor`.
  // DATA_LOSS when the shard does not hold what its manifest says.
  static absl::StatusOr<std::unique_ptr<const ShardImage>> Hydrate(const ShardReader& reader,
                                                                   Executor& executor);
  // The same where the members were read already, with at most `links_bytes_max` bytes for what there is
  // beside members and keys. Where that is too little, the followees are left out; where that is not enough,
  // as many lists as do not fit, last sources first: these are read from `reader`, which is kept, when they
  // are needed. All blocks are read and checked all the same.
  static absl::StatusOr<std::unique_ptr<const ShardImage>> Hydrate(
      std::shared_ptr<const ShardReader> reader, std::shared_ptr<const ShardMembers> members,
      std::uint64_t links_bytes_max, Executor& executor);

  // The same shard with changes, which share what did not change, keys of earlier members too. `members` are
  // read from `changed`, which has the changes of `delta`; REQUIRES: all links of this image are in memory,
  // and it is without changes.
  absl::StatusOr<std::unique_ptr<const ShardImage>> WithChanges(const ShardReader& changed,
                                                                std::shared_ptr<const ShardMembers> members,
                                                                const ShardDelta& delta) const;

  const ShardManifest& manifest() const { return members_->manifest(); }
  const GraphInfo& graph() const { return manifest().graph; }
  const ShardMembers& members() const { return *members_; }
  // The members alone, for those who do not need the links any more.
  std::shared_ptr<const ShardMembers> shared_members() const { return members_; }
  MemberRange range() const { return members_->range(); }

  // Lists that are not in memory: of sources from some member on. Who wants them beside the others walks as
  // list_walk.h does; LinksOf, GapsOf and ReadFollowers are for the others.
  const StoredLists& stored() const { return stored_; }
  std::uint64_t links_in_memory() const { return links_in_memory_; }

  // Calls use(lists) with the lists in memory, LinkLists or, where some changed, ChangedLists: for who looks
  // up many, and so chooses between the two once.
  template <class Use>
  auto WithLists(Use&& use) const {
    return changed_ == nullptr ? use(*lists_) : use(*changed_);
  }
  // How many followers `source` has inside the range.
  std::uint32_t LinksOf(MemberId source) const { return ListOf(source).links; }
  // Followers of `source` inside the range: gaps of their local ids, see gap_lists.h.
  Gaps GapsOf(MemberId source) const { return ListOf(source).gaps; }
  // Both at once.
  LinkList ListOf(MemberId source) const {
    return WithLists([source](const auto& lists) { return lists.ListOf(source); });
  }
  // Columns of those entries; empty where the graph has none.
  std::span<const std::uint8_t> KindsOf(MemberId source) const {
    return WithLists([source](const auto& lists) { return lists.KindsOf(source); });
  }
  std::span<const std::uint32_t> WeightsOf(MemberId source) const {
    return WithLists([source](const auto& lists) { return lists.WeightsOf(source); });
  }
  // The followers with their columns, one entry a link. Slow: for looking, not for runs.
  FollowerLists ReadFollowers(MemberId source) const;
  // The same links from the receivers' side are left out where there was no room for them.
  bool HasFollowees() const { return followees_ != nullptr; }
  // Calls use(followees) with FolloweeIndex or ChangedLists. REQUIRES: HasFollowees().
  template <class Use>
  auto WithFollowees(Use&& use) const {
    return changed_ == nullptr ? use(*followees_) : use(*changed_);
  }

  MemberKey KeyOf(LocalId member) const { return members_->KeyOf(member); }
  // Of any member of the graph.
  MemberKey KeyOfSource(MemberId source) const {
    if (source.value >= added_from_) return added_keys_[source.value - added_from_];
    return source_keys_->empty() ? source.value : (*source_keys_)[source.value];
  }

  // With the members; without what is shared with the image that this one has changes of.
  std::uint64_t resident_bytes() const;
  // Of it, lists of followers and where they lie.
  std::uint64_t lists_bytes() const;
  // Of it, what Hydrate's limit is for.
  std::uint64_t links_bytes() const {
    return lists_bytes() + (followees_ != nullptr ? followees_->bytes() : 0);
  }

 private:
  explicit ShardImage(std::shared_ptr<const ShardMembers> members) : members_(std::move(members)) {}
  absl::Status ReadLists(std::shared_ptr<const ShardReader> reader, std::uint64_t bytes_max,
                         Executor& executor);
  absl::Status BuildFollowees(std::uint64_t bytes_max, Executor& executor);

  const std::shared_ptr<const ShardMembers> members_;
  std::shared_ptr<const LinkLists> lists_;
  std::uint64_t links_in_memory_ = 0;
  StoredLists stored_;
  std::shared_ptr<const FolloweeIndex> followees_;
  std::unique_ptr<const ChangedLists> changed_;  // null where the graph is as it is stored
  // As they are stored; empty where keys are dense ids.
  std::shared_ptr<const std::vector<MemberKey>> source_keys_;
  // Of members that changes have added, where keys are no dense ids any more.
  std::vector<MemberKey> added_keys_;
  std::uint32_t added_from_ = 0xFFFFFFFF;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_IMAGE_H_
