#include "engine/graph/follower_block.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/base/int_codec.h"
#include "engine/base/member_set.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

constexpr std::uint8_t kKindsFlag = 1;
constexpr std::uint8_t kWeightsFlag = 2;
// Version, flags and presence.
constexpr std::size_t kHeadBytes = 10;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("follower block is damaged: ", std::string(what)));
}

// The smallest difference between neighbours in a list: with kinds, a pair may come more than once.
std::uint32_t StepOf(LinkColumns columns) { return columns.kinds ? 0 : 1; }

// Turns the gaps of one list into ids, in place.
bool GapsToIds(std::span<std::uint32_t> list, std::uint32_t step, std::uint32_t receivers_count) {
  std::uint64_t id = list[0];
  for (std::size_t i = 1; i < list.size(); ++i) {
    id += std::uint64_t{list[i]} + step;
    list[i] = static_cast<std::uint32_t>(id);
  }
  return id < receivers_count;
}

absl::Status DecodeColumns(std::string_view bytes, LinkColumns columns, std::size_t links_count,
                           FollowerLists& lists) {
  const std::size_t expected = links_count * ((columns.kinds ? 1 : 0) + (columns.weights ? 4 : 0));
  if (bytes.size() != expected) {
    return Damaged(absl::StrCat("expected ", expected, " bytes of link columns, found ", bytes.size()));
  }
  ByteReader reader(bytes);
  if (columns.kinds) {
    const std::string_view kinds = reader.Bytes(links_count);
    lists.kinds.insert(lists.kinds.end(), kinds.begin(), kinds.end());
  }
  if (columns.weights) {
    for (std::size_t i = 0; i < links_count; ++i) {
      const std::uint32_t weight = reader.U32();
      if (weight > kLinkWeightOne) {
        return Damaged(absl::StrCat("expected link weights of at most ", kLinkWeightOne, ", found ", weight));
      }
      lists.weights.push_back(weight);
    }
  }
  return absl::OkStatus();
}

// Appends 64 counts; absent sources get 0. Returns the number of links, or 0 when the counts are damaged.
std::size_t DecodeCounts(std::string_view& bytes, std::uint64_t presence,
                         std::vector<std::uint32_t>& counts) {
  std::uint32_t present[64];
  const auto present_count = static_cast<std::size_t>(std::popcount(presence));
  const std::size_t used = DecodeInts(bytes, std::span(present, present_count));
  if (used == 0) return 0;
  bytes.remove_prefix(used);
  const std::size_t base = counts.size();
  counts.resize(base + limits::kSourcesPerBlock);
  std::size_t links = 0;
  const std::uint32_t* next = present;
  ForEachBit(presence, 0, [&](std::uint32_t i) {
    counts[base + i] = *next + 1;
    links += std::size_t{*next++} + 1;
  });
  return links;
}

// A follower may come once for each kind: (follower, kind) ascends strictly in every list.
absl::Status CheckKindsAscend(const FollowerLists& lists, std::size_t first_count, std::size_t first_link) {
  std::size_t at = first_link;
  for (std::size_t i = first_count; i < lists.counts.size(); ++i) {
    const std::size_t end = at + lists.counts[i];
    for (std::size_t k = at + 1; k < end; ++k) {
      if (lists.followers[k] == lists.followers[k - 1] && lists.kinds[k] <= lists.kinds[k - 1]) {
        return Damaged("a link comes twice");
      }
    }
    at = end;
  }
  return absl::OkStatus();
}

