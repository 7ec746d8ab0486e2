// A set of members of one range, one bit each. Kernels work on the words directly.
#ifndef LAWINE_ENGINE_BASE_MEMBER_SET_H_
#define LAWINE_ENGINE_BASE_MEMBER_SET_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/ids.h"

namespace lawine {

class MemberSet {
 public:
  MemberSet() = default;
  explicit MemberSet(std::uint32_t members_count)
      : members_count_(members_count), words_((std::size_t{members_count} + 63) / 64) {}

  std::uint32_t members_count() const { return members_count_; }

  // Contains, Insert and Remove REQUIRE: id < members_count().
  bool Contains(LocalId id) const { return (words_[id.value >> 6] >> (id.value & 63)) & 1; }
  void Insert(LocalId id) { words_[id.value >> 6] |= 1ull << (id.value & 63); }
  void Remove(LocalId id) { words_[id.value >> 6] &= ~(1ull << (id.value & 63)); }
  void Clear() { std::fill(words_.begin(), words_.end(), 0); }

  std::uint64_t Count() const {
    std::uint64_t count = 0;
    for (const std::uint64_t word : words_) count += static_cast<std::uint64_t>(std::popcount(word));
    return count;
  }

  // Bits past members_count() are always zero.
  std::span<std::uint64_t> words() { return words_; }
  std::span<const std::uint64_t> words() const { return words_; }

 private:
  std::uint32_t members_count_ = 0;
  std::vector<std::uint64_t> words_;
};

// Calls visit(index) for every set bit of `word`, ascending, with `base` added.
template <class Visit>
inline void ForEachBit(std::uint64_t word, std::uint32_t base, Visit&& visit) {
  for (; word != 0; word &= word - 1) visit(base + static_cast<std::uint32_t>(std::countr_zero(word)));
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_MEMBER_SET_H_
