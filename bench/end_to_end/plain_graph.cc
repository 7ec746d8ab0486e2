#include "bench/end_to_end/plain_graph.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace lawine::bench {
namespace {

Digest LinksDigest(MemberRange sources, const FollowerLists& lists) {
  const DigestLane lane = DigestLane::ForLinks(0, 0);
  Digest digest;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < sources.count; ++i) {
    const DigestLane source = lane.ForSource(sources.first.value + i);
    for (const std::size_t end = at + lists.counts[i]; at < end; ++at)
      digest += source.Term(lists.followers[at]);
  }
  return digest;
}

// The generator states links per member before it makes them, exact to about 1%.
std::uint64_t LinksMax(const LinkSource& source) {
  std::uint64_t planned = 0;
  for (std::uint32_t m = 0; m < source.members_count(); ++m) planned += source.InLinksOf(MemberId(m));
  return planned + planned / 8 + 1'000'000;
}

}  // namespace

absl::StatusOr<PlainGraph> PlainGraph::Load(const LinkSource& source, Executor& executor) {
  LAWINE_CHECK(source.keys().empty() && source.columns() == LinkColumns());
  const MemberRange everybody{MemberId(0), source.members_count()};
  PlainGraph graph;
  graph.offsets_ = HugeArray<std::uint64_t>(std::size_t{everybody.count} + 1);
  graph.followers_ = HugeArray<std::uint32_t>(LinksMax(source));
  struct Part {
    FollowerLists lists;
    Digest digest;
    absl::Status status;
  };
  std::vector<Part> parts(4 * executor.parallelism());
  for (std::uint32_t first = 0; first < source.chunks_count();
       first += static_cast<std::uint32_t>(parts.size())) {
    const std::size_t count = std::min<std::size_t>(parts.size(), source.chunks_count() - first);
    executor.ParallelFor(count, [&](std::size_t i) {
      const std::uint32_t chunk = first + static_cast<std::uint32_t>(i);
      parts[i].status = source.FollowersInside(chunk, everybody, parts[i].lists);
      if (parts[i].status.ok()) parts[i].digest = LinksDigest(source.chunk(chunk), parts[i].lists);
    });
    for (std::size_t i = 0; i < count; ++i) {
      LAWINE_RETURN_IF_ERROR(parts[i].status);
      LAWINE_RETURN_IF_ERROR(
          graph.Append(source.chunk(first + static_cast<std::uint32_t>(i)), parts[i].lists));
      graph.digest_ += parts[i].digest;
    }
  }
  for (std::uint32_t m = 0; m < everybody.count; ++m) graph.digest_ += DigestLane::ForMembers().Term(m);
  return graph;
}

absl::Status PlainGraph::Append(MemberRange sources, const FollowerLists& lists) {
  std::uint64_t end = offsets_[sources.first.value];
  if (end + lists.followers.size() > followers_.size()) {
    return absl::InternalError(
        absl::StrCat("the generator planned for less than ", followers_.size(), " links and makes more"));
  }
  std::copy(lists.followers.begin(), lists.followers.end(), &followers_[end]);
  for (std::uint32_t i = 0; i < sources.count; ++i) {
    end += lists.counts[i];
    offsets_[sources.first.value + i + 1] = end;
  }
  return absl::OkStatus();
}

}  // namespace lawine::bench
