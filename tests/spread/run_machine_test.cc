// Two machines whose frames are moved by hand. Random orders and faults: tests/simulation.
#include "engine/spread/run_machine.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::SizeIs;

class RunMachineTest : public testing::Test {
 protected:
  // 10 -> 20 -> 30 -> 40 -> 50, of which the first three are with machine 0.
  RunMachineTest()
      : source_(Path(5)),
        shards_(Shards::InMemory(
            source_, PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 3, 5}).value())) {}

  RunSpec Spec(JudgeRun run = {.forward = Threshold::FromFixed(Threshold::kOne),
                               .seed_members = {10}}) const {
    RunSpec spec = shards_.SpecFor(run);
    spec.run_id = 8;
    return spec;
  }
  std::unique_ptr<RunMachine> Machine(std::uint32_t shard, const RunSpec& spec,
                                      std::vector<std::string>& sent) {
    return std::make_unique<RunMachine>(spec, shards_.info().partition, std::vector{shards_.images()[shard]},
                                        [&sent](std::string frame) { sent.push_back(std::move(frame)); });
  }
  static void Move(std::vector<std::string>& frames, RunMachine& to) {
    for (const std::string& frame : frames) ASSERT_TRUE(to.Receive(frame).ok());
    frames.clear();
  }

  const VectorLinkSource source_;
  const Shards shards_;
  InlineExecutor executor_;
  std::vector<std::string> sent_a_, sent_b_;
};

TEST_F(RunMachineTest, AStepNeedsEverybodysMarker) {
  const auto a = Machine(0, Spec(), sent_a_), b = Machine(1, Spec(), sent_b_);
  ASSERT_TRUE(a->Start(executor_).ok());
  EXPECT_FALSE(a->Ready());
  ASSERT_THAT(sent_a_, SizeIs(2));  // 20 forwards; the marker
  EXPECT_EQ(DecodeFrame(sent_a_[0])->header.events_count, 1u);
  EXPECT_EQ(DecodeFrame(sent_a_[1])->header.kind, FrameKind::kMarker);
  EXPECT_EQ(DecodeFrame(sent_a_[1])->header.sequence, 1u);
  ASSERT_TRUE(b->Start(executor_).ok());
  ASSERT_THAT(sent_b_, SizeIs(1));
  Move(sent_b_, *a);
  EXPECT_TRUE(a->Ready());
  EXPECT_FALSE(b->Ready());
}

TEST_F(RunMachineTest, BothMachinesKnowTheWholeRun) {
  const auto a = Machine(0, Spec(), sent_a_), b = Machine(1, Spec(), sent_b_);
  ASSERT_TRUE(a->Start(executor_).ok());
  ASSERT_TRUE(b->Start(executor_).ok());
  for (int step = 1; step <= 5; ++step) {
    EXPECT_FALSE(a->done());
    Move(sent_a_, *b);
    Move(sent_b_, *a);
    ASSERT_TRUE(a->Ready() && b->Ready());
    ASSERT_TRUE(a->Advance(executor_).ok());
    ASSERT_TRUE(b->Advance(executor_).ok());
  }
  EXPECT_TRUE(a->done() && b->done());
  EXPECT_FALSE(a->Ready());
  ASSERT_THAT(a->lanes(), SizeIs(1));
  EXPECT_EQ(a->steps(), b->steps());
  LaneOutcome whole = a->lanes()[0];
  whole.digest += b->lanes()[0].digest;
  const JudgeRun run{.forward = Threshold::FromFixed(Threshold::kOne), .seed_members = {10}};
  EXPECT_EQ(Difference(Judge(ForJudge(Path(5)), run), whole), "");
  EXPECT_EQ(a->events_sent(), 2u);
  EXPECT_EQ(b->events_sent(), 2u);
}

TEST_F(RunMachineTest, WithoutStepsARunIsDoneAtOnceAndSendsNothing) {
  RunSpec spec = Spec();
  spec.max_steps = 0;
  spec.replicas = 3;
  const auto a = Machine(0, spec, sent_a_);
  ASSERT_TRUE(a->Start(executor_).ok());
  EXPECT_TRUE(a->done());
  EXPECT_THAT(a->lanes(), SizeIs(3));
  EXPECT_EQ(a->lanes()[2].stop, StopReason::kMaxSteps);
  EXPECT_THAT(sent_a_, SizeIs(0));
}

// While the other machine is silent about one replica, the rest go on.
TEST_F(RunMachineTest, AWorkerNeedNotWaitForOneReplicaToTakeStepsOfAnother) {
  RunSpec spec = Spec();
  spec.replicas = 5;
  spec.lanes = 2;
  const auto a = Machine(0, spec, sent_a_), b = Machine(1, spec, sent_b_);
  ASSERT_TRUE(a->Start(executor_).ok());
  ASSERT_TRUE(b->Start(executor_).ok());
  const auto replica_of = [](const std::string& frame) { return DecodeFrame(frame)->header.key.replica; };
  std::vector<std::string> held;
  for (int turn = 0; turn < 100; ++turn) {
    for (std::string& frame : sent_b_) {
      if (replica_of(frame) == 0) {
        held.push_back(std::move(frame));
      } else {
        ASSERT_TRUE(a->Receive(frame).ok());
      }
    }
    sent_b_.clear();
    Move(sent_a_, *b);
    if (a->Ready()) {
      ASSERT_TRUE(a->Advance(executor_).ok());
    }
    if (b->Ready()) {
      ASSERT_TRUE(b->Advance(executor_).ok());
    }
  }
  EXPECT_EQ(a->replicas_done(), 4u) << "all but the one that is held up";
  EXPECT_FALSE(a->done());
  Move(held, *a);
  for (int turn = 0; turn < 10 && !a->done(); ++turn) {
    if (a->Ready()) {
      ASSERT_TRUE(a->Advance(executor_).ok());
    }
    Move(sent_a_, *b);
    if (b->Ready()) {
      ASSERT_TRUE(b->Advance(executor_).ok());
    }
    Move(sent_b_, *a);
  }
  ASSERT_TRUE(a->done() && b->done());
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(a->lanes()[i].replica, i);
  EXPECT_EQ(a->steps(), b->steps());
}

TEST_F(RunMachineTest, FramesOfAnotherAttemptDoNotCount) {
  RunSpec stale = Spec();
  stale.attempt = 0;
  const auto a = Machine(0, Spec(), sent_a_), b = Machine(1, stale, sent_b_);
  ASSERT_TRUE(a->Start(executor_).ok());
  ASSERT_TRUE(b->Start(executor_).ok());
  Move(sent_b_, *a);
  EXPECT_FALSE(a->Ready());
}

}  // namespace
}  // namespace lawine
