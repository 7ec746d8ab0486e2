// Ranks of members by centrality, for choosing where a message starts: PageRank (Page, Brin, Motwani,
// Winograd 1998) and core numbers (Seidman 1983; Kitsak et al. 2010 for spreading). "Ranks" in
// engine/README.md defines both to the last bit.
//
// What needs links is asked of the shards, each for its receivers; integers are added up, so the answer does
// not depend on shards.
#ifndef LAWINE_ENGINE_STORE_MEMBER_RANKS_H_
#define LAWINE_ENGINE_STORE_MEMBER_RANKS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/ids.h"
#include "engine/store/shard_image.h"

namespace lawine {

// Who is followed by members of high rank has a high rank. Rounds in which every member passes on a part of
// its rank to those it follows:
//   for (int round = 0; round < PageRank::kRounds; ++round) {
//     rank.Take(sums over followers of rank.PassedOn());
//   }
class PageRank {
 public:
  static constexpr int kRounds = 20;
  static constexpr std::uint64_t kOne = 1ull << 32;

  // `followees[i]` links lead to member i.
  explicit PageRank(std::vector<std::uint32_t> followees);
  // By member: what it passes on along each of them.
  std::vector<std::uint64_t> PassedOn() const;
  // `sums`: by member, what it got.
  void Take(std::vector<std::uint64_t> sums);
  const std::vector<std::uint64_t>& ranks() const { return ranks_; }

 private:
  const std::vector<std::uint32_t> followees_;
  std::vector<std::uint64_t> ranks_;
};

// A member's core number is the largest k such that it is in the k-core: among members of whom each has k
// followers among them. Members leave from the outside in:
//   for (leaving = cores.Leave(); !leaving.empty(); leaving = cores.Leave())
//     cores.LoseFollowers(whom they follow);
class CorePeeling {
 public:
  explicit CorePeeling(std::vector<std::uint32_t> audiences);
  // Dense ids of those that leave next; none: all have left.
  std::vector<std::uint32_t> Leave();
  // Those that left last followed these, one entry a link.
  void LoseFollowers(std::span<const std::uint32_t> followees);
  // REQUIRES: all have left.
  const std::vector<std::uint32_t>& cores() const { return cores_; }

 private:
  void Remove(std::uint32_t member);

  std::vector<std::uint32_t> followers_;  // that have not left
  std::vector<std::uint32_t> cores_;
  std::vector<bool> left_;
  std::vector<std::uint32_t> staying_;
  std::vector<std::uint32_t> leaving_;
  std::uint32_t core_ = 0;  // of those that leave now
};

// Adds what followers of the shard pass on (`passed_on`, by member of its range) to the sums of all members
// of the graph. In parallel on `executor`. Fails when lists that are not in memory cannot be read.
absl::Status AddPassedOn(const ShardImage& image, std::span<const std::uint64_t> passed_on,
                         std::span<std::uint64_t> sums, Executor& executor);

// Calls visit with the followees of those of `members` that are the shard's. FAILED_PRECONDITION when a
// memory limit keeps them out of memory.
absl::Status VisitFollowees(const ShardImage& image, std::span<const std::uint32_t> members,
                            const std::function<void(std::uint32_t)>& visit);

}  // namespace lawine

#endif  // LAWINE_ENGINE_STORE_MEMBER_RANKS_H_
