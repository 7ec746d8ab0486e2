#include "engine/graph/key_index.h"

#include <algorithm>
#include <utility>

namespace lawine {
namespace {

// A bitmap is used while it has no more words than there are keys, or this many (8 MiB). A set becomes one
// again when its keys are twice as many as the words: between a change and the next one back the keys double,
// so all changes together cost no more than a few passes over the keys, in whatever order these come.
constexpr std::uint64_t kSmallBitmapWords = 1 << 20;
constexpr std::uint64_t kKeysPerWordAgain = 2;

std::vector<MemberKey> KeysOf(const std::vector<std::uint64_t>& words) {
  std::vector<MemberKey> keys;
  for (std::size_t w = 0; w < words.size(); ++w) {
    for (std::uint64_t word = words[w]; word != 0; word &= word - 1) {
      keys.push_back(w * 64 + static_cast<std::uint64_t>(std::countr_zero(word)));
    }
  }
  return keys;
}

template <class Keys>
std::vector<std::uint64_t> BitmapOf(const Keys& keys, std::uint64_t last_word) {
  std::vector<std::uint64_t> words(last_word + 1);
  for (const MemberKey key : keys) words[key >> 6] |= std::uint64_t{1} << (key & 63);
  return words;
}

}  // namespace

void KeySet::AddBeyond(MemberKey key) {
  const std::uint64_t word = key >> 6;
  if (others_.empty() && word < std::max(count_, kSmallBitmapWords)) {
    words_.resize(word + 1);
    words_[word] |= std::uint64_t{1} << (key & 63);
    ++count_;
    return;
  }
  SpreadOut();
  count_ += others_.insert(key).second ? 1 : 0;
  last_word_ = std::max(last_word_, word);
  if (last_word_ < count_ / kKeysPerWordAgain) PutTogether();
}

void KeySet::SpreadOut() {
  for (const MemberKey known : KeysOf(std::exchange(words_, {}))) others_.insert(known);
}

void KeySet::PutTogether() {
  words_ = BitmapOf(others_, last_word_);
  others_ = {};
  last_word_ = 0;
}

std::uint64_t KeySet::bytes() const {
  return words_.capacity() * sizeof(std::uint64_t) + others_.capacity() * (sizeof(MemberKey) + 1);
}

std::vector<MemberKey> KeySet::Sorted() const {
  if (others_.empty()) return KeysOf(words_);
  std::vector<MemberKey> keys(others_.begin(), others_.end());
  std::sort(keys.begin(), keys.end());
  return keys;
}

KeyIndex::KeyIndex(KeySet keys) : keys_(keys.Sorted()), words_(std::move(keys.words_)) {
  keys.others_ = {};
  // No more keys come, so one a word is enough for a bitmap.
  if (words_.empty() && !keys_.empty() && keys_.back() >> 6 < keys_.size()) {
    words_ = BitmapOf(keys_, keys_.back() >> 6);
  }
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

std::uint64_t KeyIndex::bytes() const {
  return words_.capacity() * sizeof(std::uint64_t) + ranks_.capacity() * sizeof(std::uint32_t) +
         ids_.capacity() * (sizeof(std::pair<MemberKey, std::uint32_t>) + 1);
}

}  // namespace lawine
