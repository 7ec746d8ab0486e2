#include "services/coordinator/runs/run_blocks.h"

#include "gtest/gtest.h"
#include "services/common/wire.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr int kTurnsMax = 20'000;

// What so many workers say at the end of a block of one replica that reached nobody.
pbi::RunBlock Block(std::uint32_t replica, int workers, int turns) {
  LaneOutcome lane;
  lane.replica = replica;
  pbi::RunBlock block;
  block.set_first_replica(replica);
  block.set_replicas(1);
  for (int w = 0; w < workers; ++w) {
    pbi::ConductRunResponse& said = *block.add_said();
    said.set_done(true);
    *said.add_lanes() = wire::ToProto(lane);
    v1::WorkerTrace& trace = *said.mutable_trace();
    trace.set_first_replica(replica);
    trace.set_worked_us(7);
    trace.set_turns_left_out(3);
    for (int turn = 0; turn < turns; ++turn) {
      trace.add_turns()->set_begin_us(static_cast<std::uint64_t>(turn));
    }
  }
  return block;
}

RunPlan Plan(std::uint32_t replicas) {
  RunPlan plan;
  plan.spec.replicas = replicas;
  return plan;
}

int TurnsIn(const RunSoFar& so_far) {
  int turns = 0;
  for (const v1::WorkerTrace& trace : so_far.outcome.traces) turns += trace.turns_size();
  return turns;
}

TEST(RunBlocksTest, ManyWorkersTellFewerTurnsEachAndNoneIsLeftOut) {
  RunSoFar so_far;
  const absl::Status added = AddBlock(Plan(2), Block(0, 30, 1'024), so_far);
  ASSERT_TRUE(added.ok()) << added;
  ASSERT_EQ(so_far.outcome.traces.size(), 30u);
  EXPECT_LE(TurnsIn(so_far), kTurnsMax);
  EXPECT_GT(TurnsIn(so_far), kTurnsMax - 30);
  for (const v1::WorkerTrace& trace : so_far.outcome.traces) {
    EXPECT_EQ(trace.worked_us(), 7u);
    EXPECT_EQ(static_cast<std::uint64_t>(trace.turns_size()) + trace.turns_left_out(), 1'024u + 3);
    EXPECT_EQ(trace.turns(trace.turns_size() - 1).begin_us(),
              static_cast<std::uint64_t>(trace.turns_size() - 1));
  }
  ASSERT_TRUE(AddBlock(Plan(2), Block(1, 30, 1'024), so_far).ok());
  EXPECT_LE(TurnsIn(so_far), kTurnsMax);
}

TEST(RunBlocksTest, FewWorkersTellAllTheirTurnsAsLongAsThereIsRoom) {
  RunSoFar so_far;
  for (std::uint32_t replica = 0; replica < 10; ++replica) {
    ASSERT_TRUE(AddBlock(Plan(10), Block(replica, 4, 1'000), so_far).ok());
  }
  EXPECT_EQ(so_far.replicas, 10u);
  EXPECT_EQ(so_far.outcome.lanes.size(), 10u);
  ASSERT_EQ(so_far.outcome.traces.size(), 20u);
  EXPECT_EQ(TurnsIn(so_far), kTurnsMax);
  EXPECT_EQ(so_far.outcome.traces.back().first_replica(), 4u);
  EXPECT_EQ(so_far.outcome.traces.back().turns_left_out(), 3u);
}

TEST(RunBlocksTest, AGapBetweenBlocksIsDamage) {
  RunSoFar so_far;
  ASSERT_TRUE(AddBlock(Plan(3), Block(0, 1, 1), so_far).ok());
  EXPECT_EQ(AddBlock(Plan(3), Block(2, 1, 1), so_far).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(so_far.replicas, 1u);
}

}  // namespace
}  // namespace lawine
