// A LinkSource made of pairs of keys, in memory: what tests build shards from without an importer.
#ifndef LAWINE_TESTS_SUPPORT_VECTOR_LINK_SOURCE_H_
#define LAWINE_TESTS_SUPPORT_VECTOR_LINK_SOURCE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/link_source.h"
#include "tests/support/graphs.h"

namespace lawine {

struct VectorLinkSourceOptions {
  LinkColumns columns = {};
  std::uint32_t blocks_per_chunk = 1;
};

// Kinds, weights and profiles are functions of the keys (below), so that a test knows what must come back.
class VectorLinkSource final : public LinkSource {
 public:
  using Options = VectorLinkSourceOptions;
  explicit VectorLinkSource(const TestGraph& graph, Options options = {});

  std::uint32_t members_count() const override { return static_cast<std::uint32_t>(keys_.size()); }
  LinkColumns columns() const override { return options_.columns; }
  std::span<const MemberKey> keys() const override { return keys_; }
  std::uint32_t chunks_count() const override;
  MemberRange chunk(std::uint32_t index) const override;
  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override;
  std::uint64_t InLinksOf(MemberId member) const override { return in_links_[member.value]; }
  void Profiles(MemberRange range, MemberColumns& members) const override;

  // REQUIRES: `key` is a member's.
  MemberId IdOf(MemberKey key) const;
  // All followers of a member, ascending.
  std::span<const MemberId> FollowersOf(MemberId member) const { return followers_[member.value]; }

  static std::uint8_t KindOf(MemberKey from, MemberKey to) {
    return static_cast<std::uint8_t>((from + 3 * to) % 5);
  }
  static std::uint32_t WeightOf(MemberKey from, MemberKey to) {
    return static_cast<std::uint32_t>((from * 40'503 + to * 7'919) % kLinkWeightOne);
  }
  static std::uint32_t CommunityOf(MemberKey key) { return static_cast<std::uint32_t>(key % 11); }
  static std::uint8_t NetworkOf(MemberKey key) { return static_cast<std::uint8_t>(1 + key % 4); }

 private:
  std::uint32_t chunk_sources() const { return options_.blocks_per_chunk * limits::kSourcesPerBlock; }

  const Options options_;
  std::vector<MemberKey> keys_;
  std::vector<std::vector<MemberId>> followers_;
  std::vector<std::uint64_t> in_links_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_VECTOR_LINK_SOURCE_H_
