// What workers say is looked at before it is believed.
#include "services/common/wire.h"

#include "gtest/gtest.h"

namespace lawine {
namespace {

TEST(WireTest, AReplicaComesThroughAsItWas) {
  LaneOutcome lane;
  lane.replica = 7;
  lane.last_step = 3;
  lane.stop = StopReason::kMaxSteps;
  lane.reach = 11;
  lane.first_step = 0;
  lane.digest = {.high = 1, .low = 2};
  const auto read = wire::FromProto(wire::ToProto(lane));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, lane);
}

TEST(WireTest, AReasonToStopThatIsNoneIsRefused) {
  for (const std::uint32_t stop : {0u, 3u, 257u, ~0u}) {
    auto row = wire::ToProto(LaneOutcome());
    row.set_stop(stop);
    EXPECT_EQ(wire::FromProto(row).status().code(), absl::StatusCode::kInvalidArgument) << stop;
  }
}

TEST(WireTest, AnAccountKindThatIsNoneIsRefused) {
  ModelSpec model;
  MemberChoice& choice = model.interventions.emplace_back().immune.emplace();
  choice.account_kinds = {1, 255};
  auto plan = wire::ToProto(model);
  const auto read = wire::FromProto(plan);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->interventions[0].immune->account_kinds, choice.account_kinds);
  plan.mutable_interventions(0)->mutable_immune()->set_account_kinds(1, 257);
  EXPECT_EQ(wire::FromProto(plan).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lawine
