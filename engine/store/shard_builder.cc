#include "engine/store/shard_builder.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/mutex.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

// Sinks write one sorted file each; this many chunks share one, so that files are neither tiny nor many.
constexpr std::uint32_t kFilesPerShard = 32;

// Builds the links of one shard. Chunks are grouped into runs; each run is one task and one file.
class LinkBuild {
 public:
  LinkBuild(const LinkSource& source, MemberRange receivers, ShardWriter& writer, BuildProgress& progress)
      : source_(source), receivers_(receivers), writer_(writer), progress_(progress), keys_(source.keys()) {
    links_.follower_counts.resize(source.members_count());
    links_.followee_counts.resize(receivers.count);
  }

  absl::StatusOr<ShardLinks> Run(Executor& executor) {
    const std::uint32_t chunks = source_.chunks_count();
    const std::uint32_t runs = std::min(chunks, kFilesPerShard);
    std::vector<absl::Status> statuses(runs);
    executor.ParallelFor(runs, [&](std::size_t run) {
      const auto first = static_cast<std::uint32_t>(std::uint64_t{chunks} * run / runs);
      const auto end = static_cast<std::uint32_t>(std::uint64_t{chunks} * (run + 1) / runs);
      statuses[run] = BuildRun(first, end);
    });
    for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
    if (links_.links > limits::kLinksPerShardMax) {
      return absl::OutOfRangeError(absl::StrCat("expected at most ", limits::kLinksPerShardMax,
                                                " links in a shard, found ", links_.links,
                                                ": use more shards"));
    }
    return std::move(links_);
  }

 private:
  struct RunCounts {
    std::uint64_t links = 0;
    Digest digest;
    std::vector<std::uint32_t> followees;
  };

  absl::Status BuildRun(std::uint32_t first_chunk, std::uint32_t end_chunk) {
    LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<BlockSink> sink, writer_.NewFollowerSink());
    FollowerLists lists;
    RunCounts counts;
    counts.followees.resize(receivers_.count);
    for (std::uint32_t c = first_chunk; c < end_chunk; ++c) {
      if (progress_.cancelled) return absl::CancelledError("the load was cancelled");
      LAWINE_RETURN_IF_ERROR(source_.FollowersInside(c, receivers_, lists));
      const MemberRange sources = source_.chunk(c);
      LAWINE_RETURN_IF_ERROR(StoreChunk(sources, lists, *sink));
      Count(sources, lists, counts);
      progress_.links_done += lists.followers.size();
      ++progress_.chunks_done;
    }
    LAWINE_RETURN_IF_ERROR(sink->Finish());
    MutexLock lock(mutex_);
    links_.links += counts.links;
    links_.digest += counts.digest;
    for (std::size_t i = 0; i < counts.followees.size(); ++i)
      links_.followee_counts[i] += counts.followees[i];
    return absl::OkStatus();
  }

  absl::Status StoreChunk(MemberRange sources, const FollowerLists& lists, BlockSink& sink) {
    std::string bytes;
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < sources.count; i += limits::kSourcesPerBlock) {
      const std::uint32_t count = std::min(limits::kSourcesPerBlock, sources.count - i);
      const auto counts = std::span(lists.counts).subspan(i, count);
      const std::size_t links = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
      const auto part = [at, links](const auto& column) {
        return column.empty() ? std::span(column) : std::span(column).subspan(at, links);
      };
      EncodeFollowerBlock({counts, part(lists.followers), part(lists.kinds), part(lists.weights)}, bytes);
      at += links;
      if (bytes.empty()) continue;
      LAWINE_RETURN_IF_ERROR(CheckFollowerBlockBytes(bytes.size()));
      LAWINE_RETURN_IF_ERROR(sink.Add((sources.first.value + i) / limits::kSourcesPerBlock, bytes));
    }
    return absl::OkStatus();
  }

  // Counts followers by source, followees by receiver, and sums the digest.
  void Count(MemberRange sources, const FollowerLists& lists, RunCounts& counts) {
    const bool plain = lists.kinds.empty() && lists.weights.empty();
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < sources.count; ++i) {
      const std::uint32_t from = sources.first.value + i;
      links_.follower_counts[from] = lists.counts[i];
      const std::size_t end = at + lists.counts[i];
      const DigestLane plain_lane = DigestLane::ForLinks(0, 0).ForSource(KeyOf(from));
      for (; at < end; ++at) {
        const std::uint32_t local = lists.followers[at];
        ++counts.followees[local];
        const DigestLane lane = plain ? plain_lane : LinkLane(lists, at).ForSource(KeyOf(from));
        counts.digest += lane.Term(KeyOf(receivers_.first.value + local));
      }
    }
    counts.links += lists.followers.size();
  }

  static DigestLane LinkLane(const FollowerLists& lists, std::size_t at) {
    return DigestLane::ForLinks(lists.kinds.empty() ? 0 : lists.kinds[at],
                                lists.weights.empty() ? 0 : lists.weights[at]);
  }

  MemberKey KeyOf(std::uint32_t member) const { return keys_.empty() ? member : keys_[member]; }

  const LinkSource& source_;
  const MemberRange receivers_;
  ShardWriter& writer_;
  BuildProgress& progress_;
  const std::span<const MemberKey> keys_;
  Mutex mutex_;
  ShardLinks links_;  // sums are under mutex_; follower_counts belong to the task that owns the chunk
};

