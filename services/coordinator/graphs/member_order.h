// Members of a graph by rank, worked out by its workers together: engine/store/member_ranks.h over gRPC.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBER_ORDER_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBER_ORDER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/registry.pb.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

enum class RankKind : std::uint8_t { kPageRank = 1, kCore = 2 };

// Dense ids of all members, highest rank first; of equal rank (of equal cores: the larger audience first) in
// order of their ids.
using MemberOrder = std::shared_ptr<const std::vector<std::uint32_t>>;

// What took seconds once is kept for the questions that follow. Thread-safe.
class MemberOrders {
 public:
  // `members_max`: of all graphs together whose ranks are worked out at the same time, for that takes memory.
  explicit MemberOrders(std::uint32_t members_max = 100'000'000) : members_max_(members_max) {}

  // Who asks while another works the same out waits for that. Others wait only for room. RESOURCE_EXHAUSTED
  // for graphs that are too large; UNAVAILABLE, as ShardsMove, when shards are to move meanwhile;
  // DEADLINE_EXCEEDED after kTimeout; CANCELLED; what workers say.
  absl::StatusOr<MemberOrder> Get(const internal::v1::GraphInfo& graph, const Placement& placement,
                                  RankKind kind, Cancellation& cancellation);

 private:
  static constexpr std::size_t kKept = 4;
  static constexpr absl::Duration kTimeout = absl::Minutes(30);
  using Key = std::pair<std::string, RankKind>;  // with the graph's digest

  // What is kept; or null, and then the caller works it out and says End.
  absl::StatusOr<MemberOrder> Begin(const Key& key, std::uint32_t members_count, absl::Time deadline,
                                    const Placement& placement, const Cancellation& cancellation);
  void End(const Key& key, const absl::StatusOr<MemberOrder>& order);
  MemberOrder Kept(const Key& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::uint32_t members_max_;
  mutable Mutex mutex_;
  CondVar ended_;
  std::map<Key, std::uint32_t> worked_out_ ABSL_GUARDED_BY(mutex_);  // just now: members of the graph
  std::deque<std::pair<Key, MemberOrder>> kept_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBER_ORDER_H_
