// Links of an imported graph as they arrive from the coordinator: one shard's, made into a LinkSource. What
// does not fit a little memory goes to a spill file until the shard is built of it.
#ifndef LAWINE_SERVICES_WORKER_SHARDS_RECEIVED_LINKS_H_
#define LAWINE_SERVICES_WORKER_SHARDS_RECEIVED_LINKS_H_

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/graph/link_source.h"
#include "engine/graph/list_spool.h"
#include "engine/store/shard_manifest.h"
#include "lawine/internal/v1/worker.pb.h"

namespace lawine {

// Filled by one thread, then read by many.
class ReceivedLinks final : public LinkSource {
 public:
  // `graph` names the members and columns; only links to members of `receivers` will come, and profiles of
  // them.
  ReceivedLinks(const GraphInfo& graph, MemberRange receivers, SpillOptions spill);

  // INVALID_ARGUMENT when links are not ascending, not the shard's, or columns do not match;
  // RESOURCE_EXHAUSTED when the disk is full.
  absl::Status Add(const internal::v1::LinkBatch& batch);
  // Call after the last batch. INVALID_ARGUMENT when members are missing.
  absl::Status Finish();
  // Keeps only what is known of members.
  void DropLinks() { lists_.Clear(); }

  std::uint32_t members_count() const override { return members_count_; }
  LinkColumns columns() const override { return columns_; }
  std::span<const MemberKey> keys() const override { return keys_; }
  std::uint32_t chunks_count() const override;
  MemberRange chunk(std::uint32_t index) const override;
  // REQUIRES: `receivers` is the shard's range; links were not dropped.
  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override;
  std::uint64_t InLinksOf(MemberId) const override { return 0; }
  // REQUIRES: `range` is inside the shard's.
  void Profiles(MemberRange range, MemberColumns& members) const override;

 private:
  absl::Status AddProfiles(const internal::v1::LinkBatch& batch);
  absl::Status AddLink(std::uint32_t from, std::uint32_t to, std::uint8_t kind, std::uint32_t weight);

  static constexpr std::uint32_t kChunkMembers = 4096;

  const std::uint32_t members_count_;
  const LinkColumns columns_;
  const bool named_;
  const MemberRange receivers_;
  std::vector<MemberKey> keys_;  // of all members
  // Of the shard's own.
  std::vector<std::string> names_;
  std::vector<std::uint32_t> communities_;
  std::string networks_;  // bytes
  std::string account_kinds_;
  ListSpool lists_;
  // What the next link comes after: source, local follower and kind of the last one, plus 1 in the last part.
  struct Order {
    std::uint32_t from = 0;
    std::uint32_t local = 0;
    std::uint32_t kind = 0;
    friend auto operator<=>(const Order&, const Order&) = default;
  };
  Order next_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_SHARDS_RECEIVED_LINKS_H_
