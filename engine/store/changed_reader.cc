#include "engine/store/changed_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/member_block.h"

namespace lawine {
namespace {

std::uint32_t BlocksOf(std::uint32_t members) { return limits::BlocksOf<limits::kMembersPerBlock>(members); }

// Whether a map by number has one in [first, end).
template <class Map>
bool AnyIn(const Map& map, std::uint64_t first, std::uint64_t end) {
  const auto it = map.lower_bound(static_cast<std::uint32_t>(first));
  return it != map.end() && it->first < end;
}

}  // namespace

absl::Status ChangedReader::ScanFollowers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const {
  auto changed = delta_->links().lower_bound(first * limits::kSourcesPerBlock);
  const auto next_block = [&] {
    return changed == delta_->links().end() ? end : std::min(end, changed->first / limits::kSourcesPerBlock);
  };
  const auto pass = [&](std::uint32_t block) {
    changed = delta_->links().upper_bound(block * limits::kSourcesPerBlock + limits::kSourcesPerBlock - 1);
  };
  // Changed blocks that are not stored, before `block`.
  const auto catch_up = [&](std::uint32_t block) -> absl::Status {
    for (std::uint32_t next = next_block(); next < block; next = next_block()) {
      LAWINE_RETURN_IF_ERROR(VisitChanged(next, {}, visit));
      pass(next);
    }
    return absl::OkStatus();
  };
  const auto merge = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    LAWINE_RETURN_IF_ERROR(catch_up(block));
    if (next_block() != block) return visit(block, bytes);
    pass(block);
    return VisitChanged(block, bytes, visit);
  };
  LAWINE_RETURN_IF_ERROR(base_->ScanFollowers(first, end, merge));
  return catch_up(end);
}

// `stored` is empty where the block is not.
absl::Status ChangedReader::VisitChanged(std::uint32_t block, std::string_view stored,
                                         BlockVisitor visit) const {
  const LinkColumns columns = manifest().graph.columns;
  FollowerLists lists, changed;
  if (stored.empty()) {
    lists.counts.assign(limits::kSourcesPerBlock, 0);
  } else {
    LAWINE_RETURN_IF_ERROR(DecodeFollowerBlock(stored, delta_->base().range().count, columns, lists));
  }
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < limits::kSourcesPerBlock; ++i) {
    const auto changes = delta_->links().find(block * limits::kSourcesPerBlock + i);
    const std::span<const ShardDelta::Link> links =
        changes == delta_->links().end() ? std::span<const ShardDelta::Link>() : changes->second;
    const auto nothing = [](std::uint32_t) {};
    AppendChanged(lists, at, lists.counts[i], links, columns, changed, nothing, nothing);
    at += lists.counts[i];
  }
  std::string bytes;
  EncodeFollowerBlock({changed.counts, changed.followers, changed.kinds, changed.weights}, bytes);
  if (bytes.empty()) return absl::OkStatus();
  LAWINE_RETURN_IF_ERROR(CheckFollowerBlockBytes(bytes.size()));
  return visit(block, bytes);
}

bool ChangedReader::Changes(std::uint32_t member_block) const {
  const std::uint64_t first = std::uint64_t{member_block} * limits::kMembersPerBlock;
  const std::uint64_t end = first + limits::kMembersPerBlock;
  const std::uint64_t before = delta_->base().range().count, now = manifest().range().count;
  return (now > before && now > first && end > before) || AnyIn(delta_->audiences(), first, end) ||
         AnyIn(delta_->followees(), first, end);
}

