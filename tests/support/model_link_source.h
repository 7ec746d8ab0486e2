// The graphs of the judge of all models as a LinkSource, to build shards from.
#ifndef LAWINE_TESTS_SUPPORT_MODEL_LINK_SOURCE_H_
#define LAWINE_TESTS_SUPPORT_MODEL_LINK_SOURCE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/link_source.h"
#include "tests/support/model_graph.h"

namespace lawine {

// Links have both columns.
class ModelLinkSource final : public LinkSource {
 public:
  explicit ModelLinkSource(const ModelGraph& graph);

  std::uint32_t members_count() const override { return static_cast<std::uint32_t>(keys_.size()); }
  LinkColumns columns() const override { return {.kinds = true, .weights = true}; }
  std::span<const MemberKey> keys() const override { return keys_; }
  std::uint32_t chunks_count() const override;
  MemberRange chunk(std::uint32_t index) const override;
  absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                               FollowerLists& lists) const override;
  std::uint64_t InLinksOf(MemberId member) const override { return in_links_[member.value]; }
  bool persons() const override { return persons_; }
  void Profiles(MemberRange range, MemberColumns& members) const override;

 private:
  struct Link {
    std::uint32_t receiver;
    std::uint8_t kind;
    std::uint32_t weight;
    friend auto operator<=>(const Link&, const Link&) = default;
  };
  std::vector<MemberKey> keys_;
  std::vector<ModelMember> members_;
  bool persons_ = false;
  std::vector<std::vector<Link>> links_;  // by source, by (receiver, kind)
  std::vector<std::uint64_t> in_links_;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_MODEL_LINK_SOURCE_H_