absl::Status DecodeLists(std::string_view bytes, std::uint32_t receivers_count, LinkColumns columns,
                         FollowerLists& lists) {
  const std::size_t first_link = lists.followers.size();
  const std::size_t first_count = lists.counts.size();
  ByteReader header(bytes.substr(0, kHeadBytes));
  const std::uint8_t version = header.U8();
  const std::uint8_t flags = header.U8();
  const std::uint64_t presence = header.U64();
  if (version != kFollowerBlockVersion) return Damaged(absl::StrCat("expected version 1, found ", version));
  if (flags != ((columns.kinds ? kKindsFlag : 0) | (columns.weights ? kWeightsFlag : 0))) {
    return Damaged("its link columns are not those of the graph");
  }
  bytes.remove_prefix(kHeadBytes);
  const std::size_t links = DecodeCounts(bytes, presence, lists.counts);
  // Every link takes at least a byte and a quarter, so a lying count cannot ask for much memory.
  if (links == 0 || links > bytes.size()) return Damaged("its counts do not fit its size");
  lists.followers.resize(first_link + links);
  const std::size_t used = DecodeInts(bytes, std::span(lists.followers).subspan(first_link));
  if (used == 0) return Damaged("its lists are cut short");
  std::size_t at = first_link;
  for (std::size_t i = first_count; i < lists.counts.size(); ++i) {
    const std::uint32_t count = lists.counts[i];
    if (count == 0) continue;
    if (!GapsToIds(std::span(lists.followers).subspan(at, count), StepOf(columns), receivers_count)) {
      return Damaged("a follower is outside the shard's range");
    }
    at += count;
  }
  LAWINE_RETURN_IF_ERROR(DecodeColumns(bytes.substr(used), columns, links, lists));
  return columns.kinds ? CheckKindsAscend(lists, first_count, first_link) : absl::OkStatus();
}

}  // namespace

void EncodeFollowerBlock(const FollowerBlockView& block, std::string& out) {
  LAWINE_CHECK(block.counts.size() <= limits::kSourcesPerBlock);
  LAWINE_CHECK(block.kinds.empty() || block.kinds.size() == block.followers.size());
  LAWINE_CHECK(block.weights.empty() || block.weights.size() == block.followers.size());
  out.clear();
  if (block.followers.empty()) return;
  const std::uint32_t step = StepOf({.kinds = !block.kinds.empty(), .weights = false});
  std::uint64_t presence = 0;
  std::vector<std::uint32_t> counts;
  std::vector<std::uint32_t> gaps(block.followers.begin(), block.followers.end());
  std::size_t at = 0;
  for (std::size_t i = 0; i < block.counts.size(); ++i) {
    const std::uint32_t count = block.counts[i];
    if (count == 0) continue;
    presence |= 1ull << i;
    counts.push_back(count - 1);
    for (std::size_t k = at + count - 1; k > at; --k) gaps[k] -= gaps[k - 1] + step;
    at += count;
  }
  LAWINE_CHECK(at == gaps.size());
  ByteWriter writer(out);
  writer.U8(kFollowerBlockVersion);
  writer.U8((block.kinds.empty() ? 0 : kKindsFlag) | (block.weights.empty() ? 0 : kWeightsFlag));
  writer.U64(presence);
  EncodeInts(counts, out);
  EncodeInts(gaps, out);
  writer.Bytes({reinterpret_cast<const char*>(block.kinds.data()), block.kinds.size()});
  for (const std::uint32_t weight : block.weights) writer.U32(weight);
  writer.U32(Crc32c(out));
}

absl::Status CheckFollowerBlockBytes(std::uint64_t bytes) {
  if (bytes <= limits::kBlockBytesMax) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("expected followers of ", limits::kSourcesPerBlock,
                                            " members in a shard to take at most ", limits::kBlockBytesMax,
                                            " bytes, found ", bytes, ": use more shards"));
}

absl::Status DecodeFollowerBlock(std::string_view bytes, std::uint32_t receivers_count, LinkColumns columns,
                                 FollowerLists& lists) {
  if (bytes.size() < kHeadBytes + kChecksumBytes) {
    return Damaged(absl::StrCat("only ", bytes.size(), " bytes"));
  }
  const std::optional<std::string_view> body = WithoutChecksum(bytes);
  if (!body.has_value()) return Damaged("its checksum does not match");
  return DecodeLists(*body, receivers_count, columns, lists);
}

std::uint32_t FollowerBlockMark(std::string_view bytes) {
  ByteReader tail(bytes.substr(bytes.size() - kChecksumBytes));
  return std::max(tail.U32(), 1u);
}

}  // namespace lawine
