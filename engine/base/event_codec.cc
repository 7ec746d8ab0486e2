#include "engine/base/event_codec.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/base/member_set.h"

namespace lawine {
namespace {

constexpr std::uint8_t kSortedIds = 0;
constexpr std::uint8_t kBitmap = 1;

int VarintBytes(std::uint32_t v) { return (38 - std::countl_zero(v | 1)) / 7; }

std::size_t SortedBytes(std::span<const MemberId> ids, MemberRange range) {
  std::size_t bytes = 1;
  std::uint32_t previous = range.first.value - 1;
  for (const MemberId id : ids) {
    bytes += static_cast<std::size_t>(VarintBytes(id.value - previous - 1));
    previous = id.value;
  }
  return bytes;
}

EventPayload EncodeSorted(std::span<const MemberId> ids, MemberRange range) {
  EventPayload payload{.events_count = static_cast<std::uint32_t>(ids.size())};
  ByteWriter writer(payload.bytes);
  writer.U8(kSortedIds);
  std::uint32_t previous = range.first.value - 1;
  for (const MemberId id : ids) {
    writer.Varint(id.value - previous - 1);
    previous = id.value;
  }
  return payload;
}

EventPayload EncodeBitmap(std::span<const MemberId> ids, MemberRange range) {
  EventPayload payload{.events_count = static_cast<std::uint32_t>(ids.size())};
  const std::uint32_t first_word = (ids.front().value - range.first.value) / 64;
  const std::uint32_t last_word = (ids.back().value - range.first.value) / 64;
  std::vector<std::uint64_t> words(last_word - first_word + 1);
  for (const MemberId id : ids) {
    const std::uint32_t bit = id.value - range.first.value - 64 * first_word;
    words[bit / 64] |= 1ull << (bit % 64);
  }
  ByteWriter writer(payload.bytes);
  writer.U8(kBitmap);
  writer.Varint(first_word);
  writer.Bytes({reinterpret_cast<const char*>(words.data()), words.size() * 8});
  return payload;
}

// The longest prefix of `ids` that fits a frame in either code.
std::size_t PrefixThatFits(std::span<const MemberId> ids) {
  constexpr std::uint32_t kSpanMax = (limits::kFramePayloadBytesMax - 64) * 8;
  if (ids.back().value - ids.front().value < kSpanMax) return ids.size();
  const auto wide = std::lower_bound(ids.begin(), ids.end(), MemberId(ids.front().value + kSpanMax));
  const auto by_span = static_cast<std::size_t>(wide - ids.begin());
  return std::max<std::size_t>(by_span, std::min<std::size_t>(ids.size(), limits::kFrameEventsMax - 1));
}

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(absl::StrCat("forward events are malformed: ", std::string(what)));
}

absl::Status DecodeSorted(ByteReader& reader, MemberRange range, std::uint32_t events_count,
                          std::vector<MemberId>& ids) {
  if (events_count > reader.remaining()) return Malformed("more events announced than bytes");
  std::uint64_t next = range.first.value;
  for (std::uint32_t i = 0; i < events_count; ++i) {
    const std::uint64_t gap = reader.Varint();
    if (!reader.ok() || gap >= range.end() - next) return Malformed("an id is outside the sender's range");
    next += gap;
    ids.push_back(MemberId(static_cast<std::uint32_t>(next)));
    if (++next == range.end() && i + 1 < events_count) return Malformed("ids run past the sender's range");
  }
  return reader.AtEnd() ? absl::OkStatus() : Malformed("bytes left over");
}

absl::Status DecodeBitmap(ByteReader& reader, MemberRange range, std::uint32_t events_count,
                          std::vector<MemberId>& ids) {
  const std::uint64_t first_word = reader.Varint();
  const std::size_t words_count = reader.remaining() / 8;
  if (!reader.ok() || reader.remaining() % 8 != 0) return Malformed("a bitmap of broken words");
  const std::uint64_t range_words = (std::uint64_t{range.count} + 63) / 64;
  if (first_word > range_words || words_count > range_words - first_word) {
    return Malformed("a bitmap larger than the sender's range");
  }
  std::uint32_t found = 0;
  bool inside = true;
  for (std::size_t i = 0; i < words_count; ++i) {
    ForEachBit(reader.U64(), static_cast<std::uint32_t>((first_word + i) * 64), [&](std::uint32_t bit) {
      inside = inside && bit < range.count;
      ids.push_back(MemberId(range.first.value + bit));
      ++found;
    });
  }
  if (!inside) return Malformed("a bit is outside the sender's range");
  return found == events_count ? absl::OkStatus() : Malformed("bits and announced events differ");
}

}  // namespace

std::vector<EventPayload> EncodeEvents(std::span<const MemberId> ids, MemberRange range) {
  std::vector<EventPayload> payloads;
  while (!ids.empty()) {
    const auto part = ids.first(PrefixThatFits(ids));
    const std::size_t bitmap_bytes = 6 + 8 * (std::size_t{part.back().value - part.front().value} / 64 + 2);
    payloads.push_back(SortedBytes(part, range) <= bitmap_bytes ? EncodeSorted(part, range)
                                                                : EncodeBitmap(part, range));
    ids = ids.subspan(part.size());
  }
  return payloads;
}

absl::Status DecodeEvents(std::string_view payload, MemberRange range, std::uint32_t events_count,
                          std::vector<MemberId>& ids) {
  const std::size_t before = ids.size();
  ByteReader reader(payload);
  const std::uint8_t code = reader.U8();
  absl::Status status = Malformed("an unknown code");
  if (reader.ok() && code == kSortedIds) status = DecodeSorted(reader, range, events_count, ids);
  if (reader.ok() && code == kBitmap) status = DecodeBitmap(reader, range, events_count, ids);
  if (!status.ok()) ids.resize(before);
  return status;
}

}  // namespace lawine
