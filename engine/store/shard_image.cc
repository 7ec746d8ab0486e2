#include "engine/store/shard_image.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/member_block.h"
#include "engine/store/link_entries.h"
#include "engine/store/stride_scan.h"

namespace lawine {
namespace {

// The lists of one stride of sources.
struct StrideLists {
  std::vector<std::uint16_t> gaps;
  std::vector<std::uint8_t> kinds;     // parallel to gaps, or empty
  std::vector<std::uint32_t> weights;  // parallel to gaps, or empty
  std::vector<std::uint32_t> ends;     // by source: where its list ends in gaps
  std::vector<std::uint16_t> skips;    // by source
  std::uint32_t present = 0;           // sources that have followers
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
    stride.present += count > 0 ? 1 : 0;
    at += count;
  }
}

// Reads and checks stride `number`, of `sources_count` sources, and marks its blocks. Lists are left out
// unless they are to be kept.
absl::StatusOr<StrideLists> ReadStride(const ShardReader& reader, std::uint32_t number,
                                       std::uint32_t sources_count, bool keep,
                                       std::span<std::uint32_t> marks) {
  const ShardManifest& manifest = reader.manifest();
  const std::uint32_t first_block = number * ShardManifest::kBlocksPerStride;
  const std::uint64_t links = manifest.links_before[number + 1] - manifest.links_before[number];
  StrideLists stride;
  if (keep) stride.gaps.reserve(links + links / 4);
  const auto skip_to = [&stride](std::size_t source) {
    stride.ends.resize(source, stride.ends.empty() ? 0 : stride.ends.back());
    stride.skips.resize(source);
  };
  const auto visit = [&](std::uint32_t block, std::string_view bytes, const FollowerLists& lists) {
    marks[block] = FollowerBlockMark(bytes);
    if (!keep) return;
    skip_to(std::size_t{block - first_block} * limits::kSourcesPerBlock);
    AppendLists(lists, stride);
  };
  LAWINE_RETURN_IF_ERROR(ScanStride(reader, number, visit));
  skip_to(sources_count);
  return stride;
}

// Hands out places in order of strides, whichever is read first, as long as there is room.
class StrideOrder {
 public:
  StrideOrder(std::uint64_t bytes_max, std::uint64_t bytes_per_entry)
      : bytes_max_(bytes_max), bytes_per_entry_(bytes_per_entry) {}

  // False when nothing more will be kept.
  bool open() const {
    MutexLock lock(mutex_);
    return open_;
  }
  // Waits for all strides before `number`; returns where its entries go, if they do.
  std::optional<std::uint64_t> Take(std::uint32_t number, const StrideLists& stride) {
    MutexLock lock(mutex_);
    while (next_ != number) changed_.Wait(mutex_);
    ++next_;
    changed_.NotifyAll();
    const std::uint64_t entries = entries_ + stride.gaps.size();
    sources_ += stride.ends.size();
    present_ += stride.present;
    open_ = open_ && entries * bytes_per_entry_ + SourceIndex::BytesOf(sources_, present_) <= bytes_max_;
    if (!open_) return std::nullopt;
    kept_ = next_;
    return std::exchange(entries_, entries);
  }
  std::uint64_t entries() const {
    MutexLock lock(mutex_);
    return entries_;
  }
  // How many strides have places.
  std::uint32_t kept() const {
    MutexLock lock(mutex_);
    return kept_;
  }

 private:
  const std::uint64_t bytes_max_;
  const std::uint64_t bytes_per_entry_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::uint32_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint32_t kept_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t entries_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t sources_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t present_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
};

std::uint64_t BytesPerEntry(LinkColumns columns) {
  return sizeof(std::uint16_t) + (columns.kinds ? sizeof(std::uint8_t) : 0) +
         (columns.weights ? sizeof(std::uint32_t) : 0);
}

// Every list may need a skip for each 65535 members of the range.
std::uint64_t EntriesMax(const ShardManifest& manifest) {
  const std::uint64_t lists_max = std::min<std::uint64_t>(manifest.graph.members(), manifest.links);
  return manifest.links + lists_max * (manifest.range().count / kSkip);
}

std::uint32_t BlocksOf(const ShardManifest& manifest) {
  return limits::BlocksOf<limits::kSourcesPerBlock>(manifest.graph.members());
}

template <class T>
void CopyTo(const std::vector<T>& from, HugeArray<T>& to, std::uint64_t at) {
  if (!from.empty()) std::memcpy(&to[at], from.data(), from.size() * sizeof(T));
}

}  // namespace

