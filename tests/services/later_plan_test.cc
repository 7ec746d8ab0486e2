// What may be branched, and what shows that a branch is none.
#include "services/coordinator/plan/later_plan.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;
using ::testing::HasSubstr;

using StepRows = google::protobuf::RepeatedPtrField<pb::StepCounts>;

// A row a step, with so many deliveries.
void SetStepRows(const std::vector<std::uint64_t>& deliveries, StepRows& rows, pb::Totals& totals) {
  for (const std::uint64_t count : deliveries) {
    const auto step = static_cast<std::uint32_t>(rows.size());
    pb::StepCounts& row = *rows.Add();
    row.set_step(step);
    row.set_deliveries(count);
    totals.set_steps(step);
  }
}

// Of two messages.
pb::RunResult TwoMessages(const std::vector<std::uint64_t>& first, const std::vector<std::uint64_t>& second) {
  pb::RunResult result;
  result.mutable_manifest()->set_run("runs/7");
  SetStepRows(first, *result.mutable_steps(), *result.mutable_totals());
  for (const auto& deliveries : {first, second}) {
    pb::MessageResult& message = *result.add_messages();
    SetStepRows(deliveries, *message.mutable_steps(), *message.mutable_totals());
  }
  return result;
}

TEST(CheckBranchTest, WhereThereIsNoRowNothingHappened) {
  const pb::RunResult run = TwoMessages({1, 2, 3, 4}, {0, 0, 0, 0, 9});
  EXPECT_TRUE(CheckBranch(run, TwoMessages({1, 2, 3}, {0}), 2).ok());
  EXPECT_TRUE(CheckBranch(TwoMessages({1, 2, 3}, {0}), run, 2).ok());
  EXPECT_TRUE(CheckBranch(run, TwoMessages({1, 2, 3, 4, 5, 6}, {}), 3).ok());
  const pb::RunResult ended = TwoMessages({1}, {0});
  EXPECT_TRUE(CheckBranch(ended, TwoMessages({1, 0, 0, 5}, {0, 0, 0, 1}), 2).ok());
  EXPECT_FALSE(CheckBranch(ended, TwoMessages({1, 0, 0, 5}, {0, 0, 0, 1}), 3).ok());
}

TEST(CheckBranchTest, OtherStepsBeforeAreNotTheRuns) {
  const pb::RunResult run = TwoMessages({1, 2, 3, 4}, {0, 0, 0, 0, 9});
  for (const pb::RunResult& other : {TwoMessages({1, 2, 4}, {0}), TwoMessages({1, 2}, {0}),
                                     TwoMessages({1, 2, 3, 4}, {0, 0, 1}), TwoMessages({}, {})}) {
    for (const auto& [a, b] : {std::pair(&run, &other), std::pair(&other, &run)}) {
      EXPECT_EQ(CheckBranch(*a, *b, 2).code(), absl::StatusCode::kDataLoss) << other.ShortDebugString();
    }
  }
  pb::RunResult elsewhere = run;
  elsewhere.set_graph_digest("another graph's");
  EXPECT_EQ(CheckBranch(run, elsewhere, 2).code(), absl::StatusCode::kDataLoss);
}

TEST(BranchOfTest, IsAtTheLastStepOfAnyMessageAtMost) {
  const pb::RunResult run = TwoMessages({1, 2}, {0, 0, 0, 0, 9});
  EXPECT_TRUE(BranchOf(run, 4, pb::Scenario()).ok());
  const absl::Status refused = BranchOf(run, 5, pb::Scenario()).status();
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("branch_of.after_step: expected at most 4, the last step of runs/7, found 5"));
}

}  // namespace
}  // namespace lawine
