// Looking members up across the workers of a graph.
#ifndef LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBERS_H_
#define LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBERS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/spread/seed_choice.h"
#include "lawine/internal/v1/registry.pb.h"
#include "lawine/v1/graph.pb.h"
#include "services/coordinator/graphs/member_order.h"
#include "services/coordinator/workers/cancellation.h"
#include "services/coordinator/workers/worker_directory.h"

namespace lawine {

// One graph's members, read from the workers that hold them. Use for one request.
class Members {
 public:
  // `orders` keeps what is worked out of ranks, if somebody asks for them; `cancellation` ends that and what
  // workers are asked, CANCELLED. All must outlive it.
  Members(const internal::v1::GraphRecord& graph, Placement placement, MemberOrders* orders = nullptr,
          Cancellation* cancellation = nullptr)
      : graph_(graph), placement_(std::move(placement)), orders_(orders), cancellation_(cancellation) {}

  const std::string& graph_name() const { return graph_.info().name(); }
  absl::StatusOr<MemberOrder> Ranked(RankKind kind) const {
    MemberOrders own;
    Cancellation nobody;
    return (orders_ == nullptr ? own : *orders_)
        .Get(graph_.info(), placement_, kind, cancellation_ == nullptr ? nobody : *cancellation_);
  }

  // Key of an external id. INVALID_ARGUMENT when the graph has integer ids and `id` is none.
  absl::StatusOr<MemberKey> KeyOf(const std::string& id) const;
  // External id of a record.
  std::string IdOf(const internal::v1::MemberRecord& record) const;

  // Records of those that exist, in order of dense id.
  absl::StatusOr<std::vector<internal::v1::MemberRecord>> ByKey(const std::vector<MemberKey>& keys) const;
  absl::StatusOr<std::vector<internal::v1::MemberRecord>> ById(const std::vector<std::uint32_t>& ids) const;

  // The same with network, account kind and community. Reads from disk.
  absl::StatusOr<std::vector<internal::v1::MemberRecord>> ProfilesOf(
      const std::vector<std::uint32_t>& ids) const;

  // The `count` communities with most members, ascending by number.
  absl::StatusOr<std::vector<std::uint32_t>> LargestCommunities(std::size_t count) const;

  // Best members by a rule, over all shards, best first.
  absl::StatusOr<std::vector<SeedCandidate>> Choose(const SeedRule& rule) const;

  absl::StatusOr<lawine::v1::GetMemberResponse> Describe(const std::string& id,
                                                         std::uint32_t followers) const;

 private:
  internal::v1::ReadMembersRequest RequestOf(const std::vector<MemberKey>& keys) const;
  // Workers that may hold what is asked for.
  std::vector<WorkerHandle> HoldersOf(const internal::v1::ReadMembersRequest& request) const;
  // Dense ids, ascending.
  absl::StatusOr<std::vector<std::uint32_t>> FirstFollowers(std::uint32_t source, std::uint32_t count) const;
  absl::StatusOr<std::vector<internal::v1::MemberRecord>> Read(
      const internal::v1::ReadMembersRequest& request) const;

  const internal::v1::GraphRecord& graph_;
  const Placement placement_;
  MemberOrders* const orders_;
  Cancellation* const cancellation_;
};

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_GRAPHS_MEMBERS_H_
