// Any bytes, checksum repaired, decode to a record that encodes to one that is equal, or are refused.
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/graph/follower_block.h"
#include "engine/store/change_record.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/damage.h"

namespace lawine {
namespace {

void CheckDecode(std::string_view bytes) {
  const auto record = DecodeChangeRecord(bytes);
  if (!record.ok()) return;
  const auto again = DecodeChangeRecord(EncodeChangeRecord(*record));
  LAWINE_CHECK(again.ok() && *again == *record);
  for (const ChangedLink& link : record->links) LAWINE_CHECK(link.weight <= kLinkWeightOne);
}

ChangeRecord TakeRecord(FuzzInput& input) {
  ChangeRecord record;
  record.graph_version = input.Number(8);
  record.ticket = input.Number(8);
  record.graph_links = input.Number(8);
  record.graph_digest = {.high = input.Number(8), .low = input.Number(8)};
  for (std::uint32_t source = 0; !input.empty() && record.links.size() < 20;) {
    source += 1 + input.U8();
    record.links.push_back({.source = MemberId(source),
                            .receiver = static_cast<std::uint32_t>(input.Number(4)),
                            .kind = input.U8(),
                            .there = (input.U8() & 1) != 0,
                            .weight = static_cast<std::uint32_t>(input.Number(4) % (kLinkWeightOne + 1ull))});
    if (input.U8() > 200) break;
  }
  for (std::uint32_t member = 0; !input.empty() && record.audiences.size() < 20;) {
    member += 1 + input.U8();
    record.audiences.push_back({.member = member, .added = static_cast<std::int32_t>(input.Number(4))});
    if (input.U8() > 200) break;
  }
  while (!input.empty() && record.members.size() < 20) {
    record.members.push_back({.key = input.Number(8),
                              .community = static_cast<std::uint32_t>(input.Number(4)),
                              .network = input.U8(),
                              .account_kind = input.U8(),
                              .name = std::string(input.U8() % 8, static_cast<char>(input.U8()))});
  }
  return record;
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  const std::uint8_t choices = input.U8();
  std::string bytes(input.Rest());
  CheckDecode(bytes);
  if ((choices & 1) != 0) {
    FuzzInput damage = input;
    const ChangeRecord record = TakeRecord(input);
    bytes = EncodeChangeRecord(record);
    const auto decoded = DecodeChangeRecord(bytes);
    LAWINE_CHECK(decoded.ok() && *decoded == record);
    Damage(damage, bytes);
  }
  if (bytes.size() >= 4) RepairChecksum(bytes);
  CheckDecode(bytes);
  return 0;
}
