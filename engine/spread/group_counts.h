// Results by group of members: network, account kind, audience, community. Exact, and added up over shards
// and replicas.
#ifndef LAWINE_ENGINE_SPREAD_GROUP_COUNTS_H_
#define LAWINE_ENGINE_SPREAD_GROUP_COUNTS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/ids.h"
#include "engine/spread/network_spec.h"
#include "engine/store/shard_members.h"

namespace lawine {

// What became of one message in one group.
struct GroupRow {
  std::uint64_t members = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t reach = 0;
  std::uint64_t forwards = 0;   // members that begin to act
  std::uint64_t first_met = 0;  // members that met this message first of all; only of several messages
  std::uint64_t last_met = 0;   // members that met this message last of all; only of several messages
  friend bool operator==(const GroupRow&, const GroupRow&) = default;
};

// Audiences in bands: each begins at one of these and ends before the next; the last one has no end.
inline constexpr std::array<std::uint32_t, 9> kAudienceBands = {0, 1, 10, 30, 100, 300, 1'000, 3'000, 10'000};

// Groups have numbers: networks, account kinds, bands of audiences, the communities listed in order, none,
// all others. After these GroupsCount, only of several messages and only as far as there are receipts: who
// received the message at step 0, 1 and so on, and of them who met it first and last.
inline constexpr std::uint32_t kGroupNetworks = 0;
inline constexpr std::uint32_t kGroupAccountKinds = 256;
inline constexpr std::uint32_t kGroupAudiences = 512;
inline constexpr std::uint32_t kGroupCommunities = kGroupAudiences + kAudienceBands.size();
inline std::uint32_t GroupsCount(const GroupSpec& spec) {
  return kGroupCommunities + static_cast<std::uint32_t>(spec.communities.size()) + 2;
}
void AddTo(const GroupRow& row, GroupRow& sum);
// Adds up rows of the same groups; to nothing, too.
void AddTo(std::span<const GroupRow> rows, std::vector<GroupRow>& sums);

// The groups of a shard's members. Thread-safe.
class MemberGroups {
 public:
  // `members` must outlive it.
  MemberGroups(const GroupSpec& spec, const ShardMembers& members);

  std::uint32_t count() const { return count_; }
  // A network, an account kind, a band of audiences, a community.
  std::array<std::uint32_t, 4> Of(std::uint32_t local) const {
    const LocalId member(local);
    return {kGroupNetworks + members_.networks()[member],
            kGroupAccountKinds + members_.account_kinds()[member], kGroupAudiences + bands_[local],
            communities_.empty() ? community_of_all_ : std::uint32_t{communities_[local]}};
  }

 private:
  const ShardMembers& members_;
  const std::uint32_t count_;
  std::vector<std::uint8_t> bands_;
  std::uint32_t community_of_all_ = 0;
  std::vector<std::uint16_t> communities_;  // groups; empty where all members are of the same
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_GROUP_COUNTS_H_
