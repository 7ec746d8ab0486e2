// A shard's part of a step, as frames.
#ifndef LAWINE_ENGINE_SPREAD_SEND_PART_H_
#define LAWINE_ENGINE_SPREAD_SEND_PART_H_

#include <functional>
#include <span>
#include <string>

#include "engine/base/event_codec.h"
#include "engine/spread/frame.h"

namespace lawine {

// Hands the frames to `send`, events before their marker. `header`: that of the first frame of events, but
// for how many there are.
inline void SendPart(FrameHeader header, std::span<const EventPayload> payloads, const Marker& marker,
                     const std::function<void(std::string frame)>& send) {
  for (const EventPayload& payload : payloads) {
    header.events_count = payload.events_count;
    send(EncodeFrame(header, payload.bytes));
    ++header.sequence;
  }
  header.kind = FrameKind::kMarker;
  header.events_count = 0;
  send(EncodeFrame(header, EncodeMarkerPayload(marker)));
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_SEND_PART_H_
