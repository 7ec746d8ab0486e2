// Any bytes, checksum repaired, decode to a frame that encodes to the same bytes, or are refused; and a step
// that takes them in is complete only with as many events as its marker says, each once, of the sender's.
#include <algorithm>
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/base/event_codec.h"
#include "engine/spread/frame.h"
#include "engine/spread/step_inbox.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/damage.h"

namespace lawine {
namespace {

constexpr StepKey kStep{.replica = 0, .step = 1};

void CheckFrame(std::string_view bytes) {
  const auto frame = DecodeFrame(bytes);
  if (!frame.ok()) return;
  LAWINE_CHECK(frame->header.kind != FrameKind::kMarker || frame->header.events_count == 0);
  LAWINE_CHECK(EncodeFrame(frame->header, frame->payload) == bytes);
  const auto marker = DecodeMarkerPayload(frame->payload);
  LAWINE_CHECK(!marker.ok() || EncodeMarkerPayload(*marker) == frame->payload);
}

// Shard 0 of two is here; frames come from shard 1, most of them nearly right.
std::string TakeFrame(FuzzInput& input, const PartitionMap& partition) {
  FrameHeader header{.run = 1, .attempt = 1, .key = kStep, .from = ShardIndex(1)};
  const std::uint8_t choices = input.U8();
  if ((choices & 1) != 0) header.kind = FrameKind::kMarker;
  if ((choices & 14) == 2) header.from = ShardIndex(static_cast<std::uint32_t>(input.Number(4)));
  if ((choices & 14) == 4) header.key.step = static_cast<std::uint32_t>(input.Number(4));
  if ((choices & 14) == 6) header.attempt = input.U8();
  header.sequence = input.U8() % 4;
  const std::uint8_t events_count = input.U8() % 8;
  std::string payload;
  if (header.kind == FrameKind::kMarker) {
    if ((choices & 14) == 8) header.events_count = events_count;
    Marker marker{
        .deliveries = 100, .first_receipts = 50, .forwards = events_count, .events_sent = events_count};
    payload = EncodeMarkerPayload(marker);
  } else {
    std::vector<MemberId> ids;
    const MemberRange range = partition.range(ShardIndex(1));
    for (std::uint32_t id = range.first.value; ids.size() < events_count; ++id) {
      id += input.U8() % 16;
      if (id >= range.end()) break;
      ids.push_back(MemberId(id));
    }
    header.events_count = static_cast<std::uint32_t>(ids.size());
    if (!ids.empty()) payload = EncodeEvents(ids, range)[0].bytes;
  }
  std::string bytes = EncodeFrame(header, payload);
  if ((choices & 0x30) == 0x10) Damage(input, bytes);
  if ((choices & 0x40) != 0 && bytes.size() >= 4) RepairChecksum(bytes);
  return bytes;
}

void CheckStep(StepInbox& inbox, const PartitionMap& partition) {
  const MemberRange range = partition.range(ShardIndex(1));
  for (const ShardStep& shard : inbox.Take()) {
    LAWINE_CHECK(shard.events.size() == (shard.marker.has_value() ? shard.marker->events_sent : 0));
    LAWINE_CHECK(std::adjacent_find(shard.events.begin(), shard.events.end(), std::greater_equal<>()) ==
                 shard.events.end());
    for (const MemberId id : shard.events) LAWINE_CHECK(range.Contains(id));
  }
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  std::string bytes(input.Rest());
  CheckFrame(bytes);
  if (bytes.size() >= 4) RepairChecksum(bytes);
  CheckFrame(bytes);
  const PartitionMap partition = PartitionMap::Even(200, 2);
  StepInbox inbox(partition, {false, true}, 1, 1);
  LAWINE_CHECK(inbox.Await(kStep).ok());
  while (!input.empty() && !inbox.Complete()) {
    bytes = TakeFrame(input, partition);
    CheckFrame(bytes);
    const auto frame = DecodeFrame(bytes);
    if (!frame.ok() || !inbox.Receive(*frame).ok()) break;
  }
  if (inbox.Complete()) CheckStep(inbox, partition);
  return 0;
}
