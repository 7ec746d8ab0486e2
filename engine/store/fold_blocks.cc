#include "engine/store/fold_blocks.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/store/changed_reader.h"

namespace lawine {
namespace {

// Blocks of members from `before` on: the first of them may be there, and not be full.
void AddGrown(std::uint32_t before, std::uint32_t now, std::vector<std::uint32_t>& blocks) {
  if (now == before) return;
  const std::uint32_t end = limits::BlocksOf<limits::kMembersPerBlock>(now);
  for (std::uint32_t b = before / limits::kMembersPerBlock; b < end; ++b) blocks.push_back(b);
}

std::vector<std::uint32_t> ChangedFollowerBlocks(const ShardDelta& delta) {
  std::vector<std::uint32_t> blocks;
  for (const auto& [source, links] : delta.links()) {
    const std::uint32_t block = source / limits::kSourcesPerBlock;
    if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
  }
  return blocks;
}

std::vector<std::uint32_t> ChangedMemberBlocks(const ShardDelta& delta) {
  std::vector<std::uint32_t> blocks;
  for (const auto* degrees : {&delta.audiences(), &delta.followees()}) {
    for (const auto& [member, added] : *degrees) {
      const std::uint32_t block = member / limits::kMembersPerBlock;
      if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
    }
  }
  AddGrown(delta.base().range().count, delta.manifest().range().count, blocks);
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  return blocks;
}

// All where keys were dense ids and are so no more.
std::vector<std::uint32_t> ChangedKeyBlocks(const ShardDelta& delta) {
  std::vector<std::uint32_t> blocks;
  const std::uint32_t before = delta.base().keys_listed ? delta.members_before() : 0;
  if (delta.manifest().keys_listed) AddGrown(before, delta.manifest().graph.members(), blocks);
  return blocks;
}

}  // namespace

FoldedShard FoldOf(std::shared_ptr<const ShardReader> stored, std::shared_ptr<const ShardDelta> delta) {
  FoldedShard folded;
  folded.followers = ChangedFollowerBlocks(*delta);
  folded.members = ChangedMemberBlocks(*delta);
  folded.keys = ChangedKeyBlocks(*delta);
  folded.changed = std::make_shared<ChangedReader>(std::move(stored), std::move(delta));
  return folded;
}

absl::Status ReadOneByOne(const ShardReader& reader, BlockScan scan, std::span<const std::uint32_t> blocks,
                          BlockVisitor visit) {
  std::string now;
  for (const std::uint32_t block : blocks) {
    now.clear();
    // Visited after the scan: what fails in writing a block is no failure of who reads it.
    LAWINE_RETURN_IF_ERROR(
        (reader.*scan)(block, block + 1, [&now](std::uint32_t, std::string_view bytes) -> absl::Status {
          now = bytes;
          return absl::OkStatus();
        }));
    LAWINE_RETURN_IF_ERROR(visit(block, now));
  }
  return absl::OkStatus();
}

}  // namespace lawine
