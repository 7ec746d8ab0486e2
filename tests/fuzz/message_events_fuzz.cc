// Any bytes decode to forwards that ascend, inside the wave and the sender's range, or are refused; valid
// forwards, encoded again, are the same.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/spread/message_events.h"
#include "tests/fuzz/fuzz_input.h"

namespace lawine {
namespace {

using Forwards = std::vector<MessageForward>;

void CheckRoundTrip(const Forwards& events, MemberRange range) {
  Forwards received;
  for (const EventPayload& payload : MessageEvents::Encode(events, range)) {
    LAWINE_CHECK(payload.bytes.size() <= limits::kFramePayloadBytesMax);
    LAWINE_CHECK(MessageEvents::Decode(payload.bytes, range, payload.events_count, received).ok());
  }
  LAWINE_CHECK(received == events);
}

void CheckDecode(std::string_view payload, MemberRange range, std::uint32_t count) {
  Forwards events;
  if (!MessageEvents::Decode(payload, range, count, events).ok()) {
    LAWINE_CHECK(events.empty());
    return;
  }
  LAWINE_CHECK(events.size() == count);
  for (std::size_t i = 0; i < events.size(); ++i) {
    LAWINE_CHECK(range.Contains(events[i].member) && events[i].offset < limits::kWaveMessages);
    LAWINE_CHECK(i == 0 || events[i - 1] < events[i]);
  }
  CheckRoundTrip(events, range);
}

Forwards TakeForwards(FuzzInput& input, MemberRange range) {
  Forwards events;
  for (std::uint64_t offset = input.Number(2); offset < limits::kWaveMessages && !input.empty();
       offset += 1 + input.U8()) {
    for (std::uint64_t place = input.Number(3); place < range.count && !input.empty();
         place += 1 + input.Number(2)) {
      events.push_back({static_cast<std::uint32_t>(offset),
                        MemberId(range.first.value + static_cast<std::uint32_t>(place))});
    }
  }
  return events;
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  const auto first = static_cast<std::uint32_t>(input.Number(3));
  const MemberRange range{MemberId(first), static_cast<std::uint32_t>(input.Number(3))};
  if (input.U8() % 2 == 0) {
    const auto count = static_cast<std::uint32_t>(input.Number(2));
    CheckDecode(input.Rest(), range, count);
    return 0;
  }
  FuzzInput damage = input;
  const Forwards events = TakeForwards(input, range);
  CheckRoundTrip(events, range);
  for (EventPayload& payload : MessageEvents::Encode(events, range)) {
    Damage(damage, payload.bytes);
    CheckDecode(payload.bytes, range, payload.events_count);
  }
  return 0;
}
