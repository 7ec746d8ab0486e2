#include "services/cli/text/rate_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/commands/rate_flag.h"
#include "services/cli/text/model_text.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;

TEST(RateTextTest, ARateIsKnownOrCounted) {
  v1::Model model;
  model.mutable_sir()->set_infection(0.015);
  *model.mutable_sir()->mutable_recovery_counts() = *ParseCounts("45/1200");
  EXPECT_EQ(RateText(model.sir(), "infection"), "1.5%");
  EXPECT_EQ(RateText(model.sir(), "recovery"), "45 of 1,200 as counted");
  EXPECT_EQ(ModelSentence(model), "Model SIR: infection 1.5% a try, recovery 45 of 1,200 as counted a step");
  EXPECT_TRUE(IsSome(model.sir(), "recovery"));
  EXPECT_FALSE(IsSome(v1::Growth(), "new_links"));
}

TEST(RateTextTest, LuckIsToldFromNotKnowing) {
  v1::LuckAndIgnorance found;
  found.set_measure("reach");
  found.set_luck(30);
  found.set_ignorance(40);
  found.set_ignorance_share(0.64);
  v1::RateShare& rate = *found.add_rates();
  rate.set_field("model.forward.probability");
  rate.set_share(0.64);
  EXPECT_EQ(
      LuckSentence(found, "reach"),
      "About 64% of the variance in reach comes of not knowing model.forward.probability better, the rest is "
      "luck: a standard deviation of 40.0 from not knowing, of 30.0 from luck.");
  *found.add_rates() = rate;
  EXPECT_THAT(LuckSentence(found, "reach"),
              HasSubstr("model.forward.probability (64%), model.forward.probability (64%)"));
}

TEST(RateTextTest, WhatWasCountedIsSaid) {
  v1::RunResult result;
  EXPECT_EQ(CountedSentence(result), "");
  v1::CountedRate& rate = *result.add_counted_rates();
  rate.set_field("model.forward.probability");
  *rate.mutable_counts() = *ParseCounts("45/1200");
  rate.mutable_middle95()->set_low(0.02817);
  rate.mutable_middle95()->set_high(0.0498);
  EXPECT_EQ(CountedSentence(result),
            "model.forward.probability was counted, 45 of 1,200: between 2.82% and 4.98% with 95% "
            "probability; every "
            "replica draws its own.");
  rate.set_drawn(0.031);
  EXPECT_THAT(CountedSentence(result), HasSubstr("this replica drew 3.1%."));
}

TEST(RateFlagTest, TakesANumberOrCounts) {
  EXPECT_EQ(ParseRate("--forward", "0.1")->number, 0.1);
  EXPECT_EQ(ParseRate("--forward", "3/60")->counts->receipts(), 60u);
  for (const char* wrong : {"", "x", "3/", "3/x", "3/4/5", "-3/4"}) {
    EXPECT_THAT(std::string(ParseRate("--forward", wrong).status().message()),
                HasSubstr("--forward: expected a probability such as 0.1"))
        << wrong;
  }
  v1::ForwardModel forward;
  ASSERT_TRUE(SetProbability("--forward", "3/60", forward).ok());
  EXPECT_EQ(forward.probability_counts().shares(), 3u);
  ASSERT_TRUE(SetProbability("--forward", "0.2", forward).ok());
  EXPECT_FALSE(forward.has_probability_counts());
}

}  // namespace
}  // namespace lawine::cli
