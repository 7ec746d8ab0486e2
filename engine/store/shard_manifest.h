// The manifest of a shard: what it is part of, what it must hold, and the mark that its load was finished.
//
// Format, version 1: text, so that an operator can read it, of lines "name value". The first line is
// "lawine-shard 1", the last is "crc32c" and 8 hex digits over everything before it. Between them, written in
// this order and read in any:
//
//   name, graph_version, graph_links, graph_digest, link_kinds, link_weights, named_members
//   persons, added_members, made_digest   only where they are there, and not 0
//   origin
//   epoch                                 1, always
//   boundaries                            the first member of each shard, then the number of members
//   shard, links, digest, without_followees, keys_listed, links_before
//
// What begins with graph_ is the graph's, links and digest are the shard's. True is 1 and false 0; a digest
// has 32 hex digits; lists are separated by commas; control characters of an origin become blanks. A shard
// without a manifest is half-written.
#ifndef LAWINE_ENGINE_STORE_SHARD_MANIFEST_H_
#define LAWINE_ENGINE_STORE_SHARD_MANIFEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/digest.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/partition.h"

namespace lawine {

// What every shard of a graph agrees on.
struct GraphInfo {
  std::string name;                 // 1 to 63 of a-z, 0-9, '-', starting with a letter
  std::uint64_t graph_version = 1;  // grows with every online change
  std::uint64_t links = 0;
  Digest digest;  // of all links and members, whatever the shards
  LinkColumns columns;
  bool named_members = false;  // external ids are strings; a member key is their hash
  bool persons = false;        // some own several accounts: profiles tell
  std::string origin;          // how it came to be: "preset hyves, ..." or "import of ..."
  PartitionMap partition;
  // Members that came by online changes: those with the last dense ids, whose keys are in no order.
  std::uint32_t added_members = 0;
  // Digest of the graph as it was made, once it has changed: what tells graphs of one name apart.
  std::optional<Digest> made_digest = {};

  std::uint32_t members() const { return partition.members_count(); }
  Digest identity() const { return made_digest.value_or(digest); }
  friend bool operator==(const GraphInfo&, const GraphInfo&) = default;
};

struct ShardManifest {
  GraphInfo graph;
  ShardIndex shard;
  std::uint64_t links = 0;              // of this shard
  Digest digest;                        // of this shard's links and members
  std::uint32_t without_followees = 0;  // members nobody's messages reach
  // Keys of all members of the graph are stored here too; else each member's key is its dense id. What the
  // luck of a link depends on is the key of its source, who may live anywhere.
  bool keys_listed = false;
  // links_before[i]: links of sources before block i * kBlocksPerStride; one more entry with the total.
  // Lets hydration decode any stride on its own.
  std::vector<std::uint64_t> links_before;

  static constexpr std::uint32_t kBlocksPerStride = 256;
  static constexpr std::uint32_t kSourcesPerStride = kBlocksPerStride * limits::kSourcesPerBlock;
  MemberRange range() const { return graph.partition.range(shard); }
  friend bool operator==(const ShardManifest&, const ShardManifest&) = default;
};

std::string EncodeManifest(const ShardManifest& manifest);
// DATA_LOSS when damaged, FAILED_PRECONDITION for another format version.
absl::StatusOr<ShardManifest> DecodeManifest(std::string_view text);

// INVALID_ARGUMENT unless `name` can name a graph (and so a directory).
absl::Status CheckGraphName(std::string_view name);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_MANIFEST_H_
