#include "services/common/json/scenario_json.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/suggest.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

constexpr char kArticle[] = R"({"graph": "hyves", "message": {"kind": "news", "sentiment": "NEUTRAL"},
 "seed_members": {"audience": 300, "count": 1},
 "model": {"forward": {"probability": 0.1}},
 "stop": {"max_steps": 20}, "replicas": 100, "run_seed": 1})";

// What is said about a scenario that must be refused.
std::string Refusal(const std::string& text) {
  const auto scenario = ParseScenarioJson(text);
  EXPECT_EQ(scenario.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(scenario.status().message());
}

v1::Scenario Parsed(const std::string& text) {
  const auto scenario = ParseScenarioJson(text);
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  return scenario.ok() ? *scenario : v1::Scenario();
}

TEST(ScenarioJson, ReadsTheDocumentedScenario) {
  const v1::Scenario scenario = Parsed(kArticle);
  EXPECT_EQ(scenario.graph(), "hyves");
  EXPECT_EQ(scenario.message().kind(), "news");
  EXPECT_EQ(scenario.message().sentiment(), v1::SENTIMENT_NEUTRAL);
  EXPECT_EQ(scenario.seed_members().audience(), 300u);
  EXPECT_EQ(scenario.seed_members().count(), 1u);
  EXPECT_EQ(scenario.model().forward().probability(), 0.1);
  EXPECT_EQ(scenario.stop().max_steps(), 20u);
  EXPECT_EQ(scenario.replicas(), 100u);
  EXPECT_EQ(scenario.run_seed(), 1u);
}

TEST(ScenarioJson, WritesWhatItReads) {
  const v1::Scenario scenario = Parsed(kArticle);
  const std::string text = JsonText(ScenarioToJson(scenario));
  EXPECT_EQ(Json::parse(text), Json::parse(kArticle));
  EXPECT_EQ(Parsed(text).SerializeAsString(), scenario.SerializeAsString());
}

TEST(ScenarioJson, LeavesFieldsThatAreNotSetAlone) {
  const v1::Scenario scenario = Parsed("{}");
  EXPECT_FALSE(scenario.has_run_seed());
  EXPECT_FALSE(scenario.has_seed_members());
  EXPECT_FALSE(Parsed(R"({"model": {"forward": {}}})").model().forward().has_probability());
}

TEST(ScenarioJson, SkipsComments) {
  EXPECT_EQ(Parsed("// the article's\n{\"replicas\": 3 /* few */}").replicas(), 3u);
}

TEST(ScenarioJson, ReadsIdsAsNumbersAndAsText) {
  const v1::Scenario scenario = Parsed(R"({"seed_members": {"ids": [17, "anna", 9223372036854775807]}})");
  EXPECT_THAT(scenario.seed_members().ids(), ::testing::ElementsAre("17", "anna", "9223372036854775807"));
}

TEST(ScenarioJson, ReadsShortAndWholeEnumWords) {
  for (const char* word : {"NEGATIVE", "SENTIMENT_NEGATIVE"}) {
    const std::string text = std::string(R"({"message": {"sentiment": ")") + word + "\"}}";
    EXPECT_EQ(Parsed(text).message().sentiment(), v1::SENTIMENT_NEGATIVE);
  }
}

TEST(ScenarioJson, ReadsTheNamesThatOtherClientsPrint) {
  const v1::Scenario scenario = Parsed(R"({"seedMembers": {"ids": ["1"]}, "runSeed": "3",
      "model": {"forward": {"probability": 0.1}, "seenProbability": 0.5}})");
  EXPECT_EQ(scenario.model().seen_probability(), 0.5);
  EXPECT_EQ(scenario.seed_members().ids(0), "1");
  EXPECT_EQ(scenario.run_seed(), 3u);
  EXPECT_THAT(Refusal(R"({"runSeed": 3, "run_seed": 4})"), HasSubstr("run_seed: set twice"));
  EXPECT_THAT(Refusal(R"({"seedMembers": {"audience": "x"}})"), HasSubstr("seed_members.audience: expected"));
}

TEST(ScenarioJson, KeepsEveryBitOfARunSeed) {
  for (const char* seed : {"18446744073709551615", "\"18446744073709551615\""}) {
    const v1::Scenario scenario = Parsed(std::string(R"({"run_seed": )") + seed + "}");
    EXPECT_EQ(scenario.run_seed(), UINT64_MAX);
    EXPECT_EQ(ScenarioToJson(scenario)["run_seed"], "18446744073709551615");
  }
  EXPECT_EQ(ScenarioToJson(Parsed(R"({"run_seed": 9007199254740991})"))["run_seed"], 9007199254740991u);
}

TEST(ScenarioJson, NamesAnUnknownFieldByItsPathAndTheOneMeant) {
  EXPECT_EQ(Refusal(R"({"model": {"forward": {"probabilty": 0.1}}})"),
            "model.forward.probabilty: unknown field; did you mean probability?");
  EXPECT_THAT(Refusal(R"({"seedMember": {}})"),
              HasSubstr("seedMember: unknown field; did you mean seed_members?"));
  EXPECT_THAT(Refusal(R"({"zzz": 1})"), HasSubstr("zzz: unknown field; known are graph, message"));
}

