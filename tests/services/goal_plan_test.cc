// What posts cost together stays countable.
#include "services/coordinator/plan/goal_plan.h"

#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Costs of `members` posts at `post` each, in so many replicas.
absl::StatusOr<std::vector<std::uint64_t>> Costs(std::uint64_t post, std::uint32_t members,
                                                 std::uint32_t replicas) {
  v1::Costs costs;
  costs.set_post(post);
  RunSpec spec;
  spec.replicas = replicas;
  for (std::uint32_t member = 0; member < members; ++member) spec.seed_members.emplace_back(member);
  const internal::v1::GraphRecord graph;
  return PlanCosts(costs, spec, Members(graph, Placement()));
}

TEST(GoalPlanTest, CostsAreRefusedWhereTheirSumWouldNotFit) {
  constexpr std::uint64_t kPost = 1'000'000'000'000;
  EXPECT_THAT(Costs(kPost, 900, 10'000).value(), ElementsAre(900 * kPost));
  EXPECT_THAT(Costs(kPost, 9'000, 1).value(), ElementsAre(9'000 * kPost));
  for (const auto& [members, replicas] :
       {std::pair(50'000u, 10'000u), std::pair(1'000u, 10'000u), std::pair(50'000u, 1u)}) {
    const absl::Status status = Costs(kPost, members, replicas).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << members << " in " << replicas;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("costs: expected posts of a message to cost at most"));
  }
}

}  // namespace
}  // namespace lawine
