#include "engine/graph/key_index.h"

#include <algorithm>

namespace lawine {
namespace {

// A bitmap is used while it has no more words than keys are named, or this many (half a megabyte).
constexpr std::uint64_t kSmallBitmapWords = 1 << 16;

template <class Visit>
void ForEachKey(std::span<const KeyedLink> links, std::span<const MemberKey> extra_members, Visit visit) {
  for (const KeyedLink& link : links) {
    visit(link.from);
    visit(link.to);
  }
  for (const MemberKey key : extra_members) visit(key);
}

}  // namespace

KeyIndex::KeyIndex(std::span<const KeyedLink> links, std::span<const MemberKey> extra_members) {
  if (links.empty() && extra_members.empty()) return;
  MemberKey last = 0;
  ForEachKey(links, extra_members, [&](MemberKey key) { last = std::max(last, key); });
  const std::uint64_t keys_named = links.size() * 2 + extra_members.size();
  if (last / 64 < std::max(keys_named, kSmallBitmapWords)) {
    BuildBitmap(links, extra_members, last);
  } else {
    BuildMap(links, extra_members);
  }
}

void KeyIndex::BuildBitmap(std::span<const KeyedLink> links, std::span<const MemberKey> extra_members,
                           MemberKey last) {
  words_.resize(last / 64 + 1);
  ForEachKey(links, extra_members,
             [&](MemberKey key) { words_[key >> 6] |= std::uint64_t{1} << (key & 63); });
  ranks_.reserve(words_.size());
  for (const std::uint64_t word : words_) {
    ranks_.push_back(static_cast<std::uint32_t>(members_count_));
    members_count_ += static_cast<std::uint64_t>(std::popcount(word));
  }
}

void KeyIndex::BuildMap(std::span<const KeyedLink> links, std::span<const MemberKey> extra_members) {
  ForEachKey(links, extra_members, [&](MemberKey key) { ids_.try_emplace(key, 0); });
  members_count_ = ids_.size();
  std::uint32_t next_id = 0;
  for (const MemberKey key : SortedKeys()) ids_.find(key)->second = next_id++;
}

std::vector<MemberKey> KeyIndex::SortedKeys() const {
  std::vector<MemberKey> keys;
  keys.reserve(members_count_);
  for (std::size_t w = 0; w < words_.size(); ++w) {
    for (std::uint64_t word = words_[w]; word != 0; word &= word - 1) {
      keys.push_back(w * 64 + static_cast<std::uint64_t>(std::countr_zero(word)));
    }
  }
  if (words_.empty()) {
    for (const auto& [key, id] : ids_) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
  }
  return keys;
}

}  // namespace lawine
