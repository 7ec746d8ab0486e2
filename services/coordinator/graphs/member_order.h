// Members of a graph by rank, worked out by its workers together: engine/spread/member_ranks.h over gRPC.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBER_ORDER_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBER_ORDER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "lawine/internal/v1/registry.pb.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

enum class RankKind : std::uint8_t { kPageRank = 1, kCore = 2 };

// Dense ids of all members, highest rank first; of equal rank (of equal cores: the larger audience first) in
// order of their ids.
using MemberOrder = std::shared_ptr<const std::vector<std::uint32_t>>;

// What took seconds once is kept for the questions that follow. Thread-safe.
class MemberOrders {
 public:
  // RESOURCE_EXHAUSTED for graphs of more than kMembersMax members; UNAVAILABLE, as ShardsMove, when shards
  // are to move meanwhile; what workers say.
  absl::StatusOr<MemberOrder> Get(const internal::v1::GraphInfo& graph, const Placement& placement,
                                  RankKind kind);

 private:
  static constexpr std::uint32_t kMembersMax = 100'000'000;
  static constexpr std::size_t kKept = 4;
  using Key = std::pair<std::string, RankKind>;  // with the graph's digest

  Mutex working_;  // one rank is worked out at a time
  std::deque<std::pair<Key, MemberOrder>> kept_ ABSL_GUARDED_BY(working_);
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBER_ORDER_H_