std::vector<std::uint64_t> LinksBefore(const std::vector<std::uint32_t>& follower_counts) {
  std::vector<std::uint64_t> before;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < follower_counts.size(); ++i) {
    if (i % ShardManifest::kSourcesPerStride == 0) before.push_back(sum);
    sum += follower_counts[i];
  }
  before.push_back(sum);
  return before;
}

Digest MembersDigest(const LinkSource& source, MemberRange range) {
  const DigestLane lane = DigestLane::ForMembers();
  Digest digest;
  for (std::uint32_t i = 0; i < range.count; ++i)
    digest += lane.Term(source.KeyOf(MemberId(range.first.value + i)));
  return digest;
}

// Blocks of keys and nothing else.
absl::Status StoreKeys(const LinkSource& source, ShardWriter& writer) {
  const std::span<const MemberKey> keys = source.keys();
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<BlockSink> sink, writer.NewKeySink());
  for (std::size_t first = 0; first < keys.size(); first += limits::kMembersPerBlock) {
    const auto part =
        keys.subspan(first, std::min<std::size_t>(limits::kMembersPerBlock, keys.size() - first));
    LAWINE_RETURN_IF_ERROR(
        sink->Add(static_cast<std::uint32_t>(first / limits::kMembersPerBlock), EncodeKeyBlock(part)));
  }
  return sink->Finish();
}

}  // namespace

absl::StatusOr<ShardLinks> BuildLinks(const LinkSource& source, const PartitionMap& partition,
                                      ShardIndex shard, ShardWriter& writer, Executor& executor,
                                      BuildProgress& progress) {
  LAWINE_CHECK(partition.members_count() == source.members_count());
  const MemberRange range = partition.range(shard);
  LAWINE_ASSIGN_OR_RETURN(ShardLinks links, LinkBuild(source, range, writer, progress).Run(executor));
  links.digest += MembersDigest(source, range);
  return links;
}

absl::Status FinishShard(const LinkSource& source, const GraphInfo& graph, ShardIndex shard,
                         const ShardLinks& links, std::span<const std::uint32_t> audience,
                         ShardWriter& writer) {
  const MemberRange range = graph.partition.range(shard);
  LAWINE_CHECK(audience.size() == range.count);
  LAWINE_ASSIGN_OR_RETURN(const std::unique_ptr<BlockSink> sink, writer.NewMemberSink());
  MemberColumns members;
  for (std::uint32_t first = 0; first < range.count; first += limits::kMembersPerBlock) {
    const std::uint32_t count = std::min(limits::kMembersPerBlock, range.count - first);
    source.Profiles({MemberId(range.first.value + first), count}, members);
    members.audience.assign(audience.begin() + first, audience.begin() + first + count);
    members.followees.assign(links.followee_counts.begin() + first,
                             links.followee_counts.begin() + first + count);
    LAWINE_RETURN_IF_ERROR(sink->Add(first / limits::kMembersPerBlock, EncodeMemberBlock(members, 0, count)));
  }
  LAWINE_RETURN_IF_ERROR(sink->Finish());
  LAWINE_RETURN_IF_ERROR(StoreKeys(source, writer));
  const auto none = std::count(links.followee_counts.begin(), links.followee_counts.end(), 0u);
  return writer.Commit({.graph = graph,
                        .shard = shard,
                        .links = links.links,
                        .digest = links.digest,
                        .without_followees = static_cast<std::uint32_t>(none),
                        .keys_listed = !source.keys().empty(),
                        .links_before = LinksBefore(links.follower_counts)});
}

absl::StatusOr<GraphInfo> BuildGraph(const LinkSource& source, GraphInfo graph, ShardStorage& storage,
                                     Executor& executor, BuildProgress& progress) {
  const std::uint32_t shards = graph.partition.shards_count();
  std::vector<std::unique_ptr<ShardWriter>> writers(shards);
  std::vector<ShardLinks> built(shards);
  std::vector<std::uint32_t> audience(source.members_count());
  graph.links = 0;
  graph.digest = Digest();
  for (std::uint32_t s = 0; s < shards; ++s) {
    LAWINE_ASSIGN_OR_RETURN(writers[s], storage.Create({graph.name, ShardIndex(s)}));
    LAWINE_ASSIGN_OR_RETURN(
        built[s], BuildLinks(source, graph.partition, ShardIndex(s), *writers[s], executor, progress));
    graph.links += built[s].links;
    graph.digest += built[s].digest;
    for (std::size_t m = 0; m < audience.size(); ++m) audience[m] += built[s].follower_counts[m];
  }
  for (std::uint32_t s = 0; s < shards; ++s) {
    const MemberRange range = graph.partition.range(ShardIndex(s));
    const auto own = std::span<const std::uint32_t>(audience).subspan(range.first.value, range.count);
    LAWINE_RETURN_IF_ERROR(FinishShard(source, graph, ShardIndex(s), built[s], own, *writers[s]));
  }
  return graph;
}

}  // namespace lawine
