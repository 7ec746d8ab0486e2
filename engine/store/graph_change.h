// How batches of online changes become the next version of a graph: what they come to, link by link, and the
// record of it for each shard. Knows nothing of where links are stored: it is told how those are that are
// named.
#ifndef LAWINE_ENGINE_STORE_GRAPH_CHANGE_H_
#define LAWINE_ENGINE_STORE_GRAPH_CHANGE_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "engine/store/change_record.h"
#include "engine/store/shard_manifest.h"

namespace lawine {

struct LinkPlace {
  MemberId source = {};
  MemberId receiver = {};
  std::uint8_t kind = 0;
  friend auto operator<=>(const LinkPlace&, const LinkPlace&) = default;
};

struct LinkState {
  bool there = false;
  std::uint32_t weight = 0;
  friend bool operator==(const LinkState&, const LinkState&) = default;
};

// A member that the graph has, or, without an id, one that comes with this version.
struct MemberRef {
  MemberKey key = 0;
  std::optional<MemberId> id = {};
};

// From now on the link is there, with this weight, or is not.
struct LinkEdit {
  MemberRef source = {};
  MemberRef receiver = {};
  std::uint8_t kind = 0;
  bool there = true;
  std::optional<std::uint32_t> weight = {};
};

// Takes effect as a whole or not at all: first members, then links in order.
struct ChangeBatch {
  std::vector<AddedMember> members;
  std::vector<LinkEdit> links;
};

// The edit for which a batch was refused, by its place among them, and what of it is wrong.
struct RefusedEdit {
  enum class Part { kEnds, kKind, kWeight };
  std::size_t place = 0;
  Part part = Part::kEnds;
};

struct BatchCounts {
  std::uint64_t links_added = 0;
  std::uint64_t links_removed = 0;
  std::uint64_t members_added = 0;
  std::uint64_t unchanged = 0;  // edits that found the link as they wanted it
};

// One version in the making. Not thread-safe.
class ChangePlan {
 public:
  // `states` are of links between members that the graph has; those not named are not there.
  using States = std::map<LinkPlace, LinkState>;
  ChangePlan(const GraphInfo& before, States states)
      : before_(before), states_(std::make_shared<const States>(std::move(states))) {}

  // INVALID_ARGUMENT for links of members to themselves, of members that are in neither the graph nor the
  // version, and for weights and kinds that the graph cannot hold; FAILED_PRECONDITION for a weight that
  // contradicts the one the link has, or had before this version; RESOURCE_EXHAUSTED for more members than a
  // graph may have. The plan is then as before. Where it is a link edit that is refused, `refused` says
  // which; messages about members name the member, or how many there are.
  absl::StatusOr<BatchCounts> Add(const ChangeBatch& batch, std::optional<RefusedEdit>* refused = nullptr);

  // Whether any batch changed anything.
  bool empty() const { return changed_.empty() && members_.empty(); }
  // Whether the version adds this member.
  bool Adds(MemberKey key) const { return added_.contains(key); }
  // Whether the key of each new member is its dense id.
  bool KeepsDenseKeys() const;
  // The graph with all batches, and what each shard has to write for it.
  GraphInfo After() const;
  std::vector<ChangeRecord> Records(std::uint64_t ticket) const;

 private:
  struct Change {
    MemberKey source = 0;
    MemberKey receiver = 0;
    LinkState before;
    LinkState now;
  };
  absl::Status AddMembers(const std::vector<AddedMember>& members);
  // `part` becomes what is wrong.
  absl::Status Edit(const LinkEdit& edit, BatchCounts& counts, RefusedEdit::Part& part);
  absl::StatusOr<MemberId> IdOf(const MemberRef& member) const;
  absl::Status CheckColumns(const LinkEdit& edit, RefusedEdit::Part& part) const;
  std::uint32_t members_count() const {
    return before_.members() + static_cast<std::uint32_t>(members_.size());
  }
  ShardIndex OwnerOf(MemberId member) const;

  const GraphInfo before_;
  const std::shared_ptr<const States> states_;
  std::map<LinkPlace, Change> changed_;  // those that are not as they were
  std::vector<AddedMember> members_;
  absl::flat_hash_map<MemberKey, MemberId> added_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_GRAPH_CHANGE_H_
