#include "engine/store/shard_image.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/member_block.h"

namespace lawine {
namespace {

constexpr std::uint32_t kStrideSources = ShardManifest::kBlocksPerStride * limits::kSourcesPerBlock;

// The lists of one stride of sources.
struct StrideLists {
  std::vector<std::uint16_t> gaps;
  std::vector<std::uint8_t> kinds;     // parallel to gaps, or empty
  std::vector<std::uint32_t> weights;  // parallel to gaps, or empty
  std::vector<std::uint32_t> ends;     // by source: where its list ends in gaps
  std::vector<std::uint16_t> skips;    // by source
};

void AppendLists(const FollowerLists& lists, StrideLists& stride) {
  std::size_t at = 0;
  for (const std::uint32_t count : lists.counts) {
    const auto ids = std::span(lists.followers).subspan(at, count);
    const std::uint32_t skips = AppendGaps(ids, stride.gaps, [&](std::size_t i) {
      if (!lists.kinds.empty()) stride.kinds.push_back(lists.kinds[at + i]);
      if (!lists.weights.empty()) stride.weights.push_back(lists.weights[at + i]);
    });
    stride.ends.push_back(static_cast<std::uint32_t>(stride.gaps.size()));
    stride.skips.push_back(static_cast<std::uint16_t>(skips));
    at += count;
  }
}

// Reads stride `number`, of `sources_count` sources, and checks it against the manifest's counts.
absl::StatusOr<StrideLists> ReadStride(const ShardReader& reader, std::uint32_t number,
                                       std::uint32_t sources_count) {
  const ShardManifest& manifest = reader.manifest();
  const std::uint32_t first_block = number * ShardManifest::kBlocksPerStride;
  const std::uint64_t expected = manifest.links_before[number + 1] - manifest.links_before[number];
  StrideLists stride;
  stride.gaps.reserve(expected + expected / 4);
  std::uint64_t links = 0;
  FollowerLists lists;
  const auto skip_to = [&stride](std::size_t source) {
    stride.ends.resize(source, stride.ends.empty() ? 0 : stride.ends.back());
    stride.skips.resize(source);
  };
  const auto visit = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    lists.Clear();
    LAWINE_RETURN_IF_ERROR(DecodeFollowerBlock(bytes, manifest.range().count, manifest.graph.columns, lists));
    links += lists.followers.size();
    if (links > expected) return ManifestContradicted(manifest, "more links than counted");
    skip_to(std::size_t{block - first_block} * limits::kSourcesPerBlock);
    AppendLists(lists, stride);
    return absl::OkStatus();
  };
  LAWINE_RETURN_IF_ERROR(
      reader.ScanFollowers(first_block, first_block + ShardManifest::kBlocksPerStride, visit));
  if (links != expected) {
    return ManifestContradicted(manifest, absl::StrCat(expected - links, " links are missing"));
  }
  if (stride.ends.size() > sources_count && stride.ends[sources_count - 1] != stride.ends.back()) {
    return ManifestContradicted(manifest, "links of members that do not exist");
  }
  skip_to(sources_count);
  return stride;
}

// Hands out places in order of strides, whichever is read first.
class StrideOrder {
 public:
  // Waits for all strides before `number`; returns where its entries go.
  std::uint64_t Take(std::uint32_t number, std::uint64_t entries) {
    MutexLock lock(mutex_);
    while (next_ != number) changed_.Wait(mutex_);
    ++next_;
    changed_.NotifyAll();
    return std::exchange(entries_, entries_ + entries);
  }
  std::uint64_t entries() const {
    MutexLock lock(mutex_);
    return entries_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::uint32_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t entries_ ABSL_GUARDED_BY(mutex_) = 0;
};

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
  LAWINE_RETURN_IF_ERROR(image->ReadKeys(reader));
  LAWINE_RETURN_IF_ERROR(image->ReadLists(reader, executor));
  return image;
}

absl::Status ShardImage::ReadKeys(const ShardReader& reader) {
  if (!manifest().keys_listed) return absl::OkStatus();
  const std::uint32_t members = graph().members();
  source_keys_.reserve(members);
  std::uint32_t expected_block = 0;
  const auto visit = [&](std::uint32_t block, std::string_view bytes) -> absl::Status {
    LAWINE_RETURN_IF_ERROR(DecodeKeyBlock(bytes, source_keys_));
    if (block != expected_block++ || source_keys_.size() > members) {
      return ManifestContradicted(manifest(), "key blocks are missing");
    }
    return absl::OkStatus();
  };
  const std::uint32_t blocks = (members - 1) / limits::kMembersPerBlock + 1;
  LAWINE_RETURN_IF_ERROR(reader.ScanKeys(0, blocks, visit));
  for (std::uint32_t i = 0; i < range().count; ++i) {
    const std::size_t at = std::size_t{range().first.value} + i;
    if (at >= source_keys_.size() || source_keys_[at] != KeyOf(LocalId(i))) {
      return ManifestContradicted(manifest(), "keys of members are missing, or different at two places");
    }
  }
  if (source_keys_.size() != members) return ManifestContradicted(manifest(), "keys of members are missing");
  return absl::OkStatus();
}

// Every list may need a skip for each 65535 members of the range, so more is mapped than will be used; pages
// never written take no memory, and are given back at the end.
absl::Status ShardImage::ReadLists(const ShardReader& reader, Executor& executor) {
  const std::uint32_t members = manifest().graph.members();
  const LinkColumns columns = manifest().graph.columns;
  const auto strides = static_cast<std::uint32_t>(manifest().links_before.size() - 1);
  const std::uint64_t lists_max = std::min<std::uint64_t>(members, manifest().links);
  const std::uint64_t entries_max = manifest().links + lists_max * (range().count / kSkip);
  followers_ = HugeArray<std::uint16_t>(entries_max);
  if (columns.kinds) kinds_ = HugeArray<std::uint8_t>(entries_max);
  if (columns.weights) weights_ = HugeArray<std::uint32_t>(entries_max);
  HugeArray<std::uint32_t> offsets(std::size_t{members} + 1);
  HugeArray<std::uint16_t> skips(members);
  std::vector<absl::Status> statuses(strides);
  StrideOrder order;
  executor.ParallelFor(strides, [&](std::size_t i) {
    const std::size_t first = i * kStrideSources;
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(kStrideSources, members - first));
    const auto stride = ReadStride(reader, static_cast<std::uint32_t>(i), count);
    statuses[i] = stride.status();
    const std::uint64_t at = order.Take(static_cast<std::uint32_t>(i), stride.ok() ? stride->gaps.size() : 0);
    if (!stride.ok()) return;
    CopyTo(stride->gaps, followers_, at);
    CopyTo(stride->kinds, kinds_, at);
    CopyTo(stride->weights, weights_, at);
    for (std::uint32_t s = 0; s < count; ++s) {
      offsets[first + s + 1] = static_cast<std::uint32_t>(at + stride->ends[s]);
      skips[first + s] = stride->skips[s];
    }
  });
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
  if (order.entries() > limits::kLinksPerShardMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("shard ", manifest().shard.value, " has ", manifest().links,
                     " links between members far apart, expected fewer: load the graph with more shards"));
  }
  followers_.Shrink(order.entries());
  if (columns.kinds) kinds_.Shrink(order.entries());
  if (columns.weights) weights_.Shrink(order.entries());
  sources_ = SourceIndex(std::move(offsets), std::move(skips));
  auto followees =
      FolloweeIndex::Build(sources_, followers_.span(), members, members_->followees(), executor);
  if (!followees.ok()) return ManifestContradicted(manifest(), std::string(followees.status().message()));
  followees_ = *std::move(followees);
  return absl::OkStatus();
}

FollowerLists ShardImage::ReadFollowers(MemberId source) const {
  const SourceIndex::Place place = sources_.Find(source);
  FollowerLists lists;
  lists.counts = {place.links};
  std::uint32_t id = 0;
  for (std::uint32_t i = place.begin; i < place.end; ++i) {
    id += followers_[i];
    if (followers_[i] == kSkip) continue;
    lists.followers.push_back(id);
    if (kinds_.size() > 0) lists.kinds.push_back(kinds_[i]);
    if (weights_.size() > 0) lists.weights.push_back(weights_[i]);
  }
  return lists;
}

std::uint64_t ShardImage::resident_bytes() const {
  return members_->resident_bytes() + sources_.bytes() + followers_.bytes() + kinds_.bytes() +
         weights_.bytes() + followees_.bytes() + source_keys_.capacity() * sizeof(MemberKey);
}

}  // namespace lawine
