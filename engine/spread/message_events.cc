#include "engine/spread/message_events.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"

namespace lawine {
namespace {

// The most that one event can take: an offset, a count and a member.
constexpr std::size_t kEventBytesMax = 3 * 5;

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("forward events of messages are malformed: ", what));
}

std::size_t EndOfMessage(std::span<const MessageForward> events, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < events.size() && events[end].offset == events[begin].offset) ++end;
  return end;
}

// `events` are all of one message.
void WriteMessage(std::span<const MessageForward> events, std::uint32_t offset_gap, MemberRange range,
                  ByteWriter& writer) {
  writer.Varint(offset_gap);
  writer.Varint(events.size());
  std::uint32_t previous = range.first.value - 1;
  for (const MessageForward& event : events) {
    writer.Varint(event.member.value - previous - 1);
    previous = event.member.value;
  }
}

absl::Status ReadMembers(ByteReader& reader, MemberRange range, std::uint32_t offset, std::uint64_t count,
                         std::vector<MessageForward>& events) {
  std::uint64_t next = range.first.value;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t gap = reader.Varint();
    if (!reader.ok() || next >= range.end() || gap >= range.end() - next) {
      return Malformed("a member is outside the sender's range");
    }
    next += gap;
    events.push_back({offset, MemberId(static_cast<std::uint32_t>(next))});
    ++next;
  }
  return absl::OkStatus();
}

absl::Status ReadMessages(ByteReader& reader, MemberRange range, std::uint32_t events_count,
                          std::vector<MessageForward>& events) {
  std::uint64_t next_offset = 0;
  std::uint64_t left = events_count;
  while (left > 0) {
    const std::uint64_t gap = reader.Varint();
    const std::uint64_t count = reader.Varint();
    if (!reader.ok() || next_offset >= limits::kWaveMessages || gap >= limits::kWaveMessages - next_offset) {
      return Malformed("a message is outside the wave");
    }
    if (count == 0 || count > left || count > reader.remaining())
      return Malformed("a wrong count of members");
    next_offset += gap;
    const absl::Status status =
        ReadMembers(reader, range, static_cast<std::uint32_t>(next_offset), count, events);
    if (!status.ok()) return status;
    ++next_offset;
    left -= count;
  }
  return reader.AtEnd() ? absl::OkStatus() : Malformed("bytes left over");
}

}  // namespace

std::vector<EventPayload> MessageEvents::Encode(std::span<const MessageForward> events, MemberRange range) {
  std::vector<EventPayload> payloads;
  for (std::size_t at = 0; at < events.size();) {
    EventPayload payload;
    ByteWriter writer(payload.bytes);
    std::uint32_t next_offset = 0;
    while (at < events.size()) {
      const std::size_t room = (limits::kFramePayloadBytesMax - payload.bytes.size()) / kEventBytesMax;
      const std::size_t end = std::min(EndOfMessage(events, at), at + room);
      if (end == at) break;
      const std::uint32_t offset = events[at].offset;
      WriteMessage(events.subspan(at, end - at), offset - next_offset, range, writer);
      next_offset = offset + 1;
      payload.events_count += static_cast<std::uint32_t>(end - at);
      const bool split = end < events.size() && events[end].offset == offset;
      at = end;
      if (split) break;
    }
    payloads.push_back(std::move(payload));
  }
  return payloads;
}

absl::Status MessageEvents::Decode(std::string_view payload, MemberRange range, std::uint32_t events_count,
                                   std::vector<MessageForward>& events) {
  const std::size_t before = events.size();
  ByteReader reader(payload);
  if (events_count > payload.size()) return Malformed("more events announced than bytes");
  const absl::Status status = ReadMessages(reader, range, events_count, events);
  if (!status.ok()) events.resize(before);
  return status;
}

}  // namespace lawine