ImageBytes ImageBytesOf(const ShardManifest& manifest) {
  const std::uint64_t members = manifest.graph.members(), receivers = manifest.range().count;
  const std::uint64_t keys = manifest.keys_listed ? (receivers + members) * sizeof(MemberKey) : 0;
  // Audience, followees, community; network and account kind, where members differ.
  constexpr std::uint64_t kMemberBytes = 3 * sizeof(std::uint32_t) + 2;
  const std::uint64_t persons = manifest.graph.persons ? receivers * sizeof(std::uint32_t) : 0;
  const std::uint64_t added = std::uint64_t{manifest.graph.added_members} * sizeof(std::uint32_t);
  return {.members = receivers * kMemberBytes + receivers / 8 + keys + persons + added +
                     std::uint64_t{BlocksOf(manifest)} * sizeof(std::uint32_t),
          .lists = EntriesMax(manifest) * BytesPerEntry(manifest.graph.columns) +
                   SourceIndex::BytesOf(members, members),
          .followees = FolloweeIndex::BytesOf(members, receivers, manifest.links)};
}

absl::StatusOr<std::unique_ptr<const ShardImage>> ShardImage::Hydrate(const ShardReader& reader,
                                                                      Executor& executor) {
  LAWINE_ASSIGN_OR_RETURN(std::shared_ptr<const ShardMembers> members, ShardMembers::Read(reader));
  // Without a limit the reader is not kept, so it need not be owned.
  const std::shared_ptr<const ShardReader> borrowed(std::shared_ptr<void>(), &reader);
  return Hydrate(borrowed, std::move(members), ~std::uint64_t{0}, executor);
}

absl::StatusOr<std::unique_ptr<const ShardImage>> ShardImage::Hydrate(
    std::shared_ptr<const ShardReader> reader, std::shared_ptr<const ShardMembers> members,
    std::uint64_t links_bytes_max, Executor& executor) {
  std::unique_ptr<ShardImage> image(new ShardImage(std::move(members)));
  LAWINE_ASSIGN_OR_RETURN(std::vector<MemberKey> keys, ReadGraphKeys(*reader, *image->members_));
  image->source_keys_ = std::make_shared<const std::vector<MemberKey>>(std::move(keys));
  LAWINE_RETURN_IF_ERROR(image->ReadLists(std::move(reader), links_bytes_max, executor));
  LAWINE_RETURN_IF_ERROR(image->BuildFollowees(links_bytes_max, executor));
  return image;
}