// `members` are those of the block that are stored.
void ChangedReader::Apply(std::uint32_t member_block, MemberColumns& members) const {
  const std::uint32_t first = member_block * limits::kMembersPerBlock;
  const std::uint32_t end = std::min(manifest().range().count, first + limits::kMembersPerBlock);
  const std::uint32_t before = delta_->base().range().count;
  for (std::uint32_t m = std::max(first, before); m < end; ++m) {
    const AddedMember& added = delta_->added()[m - before];
    members.keys.push_back(added.key);
    members.audience.push_back(0);
    members.followees.push_back(0);
    members.community.push_back(added.community);
    members.network.push_back(added.network);
    members.account_kind.push_back(added.account_kind);
    if (manifest().graph.named_members) members.names.push_back(added.name);
    if (manifest().graph.persons) members.person.push_back(manifest().range().first.value + m);
  }
  const auto add = [&](const std::map<std::uint32_t, std::int64_t>& all,
                       std::vector<std::uint32_t>& degrees) {
    for (auto it = all.lower_bound(first); it != all.end() && it->first < end; ++it) {
      std::uint32_t& degree = degrees[it->first - first];
      degree = static_cast<std::uint32_t>(degree + it->second);
    }
  };
  add(delta_->audiences(), members.audience);
  add(delta_->followees(), members.followees);
}

absl::Status ChangedReader::ScanMembers(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const {
  const ShardManifest& base = delta_->base();
  const std::uint32_t before = base.range().count;
  MemberColumns members;
  const auto merge = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    if (!Changes(block)) return visit(block, bytes);
    LAWINE_RETURN_IF_ERROR(ReadMemberBlock(base, block, bytes, members));
    Apply(block, members);
    return visit(block, EncodeMemberBlock(members, 0, members.size()));
  };
  LAWINE_RETURN_IF_ERROR(base_->ScanMembers(first, std::min(end, BlocksOf(before)), merge));
  for (std::uint32_t b = std::max(first, BlocksOf(before)); b < end && b < BlocksOf(manifest().range().count);
       ++b) {
    members.Clear();
    Apply(b, members);
    LAWINE_RETURN_IF_ERROR(visit(b, EncodeMemberBlock(members, 0, members.size())));
  }
  return absl::OkStatus();
}

absl::Status ChangedReader::ScanKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const {
  if (!manifest().keys_listed) return absl::OkStatus();
  if (!delta_->base().keys_listed) return MadeKeys(first, end, visit);
  // All blocks that are full stay as they are.
  const std::uint32_t full = delta_->members_before() / limits::kMembersPerBlock;
  const std::uint32_t as_stored = delta_->added().empty() ? BlocksOf(delta_->members_before()) : full;
  LAWINE_RETURN_IF_ERROR(base_->ScanKeys(first, std::min(end, as_stored), visit));
  return end <= as_stored ? absl::OkStatus() : MadeKeys(std::max(first, as_stored), end, visit);
}

// Key blocks that are not stored as they are now.
absl::Status ChangedReader::MadeKeys(std::uint32_t first, std::uint32_t end, BlockVisitor visit) const {
  const std::uint32_t before = delta_->members_before();
  for (std::uint32_t b = first; b < end && b < BlocksOf(manifest().graph.members()); ++b) {
    std::vector<MemberKey> keys;
    const std::uint32_t first_id = b * limits::kMembersPerBlock;
    if (delta_->base().keys_listed && first_id < before) {
      LAWINE_RETURN_IF_ERROR(base_->ScanKeys(
          b, b + 1, [&keys](std::uint32_t, std::string_view bytes) { return DecodeKeyBlock(bytes, keys); }));
      if (keys.size() != std::min(before - first_id, limits::kMembersPerBlock)) {
        return ManifestContradicted(manifest(), "keys of members are missing");
      }
    }
    const std::uint32_t block_end = static_cast<std::uint32_t>(std::min<std::uint64_t>(
        manifest().graph.members(), std::uint64_t{first_id} + limits::kMembersPerBlock));
    for (auto id = static_cast<std::uint32_t>(first_id + keys.size()); id < block_end; ++id) {
      keys.push_back(id < before ? MemberKey{id} : delta_->added()[id - before].key);
    }
    LAWINE_RETURN_IF_ERROR(visit(b, EncodeKeyBlock(keys)));
  }
  return absl::OkStatus();
}

}  // namespace lawine
