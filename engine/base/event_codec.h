// Forward events on the wire: a set of member ids of one shard's range, in the smaller of two codes.
//
//   byte 0        0 = sorted ids, 1 = bitmap
//   sorted ids    varints: first id minus range first, then each id minus the previous minus 1
//   bitmap        varint offset of the first word, then 64-bit little-endian words over the range
//
// A frame may hold part of a step's events; parts of a bitmap start at the stated word.
#ifndef LAWINE_ENGINE_BASE_EVENT_CODEC_H_
#define LAWINE_ENGINE_BASE_EVENT_CODEC_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/ids.h"

namespace lawine {

// Encodes strictly ascending `ids` of `range` as payloads of at most kFramePayloadBytesMax bytes each.
// Returns how many ids each payload holds; no payload when `ids` is empty.
struct EventPayload {
  std::string bytes = {};
  std::uint32_t events_count = 0;
};
std::vector<EventPayload> EncodeEvents(std::span<const MemberId> ids, MemberRange range);

// Appends the ids of `payload` to `ids`, ascending: exactly `events_count` of them, all inside `range`.
// Fails, with `ids` unchanged, on anything else: ids out of range, counts that do not match, bytes left over.
absl::Status DecodeEvents(std::string_view payload, MemberRange range, std::uint32_t events_count,
                          std::vector<MemberId>& ids);

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_EVENT_CODEC_H_
