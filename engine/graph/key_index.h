// Dense ids for the keys of an edge list: 0 .. members-1 in ascending order of keys.
#ifndef LAWINE_ENGINE_GRAPH_KEY_INDEX_H_
#define LAWINE_ENGINE_GRAPH_KEY_INDEX_H_

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/graph/edge_list.h"

namespace lawine {

// The distinct keys of links (both ends) and extra members. Where keys are close together, a bitmap with
// ranks (a few bits a key); where they are spread over 64 bits, a hash map. Immutable.
class KeyIndex {
 public:
  KeyIndex(std::span<const KeyedLink> links, std::span<const MemberKey> extra_members);

  std::uint64_t members_count() const { return members_count_; }
  std::vector<MemberKey> SortedKeys() const;

  // REQUIRES: `key` is one of the keys, and there are at most limits::kMembersMax of them.
  std::uint32_t IdOf(MemberKey key) const {
    if (words_.empty()) return ids_.find(key)->second;
    const std::uint64_t below = (std::uint64_t{1} << (key & 63)) - 1;
    return ranks_[key >> 6] + static_cast<std::uint32_t>(std::popcount(words_[key >> 6] & below));
  }

 private:
  void BuildBitmap(std::span<const KeyedLink> links, std::span<const MemberKey> extra_members,
                   MemberKey last);
  void BuildMap(std::span<const KeyedLink> links, std::span<const MemberKey> extra_members);

  std::uint64_t members_count_ = 0;
  std::vector<std::uint64_t> words_;  // bit k set: k is a key. Empty when ids_ is used
  std::vector<std::uint32_t> ranks_;  // keys before each word
  absl::flat_hash_map<MemberKey, std::uint32_t> ids_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_KEY_INDEX_H_