// More is mapped than will be used; pages never written take no memory, and are given back at the end.
absl::Status ShardImage::ReadLists(std::shared_ptr<const ShardReader> reader, std::uint64_t bytes_max,
                                   Executor& executor) {
  const std::uint32_t members = manifest().graph.members();
  const LinkColumns columns = manifest().graph.columns;
  const auto strides = static_cast<std::uint32_t>(manifest().links_before.size() - 1);
  const auto lists = std::make_shared<LinkLists>();
  lists_ = lists;
  lists->gaps = HugeArray<std::uint16_t>(EntriesMax(manifest()));
  if (columns.kinds) lists->kinds = HugeArray<std::uint8_t>(lists->gaps.size());
  if (columns.weights) lists->weights = HugeArray<std::uint32_t>(lists->gaps.size());
  HugeArray<std::uint32_t> offsets(std::size_t{members} + 1);
  HugeArray<std::uint16_t> skips(members);
  std::vector<std::uint32_t> marks(BlocksOf(manifest()));
  std::vector<absl::Status> statuses(strides);
  StrideOrder order(bytes_max, BytesPerEntry(columns));
  executor.ParallelFor(strides, [&](std::size_t i) {
    const std::size_t first = i * ShardManifest::kSourcesPerStride;
    const auto number = static_cast<std::uint32_t>(i);
    const auto count =
        static_cast<std::uint32_t>(std::min<std::size_t>(ShardManifest::kSourcesPerStride, members - first));
    const auto stride = ReadStride(*reader, number, count, order.open(), marks);
    statuses[i] = stride.status();
    const auto at = order.Take(number, stride.ok() ? *stride : StrideLists());
    if (!stride.ok() || !at.has_value()) return;
    CopyTo(stride->gaps, lists->gaps, *at);
    CopyTo(stride->kinds, lists->kinds, *at);
    CopyTo(stride->weights, lists->weights, *at);
    for (std::uint32_t s = 0; s < count; ++s) {
      offsets[first + s + 1] = static_cast<std::uint32_t>(*at + stride->ends[s]);
      skips[first + s] = stride->skips[s];
    }
  });
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
  if (order.entries() > limits::kLinksPerShardMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("shard ", manifest().shard.value, " has ", manifest().links,
                     " links between members far apart, expected fewer: load the graph with more shards"));
  }
  lists->gaps.Shrink(order.entries());
  if (columns.kinds) lists->kinds.Shrink(order.entries());
  if (columns.weights) lists->weights.Shrink(order.entries());
  links_in_memory_ = manifest().links_before[order.kept()];
  const auto sources = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(members, std::uint64_t{order.kept()} * ShardManifest::kSourcesPerStride));
  offsets.Shrink(std::size_t{sources} + 1);
  skips.Shrink(sources);
  lists->sources = SourceIndex(std::move(offsets), std::move(skips));
  if (sources < members) {
    stored_ = StoredLists(std::move(reader), MemberId(sources), std::move(marks));
  }
  return absl::OkStatus();
}

absl::Status ShardImage::BuildFollowees(std::uint64_t bytes_max, Executor& executor) {
  if (!stored_.empty() || lists_bytes() + ImageBytesOf(manifest()).followees > bytes_max) {
    return absl::OkStatus();
  }
  auto followees = FolloweeIndex::Build(lists_->sources, lists_->gaps.span(), manifest().graph.members(),
                                        members_->followees(), executor);
  if (!followees.ok()) return ManifestContradicted(manifest(), std::string(followees.status().message()));
  followees_ = std::make_shared<const FolloweeIndex>(*std::move(followees));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<const ShardImage>> ShardImage::WithChanges(
    const ShardReader& changed, std::shared_ptr<const ShardMembers> members, const ShardDelta& delta) const {
  LAWINE_CHECK(stored_.empty() && changed_ == nullptr);
  std::unique_ptr<ShardImage> image(new ShardImage(std::move(members)));
  image->lists_ = lists_;
  image->links_in_memory_ = delta.manifest().links;
  image->followees_ = followees_;
  image->changed_ = ChangedLists::Over(lists_, followees_, delta);
  image->source_keys_ = source_keys_;
  if (delta.added().empty()) return image;
  const std::uint32_t before = delta.members_before();
  LAWINE_ASSIGN_OR_RETURN(image->added_keys_, ReadGraphKeys(changed, *image->members_, MemberId(before)));
  if (!image->added_keys_.empty()) image->added_from_ = before;
  return image;
}

FollowerLists ShardImage::ReadFollowers(MemberId source) const {
  FollowerLists lists = WithLists([source](const auto& in_memory) { return EntriesOf(in_memory, source); });
  lists.counts = {static_cast<std::uint32_t>(lists.followers.size())};
  return lists;
}

std::uint64_t ShardImage::lists_bytes() const { return lists_->bytes(); }

std::uint64_t ShardImage::resident_bytes() const {
  if (changed_ != nullptr) {
    return members_->resident_bytes() + changed_->bytes() + added_keys_.capacity() * sizeof(MemberKey);
  }
  const std::uint64_t keys = source_keys_->capacity() * sizeof(MemberKey);
  return members_->resident_bytes() + keys + stored_.bytes() + links_bytes();
}

}  // namespace lawine
