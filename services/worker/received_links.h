// Links of an imported graph as they arrive from the coordinator: one shard's, made into a LinkSource.
#ifndef LAWINE_SERVICES_WORKER_RECEIVED_LINKS_H_
#define LAWINE_SERVICES_WORKER_RECEIVED_LINKS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/graph/link_source.h"
#include "engine/store/shard_manifest.h"
#include "lawine/internal/v1/worker.pb.h"

namespace lawine {

// Filled by one thread, then read by many.
class ReceivedLinks final : public LinkSource {
 public:
  // `graph` names the members and columns; only links to members of `receivers` will come.
  ReceivedLinks(const GraphInfo& graph, MemberRange receivers);

  // INVALID_ARGUMENT when links are not ascending, not the shard's, or columns do not match.
  absl::Status Add(const internal::v1::LinkBatch& batch);
  // Call after the last batch. INVALID_ARGUMENT when members are missing.
  absl::Status Finish();

  std::uint32_t members_count() const override { return members_count_; }
  LinkColumns columns() const override { return columns_; }
  std::span<const MemberKey> keys() const override { return keys_; }
  std::uint32_t chunks_count() const override;
  MemberRange chunk(std::uint32_t index) const override;
  // REQUIRES: `receivers` is the shard's range.
  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override;
  std::uint64_t InLinksOf(MemberId) const override { return 0; }
  void Profiles(MemberRange range, MemberColumns& members) const override;

 private:
  absl::Status AddProfiles(const internal::v1::LinkBatch& batch);
  // Whether a link of the last source, with this kind, comes after the last one.
  bool Ascends(std::uint32_t local, std::uint8_t kind) const;

  static constexpr std::uint32_t kChunkMembers = 4096;

  const std::uint32_t members_count_;
  const LinkColumns columns_;
  const bool named_;
  const MemberRange receivers_;
  std::vector<MemberKey> keys_;
  std::vector<std::string> names_;
  std::vector<std::uint32_t> communities_;
  std::string networks_;  // bytes
  std::string account_kinds_;
  std::vector<std::uint64_t> offsets_;    // per source, one more at the end
  std::vector<std::uint32_t> followers_;  // local ids
  std::string kinds_;  // bytes, as weights_ parallel to followers_ where there are such columns
  std::vector<std::uint32_t> weights_;
  std::uint32_t sources_seen_ = 0;  // offsets_ are set up to here
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_WORKER_RECEIVED_LINKS_H_
