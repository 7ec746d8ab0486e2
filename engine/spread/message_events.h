// Forward events of many messages on the wire: members of one shard's range, by message. Format:
//
//   per message   varint offset (place in the wave) minus the one before minus 1 (first: the offset)
//                 varint members, at least 1
//                 varints: first id minus range first, then each id minus the previous minus 1
//
// A frame may hold part of a step's events, and part of a message's.
#ifndef LAWINE_ENGINE_SPREAD_MESSAGE_EVENTS_H_
#define LAWINE_ENGINE_SPREAD_MESSAGE_EVENTS_H_

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/event_codec.h"
#include "engine/base/limits.h"
#include "engine/spread/frame.h"

namespace lawine {

// A member forwards the message at this place in its wave.
struct MessageForward {
  std::uint32_t offset = 0;
  MemberId member;
  friend auto operator<=>(const MessageForward&, const MessageForward&) = default;
};

// The event code of traffic, see step_inbox.h.
struct MessageEvents {
  using Event = MessageForward;
  static constexpr FrameKind kKind = FrameKind::kMessageEvents;
  static std::uint64_t EventsMax(MemberRange range) {
    return std::uint64_t{limits::kWaveMessages} * range.count < limits::kWaveEventsMax
               ? std::uint64_t{limits::kWaveMessages} * range.count
               : limits::kWaveEventsMax;
  }
  // Encodes strictly ascending `events` with members of `range` as payloads of at most
  // kFramePayloadBytesMax bytes each.
  static std::vector<EventPayload> Encode(std::span<const MessageForward> events, MemberRange range);
  // As DecodeEvents: exactly `events_count`, ascending, inside the range, or an error and `events` unchanged.
  static absl::Status Decode(std::string_view payload, MemberRange range, std::uint32_t events_count,
                             std::vector<MessageForward>& events);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_MESSAGE_EVENTS_H_
