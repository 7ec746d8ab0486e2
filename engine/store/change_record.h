// What one version of a graph changes of one shard: the unit in which online changes are stored.
//
// Format, version 1 (integers little-endian, digests high word first):
//   u8      version = 1
//   varint  graph version, ticket, links of the graph after it
//   u64 x2  digest of the graph after it; u64 x2 what it adds to the shard's digest
//   varint  links changed, then for each, ascending by (source, receiver, kind):
//           varint source, varint receiver (local id), u8 kind, u8 1 = there from now on or 0 = gone,
//           u32 weight (2^31 is 1, and the most)
//   varint  audiences changed, then for each, ascending by member:
//           varint member (local id), u32 what is added (two's complement)
//   varint  new members of the graph, then for each:
//           varint key, varint community, u8 network, u8 account kind, sized external name
//   u32     CRC-32C of everything before
#ifndef LAWINE_ENGINE_STORE_CHANGE_RECORD_H_
#define LAWINE_ENGINE_STORE_CHANGE_RECORD_H_

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/ids.h"

namespace lawine {

// A link that was not there before and is now, or the other way round.
struct ChangedLink {
  MemberId source = {};
  std::uint32_t receiver = 0;  // local id
  std::uint8_t kind = 0;
  bool there = false;
  std::uint32_t weight = 0;  // of the link that came, or that went
  friend auto operator<=>(const ChangedLink&, const ChangedLink&) = default;
};

struct ChangedAudience {
  std::uint32_t member = 0;  // local id
  std::int32_t added = 0;
  friend bool operator==(const ChangedAudience&, const ChangedAudience&) = default;
};

// Gets the next dense id of the graph. Its range is the last shard's.
struct AddedMember {
  MemberKey key = 0;
  std::uint32_t community = 0;
  std::uint8_t network = 0;
  std::uint8_t account_kind = 0;
  std::string name = {};  // empty in graphs with integer ids
  friend bool operator==(const AddedMember&, const AddedMember&) = default;
};

struct ChangeRecord {
  std::uint64_t graph_version = 0;
  // Grows with every record that is written for the graph, whatever became of it: a record that was under
  // way for too long is told by it.
  std::uint64_t ticket = 0;
  std::uint64_t graph_links = 0;
  Digest graph_digest = {};
  Digest shard_digest_added = {};
  std::vector<ChangedLink> links = {};
  std::vector<ChangedAudience> audiences = {};
  std::vector<AddedMember> members = {};  // the same in all shards
  friend bool operator==(const ChangeRecord&, const ChangeRecord&) = default;
};

std::string EncodeChangeRecord(const ChangeRecord& record);
// DATA_LOSS when damaged, FAILED_PRECONDITION for another format version.
absl::StatusOr<ChangeRecord> DecodeChangeRecord(std::string_view bytes);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_CHANGE_RECORD_H_
