#include "engine/spread/frame.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/base/limits.h"

namespace lawine {
namespace {

constexpr std::uint32_t kMagic = 0x3146574C;  // "LWF1"
constexpr std::size_t kHeaderBytes = 40;
static_assert(kHeaderBytes + kChecksumBytes == limits::kFrameOverheadBytes);

absl::Status Garbled(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("frame is garbled: ", what));
}

}  // namespace

std::string EncodeFrame(const FrameHeader& header, std::string_view payload) {
  std::string out;
  out.reserve(limits::kFrameOverheadBytes + payload.size());
  ByteWriter writer(out);
  writer.U32(kMagic);
  writer.U8(static_cast<std::uint8_t>(header.kind));
  writer.U8(0);
  writer.U16(0);
  writer.U64(header.run);
  writer.U32(header.attempt);
  writer.U32(header.key.replica);
  writer.U32(header.key.step);
  writer.U32(header.from.value);
  writer.U32(header.sequence);
  writer.U32(header.events_count);
  writer.Bytes(payload);
  writer.U32(Crc32c(out));
  return out;
}

std::string EncodeMarkerPayload(const Marker& marker) {
  std::string out;
  ByteWriter writer(out);
  writer.U64(marker.deliveries);
  writer.U64(marker.first_receipts);
  writer.U64(marker.forwards);
  writer.U64(marker.events_sent);
  writer.U32(marker.next_pending_step);
  for (const std::uint64_t count :
       {marker.injected, marker.ignored, marker.seen, marker.recoveries, marker.monitors, marker.cross_posts,
        marker.unfollows, marker.follows, marker.present}) {
    writer.U64(count);
  }
  if (marker.checkpoint) writer.U8(1);
  return out;
}

Marker MarkerOf(const StepCounts& counts, std::uint32_t next_pending_step) {
  return {.deliveries = counts.deliveries,
          .first_receipts = counts.first_receipts,
          .forwards = counts.forwards,
          .events_sent = counts.acting,
          .next_pending_step = next_pending_step,
          .injected = counts.injected,
          .ignored = counts.ignored,
          .seen = counts.seen,
          .recoveries = counts.recoveries,
          .monitors = counts.monitors,
          .cross_posts = counts.cross_posts,
          .unfollows = counts.unfollows,
          .follows = counts.follows,
          .present = counts.present};
}

StepCounts CountsOf(const Marker& marker, std::uint32_t step) {
  return {.step = step,
          .deliveries = marker.deliveries,
          .first_receipts = marker.first_receipts,
          .forwards = marker.forwards,
          .acting = marker.events_sent,
          .injected = marker.injected,
          .ignored = marker.ignored,
          .seen = marker.seen,
          .recoveries = marker.recoveries,
          .monitors = marker.monitors,
          .cross_posts = marker.cross_posts,
          .unfollows = marker.unfollows,
          .follows = marker.follows,
          .present = marker.present};
}

absl::StatusOr<FrameView> DecodeFrame(std::string_view bytes) {
  if (bytes.size() < limits::kFrameOverheadBytes || bytes.size() > limits::kFrameBytesMax) {
    return Garbled(absl::StrCat("expected ", limits::kFrameOverheadBytes, " to ", limits::kFrameBytesMax,
                                " bytes, found ", bytes.size()));
  }
  const std::optional<std::string_view> body = WithoutChecksum(bytes);
  if (!body.has_value()) return Garbled("its checksum does not match");
  ByteReader reader(*body);
  if (reader.U32() != kMagic) return Garbled("it does not start with LWF1");
  FrameView frame;
  const std::uint8_t kind = reader.U8();
  if (kind < 1 || kind > 3) return Garbled(absl::StrCat("unknown kind ", kind));
  frame.header.kind = static_cast<FrameKind>(kind);
  if (reader.U8() != 0 || reader.U16() != 0) return Garbled("reserved bytes are not zero");
  frame.header.run = reader.U64();
  frame.header.attempt = reader.U32();
  frame.header.key.replica = reader.U32();
  frame.header.key.step = reader.U32();
  frame.header.from = ShardIndex(reader.U32());
  frame.header.sequence = reader.U32();
  frame.header.events_count = reader.U32();
  if (frame.header.kind == FrameKind::kMarker && frame.header.events_count != 0) {
    return Garbled(absl::StrCat("a marker that says it has ", frame.header.events_count, " events"));
  }
  frame.payload = reader.Bytes(reader.remaining());
  return frame;
}

std::optional<RunAttempt> RunOfFrame(std::string_view bytes) {
  if (bytes.size() < limits::kFrameOverheadBytes) return std::nullopt;
  ByteReader reader(bytes.substr(8));
  const std::uint64_t run = reader.U64();
  return RunAttempt{.run = run, .attempt = reader.U32()};
}

absl::StatusOr<Marker> DecodeMarkerPayload(std::string_view payload) {
  ByteReader reader(payload);
  Marker marker;
  marker.deliveries = reader.U64();
  marker.first_receipts = reader.U64();
  marker.forwards = reader.U64();
  marker.events_sent = reader.U64();
  marker.next_pending_step = reader.U32();
  for (std::uint64_t* const count :
       {&marker.injected, &marker.ignored, &marker.seen, &marker.recoveries, &marker.monitors,
        &marker.cross_posts, &marker.unfollows, &marker.follows, &marker.present}) {
    *count = reader.U64();
  }
  marker.checkpoint = reader.remaining() > 0;
  const bool wrong = marker.checkpoint && reader.U8() != 1;
  if (wrong || !reader.AtEnd()) return Garbled(absl::StrCat("a marker of ", payload.size(), " bytes"));
  if (marker.first_receipts > marker.deliveries + marker.injected + marker.cross_posts ||
      marker.monitors > marker.first_receipts || marker.seen > marker.deliveries) {
    return Garbled("a marker whose counters contradict each other");
  }
  return marker;
}

}  // namespace lawine
