// What scenarios say of how messages spread, in words: above all what changes later.
#include "services/cli/text/model_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/scenario_json.h"

namespace lawine::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Scenario Read(const std::string& fields) {
  const auto scenario = ParseScenarioJson(R"({"graph": "g", )" + fields + "}");
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  return *scenario;
}

// What a scenario of a model says of `change` after step 3.
std::string LaterOf(const std::string& model, const std::string& change) {
  return RulesText(
      Read(R"("model": )" + model + R"(, "later": {"after_step": 3, "change": )" + change + "}"));
}

TEST(LaterText, TellsOnlyWhatChangesOfTheModel) {
  const std::string forward = R"({"forward": {"probability": 0.1}})";
  EXPECT_EQ(LaterOf(forward, R"({"model": {"forward": {}, "seen_probability": 0.5}})"),
            "After step 3: a delivery is seen with a chance of 50%.");
  EXPECT_EQ(LaterOf(forward, R"({"model": {"forward": {"probability": 0.02}}})"),
            "After step 3: forwarding rate 2%.");
  EXPECT_EQ(LaterOf(forward, R"({"model": {"forward": {"probability": {"shares": 1, "receipts": 50}}}})"),
            "After step 3: forwarding rate 1 of 50 as counted.");
  EXPECT_EQ(LaterOf(forward,
                    R"({"model": {"forward": {}, "delay": {"fixed": 2}, "reactions": {"unfollow": 0.25}}})"),
            "After step 3: members wait before they forward: 2 steps; 25% of deliveries make the receiver "
            "unfollow.");
  EXPECT_EQ(LaterOf(forward, R"({"model": {"forward": {}}})"), "After step 3 nothing changes.");
}

TEST(LaterText, TellsWhatChangesOfOtherModels) {
  const std::string sir = R"({"sir": {"infection": 0.1, "recovery": 0.2}})";
  EXPECT_EQ(LaterOf(sir, R"({"model": {"sir": {"recovery": 0.5}}})"), "After step 3: recovery 50%.");
  const std::string cascade = R"({"independent_cascade": {"probability": 0.1}})";
  EXPECT_EQ(LaterOf(cascade, R"({"model": {"independent_cascade": {"probability": 0.5}}})"),
            "After step 3: forwarding rate 50% a link.");
  EXPECT_EQ(LaterOf(R"({"threshold": {"count": 2}})", R"({"model": {"threshold": {"count": 3}}})"),
            "After step 3: A member forwards once 3 it follows have.");
}

// Of a delay that changes in part, the rest is as before.
TEST(LaterText, TellsTheWholeOfWhatChangesInPart) {
  EXPECT_EQ(
      LaterOf(R"({"forward": {}, "delay": {"gamma": {"mean": 3, "shape": 2}}})",
              R"({"model": {"forward": {}, "delay": {"gamma": {"mean": 5}}}})"),
      "Members wait before they forward: gamma, mean 3 steps, shape 2. After step 3: members wait before "
      "they forward: gamma, mean 5 steps, shape 2.");
}

// Not from a step before.
TEST(LaterText, TellsFromWhichStepChangesAct) {
  const std::string forward = R"({"forward": {"probability": 0.1}})";
  EXPECT_EQ(LaterOf(forward, R"({"interventions": [{"forward_factor": 0}]})"),
            "After step 3: from step 4: forwarding x 0.");
  EXPECT_EQ(LaterOf(forward, R"({"interventions": [{"when": {"from_step": 2}, "carry_share": 0.5},
                                                   {"when": {"from_step": 9}, "extra_delay": 1}]})"),
            "After step 3: from step 4: a forward reaches 50% of followers; from step 9: 1 step later.");
  EXPECT_EQ(LaterOf(forward, R"({"messages": [{"name": "a", "model": {"forward": {"probability": 0.5}}},
                                              {"name": "b", "model": {"forward": {"probability": 0.5}},
                                               "start": {"reach": {"members": 7}}}]})"),
            "After step 3: also a (50%) starts from step 4; also b (50%) starts once the first message has "
            "reached 7.");
}

TEST(MaxSteps, AreTheLaterOnes) {
  EXPECT_FALSE(MaxSteps(Read(R"("stop": {})")).has_value());
  EXPECT_EQ(MaxSteps(Read(R"("stop": {"max_steps": 5})")), 5u);
  const std::string later = R"("later": {"after_step": 3, "change": {"stop": {"max_steps": 12}}})";
  EXPECT_EQ(MaxSteps(Read(later)), 12u);
  EXPECT_EQ(MaxSteps(Read(R"("stop": {"max_steps": 5}, )" + later)), 12u);
}

TEST(StepWord, IsStepWhereSomethingWillTakeTime) {
  const auto word_later = [](const std::string& change) {
    return StepWord(Read(R"("later": {"after_step": 3, "change": )" + change + "}"));
  };
  EXPECT_EQ(word_later(R"({"model": {"forward": {}, "delay": {"fixed": 2}}})"), "step");
  EXPECT_EQ(word_later(R"({"interventions": [{"extra_delay": 1}]})"), "step");
  EXPECT_EQ(word_later(R"({"messages": [{"name": "b", "model": {"forward": {}, "delay": {"fixed": 2}}}]})"),
            "step");
  EXPECT_EQ(word_later(R"({"stop": {"max_steps": 12}})"), "hop");
}

TEST(RulesOf, TellThatPersonsDecideOnceByItself) {
  const v1::Scenario scenario = Read(R"("people": {"one_decision": true,
              "cross_posting": [{"from": "hyves", "to": "twitter", "probability": 0.1}]})");
  EXPECT_THAT(RulesOf(scenario), Contains(kOneDecisionRule));
  EXPECT_THAT(RulesOf(scenario), Contains("Who forwards in hyves posts it in twitter with a chance of 10%."));
  EXPECT_THAT(RulesText(Read(R"("people": {"one_decision": false})")), Not(HasSubstr("decides once")));
}

}  // namespace
}  // namespace lawine::cli
