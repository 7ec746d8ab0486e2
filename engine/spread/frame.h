// Frames: what shards say to each other. Format, version 1 (little-endian):
//
//   u32  magic "LWF1"
//   u8   kind: 1 = forward events of one message, 2 = end-of-step marker, 3 = forward events of a wave of
//        messages
//   u8   reserved, 0;  u16 reserved, 0
//   u64  run;  u32 attempt;  u32 replica (traffic: wave);  u32 step
//   u32  from shard
//   u32  sequence (frames of one shard and step count from 0; a marker has the number of event frames before
//        it)
//   u32  events in this frame (markers: 0)
//   ...  payload: events as in event_codec.h or message_events.h; marker: u64 each deliveries, first
//        receipts, forwards, events sent, u32 next pending step, u64 each injected, ignored, seen,
//        recoveries, monitors, cross posts, unfollows, follows, present; where a checkpoint of the step is
//        asked for, u8 1
//   u32  CRC-32C of everything before
#ifndef LAWINE_ENGINE_SPREAD_FRAME_H_
#define LAWINE_ENGINE_SPREAD_FRAME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/spread/outcome.h"

namespace lawine {

enum class FrameKind : std::uint8_t { kEvents = 1, kMarker = 2, kMessageEvents = 3 };

// Which step of which replica; later ones compare greater.
struct StepKey {
  std::uint32_t replica = 0;
  std::uint32_t step = 0;
  friend auto operator<=>(const StepKey&, const StepKey&) = default;
};

struct FrameHeader {
  FrameKind kind = FrameKind::kEvents;
  std::uint64_t run = 0;
  std::uint32_t attempt = 0;
  StepKey key;
  ShardIndex from;
  std::uint32_t sequence = 0;
  std::uint32_t events_count = 0;
};

struct FrameView {
  FrameHeader header;
  std::string_view payload;
};

// A shard's counters of one step. Every worker adds the same markers and so knows the same totals.
struct Marker {
  std::uint64_t deliveries = 0;
  std::uint64_t first_receipts = 0;
  std::uint64_t forwards = 0;
  std::uint64_t events_sent = 0;
  // The first later step at which something is due that events do not tell; kNoStep when nothing is.
  std::uint32_t next_pending_step = kNoStep;
  std::uint64_t injected = 0;
  std::uint64_t ignored = 0;
  std::uint64_t seen = 0;
  std::uint64_t recoveries = 0;
  std::uint64_t monitors = 0;
  std::uint64_t cross_posts = 0;
  std::uint64_t unfollows = 0;
  std::uint64_t follows = 0;
  std::uint64_t present = 0;
  bool checkpoint = false;  // everybody keeps the state after this step
  friend bool operator==(const Marker&, const Marker&) = default;
};

// Events tell who acts.
Marker MarkerOf(const StepCounts& counts, std::uint32_t next_pending_step = kNoStep);
StepCounts CountsOf(const Marker& marker, std::uint32_t step);

std::string EncodeFrame(const FrameHeader& header, std::string_view payload);
std::string EncodeMarkerPayload(const Marker& marker);

// DATA_LOSS for anything EncodeFrame cannot have written. The view points into `bytes`.
absl::StatusOr<FrameView> DecodeFrame(std::string_view bytes);
// Which attempt at which run a frame says it belongs to, unchecked: for routing only. None when it is too
// short.
struct RunAttempt {
  std::uint64_t run = 0;
  std::uint32_t attempt = 0;
  friend auto operator<=>(const RunAttempt&, const RunAttempt&) = default;
};
std::optional<RunAttempt> RunOfFrame(std::string_view bytes);
absl::StatusOr<Marker> DecodeMarkerPayload(std::string_view payload);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_FRAME_H_