TEST(ScenarioJson, NamesWronglyTypedFields) {
  EXPECT_EQ(Refusal(R"({"replicas": "many"})"),
            "replicas: expected a whole number from 0 to 4294967295, found \"many\"");
  EXPECT_THAT(Refusal(R"({"replicas": 2.5})"), HasSubstr("found 2.5"));
  EXPECT_THAT(Refusal(R"({"replicas": -1})"), HasSubstr("found -1"));
  EXPECT_THAT(Refusal(R"({"replicas": 4294967296})"), HasSubstr("found 4294967296"));
  EXPECT_THAT(Refusal(R"({"model": {"forward": {"probability": "0.1"}}})"),
              HasSubstr("model.forward.probability: expected a number, or counts such as"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"ids": 17}})"),
              HasSubstr("seed_members.ids: expected a list, found 17"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"ids": ["a", 1.5]}})"),
              HasSubstr("seed_members.ids[1]: expected"));
  EXPECT_THAT(Refusal(R"({"message": null})"), HasSubstr("message: expected an object, found null"));
  EXPECT_THAT(Refusal(R"({"message": {"sentiment": "neutral"}})"),
              HasSubstr("message.sentiment: expected one of POSITIVE, NEUTRAL, NEGATIVE"));
  EXPECT_THAT(Refusal("[]"), HasSubstr("scenario: expected an object, found a list"));
}

TEST(ScenarioJson, RefusesPartialFields) {
  EXPECT_EQ(Refusal(R"({"model": {}})"),
            "model: partial: expected forward or independent_cascade or weighted_cascade or linear_threshold "
            "or threshold or "
            "si or sir or sis or seir in it");
  EXPECT_THAT(Refusal(R"({"seed_members": {}})"), HasSubstr("seed_members: partial"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"count": 3}})"), HasSubstr("seed_members: partial"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"ids": []}})"), HasSubstr("seed_members: partial"));
}

TEST(ScenarioJson, RefusesFieldsThatContradictEachOther) {
  EXPECT_THAT(Refusal(R"({"seed_members": {"audience": 300, "random": true}})"),
              HasSubstr("seed_members.random: contradicts seed_members.audience"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"ids": [1], "count": 1}})"),
              HasSubstr("seed_members.count: contradicts seed_members.ids"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"ids": [17, 3, "17"]}})"),
              HasSubstr("seed_members.ids[2]: repeats seed_members.ids[0] (17)"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"random": false}})"),
              HasSubstr("seed_members.random: expected true"));
  EXPECT_THAT(Refusal(R"({"replicas": 1, "replicas": 2})"), HasSubstr("replicas: set twice"));
}

TEST(ScenarioJson, RefusesValuesOutOfRange) {
  for (const char* probability : {"-0.1", "1.0000001", "1e300"}) {
    const std::string text = std::string(R"({"model": {"forward": {"probability": )") + probability + "}}}";
    EXPECT_THAT(Refusal(text), HasSubstr("model.forward.probability: expected 0 to 1"));
  }
  for (const char* replicas : {"0", "10001"}) {
    EXPECT_THAT(Refusal(std::string(R"({"replicas": )") + replicas + "}"),
                HasSubstr("replicas: expected 1 to 10000"));
  }
  EXPECT_THAT(Refusal(R"({"stop": {"max_steps": 4000000000}})"),
              HasSubstr("stop.max_steps: expected at most"));
  EXPECT_THAT(Refusal(R"({"seed_members": {"random": true, "count": 0}})"), HasSubstr("seed_members.count"));
  EXPECT_THAT(Refusal(R"({"message": {"kind": ")" + std::string(65, 'x') + "\"}}"),
              HasSubstr("message.kind"));
}

TEST(ScenarioJson, ListsEveryProblem) {
  EXPECT_EQ(Refusal(R"({"replica": 1, "grap": "x"})"),
            "replica: unknown field; did you mean replicas?\ngrap: unknown field; did you mean graph?");
}

TEST(ScenarioJson, SaysWhereTextIsNoJson) {
  EXPECT_THAT(Refusal("{\"graph\": \n oops}"), HasSubstr("not JSON: parse error at line 2"));
  EXPECT_THAT(Refusal(""), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal(R"({"replicas": 1} {"replicas": 2})"), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal("{\"graph\": \"\xff\"}"), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal(std::string(100'000, '[')), HasSubstr("not JSON"));
}

TEST(ScenarioJson, RefusesScenariosWithinScenariosWithoutEnd) {
  for (const int scenarios : {60, 200'000}) {
    std::string text;
    for (int i = 0; i < scenarios; ++i) text += R"({"later":{"change":)";
    text += "{}";
    for (int i = 0; i < scenarios; ++i) text += "}}";
    const std::string refusal = ParseScenarioJson(text).status().ToString();
    EXPECT_THAT(refusal, HasSubstr("later: expected at most 100 objects within each other"));
    EXPECT_LT(refusal.size(), 1'000u);
  }
}

TEST(Suggest, CountsSwapsAsOneEdit) {
  EXPECT_EQ(EditDistance("lsit", "list"), 1u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
}

TEST(Suggest, SuggestsOnlyWhatIsNear) {
  const std::vector<std::string> known = {"hyves", "hyves-300", "twitter-nl"};
  EXPECT_EQ(ClosestWord("hivves", known), "hyves");
  EXPECT_EQ(ClosestWord("twiter-nl", known), "twitter-nl");
  EXPECT_EQ(ClosestWord("facebook", known), "");
  EXPECT_EQ(ClosestWord("", known), "");
}

}  // namespace
}  // namespace lawine
