// Dense ids for the keys of an edge list: 0 .. members-1 in ascending order of keys.
#ifndef LAWINE_ENGINE_GRAPH_KEY_INDEX_H_
#define LAWINE_ENGINE_GRAPH_KEY_INDEX_H_

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/base/ids.h"

namespace lawine {

// Distinct keys. Where they are close together, a bitmap (a few bits a key); where they are spread over 64
// bits, a hash set (10 to 20 bytes a key). Not thread-safe.
class KeySet {
 public:
  void Add(MemberKey key) {
    ++added_;
    const std::uint64_t word = key >> 6;
    if (word >= words_.size()) return AddBeyond(key);
    words_[word] |= std::uint64_t{1} << (key & 63);
  }
  std::uint64_t count() const;
  std::vector<MemberKey> Sorted() const;

 private:
  friend class KeyIndex;
  void AddBeyond(MemberKey key);

  std::uint64_t added_ = 0;           // also those that were there
  std::vector<std::uint64_t> words_;  // bit k set: k is a key. Empty when others_ is used
  absl::flat_hash_set<MemberKey> others_;
};

// Immutable.
class KeyIndex {
 public:
  // Takes the set apart. REQUIRES: at most limits::kMembersMax keys.
  explicit KeyIndex(KeySet keys);

  std::uint64_t members_count() const { return keys_.size(); }
  const std::vector<MemberKey>& keys() const { return keys_; }
  // Call last.
  std::vector<MemberKey> TakeKeys() { return std::move(keys_); }

  // REQUIRES: `key` is one of the keys.
  std::uint32_t IdOf(MemberKey key) const {
    if (words_.empty()) return ids_.find(key)->second;
    const std::uint64_t below = (std::uint64_t{1} << (key & 63)) - 1;
    return ranks_[key >> 6] + static_cast<std::uint32_t>(std::popcount(words_[key >> 6] & below));
  }

 private:
  std::vector<MemberKey> keys_;       // ascending
  std::vector<std::uint64_t> words_;  // as in the set; empty when ids_ is used
  std::vector<std::uint32_t> ranks_;  // keys before each word
  absl::flat_hash_map<MemberKey, std::uint32_t> ids_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_KEY_INDEX_H_
