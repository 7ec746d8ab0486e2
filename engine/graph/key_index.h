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
// bits, a hash set (10 to 20 bytes a key). Which of the two is better turns out while they come: a large key
// among the first says little of those that follow. Not thread-safe.
class KeySet {
 public:
  void Add(MemberKey key) {
    const std::uint64_t word = key >> 6;
    if (word >= words_.size()) return AddBeyond(key);
    const std::uint64_t bit = std::uint64_t{1} << (key & 63);
    count_ += (words_[word] & bit) == 0 ? 1 : 0;
    words_[word] |= bit;
  }
  std::uint64_t count() const { return count_; }
  std::vector<MemberKey> Sorted() const;
  // Memory it takes, about.
  std::uint64_t bytes() const;

 private:
  friend class KeyIndex;
  void AddBeyond(MemberKey key);
  void SpreadOut();
  void PutTogether();

  std::uint64_t count_ = 0;
  std::vector<std::uint64_t> words_;  // bit k set: k is a key. Empty when others_ is used
  absl::flat_hash_set<MemberKey> others_;
  std::uint64_t last_word_ = 0;  // that others_ would need
};

// Immutable.
class KeyIndex {
 public:
  // Takes the set apart. REQUIRES: at most limits::kMembersMax keys.
  explicit KeyIndex(KeySet keys);

  std::uint64_t members_count() const { return keys_.size(); }
  const std::vector<MemberKey>& keys() const { return keys_; }
  // Memory that it takes beside the keys, about.
  std::uint64_t bytes() const;
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
  std::vector<std::uint64_t> words_;  // bit k set: k is a key. Empty when ids_ is used
  std::vector<std::uint32_t> ranks_;  // keys before each word
  absl::flat_hash_map<MemberKey, std::uint32_t> ids_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_KEY_INDEX_H_
