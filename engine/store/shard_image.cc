#include "engine/store/shard_image.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/graph/member_block.h"

namespace lawine {
namespace {

constexpr std::uint32_t kStrideSources = ShardManifest::kBlocksPerStride * limits::kSourcesPerBlock;

std::uint32_t BlocksCount(std::uint32_t members_count, std::uint32_t per_block) {
  return static_cast<std::uint32_t>((std::uint64_t{members_count} + per_block - 1) / per_block);
}

absl::Status Contradiction(const ShardManifest& manifest, const std::string& what) {
  return absl::DataLossError(absl::StrCat("shard ", manifest.shard.value, " of graph '", manifest.graph.name,
                                          "' does not hold what its manifest says: ", what,
                                          "; restore it or load the graph again"));
}

template <class T>
void CopyTo(const std::vector<T>& from, HugeArray<T>& to, std::uint64_t at) {
  if (!from.empty()) std::memcpy(&to[at], from.data(), from.size() * sizeof(T));
}

}  // namespace

ShardImage::ShardImage(const ShardManifest& manifest) : manifest_(manifest), range_(manifest.range()) {}

absl::StatusOr<std::unique_ptr<const ShardImage>> ShardImage::Hydrate(const ShardReader& reader, Executor& executor) {
  std::unique_ptr<ShardImage> image(new ShardImage(reader.manifest()));
  LAWINE_RETURN_IF_ERROR(image->ReadLists(reader, executor));
  LAWINE_RETURN_IF_ERROR(image->ReadMembers(reader));
  return image;
}

absl::Status ShardImage::ReadLists(const ShardReader& reader, Executor& executor) {
  const std::uint32_t members = manifest_.graph.members();
  const auto strides = static_cast<std::uint32_t>(manifest_.links_before.size() - 1);
  followers_ = HugeArray<std::uint32_t>(manifest_.links);
  if (manifest_.graph.columns.kinds) kinds_ = HugeArray<std::uint8_t>(manifest_.links);
  if (manifest_.graph.columns.weights) weights_ = HugeArray<std::uint32_t>(manifest_.links);
  HugeArray<std::uint32_t> offsets(std::size_t{members} + 1);
  std::vector<absl::Status> statuses(strides);
  executor.ParallelFor(strides, [&](std::size_t i) {
    const auto stride = static_cast<std::uint32_t>(i);
    const std::size_t first = i * kStrideSources;
    const std::size_t count = std::min<std::size_t>(kStrideSources, members - first);
    statuses[i] = ReadStride(reader, stride, offsets.span().subspan(first, count));
  });
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
  offsets[members] = static_cast<std::uint32_t>(manifest_.links);
  sources_ = SourceIndex(std::move(offsets));
  return absl::OkStatus();
}

// Decodes one stride's blocks to their place, which the manifest tells beforehand.
absl::Status ShardImage::ReadStride(const ShardReader& reader, std::uint32_t stride, std::span<std::uint32_t> offsets) {
  const std::uint32_t first_block = stride * ShardManifest::kBlocksPerStride;
  std::uint64_t at = manifest_.links_before[stride];
  const std::uint64_t end = manifest_.links_before[stride + 1];
  std::size_t next_source = 0;
  FollowerLists lists;
  const auto visit = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    lists.Clear();
    LAWINE_RETURN_IF_ERROR(DecodeFollowerBlock(bytes, range_.count, manifest_.graph.columns, lists));
    const std::size_t source = std::size_t{block - first_block} * limits::kSourcesPerBlock;
    if (source >= offsets.size() || lists.followers.size() > end - at) {
      return Contradiction(manifest_, "more links than counted");
    }
    for (; next_source < source; ++next_source) offsets[next_source] = static_cast<std::uint32_t>(at);
    CopyTo(lists.followers, followers_, at);
    CopyTo(lists.kinds, kinds_, at);
    CopyTo(lists.weights, weights_, at);
    for (std::size_t i = 0; i < lists.counts.size(); ++i) {
      if (next_source < offsets.size()) {
        offsets[next_source++] = static_cast<std::uint32_t>(at);
      } else if (lists.counts[i] > 0) {
        return Contradiction(manifest_, "links of members that do not exist");
      }
      at += lists.counts[i];
    }
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(reader.ScanFollowers(first_block, first_block + ShardManifest::kBlocksPerStride, visit));
  if (at != end) return Contradiction(manifest_, absl::StrCat(end - at, " links are missing"));
  for (; next_source < offsets.size(); ++next_source) offsets[next_source] = static_cast<std::uint32_t>(at);
  return absl::OkStatus();
}

absl::Status ShardImage::ReadMembers(const ShardReader& reader) {
  MemberColumns members;
  std::uint32_t expected_block = 0;
  reachable_ = MemberSet(range_.count);
  const auto visit = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    members.Clear();
    LAWINE_RETURN_IF_ERROR(DecodeMemberBlock(bytes, members));
    if (block != expected_block++ || audience_.size() + members.size() > range_.count) {
      return Contradiction(manifest_, "member blocks are missing");
    }
    if (!keys_.empty() && members.keys.front() <= keys_.back()) {
      return Contradiction(manifest_, "member blocks are out of order");
    }
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members.followees[i] > 0) reachable_.Insert(LocalId(static_cast<std::uint32_t>(audience_.size() + i)));
    }
    keys_.insert(keys_.end(), members.keys.begin(), members.keys.end());
    audience_.insert(audience_.end(), members.audience.begin(), members.audience.end());
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(reader.ScanMembers(0, BlocksCount(range_.count, limits::kMembersPerBlock), visit));
  if (audience_.size() != range_.count) return Contradiction(manifest_, "members are missing");
  if (reachable_.Count() + manifest_.without_followees != range_.count) {
    return Contradiction(manifest_, "other members have no followees");
  }
  // Generated graphs count their keys up from zero: then nothing needs to be kept.
  const bool dense = keys_.empty() || (keys_.front() == range_.first.value && keys_.back() == range_.end() - 1);
  if (dense) keys_ = {};
  return absl::OkStatus();
}

std::optional<LocalId> ShardImage::Find(MemberKey key) const {
  if (keys_.empty()) {
    const std::uint64_t local = key - range_.first.value;
    if (key < range_.first.value || local >= range_.count) return std::nullopt;
    return LocalId(static_cast<std::uint32_t>(local));
  }
  const auto it = std::lower_bound(keys_.begin(), keys_.end(), key);
  if (it == keys_.end() || *it != key) return std::nullopt;
  return LocalId(static_cast<std::uint32_t>(it - keys_.begin()));
}

std::uint64_t ShardImage::resident_bytes() const {
  return sources_.bytes() + followers_.bytes() + kinds_.bytes() + weights_.bytes() + keys_.capacity() * sizeof(MemberKey) +
         audience_.capacity() * sizeof(std::uint32_t) + reachable_.words().size_bytes();
}

}  // namespace lawine
