#include "engine/store/stride_scan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/store/shard_members.h"

namespace lawine {
namespace {

// Cuts off the sources that a graph of `members_count` members does not have. False when one has links.
bool CutToMembers(std::uint32_t block, std::uint32_t members_count, FollowerLists& lists) {
  const std::uint64_t first = std::uint64_t{block} * limits::kSourcesPerBlock;
  const std::uint64_t known = first < members_count ? members_count - first : 0;
  if (lists.counts.size() <= known) return true;
  const auto beyond = lists.counts.begin() + static_cast<std::ptrdiff_t>(known);
  const bool none = std::all_of(beyond, lists.counts.end(), [](std::uint32_t count) { return count == 0; });
  lists.counts.erase(beyond, lists.counts.end());
  return none;
}

}  // namespace

absl::Status ScanStride(const ShardReader& reader, std::uint32_t number, StrideVisitor visit) {
  const ShardManifest& manifest = reader.manifest();
  const std::uint32_t members = manifest.graph.members(), receivers = manifest.range().count;
  const std::uint32_t first = number * ShardManifest::kBlocksPerStride;
  const std::uint64_t expected = manifest.links_before[number + 1] - manifest.links_before[number];
  const auto wrong = [&](std::uint64_t found, const char* more) {
    return ManifestContradicted(manifest, absl::StrCat("expected ", expected, " links from block ", first,
                                                       " on, found ", found, more));
  };
  std::uint64_t links = 0;
  FollowerLists lists;
  const auto take = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    lists.Clear();
    LAWINE_RETURN_IF_ERROR(DecodeFollowerBlock(bytes, receivers, manifest.graph.columns, lists));
    links += lists.followers.size();
    if (links > expected) return wrong(links, " at least");
    if (!CutToMembers(block, members, lists)) {
      return ManifestContradicted(
          manifest,
          absl::StrCat("block ", block, " has links of members beyond the last one, ", members - 1));
    }
    visit(block, bytes, lists);
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(reader.ScanFollowers(first, first + ShardManifest::kBlocksPerStride, take));
  return links == expected ? absl::OkStatus() : wrong(links, "");
}

}  // namespace lawine
