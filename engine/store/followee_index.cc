#include "engine/store/followee_index.h"

#include <algorithm>
#include <atomic>
#include <vector>

#include "engine/base/limits.h"

namespace lawine {
namespace {

// Writing each link where it belongs would miss every cache. Links are first thrown on piles, a pile for
// each 8192 members; a pile's members have their places in the cache while it is worked off.
constexpr std::uint32_t kPileBits = 13;
constexpr std::uint32_t kPileMembers = 1u << kPileBits;
// What one task throws before the piles are worked off: about so many links of at most so many sources,
// so that a link on a pile fits 32 bits: the source's place in the run above, the receiver's in the pile
// below. The more links, the more of them a member finds in the cache line that its first one fetched.
constexpr std::uint32_t kRunEntries = 1u << 23;
constexpr std::uint32_t kRunSources = 1u << (32 - kPileBits);

// Piles grow by chunks of so many links, so that links are thrown in one pass, without counting before.
constexpr std::uint32_t kChunk = 1024;

// The links of consecutive sources, on piles.
struct ThrownLinks {
  std::uint32_t first_source = 0;
  std::uint32_t end_source = 0;
  std::uint32_t entries = 0;                       // at least as many as links
  HugeArray<std::uint32_t> links;                  // chunk after chunk
  std::vector<std::uint32_t> next;                 // by pile: where its next link goes
  std::vector<std::vector<std::uint32_t>> chunks;  // by pile: where each begins

  // Calls visit(links) for the chunks of pile `p`, in the order they were thrown, while it returns true.
  template <class Visit>
  bool ForEachChunk(std::size_t p, Visit&& visit) const {
    for (const std::uint32_t begin : chunks[p]) {
      const std::uint32_t count = begin == chunks[p].back() ? next[p] - begin : kChunk;
      if (!visit(links.span().subspan(begin, count))) return false;
    }
    return true;
  }
};

void TakeSources(const SourceIndex& sources, std::uint32_t first, std::uint32_t members_count,
                 ThrownLinks& thrown) {
  const std::uint32_t end_max = std::min(members_count - first, kRunSources) + first;
  std::uint64_t entries = 0;
  std::uint32_t end = first;
  for (; end < end_max && entries < kRunEntries; ++end) {
    const SourceIndex::Place place = sources.Find(MemberId(end));
    entries += place.end - place.begin;
  }
  thrown.first_source = first;
  thrown.end_source = end;
  thrown.entries = static_cast<std::uint32_t>(entries);
}

void Throw(const SourceIndex& sources, Gaps followers, std::size_t piles_count, ThrownLinks& thrown) {
  const std::size_t links_max = (thrown.entries / kChunk + piles_count + 1) * std::size_t{kChunk};
  if (thrown.links.size() < links_max) thrown.links = HugeArray<std::uint32_t>(links_max);
  thrown.next.resize(piles_count);
  thrown.chunks.resize(piles_count);
  std::uint32_t free = 0;
  const auto begin_chunk = [&](std::size_t pile) {
    thrown.chunks[pile].push_back(free);
    thrown.next[pile] = free;
    free += kChunk;
  };
  for (std::size_t pile = 0; pile < piles_count; ++pile) {
    thrown.chunks[pile].clear();
    begin_chunk(pile);
  }
  std::uint32_t* const links = &thrown.links[0];
  std::uint32_t* const next = thrown.next.data();
  for (std::uint32_t source = thrown.first_source; source < thrown.end_source; ++source) {
    const SourceIndex::Place place = sources.Find(MemberId(source));
    const std::uint32_t high = (source - thrown.first_source) << kPileBits;
    std::uint32_t receiver = 0;
    for (const std::uint16_t gap : followers.subspan(place.begin, place.end - place.begin)) {
      receiver += gap;
      if (gap == kSkip) continue;
      const std::size_t pile = receiver >> kPileBits;
      const std::uint32_t at = next[pile]++;
      links[at] = high | (receiver & (kPileMembers - 1));
      if (at % kChunk == kChunk - 1) begin_chunk(pile);
    }
  }
}

// Writes the sources of one pile behind those its members have already: `next` is where, `end` how far,
// by member. False when a member has more than it should.
template <std::size_t kWidth>
bool WorkOff(std::span<const std::uint32_t> pile, std::uint32_t first_source, std::uint32_t* next,
             const std::uint32_t* end, std::uint8_t* ids) {
  for (const std::uint32_t link : pile) {
    const std::uint32_t source = first_source + (link >> kPileBits);
    const std::size_t member = link & (kPileMembers - 1);
    if (next[member] == end[member]) return false;
    std::memcpy(ids + std::size_t{next[member]++} * kWidth, &source, kWidth);
  }
  return true;
}

}  // namespace

absl::StatusOr<FolloweeIndex> FolloweeIndex::Build(const SourceIndex& sources, Gaps followers,
                                                   std::uint32_t members_count,
                                                   std::span<const std::uint32_t> counts,
                                                   Executor& executor) {
  FolloweeIndex index;
  index.width_ = WidthFor(members_count);
  index.offsets_ = HugeArray<std::uint32_t>(counts.size() + 1);
  for (std::size_t i = 0; i < counts.size(); ++i) index.offsets_[i + 1] = index.offsets_[i] + counts[i];
  index.ids_ = HugeArray<std::uint8_t>(std::size_t{index.offsets_[counts.size()]} * index.width_ + 1);
  std::vector<std::uint32_t> next(index.offsets_.span().begin(), index.offsets_.span().end() - 1);

  const std::size_t piles_count = limits::BlocksOf<kPileMembers>(static_cast<std::uint32_t>(counts.size()));
  std::vector<ThrownLinks> tasks(executor.parallelism());
  std::atomic<bool> fits{true};
  const auto work_off = [&](std::size_t p) {
    std::uint32_t* const at = &next[p * kPileMembers];
    const std::uint32_t* const end = &index.offsets_[p * kPileMembers + 1];
    std::uint8_t* const ids = index.ids_.span().data();
    for (const ThrownLinks& task : tasks) {
      const bool done = task.ForEachChunk(p, [&](std::span<const std::uint32_t> links) {
        return index.width_ == 3 ? WorkOff<3>(links, task.first_source, at, end, ids)
                                 : WorkOff<4>(links, task.first_source, at, end, ids);
      });
      if (!done) fits = false;
    }
  };
  for (std::uint32_t source = 0; source < members_count; source = tasks.back().end_source) {
    for (ThrownLinks& task : tasks) {
      TakeSources(sources, source, members_count, task);
      source = task.end_source;
    }
    executor.ParallelFor(tasks.size(),
                         [&](std::size_t t) { Throw(sources, followers, piles_count, tasks[t]); });
    executor.ParallelFor(piles_count, work_off);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) fits = fits && next[i] == index.offsets_[i + 1];
  if (!fits) return absl::DataLossError("members have other numbers of followees than their lists say");
  return index;
}

}  // namespace lawine
