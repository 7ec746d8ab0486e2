#include "services/common/json/result_json.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/scenario_json.h"

namespace lawine {
namespace {

v1::RunResult SmallResult() {
  v1::RunResult result;
  result.set_schema_version(1);
  result.set_graph("hyves");
  result.set_graph_members(6'000'000);
  result.set_graph_links(1'800'000'000);
  result.set_graph_digest(std::string(32, 'a'));
  result.mutable_scenario()->set_graph("hyves");
  result.mutable_scenario()->mutable_message()->set_sentiment(v1::SENTIMENT_NEUTRAL);
  result.mutable_scenario()->mutable_seed_members()->set_audience(300);
  result.mutable_scenario()->mutable_model()->mutable_forward()->set_probability(0.1);
  result.mutable_scenario()->set_run_seed(1);
  result.set_digest(std::string(32, 'b'));
  result.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  v1::StepCounts& start = *result.add_steps();
  start.set_first_receipts(1);
  start.set_forwards(1);
  v1::SeedMember& seed = *result.add_seed_members();
  seed.set_id("17");
  seed.set_audience(300);
  result.mutable_totals()->set_deliveries(1'800'000'000);
  result.mutable_timing()->set_processing_seconds(0.5);
  result.set_unreached_without_links(5);
  result.set_unreached_missed(7);
  result.add_warnings("look out");
  result.mutable_manifest()->set_run("runs/1");
  return result;
}

std::vector<std::string> Names(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  return names;
}

TEST(ResultJson, HasThePromisedFields) {
  const Json json = ResultToJson(SmallResult());
  EXPECT_THAT(Names(json),
              ::testing::ElementsAre("schema_version", "graph", "scenario", "run_seed", "digest", "state",
                                     "reason_stopped", "seed_members", "steps", "totals", "never_reached",
                                     "timing", "warnings", "manifest"));
  EXPECT_EQ(json["graph"], Json::parse(R"({"name": "hyves", "members": 6000000, "links": 1800000000,
                                           "digest": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})"));
  EXPECT_EQ(json["state"], "SUCCEEDED");
  EXPECT_EQ(json["reason_stopped"], "NOTHING_PENDING");
  EXPECT_EQ(json["run_seed"], 1);
  EXPECT_EQ(json["seed_members"], Json::parse(R"([{"id": "17", "audience": 300}])"));
  EXPECT_EQ(json["never_reached"], Json::parse(R"({"no_links": 5, "missed": 7})"));
  EXPECT_EQ(json["warnings"], Json::parse(R"(["look out"])"));
}

TEST(ResultJson, WritesZerosOfStepsAndTotals) {
  const Json json = ResultToJson(SmallResult());
  EXPECT_EQ(json["steps"], Json::parse(R"([{"step": 0, "deliveries": 0, "first_receipts": 1, "duplicates": 0,
                                            "forwards": 1}])"));
  EXPECT_THAT(Names(json["totals"]),
              ::testing::ElementsAre("deliveries", "reach", "duplicates", "forwards", "steps"));
  EXPECT_THAT(Names(json["timing"]),
              ::testing::ElementsAre("load_seconds", "processing_seconds", "makespan_seconds"));
}

TEST(ResultJson, WritesNumbersAsNumbersWhereEveryReaderIsExact) {
  v1::RunResult result = SmallResult();
  result.mutable_totals()->set_deliveries((1ull << 53) - 1);
  EXPECT_TRUE(ResultToJson(result)["totals"]["deliveries"].is_number_unsigned());
  result.mutable_totals()->set_deliveries(1ull << 53);
  EXPECT_EQ(ResultToJson(result)["totals"]["deliveries"], "9007199254740992");
}

TEST(ResultJson, ListsReplicasOnlyWhereThereAreSeveral) {
  v1::RunResult result = SmallResult();
  result.add_replicas()->set_digest("c");
  EXPECT_FALSE(ResultToJson(result).contains("replicas"));
  v1::ReplicaResult& second = *result.add_replicas();
  second.set_replica(1);
  second.set_reason_stopped(v1::REASON_STOPPED_MAX_STEPS);
  const Json json = ResultToJson(result);
  ASSERT_EQ(json["replicas"].size(), 2u);
  EXPECT_EQ(json["replicas"][1]["reason_stopped"], "MAX_STEPS");
}

TEST(ResultJson, EchoesAScenarioThatCanBeRunAgain) {
  const v1::RunResult result = SmallResult();
  const auto again = ParseScenarioJson(JsonText(ResultToJson(result)["scenario"]));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), result.scenario().SerializeAsString());
}

TEST(MessageJson, WritesTimesAsText) {
  v1::Run run;
  run.set_state(v1::RUN_STATE_RUNNING);
  run.mutable_create_time()->set_seconds(1'234'567'890);
  const Json json = MessageToJson(run);
  EXPECT_EQ(json["create_time"], "2009-02-13T23:31:30Z");
  EXPECT_EQ(json["state"], "RUNNING");
  EXPECT_FALSE(json.contains("end_time"));
}

TEST(MessageJson, ReplacesBytesThatAreNoText) {
  v1::SeedMember seed;
  seed.set_id("a\xff");
  EXPECT_EQ(JsonLine(MessageToJson(seed)), "{\"id\":\"a\xEF\xBF\xBD\",\"audience\":0}\n");
}

}  // namespace
}  // namespace lawine
