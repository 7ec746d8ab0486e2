#include "engine/store/shard_image.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"

namespace lawine {
namespace {

constexpr std::uint32_t kStrideSources = ShardManifest::kBlocksPerStride * limits::kSourcesPerBlock;

template <class T>
void CopyTo(const std::vector<T>& from, HugeArray<T>& to, std::uint64_t at) {
  if (!from.empty()) std::memcpy(&to[at], from.data(), from.size() * sizeof(T));
}

}  // namespace

absl::StatusOr<std::unique_ptr<const ShardImage>> ShardImage::Hydrate(const ShardReader& reader,
                                                                      Executor& executor) {
  LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<const ShardMembers> members, ShardMembers::Read(reader));
  return Hydrate(reader, std::move(members), executor);
}

absl::StatusOr<std::unique_ptr<const ShardImage>> ShardImage::Hydrate(
    const ShardReader& reader, std::shared_ptr<const ShardMembers> members, Executor& executor) {
  std::unique_ptr<ShardImage> image(new ShardImage(std::move(members)));
  LAWINE_RETURN_IF_ERROR(image->ReadLists(reader, executor));
  return image;
}

absl::Status ShardImage::ReadLists(const ShardReader& reader, Executor& executor) {
  const std::uint32_t members = manifest().graph.members();
  const auto strides = static_cast<std::uint32_t>(manifest().links_before.size() - 1);
  followers_ = HugeArray<std::uint32_t>(manifest().links);
  if (manifest().graph.columns.kinds) kinds_ = HugeArray<std::uint8_t>(manifest().links);
  if (manifest().graph.columns.weights) weights_ = HugeArray<std::uint32_t>(manifest().links);
  HugeArray<std::uint32_t> offsets(std::size_t{members} + 1);
  std::vector<absl::Status> statuses(strides);
  executor.ParallelFor(strides, [&](std::size_t i) {
    const auto stride = static_cast<std::uint32_t>(i);
    const std::size_t first = i * kStrideSources;
    const std::size_t count = std::min<std::size_t>(kStrideSources, members - first);
    statuses[i] = ReadStride(reader, stride, offsets.span().subspan(first, count));
  });
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
  offsets[members] = static_cast<std::uint32_t>(manifest().links);
  sources_ = SourceIndex(std::move(offsets));
  return absl::OkStatus();
}

// Decodes one stride's blocks to their place, which the manifest tells beforehand.
absl::Status ShardImage::ReadStride(const ShardReader& reader, std::uint32_t stride,
                                    std::span<std::uint32_t> offsets) {
  const std::uint32_t first_block = stride * ShardManifest::kBlocksPerStride;
  std::uint64_t at = manifest().links_before[stride];
  const std::uint64_t end = manifest().links_before[stride + 1];
  std::size_t next_source = 0;
  FollowerLists lists;
  const auto visit = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    lists.Clear();
    LAWINE_RETURN_IF_ERROR(DecodeFollowerBlock(bytes, range().count, manifest().graph.columns, lists));
    const std::size_t source = std::size_t{block - first_block} * limits::kSourcesPerBlock;
    if (source >= offsets.size() || lists.followers.size() > end - at) {
      return ManifestContradicted(manifest(), "more links than counted");
    }
    for (; next_source < source; ++next_source) offsets[next_source] = static_cast<std::uint32_t>(at);
    CopyTo(lists.followers, followers_, at);
    CopyTo(lists.kinds, kinds_, at);
    CopyTo(lists.weights, weights_, at);
    for (std::size_t i = 0; i < lists.counts.size(); ++i) {
      if (next_source < offsets.size()) {
        offsets[next_source++] = static_cast<std::uint32_t>(at);
      } else if (lists.counts[i] > 0) {
        return ManifestContradicted(manifest(), "links of members that do not exist");
      }
      at += lists.counts[i];
    }
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(
      reader.ScanFollowers(first_block, first_block + ShardManifest::kBlocksPerStride, visit));
  if (at != end) return ManifestContradicted(manifest(), absl::StrCat(end - at, " links are missing"));
  for (; next_source < offsets.size(); ++next_source) offsets[next_source] = static_cast<std::uint32_t>(at);
  return absl::OkStatus();
}

std::uint64_t ShardImage::resident_bytes() const {
  return members_->resident_bytes() + sources_.bytes() + followers_.bytes() + kinds_.bytes() +
         weights_.bytes();
}

}  // namespace lawine
