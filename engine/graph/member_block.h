// Member blocks: what is known of 1,024 consecutive members of a shard, column by column.
//
// Format, version 1:
//   u8      version = 1
//   u8      flags: bit 0 = keys are listed (else they count up from the first), bit 1 = names follow,
//           bit 2 = keys only (a key block), bit 3 = persons follow, bit 4 = keys, which are listed, come in
//           any order
//   varint  members in the block
//   varint  first key; if listed, varints (key - previous key), modulo 2^64, for the others
//   Stream VByte columns: audience, followees, community
//   bytes   network of each, account kind of each
//   [sized  external name of each]
//   [Stream VByte column: person]
//   u32     CRC-32C of everything before
//
// A key block is one with bit 2, and none of bits 1 and 3: version, flags, members, keys, CRC-32C.
#ifndef LAWINE_ENGINE_GRAPH_MEMBER_BLOCK_H_
#define LAWINE_ENGINE_GRAPH_MEMBER_BLOCK_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/ids.h"

namespace lawine {

// Profiles of consecutive members, by column. `names` (external string ids) is empty for graphs with
// integer ids, where a member's name is its key.
struct MemberColumns {
  std::vector<MemberKey> keys;           // strictly ascending, but for members added later
  std::vector<std::uint32_t> audience;   // followers anywhere in the graph
  std::vector<std::uint32_t> followees;  // members whose messages reach this one
  std::vector<std::uint32_t> community;
  std::vector<std::uint8_t> network;
  std::vector<std::uint8_t> account_kind;
  std::vector<std::string> names;
  // Dense id of the first account of the one who owns this one; empty where everybody owns one account.
  std::vector<std::uint32_t> person = {};

  std::size_t size() const { return keys.size(); }
  void Clear() { *this = MemberColumns(); }
};

// Encodes members [first, first + count) of `members`.
std::string EncodeMemberBlock(const MemberColumns& members, std::size_t first, std::size_t count);

// Keys alone, at most kMembersPerBlock and at least one: a member block of another kind.
std::string EncodeKeyBlock(std::span<const MemberKey> keys);
// Appends the block's keys to `keys`. DATA_LOSS when it is damaged.
absl::Status DecodeKeyBlock(std::string_view bytes, std::vector<MemberKey>& keys);

// Appends the block's members to `members`. DATA_LOSS when it is damaged: `members` then holds an unusable
// part of it.
absl::Status DecodeMemberBlock(std::string_view bytes, MemberColumns& members);

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_MEMBER_BLOCK_H_
