// Any bytes decode to a valid set or are refused; a valid set, encoded again, is the same set.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/event_codec.h"
#include "engine/base/limits.h"
#include "tests/fuzz/fuzz_input.h"

namespace lawine {
namespace {

using Ids = std::vector<MemberId>;

void CheckSet(const Ids& ids, MemberRange range, std::uint32_t count) {
  LAWINE_CHECK(ids.size() == count);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    LAWINE_CHECK(range.Contains(ids[i]));
    LAWINE_CHECK(i == 0 || ids[i - 1] < ids[i]);
  }
}

void CheckRoundTrip(const Ids& ids, MemberRange range) {
  Ids received;
  for (const EventPayload& payload : EncodeEvents(ids, range)) {
    LAWINE_CHECK(payload.bytes.size() <= limits::kFramePayloadBytesMax);
    LAWINE_CHECK(DecodeEvents(payload.bytes, range, payload.events_count, received).ok());
  }
  LAWINE_CHECK(received == ids);
}

void CheckDecode(std::string_view payload, MemberRange range, std::uint32_t count) {
  Ids ids;
  if (!DecodeEvents(payload, range, count, ids).ok()) {
    LAWINE_CHECK(ids.empty());
    return;
  }
  CheckSet(ids, range, count);
  CheckRoundTrip(ids, range);
}

MemberRange TakeRange(FuzzInput& input) {
  const std::uint64_t first = input.Number(4);
  return {
      MemberId(static_cast<std::uint32_t>(first)),
      static_cast<std::uint32_t>(input.Number(4) % (limits::kMembersMax - first % limits::kMembersMax + 1))};
}

Ids TakeIds(FuzzInput& input, MemberRange range) {
  Ids ids;
  for (std::uint64_t place = input.Number(4); place < range.count && !input.empty();) {
    const std::uint64_t run = 1 + input.U8() % 100;
    const std::uint64_t gap = 1 + input.Number(3);
    for (std::uint64_t i = 0; i < run && place < range.count; ++i, place += gap) {
      ids.push_back(MemberId(range.first.value + static_cast<std::uint32_t>(place)));
    }
  }
  return ids;
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  const MemberRange range = TakeRange(input);
  if (range.first.value >= limits::kMembersMax) return 0;
  if (input.U8() % 2 == 0) {
    const auto count = static_cast<std::uint32_t>(input.Number(4));
    CheckDecode(input.Rest(), range, count);
    return 0;
  }
  FuzzInput damage = input;
  const Ids ids = TakeIds(input, range);
  CheckRoundTrip(ids, range);
  for (EventPayload& payload : EncodeEvents(ids, range)) {
    Damage(damage, payload.bytes);
    CheckDecode(payload.bytes, range, payload.events_count);
  }
  return 0;
}
