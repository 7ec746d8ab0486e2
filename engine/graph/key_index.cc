#include "engine/graph/key_index.h"

#include <algorithm>
#include <utility>

namespace lawine {
namespace {

// A bitmap is used while it has no more words than keys were added, or this many (8 MiB).
constexpr std::uint64_t kSmallBitmapWords = 1 << 20;

std::vector<MemberKey> KeysOf(const std::vector<std::uint64_t>& words) {
  std::vector<MemberKey> keys;
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (std::uint64_t word = words[w]; word != 0; word &= word - 1) {
      keys.push_back(w * 64 + static_cast<std::uint64_t>(std::countr_zero(word)));
    }
  }
  return keys;
}

}  // namespace

void KeySet::AddBeyond(MemberKey key) {
  const std::uint64_t word = key >> 6;
  if (others_.empty() && word < std::max(added_, kSmallBitmapWords)) {
    words_.resize(word + 1);
    words_[word] |= std::uint64_t{1} << (key & 63);
    return;
  }
  for (const MemberKey known : KeysOf(std::exchange(words_, {}))) others_.insert(known);
  others_.insert(key);
}

std::uint64_t KeySet::count() const {
  std::uint64_t count = others_.size();
  for (const std::uint64_t word : words_) count += static_cast<std::uint64_t>(std::popcount(word));
  return count;
}

std::vector<MemberKey> KeySet::Sorted() const {
  if (others_.empty()) return KeysOf(words_);
  std::vector<MemberKey> keys(others_.begin(), others_.end());
  std::sort(keys.begin(), keys.end());
  return keys;
}

KeyIndex::KeyIndex(KeySet keys) : keys_(keys.Sorted()), words_(std::move(keys.words_)) {
  keys.others_ = {};
  if (words_.empty()) {
    ids_.reserve(keys_.size());
    for (const MemberKey key : keys_) ids_.emplace(key, static_cast<std::uint32_t>(ids_.size()));
    return;
  }
  ranks_.reserve(words_.size());
  std::uint32_t before = 0;
  for (const std::uint64_t word : words_) {
    ranks_.push_back(before);
    before += static_cast<std::uint32_t>(std::popcount(word));
  }
}

}  // namespace lawine
