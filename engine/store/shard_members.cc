#include "engine/store/shard_members.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {

absl::Status ManifestContradicted(const ShardManifest& manifest, std::string_view what) {
  return absl::DataLossError(
      absl::StrCat("shard ", manifest.shard.value, " of graph '", manifest.graph.name,
                   "' does not hold what its manifest says: ", absl::string_view(what.data(), what.size()),
                   "; restore it or load the graph again"));
}

absl::Status ReadMemberBlock(const ShardManifest& manifest, std::uint32_t number, std::string_view bytes,
                             MemberColumns& members) {
  const GraphInfo& graph = manifest.graph;
  members.Clear();
  LAWINE_RETURN_IF_ERROR(DecodeMemberBlock(bytes, members));
  const std::size_t count =
      std::min(limits::kMembersPerBlock, manifest.range().count - number * limits::kMembersPerBlock);
  if (members.size() != count || members.names.size() != (graph.named_members ? count : 0) ||
      members.person.size() != (graph.persons ? count : 0)) {
    return ManifestContradicted(
        manifest,
        absl::StrCat("expected ", count, " members", graph.named_members ? " with names" : "",
                     graph.persons ? " with persons" : "", " in block ", number, ", found ", members.size(),
                     ", ", members.names.size(), " names and ", members.person.size(), " persons"));
  }
  const auto unknown = [&graph](std::uint32_t person) { return person >= graph.members(); };
  if (std::any_of(members.person.begin(), members.person.end(), unknown)) {
    return ManifestContradicted(
        manifest, absl::StrCat("block ", number, " has a person whose first account does not exist"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const ShardMembers>> ShardMembers::Read(const ShardReader& reader) {
  std::shared_ptr<ShardMembers> members(new ShardMembers(reader.manifest()));
  LAWINE_RETURN_IF_ERROR(members->ReadBlocks(reader));
  return members;
}

absl::Status ShardMembers::ReadBlocks(const ShardReader& reader) {
  MemberColumns block_members;
  std::uint32_t expected_block = 0;
  std::uint64_t links = 0;
  keys_.reserve(range_.count);
  audience_.reserve(range_.count);
  followees_.reserve(range_.count);
  if (manifest_.graph.persons) persons_.reserve(range_.count);
  const auto visit = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    if (block != expected_block++) return ManifestContradicted(manifest_, "member blocks are missing");
    LAWINE_RETURN_IF_ERROR(ReadMemberBlock(manifest_, block, bytes, block_members));
    for (std::size_t i = 0; i < block_members.size(); ++i) {
      const LocalId member(static_cast<std::uint32_t>(audience_.size() + i));
      if (block_members.followees[i] > 0) reachable_.Insert(member);
      links += block_members.followees[i];
    }
    keys_.insert(keys_.end(), block_members.keys.begin(), block_members.keys.end());
    audience_.insert(audience_.end(), block_members.audience.begin(), block_members.audience.end());
    followees_.insert(followees_.end(), block_members.followees.begin(), block_members.followees.end());
    networks_.Append(block_members.network);
    account_kinds_.Append(block_members.account_kind);
    communities_.Append(block_members.community);
    persons_.insert(persons_.end(), block_members.person.begin(), block_members.person.end());
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(
      reader.ScanMembers(0, limits::BlocksOf<limits::kMembersPerBlock>(range_.count), visit));
  if (audience_.size() != range_.count) return ManifestContradicted(manifest_, "members are missing");
  LAWINE_RETURN_IF_ERROR(IndexKeys());
  if (reachable_.Count() + manifest_.without_followees != range_.count) {
    return ManifestContradicted(manifest_, "other members have no followees");
  }
  if (links != manifest_.links) {
    return ManifestContradicted(
        manifest_, absl::StrCat("expected ", manifest_.links, " followees of all members, found ", links));
  }
  return absl::OkStatus();
}

// Keys ascend, but for those of added members, which are found by an order of their own.
absl::Status ShardMembers::IndexKeys() {
  const bool last = manifest_.shard.value + 1 == manifest_.graph.partition.shards_count();
  const std::uint32_t made = range_.count - (last ? manifest_.graph.added_members : 0);
  const auto added = keys_.begin() + made;
  if (std::adjacent_find(keys_.begin(), added, std::greater_equal<>()) != added) {
    return ManifestContradicted(manifest_, "member blocks are out of order");
  }
  // Generated graphs count their keys up from zero: then nothing needs to be kept.
  std::uint32_t dense = 0;
  while (dense < range_.count && keys_[dense] == std::uint64_t{range_.first.value} + dense) ++dense;
  if (dense == range_.count) {
    std::vector<MemberKey>().swap(keys_);  // assigning {} would keep the memory
    return absl::OkStatus();
  }
  added_.resize(range_.count - made);
  std::iota(added_.begin(), added_.end(), made);
  const auto by_key = [this](std::uint32_t a, std::uint32_t b) { return keys_[a] < keys_[b]; };
  std::sort(added_.begin(), added_.end(), by_key);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<MemberKey>> ReadGraphKeys(const ShardReader& reader, const ShardMembers& members,
                                                     MemberId first) {
  const ShardManifest& manifest = reader.manifest();
  const MemberRange range = members.range();
  const std::uint32_t members_count = manifest.graph.members();
  std::vector<MemberKey> keys;
  if (!manifest.keys_listed) return keys;
  std::uint32_t expected_block = first.value / limits::kMembersPerBlock;
  const std::uint32_t first_id = expected_block * limits::kMembersPerBlock;
  keys.reserve(members_count - first_id);
  const auto visit = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    LAWINE_RETURN_IF_ERROR(DecodeKeyBlock(bytes, keys));
    if (block != expected_block++ || keys.size() > members_count - first_id) {
      return ManifestContradicted(manifest, "key blocks are missing");
    }
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(
      reader.ScanKeys(expected_block, limits::BlocksOf<limits::kMembersPerBlock>(members_count), visit));
  if (keys.size() != members_count - first_id) {
    return ManifestContradicted(manifest, "keys of members are missing");
  }
  keys.erase(keys.begin(), keys.begin() + (first.value - first_id));
  const std::uint32_t end = range.first.value + range.count;
  for (std::uint32_t id = std::max(first.value, range.first.value); id < end; ++id) {
    const LocalId member(id - range.first.value);
    if (id - first.value >= keys.size() || keys[id - first.value] != members.KeyOf(member)) {
      return ManifestContradicted(manifest, "keys of members are missing, or different at two places");
    }
  }
  return keys;
}

std::optional<LocalId> ShardMembers::Find(MemberKey key) const {
  if (keys_.empty()) {
    const std::uint64_t local = key - range_.first.value;
    if (key < range_.first.value || local >= range_.count) return std::nullopt;
    return LocalId(static_cast<std::uint32_t>(local));
  }
  const auto made_end = keys_.end() - static_cast<std::ptrdiff_t>(added_.size());
  const auto made = std::lower_bound(keys_.begin(), made_end, key);
  if (made != made_end && *made == key) return LocalId(static_cast<std::uint32_t>(made - keys_.begin()));
  const auto added =
      std::lower_bound(added_.begin(), added_.end(), key,
                       [this](std::uint32_t m, MemberKey wanted) { return keys_[m] < wanted; });
  if (added == added_.end() || keys_[*added] != key) return std::nullopt;
  return LocalId(*added);
}

std::uint64_t ShardMembers::resident_bytes() const {
  return keys_.capacity() * sizeof(MemberKey) +
         (added_.capacity() + audience_.capacity() + followees_.capacity() + persons_.capacity()) *
             sizeof(std::uint32_t) +
         networks_.bytes() + account_kinds_.bytes() + communities_.bytes() + reachable_.words().size_bytes();
}

}  // namespace lawine
