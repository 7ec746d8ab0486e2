// Choosing seed members by rule. Every shard proposes its best candidates; the best of all proposals are
// the seed members, so the choice does not depend on shards. Ties go to the smaller seed-choice coin.
#ifndef LAWINE_ENGINE_SPREAD_SEED_CHOICE_H_
#define LAWINE_ENGINE_SPREAD_SEED_CHOICE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/store/shard_members.h"

namespace lawine {

struct SeedRule {
  enum class Kind : std::uint8_t {
    kRandom = 1,           // uniform: the smallest coins
    kAudience = 2,         // audience nearest to `audience`
    kHighestAudience = 3,  // the largest audiences
  };
  Kind kind = Kind::kRandom;
  std::uint32_t audience = 0;
  std::uint32_t count = 1;
  std::uint64_t run_seed = 1;
  std::uint8_t account_kind = 0;                // only members of this kind; 0: all
  std::optional<std::uint32_t> community = {};  // only members of this one
  std::optional<std::uint8_t> network = {};     // the same
};

// Smaller is better.
struct SeedCandidate {
  std::uint64_t rank = 0;  // distance from what was asked for; 0 = exactly
  std::uint64_t coin = 0;
  MemberKey key = 0;
  MemberId member;
  std::uint32_t audience = 0;
  friend auto operator<=>(const SeedCandidate&, const SeedCandidate&) = default;
};

// The shard's best `rule.count` members, best first.
std::vector<SeedCandidate> ProposeSeeds(const ShardMembers& members, const SeedRule& rule);

// Adds proposals and keeps the best `count`, best first.
void MergeSeeds(const std::vector<SeedCandidate>& proposals, std::uint32_t count,
                std::vector<SeedCandidate>& best);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_SEED_CHOICE_H_
