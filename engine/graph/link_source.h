// Where the links of a graph come from when it is built: a generator or an imported edge list.
// The seam between making links (this folder) and storing them (engine/store).
#ifndef LAWINE_ENGINE_GRAPH_LINK_SOURCE_H_
#define LAWINE_ENGINE_GRAPH_LINK_SOURCE_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "engine/base/ids.h"
#include "engine/graph/follower_block.h"
#include "engine/graph/member_block.h"

namespace lawine {

// Links of all sources, in chunks of consecutive sources. Immutable and thread-safe: chunks are asked for
// in any order, by several threads, once for every shard.
class LinkSource {
 public:
  virtual ~LinkSource() = default;

  virtual std::uint32_t members_count() const = 0;
  virtual LinkColumns columns() const = 0;
  // Member keys by dense id, ascending; empty where a member's key is its dense id.
  virtual std::span<const MemberKey> keys() const = 0;
  MemberKey KeyOf(MemberId member) const { return keys().empty() ? member.value : keys()[member.value]; }

  // Chunks cover 0 .. members_count-1 in order; each starts at a multiple of limits::kSourcesPerBlock.
  virtual std::uint32_t chunks_count() const = 0;
  virtual MemberRange chunk(std::uint32_t index) const = 0;

  // Replaces `lists` by the followers, inside `receivers`, of every source of the chunk: followers are
  // local ids (member minus receivers.first), strictly ascending within a source; where links have kinds, by
  // (follower, kind). No self-links.
  virtual absl::Status FollowersInside(std::uint32_t chunk_index, MemberRange receivers,
                                       FollowerLists& lists) const = 0;

  // How many members' messages reach `member` (exact, or as planned): balances shards.
  virtual std::uint64_t InLinksOf(MemberId member) const = 0;

  // Whether some persons own several accounts: then Profiles tells each account's person.
  virtual bool persons() const { return false; }
  // Replaces `members` by keys, names, communities, networks, kinds and persons of `range`; audience and
  // followees are left empty (they are counted while links are stored).
  virtual void Profiles(MemberRange range, MemberColumns& members) const = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_GRAPH_LINK_SOURCE_H_
