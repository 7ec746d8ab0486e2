#include "engine/store/fold_blocks.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/store/changed_reader.h"

namespace lawine {
namespace {

// The blocks in `numbers` as `reader` has them.
absl::StatusOr<std::vector<std::pair<std::uint32_t, std::string>>> ReadBlocks(
    const std::set<std::uint32_t>& numbers,
    absl::Status (ShardReader::*scan)(std::uint32_t, std::uint32_t, BlockVisitor) const,
    const ShardReader& reader) {
  std::vector<std::pair<std::uint32_t, std::string>> blocks;
  for (const std::uint32_t number : numbers) {
    auto& block = blocks.emplace_back(number, std::string());
    LAWINE_RETURN_IF_ERROR(
        (reader.*scan)(number, number + 1, [&block](std::uint32_t, std::string_view bytes) {
          block.second = std::string(bytes);
          return absl::OkStatus();
        }));
  }
  return blocks;
}

}  // namespace

absl::StatusOr<FoldedShard> FoldBlocks(std::shared_ptr<const ShardReader> stored,
                                       std::shared_ptr<const ShardDelta> delta) {
  const ChangedReader changed(std::move(stored), delta);
  std::set<std::uint32_t> followers, members, keys;
  for (const auto& [source, links] : delta->links()) followers.insert(source / limits::kSourcesPerBlock);
  for (const auto* degrees : {&delta->audiences(), &delta->followees()}) {
    for (const auto& [member, added] : *degrees) members.insert(member / limits::kMembersPerBlock);
  }
  const auto add_grown = [](std::uint32_t before, std::uint32_t now, std::set<std::uint32_t>& blocks) {
    for (std::uint64_t m = before; m < now; m += limits::kMembersPerBlock) {
      blocks.insert(static_cast<std::uint32_t>(m / limits::kMembersPerBlock));
    }
    if (now > before) blocks.insert((now - 1) / limits::kMembersPerBlock);
  };
  const ShardManifest& base = delta->base();
  const ShardManifest& now = delta->manifest();
  add_grown(base.range().count, now.range().count, members);
  if (now.keys_listed) add_grown(base.keys_listed ? base.graph.members() : 0, now.graph.members(), keys);
  FoldedShard folded{.manifest = now};
  LAWINE_ASSIGN_OR_RETURN(folded.followers, ReadBlocks(followers, &ShardReader::ScanFollowers, changed));
  LAWINE_ASSIGN_OR_RETURN(folded.members, ReadBlocks(members, &ShardReader::ScanMembers, changed));
  LAWINE_ASSIGN_OR_RETURN(folded.keys, ReadBlocks(keys, &ShardReader::ScanKeys, changed));
  return folded;
}

}  // namespace lawine
