// Any bytes, checksum repaired, decode to valid columns or are refused; valid columns, encoded again, are the
// same.
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/graph/member_block.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/damage.h"

namespace lawine {
namespace {

void CheckColumns(const MemberColumns& members) {
  const std::size_t count = members.size();
  LAWINE_CHECK(count > 0 && count <= limits::kMembersPerBlock);
  for (std::size_t i = 1; i < count; ++i) LAWINE_CHECK(members.keys[i - 1] != members.keys[i]);
  LAWINE_CHECK(members.audience.size() == count && members.followees.size() == count);
  LAWINE_CHECK(members.community.size() == count && members.network.size() == count);
  LAWINE_CHECK(members.account_kind.size() == count);
  LAWINE_CHECK(members.names.empty() || members.names.size() == count);
}

void CheckRoundTrip(const MemberColumns& members) {
  MemberColumns copy;
  LAWINE_CHECK(DecodeMemberBlock(EncodeMemberBlock(members, 0, members.size()), copy).ok());
  LAWINE_CHECK(copy.keys == members.keys && copy.names == members.names);
  LAWINE_CHECK(copy.audience == members.audience && copy.followees == members.followees);
  LAWINE_CHECK(copy.community == members.community && copy.network == members.network);
  LAWINE_CHECK(copy.account_kind == members.account_kind);
}

void CheckDecodeKeys(std::string_view bytes) {
  std::vector<MemberKey> keys, copy;
  if (!DecodeKeyBlock(bytes, keys).ok()) return;
  LAWINE_CHECK(!keys.empty() && keys.size() <= limits::kMembersPerBlock);
  LAWINE_CHECK(DecodeKeyBlock(EncodeKeyBlock(keys), copy).ok() && copy == keys);
}

void CheckDecode(std::string_view bytes) {
  CheckDecodeKeys(bytes);
  MemberColumns members;
  if (!DecodeMemberBlock(bytes, members).ok()) return;
  CheckColumns(members);
  CheckRoundTrip(members);
}

// One member at least: an empty block is never written.
MemberColumns TakeMembers(FuzzInput& input, bool named) {
  MemberColumns members;
  MemberKey key = input.Number(8);
  do {
    members.keys.push_back(key);
    members.audience.push_back(static_cast<std::uint32_t>(input.Number(4)));
    members.followees.push_back(static_cast<std::uint32_t>(input.Number(4)));
    members.community.push_back(static_cast<std::uint32_t>(input.Number(3)));
    members.network.push_back(input.U8());
    members.account_kind.push_back(input.U8());
    if (named) members.names.emplace_back(input.U8() % 8, static_cast<char>(input.U8()));
    const MemberKey next = key + 1 + input.Number(7);
    if (next == key) break;
    key = next;  // wraps, as keys of members added later may
  } while (!input.empty() && members.size() < limits::kMembersPerBlock);
  return members;
}

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  FuzzInput input(data, size);
  const std::uint8_t choices = input.U8();
  std::string block(input.Rest());
  CheckDecode(block);
  if ((choices & 1) != 0) {
    FuzzInput damage = input;
    const MemberColumns members = TakeMembers(input, (choices & 2) != 0);
    CheckRoundTrip(members);
    block = (choices & 4) != 0 ? EncodeKeyBlock(members.keys) : EncodeMemberBlock(members, 0, members.size());
    Damage(damage, block);
  }
  if (block.size() >= 4) RepairChecksum(block);
  CheckDecode(block);
  return 0;
}
