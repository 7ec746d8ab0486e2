// What posts cost together stays countable.
#include "services/coordinator/plan/goal_plan.h"

#include <memory>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::vector<MessageCosts>> Costs(std::uint64_t post, const RunSpec& spec) {
  v1::Costs costs;
  costs.set_post(post);
  const internal::v1::GraphRecord graph;
  return PlanCosts(costs, spec, Members(graph, Placement()));
}

// A replica in which the first receipt was at this step.
LaneOutcome FirstReceiptAt(std::uint32_t step) {
  LaneOutcome lane;
  lane.first_step = step;
  return lane;
}

// What `members` seed members cost at `post` each, in one of so many replicas.
absl::StatusOr<std::uint64_t> SeedCost(std::uint64_t post, std::uint32_t members, std::uint32_t replicas) {
  RunSpec spec;
  spec.replicas = replicas;
  for (std::uint32_t member = 0; member < members; ++member) spec.seed_members.emplace_back(member);
  const auto costs = Costs(post, spec);
  if (!costs.ok()) return costs.status();
  return costs->at(0).In(FirstReceiptAt(0), {});
}

TEST(GoalPlanTest, CostsAreRefusedWhereTheirSumWouldNotFit) {
  constexpr std::uint64_t kPost = 1'000'000'000'000;
  EXPECT_EQ(SeedCost(kPost, 900, 10'000).value(), 900 * kPost);
  EXPECT_EQ(SeedCost(kPost, 9'000, 1).value(), 9'000 * kPost);
  for (const auto& [members, replicas] :
       {std::pair(50'000u, 10'000u), std::pair(1'000u, 10'000u), std::pair(50'000u, 1u)}) {
    const absl::Status status = SeedCost(kPost, members, replicas).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << members << " in " << replicas;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("costs: expected posts of a message to cost at most"));
  }
}

TEST(GoalPlanTest, ATargetWithoutMembersIsRefusedByItsField) {
  const internal::v1::GraphRecord graph;
  const Members nobody(graph, Placement());
  v1::Target target;
  target.set_network("facebook");
  const absl::Status absent = CheckTargetIsThere(target, nobody);
  EXPECT_EQ(FieldOf(absent), "target.network") << absent;
  EXPECT_THAT(std::string(absent.message()), HasSubstr("found no members of network facebook"));
  target.set_community(3);
  EXPECT_EQ(FieldOf(CheckTargetIsThere(target, nobody)), "target.community");
}

// Two messages, the other one of which starts when the first has reached some: its one seed member, and three
// members five steps later.
TEST(GoalPlanTest, OnlyWhatCameToPassIsPaid) {
  ModelSpec model;
  model.messages.resize(2);
  model.messages[0].injections = {{.step = 0, .members = {MemberId(0)}}};
  model.messages[1].injections = {{.step = 0, .members = {MemberId(1)}},
                                  {.step = 5, .members = {MemberId(2), MemberId(3), MemberId(4)}}};
  model.messages[1].start = {.kind = Trigger::Kind::kReach, .count = 9};
  RunSpec spec;
  spec.model = std::make_shared<const ModelSpec>(model);
  const MessageCosts waits = Costs(50, spec).value().at(1);
  EXPECT_EQ(waits.In(FirstReceiptAt(kNoStep), {}), 0u) << "it did not start";
  EXPECT_EQ(waits.In(FirstReceiptAt(3), {}), 200u);
  EXPECT_EQ(waits.In(FirstReceiptAt(3), 8), 200u);
  EXPECT_EQ(waits.In(FirstReceiptAt(3), 7), 50u);
  model.messages[1].start = {.kind = Trigger::Kind::kStep, .count = 2, .not_before = 4};
  spec.model = std::make_shared<const ModelSpec>(model);
  const MessageCosts known = Costs(50, spec).value().at(1);
  EXPECT_EQ(known.In(FirstReceiptAt(9), 9), 200u) << "it starts at step 4, though nobody received it then";
  EXPECT_EQ(known.In(FirstReceiptAt(4), 8), 50u);
}

}  // namespace
}  // namespace lawine
