#include "services/cli/text/goal_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Of two replicas of a rumour that an answer follows.
v1::RunResult Result() {
  v1::RunResult result;
  result.set_graph_members(1000);
  result.mutable_scenario()->set_replicas(2);
  result.mutable_scenario()->set_step_seconds(600);
  v1::Totals& totals = *result.mutable_totals();
  totals.set_reach(800);
  return result;
}

std::string AnswerTo(const v1::RunResult& result, const std::string& question) {
  for (const Answer& answer : GoalAnswers(result)) {
    if (answer.question == question) return answer.sentence;
  }
  return "";
}

TEST(GoalAnswers, AreOnlyOfWhatWasAsked) { EXPECT_THAT(GoalAnswers(Result()), IsEmpty()); }

TEST(GoalAnswers, TellTheTargetsMeanAndShare) {
  v1::RunResult result = Result();
  result.set_target_members(100);
  result.mutable_totals()->set_target_reach(50);
  EXPECT_EQ(AnswerTo(result, "Does it reach whom it is meant for?"),
            "25.0 of the 100 members it is meant for (25.00%) on average.");
}

TEST(GoalAnswers, SayThatATargetIsEmpty) {
  v1::RunResult result = Result();
  result.set_target_members(0);
  EXPECT_EQ(AnswerTo(result, "Does it reach whom it is meant for?"),
            "It is meant for nobody: the graph has no such members.");
}

TEST(GoalAnswers, TellTheCostOfAMemberOrAPerson) {
  v1::RunResult result = Result();
  result.mutable_totals()->set_cost(40);
  EXPECT_EQ(AnswerTo(result, "What does it cost?"), "20.0 units: 0.0500 for each member reached on average.");
  result.mutable_totals()->set_people(400);
  EXPECT_THAT(AnswerTo(result, "What does it cost?"), HasSubstr("0.1000 for each person reached"));
  result.add_messages();
  result.add_messages()->mutable_totals()->set_cost(60);
  EXPECT_THAT(AnswerTo(result, "What does it cost?"), HasSubstr("50.0 with the other messages"));
}

TEST(GoalAnswers, TellTheCostOfAThousandWithItsInterval) {
  v1::RunResult result = Result();
  result.mutable_totals()->set_cost(40);
  v1::Distribution& thousand = *result.mutable_ensemble()->mutable_measures()->mutable_cost_per_thousand();
  thousand.set_mean(50);
  thousand.mutable_ci95()->set_low(0.345);
  thousand.mutable_ci95()->set_high(99.655);
  EXPECT_EQ(AnswerTo(result, "What does it cost?"),
            "20.0 units: 0.0500 for each member reached on average, 50.0 for a thousand [0.345 to 99.7].");
}

TEST(GoalAnswers, TellWhenMonitorsSeeIt) {
  v1::RunResult result = Result();
  result.mutable_totals()->set_monitors(6);
  result.mutable_ensemble();
  result.add_replicas()->mutable_totals()->set_first_sighting(3);
  result.add_replicas();
  EXPECT_EQ(AnswerTo(result, "When do monitors see it?"),
            "In 1 of 2 replicas, the first at step 3 (30 min) in the middle of them; 3.0 monitors "
            "received it on "
            "average.");
  result.mutable_totals()->set_monitors(0);
  EXPECT_EQ(AnswerTo(result, "When do monitors see it?"), "No monitor received it.");
}

TEST(GoalAnswers, TellWhenAPartOfTheReachWasThere) {
  v1::RunResult result = Result();
  result.mutable_scenario()->set_steps_to_percent(75);
  result.mutable_totals()->set_steps_to_percent(4);
  EXPECT_EQ(AnswerTo(result, "When is 75% of what it reaches reached?"), "By step 4 (40 min).");
  v1::Quantiles& quantiles =
      *result.mutable_ensemble()->mutable_measures()->mutable_steps_to_percent()->mutable_quantiles();
  quantiles.set_p05(3);
  quantiles.set_p50(5);
  quantiles.set_p95(7);
  EXPECT_EQ(AnswerTo(result, "When is 75% of what it reaches reached?"),
            "By step 5 (50 min) in the middle of replicas, from 3 to 7 in nine of ten.");
}

TEST(GoalAnswers, TellWhomItMissesMost) {
  v1::RunResult result = Result();
  const auto add = [&](v1::GroupKind kind, const char* name, std::uint64_t members, std::uint64_t unreached) {
    v1::GroupResult& group = *result.add_groups();
    group.set_kind(kind);
    group.set_name(name);
    group.set_members(members);
    group.set_unreached(unreached);
  };
  add(v1::GROUP_KIND_AUDIENCE, "1 to 9", 300, 540);
  add(v1::GROUP_KIND_AUDIENCE, "100 to 299", 500, 400);
  add(v1::GROUP_KIND_COMMUNITY, "7", 200, 300);
  add(v1::GROUP_KIND_COMMUNITY, "8", 3, 6);  // too small to tell
  EXPECT_EQ(
      AnswerTo(result, "Whom does it miss most?"),
      "Of all members 60.0%; of members with audiences of 1 to 9 90.0%, of members of community 7 75.0%.");
}

}  // namespace
}  // namespace lawine::cli
