// The members of a shard in memory: keys, audiences, profiles, who can be reached at all. Read in a fraction
// of a second even where bringing the links into memory takes many.
#ifndef LAWINE_ENGINE_STORE_SHARD_MEMBERS_H_
#define LAWINE_ENGINE_STORE_SHARD_MEMBERS_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/base/key_batch.h"
#include "engine/base/member_set.h"
#include "engine/graph/member_block.h"
#include "engine/store/profile_column.h"
#include "engine/store/shard_store.h"

namespace lawine {

// Immutable; thread-safe.
class ShardMembers {
 public:
  // DATA_LOSS when the shard does not hold the members its manifest says.
  static absl::StatusOr<std::shared_ptr<const ShardMembers>> Read(const ShardReader& reader);

  const ShardManifest& manifest() const { return manifest_; }
  MemberRange range() const { return range_; }

  MemberKey KeyOf(LocalId member) const {
    return keys_.empty() ? std::uint64_t{range_.first.value} + member.value : keys_[member.value];
  }
  // Writes the keys of `members` to `keys`.
  void KeysOf(std::span<const std::uint32_t> members, MemberKey* keys) const {
    if (keys_.empty()) return DenseKeys(range_.first.value, members, keys);
    for (std::size_t i = 0; i < members.size(); ++i) keys[i] = keys_[members[i]];
  }
  // The member with this key, if it is in the range.
  std::optional<LocalId> Find(MemberKey key) const;
  // Followers anywhere in the graph, by member of the range.
  std::span<const std::uint32_t> audience() const { return audience_; }
  // Links that lead to each member of the range.
  std::span<const std::uint32_t> followees() const { return followees_; }
  // Profiles, see engine/graph/profile.h: `networks()[member]`, or whole columns where members differ.
  const ProfileColumn<std::uint8_t>& networks() const { return networks_; }
  const ProfileColumn<std::uint8_t>& account_kinds() const { return account_kinds_; }
  const ProfileColumn<std::uint32_t>& communities() const { return communities_; }
  // The person behind an account, named by the dense id of the person's first account.
  MemberId PersonOf(LocalId member) const {
    return MemberId(persons_.empty() ? range_.first.value + member.value : persons_[member.value]);
  }
  // The same by member of the range; empty where everybody owns one account.
  std::span<const std::uint32_t> persons() const { return persons_; }
  // Members that have followees, i.e. that can be reached at all.
  const MemberSet& reachable() const { return reachable_; }

  std::uint64_t resident_bytes() const;

 private:
  explicit ShardMembers(const ShardManifest& manifest)
      : manifest_(manifest),
        range_(manifest.range()),
        networks_(range_.count),
        account_kinds_(range_.count),
        communities_(range_.count),
        reachable_(range_.count) {}
  absl::Status ReadBlocks(const ShardReader& reader);
  absl::Status IndexKeys();

  const ShardManifest manifest_;
  const MemberRange range_;
  std::vector<MemberKey> keys_;       // empty where keys are dense ids
  std::vector<std::uint32_t> added_;  // members behind those in order of keys, by their keys
  std::vector<std::uint32_t> audience_;
  std::vector<std::uint32_t> followees_;
  ProfileColumn<std::uint8_t> networks_;
  ProfileColumn<std::uint8_t> account_kinds_;
  ProfileColumn<std::uint32_t> communities_;
  std::vector<std::uint32_t> persons_;
  MemberSet reachable_;
};

// Replaces `members` by those of block `number` of the shard. DATA_LOSS unless they are as many as `manifest`
// has there, with the names and persons that its graph has, and persons are members of it. REQUIRES: the
// block begins inside the shard's range.
absl::Status ReadMemberBlock(const ShardManifest& manifest, std::uint32_t number, std::string_view bytes,
                             MemberColumns& members);

// Keys of all members of the graph from `first` on, by dense id; none where a key is its dense id. DATA_LOSS
// when the shard does not hold them, or others for its own `members`.
absl::StatusOr<std::vector<MemberKey>> ReadGraphKeys(const ShardReader& reader, const ShardMembers& members,
                                                     MemberId first = MemberId(0));

// Calls visit(part of locals, their keys) for batches.
template <class Visit>
void ForEachKeyBatch(const ShardMembers& members, std::span<const std::uint32_t> locals, Visit&& visit) {
  KeyBuffer keys;
  for (std::size_t at = 0; at < locals.size(); at += kKeyBatch) {
    const auto batch = locals.subspan(at, std::min(kKeyBatch, locals.size() - at));
    members.KeysOf(batch, keys.data());
    visit(batch, KeySpan(keys).first(batch.size()));
  }
}

// DATA_LOSS that names the shard.
absl::Status ManifestContradicted(const ShardManifest& manifest, std::string_view what);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_MEMBERS_H_
