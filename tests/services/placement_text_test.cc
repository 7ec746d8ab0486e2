// What the command line says of rebalances.
#include "services/cli/text/placement_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine::cli {
namespace {

using testing::HasSubstr;

void AddMove(google::protobuf::RepeatedPtrField<v1::ShardMove>& moves, std::uint32_t shard,
             v1::ShardMoveState state, std::uint64_t copied = 0, const std::string& problem = "") {
  v1::ShardMove& move = *moves.Add();
  move.set_graph("hyves");
  move.set_shard(shard);
  move.set_from_node_id("w-1");
  move.set_to_node_id("w-3");
  move.set_bytes(4 << 20);
  move.set_reason("w-1 holds 2 shards of it, 1 when they are spread evenly");
  move.set_state(state);
  move.set_bytes_copied(copied);
  move.set_problem(problem);
}

TEST(PlacementTextTest, APlanSaysWhatWouldMoveAndWhy) {
  v1::PlanRebalanceResponse plan;
  AddMove(*plan.mutable_moves(), 1, v1::SHARD_MOVE_STATE_UNSPECIFIED);
  v1::WorkerLoad& load = *plan.add_workers();
  load.set_node_id("w-1");
  load.set_address("10.0.0.1:7071");
  load.set_shards(2);
  load.set_shards_after(1);
  load.set_bytes(8 << 20);
  load.set_bytes_after(4 << 20);
  EXPECT_EQ(PlanText(plan, false),
            "graph  shard  from  to      size  why\n"
            "hyves      1  w-1   w-3  4.0 MiB  w-1 holds 2 shards of it, 1 when they are spread evenly\n"
            "\n"
            "worker  address        shards  after     disk    after\n"
            "w-1     10.0.0.1:7071       2      1  8.0 MiB  4.0 MiB\n"
            "\n"
            "1 shard, 4.0 MiB, would move: lawine cluster rebalance apply\n");
  EXPECT_EQ(PlanText({}, false), "Nothing to move: every graph is spread as evenly as its shards allow.\n");
}

TEST(PlacementTextTest, StatusSaysHowFarItIs) {
  v1::Rebalance rebalance;
  rebalance.set_state(v1::REBALANCE_STATE_RUNNING);
  AddMove(*rebalance.mutable_moves(), 1, v1::SHARD_MOVE_STATE_MOVED, 4 << 20);
  AddMove(*rebalance.mutable_moves(), 2, v1::SHARD_MOVE_STATE_COPYING, 1 << 20, "worker w-3 is not there");
  EXPECT_EQ(RebalanceText(rebalance, false),
            "rebalance going on: 1 of 2 shards moved, 5.0 MiB of 8.0 MiB copied\n"
            "\n"
            "graph  shard  from  to      size  copied\n"
            "hyves      1  w-1   w-3  4.0 MiB  100.00  moved\n"
            "hyves      2  w-1   w-3  4.0 MiB   25.00  copying\n"
            "\n"
            "shard 2 of hyves: worker w-3 is not there\n");
  rebalance.set_state(v1::REBALANCE_STATE_FAILED);
  rebalance.mutable_moves(1)->set_state(v1::SHARD_MOVE_STATE_FAILED);
  EXPECT_THAT(RebalanceText(rebalance, false), HasSubstr("rebalance done, but for what was given up"));
  EXPECT_THAT(RebalanceText(rebalance, false), HasSubstr("25.00  given up\n"));
}

}  // namespace
}  // namespace lawine::cli
