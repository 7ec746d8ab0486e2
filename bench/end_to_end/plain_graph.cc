#include "bench/end_to_end/plain_graph.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
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

// The rows as they grow, source by source.
struct GrowingRows {
  HugeArray<std::uint64_t> offsets;
  HugeArray<std::uint32_t> ids;

  absl::Status Append(MemberRange sources, const FollowerLists& lists) {
    std::uint64_t end = offsets[sources.first.value];
    if (end + lists.followers.size() > ids.size()) {
      return absl::InternalError(
          absl::StrCat("the generator planned for less than ", ids.size(), " links and makes more"));
    }
    std::copy(lists.followers.begin(), lists.followers.end(), &ids[end]);
    for (std::uint32_t i = 0; i < sources.count; ++i) {
      end += lists.counts[i];
      offsets[sources.first.value + i + 1] = end;
    }
    return absl::OkStatus();
  }
};

}  // namespace

absl::StatusOr<PlainGraph> PlainGraph::Load(const LinkSource& source, Executor& executor) {
  if (!source.keys().empty() || source.columns() != LinkColumns()) {
    return absl::InvalidArgumentError(
        "expected a network whose members are their dense ids and whose links are of one kind without "
        "weights; nl-2009, pages and groups are not");
  }
  const MemberRange everybody{MemberId(0), source.members_count()};
  GrowingRows rows{.offsets = HugeArray<std::uint64_t>(std::size_t{everybody.count} + 1),
                   .ids = HugeArray<std::uint32_t>(LinksMax(source))};
  Digest digest;
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
          rows.Append(source.chunk(first + static_cast<std::uint32_t>(i)), parts[i].lists));
      digest += parts[i].digest;
    }
  }
  for (std::uint32_t m = 0; m < everybody.count; ++m) digest += DigestLane::ForMembers().Term(m);
  return PlainGraph{.followers = PlainRows(std::move(rows.offsets), std::move(rows.ids)), .digest = digest};
}

PlainRows PlainRows::Transposed(Executor& executor) const {
  const std::uint32_t members = members_count();
  const std::size_t parts = executor.parallelism();
  const auto for_each_link = [&](std::size_t part, auto&& visit) {
    const auto begin = static_cast<std::uint32_t>(std::uint64_t{members} * part / parts);
    const auto end = static_cast<std::uint32_t>(std::uint64_t{members} * (part + 1) / parts);
    for (std::uint32_t from = 0; from < members; ++from) {
      const auto list = Of(from);
      for (auto to = std::lower_bound(list.begin(), list.end(), begin); to != list.end() && *to < end; ++to) {
        visit(from, *to);
      }
    }
  };
  HugeArray<std::uint64_t> offsets(offsets_.size());
  executor.ParallelFor(parts,
                       [&](std::size_t p) { for_each_link(p, [&](auto, auto to) { ++offsets[to + 1]; }); });
  for (std::uint32_t m = 0; m < members; ++m) offsets[m + 1] += offsets[m];
  std::vector<std::uint64_t> next(offsets.span().begin(), offsets.span().end());
  HugeArray<std::uint32_t> ids(links_count());
  executor.ParallelFor(
      parts, [&](std::size_t p) { for_each_link(p, [&](auto from, auto to) { ids[next[to]++] = from; }); });
  return PlainRows(std::move(offsets), std::move(ids));
}

}  // namespace lawine::bench
