// What a version of a graph changes of a shard as it is stored: the sum of change records, as those need it
// who read blocks (changed_reader.h) or lay lists over an image (changed_lists.h).
#ifndef LAWINE_ENGINE_STORE_SHARD_DELTA_H_
#define LAWINE_ENGINE_STORE_SHARD_DELTA_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/follower_block.h"
#include "engine/store/change_record.h"
#include "engine/store/shard_manifest.h"
#include "engine/store/shard_members.h"

namespace lawine {

// Immutable; thread-safe.
class ShardDelta {
 public:
  // How one link is now, whatever it was.
  struct Link {
    std::uint32_t receiver = 0;  // local id
    std::uint8_t kind = 0;
    bool there = false;
    std::uint32_t weight = 0;
  };
  using Links = std::vector<Link>;  // ascending by (receiver, kind)

  // `base` are the members as stored; `records` all that follow their version, in order. DATA_LOSS when a
  // record does not fit what is before it.
  static absl::StatusOr<std::shared_ptr<const ShardDelta>> Of(const ShardMembers& base,
                                                              std::span<const ChangeRecord> records);

  // Of the shard as it is stored, and with the changes.
  const ShardManifest& base() const { return base_; }
  const ShardManifest& manifest() const { return manifest_; }
  std::uint32_t members_before() const { return base_.graph.members(); }

  // By source; what is not here is as it is stored.
  const std::map<std::uint32_t, Links>& links() const { return links_; }
  // What is added to the audiences and numbers of followees of members, by local id.
  const std::map<std::uint32_t, std::int64_t>& audiences() const { return audiences_; }
  const std::map<std::uint32_t, std::int64_t>& followees() const { return followees_; }
  // New members of the graph, by dense id from members_before() on.
  std::span<const AddedMember> added() const { return added_; }

 private:
  explicit ShardDelta(const ShardManifest& base) : base_(base), manifest_(base) {}
  absl::Status Add(const ChangeRecord& record);
  absl::Status AddMembers(const ChangeRecord& record);
  absl::Status AddLinks(const ChangeRecord& record);
  absl::Status CheckDegrees(const ShardMembers& base);
  absl::Status CountByStride();

  const ShardManifest base_;
  ShardManifest manifest_;
  std::map<std::uint32_t, Links> links_;
  std::map<std::uint32_t, std::int64_t> links_by_stride_;  // what is added
  std::map<std::uint32_t, std::int64_t> audiences_;
  std::map<std::uint32_t, std::int64_t> followees_;
  std::vector<AddedMember> added_;
};

// Appends the list of one source as it is now: entries first .. first + count - 1 of `lists`, as stored, with
// `changes`.
// Calls came(receiver) and went(receiver) for links that were not there and are, and the other way round.
template <class Came, class Went>
void AppendChanged(const FollowerLists& lists, std::size_t first, std::size_t count,
                   std::span<const ShardDelta::Link> changes, LinkColumns columns, FollowerLists& out,
                   Came&& came, Went&& went) {
  const std::size_t before = out.followers.size();
  const auto append = [&](std::uint32_t receiver, std::uint8_t kind, std::uint32_t weight) {
    out.followers.push_back(receiver);
    if (columns.kinds) out.kinds.push_back(kind);
    if (columns.weights) out.weights.push_back(weight);
  };
  const std::size_t end = first + count;
  std::size_t at = first;
  for (std::size_t c = 0; at < end || c < changes.size();) {
    const std::uint8_t kind = at < end && columns.kinds ? lists.kinds[at] : std::uint8_t{0};
    const auto stored = at < end ? std::pair<std::uint64_t, std::uint8_t>(lists.followers[at], kind)
                                 : std::pair<std::uint64_t, std::uint8_t>(~std::uint64_t{0}, 0);
    const bool changed = c < changes.size() && std::pair<std::uint64_t, std::uint8_t>(
                                                   changes[c].receiver, changes[c].kind) <= stored;
    if (!changed) {
      append(lists.followers[at], kind, columns.weights ? lists.weights[at] : 0);
      ++at;
      continue;
    }
    const ShardDelta::Link& change = changes[c++];
    const bool was_there = stored.first == change.receiver && stored.second == change.kind;
    if (was_there) ++at;
    if (change.there) append(change.receiver, change.kind, change.weight);
    if (change.there && !was_there) came(change.receiver);
    if (!change.there && was_there) went(change.receiver);
  }
  out.counts.push_back(static_cast<std::uint32_t>(out.followers.size() - before));
}

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_SHARD_DELTA_H_
