#include "services/coordinator/what_if/comparison_plan.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/comparison_json.h"
#include "services/common/json/scenario_json.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

v1::Comparison Read(const std::string& json) {
  const auto comparison = ParseComparisonJson(json);
  EXPECT_TRUE(comparison.ok()) << comparison.status();
  return comparison.value_or(v1::Comparison());
}

// The only variant's scenario, as JSON on one line.
std::string Merged(const std::string& base, const std::string& change) {
  const auto plan = PlanComparison(
      Read(R"({"base": )" + base + R"(, "variants": [{"name": "b", "change": )" + change + "}]}"));
  EXPECT_TRUE(plan.ok()) << plan.status();
  v1::Scenario scenario = plan->parts[1].scenario;
  scenario.clear_replicas();
  return ScenarioToJson(scenario).dump();
}

std::string Refusal(const std::string& json) {
  const auto plan = PlanComparison(Read(json));
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument) << json;
  return std::string(plan.status().message());
}

TEST(MergeTest, FieldsOverrideAndMessagesMerge) {
  EXPECT_EQ(Merged(R"({"graph": "g", "message": {"kind": "news", "sentiment": "NEGATIVE"}})",
                   R"({"message": {"kind": "rumour"}, "stop": {"max_steps": 0}})"),
            R"({"graph":"g","message":{"kind":"rumour","sentiment":"NEGATIVE"},"stop":{"max_steps":0}})");
  EXPECT_EQ(Merged(R"({"graph": "g"})", R"({"graph": "h"})"), R"({"graph":"h"})");
  EXPECT_EQ(Merged(R"({"graph": "g"})", "{}"), R"({"graph":"g"})");
}

TEST(MergeTest, AlternativesReplaceEachOther) {
  EXPECT_EQ(Merged(R"({"model": {"forward": {"probability": 0.1}}})",
                   R"({"model": {"independent_cascade": {"probability": 0.2}}})"),
            R"({"model":{"independent_cascade":{"probability":0.2}}})");
  EXPECT_EQ(Merged(R"({"model": {"forward": {"probability": 0.1}}})",
                   R"({"model": {"forward": {"probability": 0.3}}})"),
            R"({"model":{"forward":{"probability":0.3}}})");
}

// Delays and thresholds have alternatives, too, though none of their fields is a oneof's.
TEST(MergeTest, AlternativesOfDelaysAndThresholdsReplaceEachOther) {
  EXPECT_EQ(Merged(R"({"model": {"forward": {}, "delay": {"gamma": {"mean": 3.0, "shape": 2.0}}}})",
                   R"({"model": {"delay": {"fixed": 2}}})"),
            R"({"model":{"forward":{},"delay":{"fixed":2}}})");
  EXPECT_EQ(Merged(R"({"model": {"forward": {}, "link_delay": {"fixed": 3}}})",
                   R"({"model": {"link_delay": {"exponential": {"mean": 2.5}}}})"),
            R"({"model":{"forward":{},"link_delay":{"exponential":{"mean":2.5}}}})");
  EXPECT_EQ(Merged(R"({"model": {"forward": {}, "delay": {"gamma": {"mean": 3.0, "shape": 2.0}}}})",
                   R"({"model": {"delay": {"gamma": {"mean": 4.5}}}})"),
            R"({"model":{"forward":{},"delay":{"gamma":{"mean":4.5,"shape":2.0}}}})");
  EXPECT_EQ(
      Merged(R"({"model": {"threshold": {"fraction": 0.5}}})", R"({"model": {"threshold": {"count": 3}}})"),
      R"({"model":{"threshold":{"count":3}}})");
}

TEST(MergeTest, ListsReplaceLists) {
  EXPECT_EQ(Merged(R"({"seed_members": {"ids": ["1", "2"]}})", R"({"seed_members": {"ids": ["3"]}})"),
            R"({"seed_members":{"ids":["3"]}})");
}

TEST(MergeTest, ASeedRuleReplacesTheSeedMembersButACountDoesNot) {
  EXPECT_EQ(
      Merged(R"({"seed_members": {"audience": 300, "count": 5}})", R"({"seed_members": {"random": true}})"),
      R"({"seed_members":{"random":true}})");
  EXPECT_EQ(Merged(R"({"seed_members": {"audience": 300, "count": 5}})", R"({"seed_members": {"count": 2}})"),
            R"({"seed_members":{"audience":300,"count":2}})");
}

TEST(ComparisonPlanTest, FillsDefaults) {
  const auto plan = PlanComparison(Read(R"({"variants": [{"name": "b"}, {"name": "c"}],
                                            "pairs": [{"of": "c", "against": "b"}]})"));
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->comparison.measure(), "reach");
  EXPECT_EQ(plan->parts[0].name, "base");
  for (const auto& part : plan->parts) EXPECT_EQ(part.scenario.replicas(), 100u);
  using Pair = std::pair<std::size_t, std::size_t>;
  EXPECT_THAT(plan->differences, testing::ElementsAre(Pair(1, 0), Pair(2, 0), Pair(2, 1)));
}

// They would say nothing on the wire.
TEST(ComparisonPlanTest, EmptyListsOfVariantsAreRefusedInFiles) {
  const auto read = ParseComparisonJson(
      R"({"base": {"messages": []}, "variants": [{"name": "b", "change": {"interventions": []}}]})");
  EXPECT_EQ(read.status().message(),
            "variants[0].change.interventions: expected entries: an empty list takes nothing away; let the "
            "base be without it");
}

TEST(ComparisonPlanTest, AVariantThatChangesNothingIsWarnedOf) {
  v1::Comparison comparison = Read(R"({"base": {"graph": "g", "interventions": [{"forward_factor": 0.1}]},
      "variants": [{"name": "b", "change": {"graph": "h"}}, {"name": "no limit"}]})");
  comparison.mutable_variants(1)->mutable_change()->clear_interventions();
  const auto plan = PlanComparison(comparison);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->warnings,
              testing::ElementsAre(HasSubstr("'no limit' is the same scenario as 'base': its change")));
}

TEST(ComparisonPlanTest, RefusesWhatCannotBeCompared) {
  EXPECT_THAT(Refusal("{}"), HasSubstr("variants: expected 1 to 64"));
  EXPECT_THAT(Refusal(R"({"variants": [{}]})"), HasSubstr("variants[0].name: expected a name"));
  EXPECT_THAT(Refusal(R"({"variants": [{"name": "b"}, {"name": "b"}]})"), HasSubstr("variants[1].name"));
  EXPECT_THAT(Refusal(R"({"variants": [{"name": "base"}]})"), HasSubstr("'base' again"));
  EXPECT_THAT(Refusal(R"({"base": {"replicas": 1}, "variants": [{"name": "b"}]})"),
              HasSubstr("base.replicas: expected 2 to 10000, found 1"));
  for (const char* field : {"replicas", "first_replica", "run_seed", "steps_to_percent"}) {
    EXPECT_THAT(Refusal(R"({"variants": [{"name": "b", "change": {")" + std::string(field) + R"(": 5}}]})"),
                HasSubstr("variants[0].change." + std::string(field)));
  }
  EXPECT_THAT(Refusal(R"({"measure": "raech", "variants": [{"name": "b"}]})"),
              HasSubstr("did you mean reach?"));
  EXPECT_THAT(Refusal(R"({"variants": [{"name": "berta"}], "pairs": [{"of": "bert", "against": "base"}]})"),
              HasSubstr("pairs[0].of: no variant 'bert'; did you mean berta?"));
  EXPECT_THAT(Refusal(R"({"variants": [{"name": "b"}], "pairs": [{"of": "b", "against": "b"}]})"),
              HasSubstr("two different names"));
}

TEST(ComparisonPlanTest, RefusesNamesThatBreakTables) {
  EXPECT_THAT(Refusal(R"({"variants": [{"name": "a\nb"}]})"),
              HasSubstr("variants[0].name: expected no control characters"));
  EXPECT_THAT(Refusal(R"({"base_name": "\u001b[1m", "variants": [{"name": "b"}]})"),
              HasSubstr("base_name: expected no control characters"));
}

// All replicas are kept until they are enough.
TEST(ComparisonPlanTest, RefusesMoreThanCanBeKeptUntilItIsPrecise) {
  v1::Scenario scenario;
  scenario.set_replicas(10'000);
  EXPECT_TRUE(CheckPreciseSize("r", scenario, 12'800).ok()) << "they are not kept";
  scenario.mutable_until_precision()->set_half_width(1);
  EXPECT_TRUE(CheckPreciseSize("r", scenario, 10).ok());
  EXPECT_THAT(std::string(CheckPreciseSize("r", scenario, 200 * 64).message()),
              HasSubstr("r: expected at most 7 of each of 12800 messages in all"));
  scenario.clear_replicas();
  EXPECT_TRUE(CompleteReplicas("r", 200, scenario).ok());
  EXPECT_EQ(scenario.replicas(), 500u) << "where nobody says, as many as can be kept";
}

TEST(ComparisonPlanTest, RefusesTooManyVariants) {
  v1::Comparison comparison;
  for (int i = 0; i < 65; ++i) comparison.add_variants()->set_name(std::to_string(i));
  EXPECT_THAT(std::string(PlanComparison(comparison).status().message()), HasSubstr("found 65"));
}

TEST(ComparisonPlanTest, RefusesBreakEvensThatMakeNoSense) {
  const auto refusal = [](const std::string& break_even) {
    return Refusal(R"({"variants": [{"name": "b"}], "break_even": )" + break_even + "}");
  };
  EXPECT_THAT(refusal(R"({"variant": "c"})"), HasSubstr("break_even.variant: no variant 'c'"));
  EXPECT_THAT(refusal(R"({"variant": "base"})"), HasSubstr("found the base"));
  EXPECT_THAT(refusal(R"({"variant": "b", "field": "model.forward.probabilty", "from": 0, "to": 1})"),
              HasSubstr("did you mean model.forward.probability?"));
  EXPECT_THAT(refusal(R"({"variant": "b", "field": "replicas", "from": 2, "to": 9})"),
              HasSubstr("break_even.field: expected a field that may differ, found replicas"));
  EXPECT_THAT(refusal(R"({"variant": "b", "field": "stop.max_steps", "from": 0.5, "to": 9})"),
              HasSubstr("break_even.from: expected a whole number"));
  EXPECT_THAT(refusal(R"({"variant": "b", "field": "stop.max_steps", "from": 9, "to": 9})"),
              HasSubstr("break_even.to: expected more"));
}

TEST(ComparisonJsonTest, ReadsBackWhatItWrites) {
  const std::string text = R"({"base":{"graph":"g","model":{"forward":{"probability":0.1}}},"base_name":"a",)"
                           R"("variants":[{"name":"b","change":{"stop":{"max_steps":3}}}],"measure":"steps",)"
                           R"("pairs":[{"of":"b","against":"a"}],"break_even":{"variant":"b",)"
                           R"("field":"stop.max_steps","from":1.0,"to":9.0}})";
  EXPECT_EQ(MessageToJson(Read(text), false).dump(), text);
}

// They are merged field by field.
TEST(ComparisonJsonTest, AChangeNeedNotSayTheModelAgain) {
  const v1::Comparison read = Read(R"({"base": {"model": {"forward": {}}, "later": {"after_step": 2,
      "change": {"model": {"delay": {"fixed": 1}}}}},
      "variants": [{"name": "b", "change": {"model": {"delay": {"fixed": 2}}}}]})");
  EXPECT_EQ(read.variants(0).change().model().delay().fixed(), 2u);
  EXPECT_EQ(read.base().later().change().model().delay().fixed(), 1u);
  const auto whole = ParseComparisonJson(
      R"({"variants": [{"name": "b", "change": {"messages": [{"name": "m", "model": {"delay": {"fixed": 2}}}]}}]})");
  EXPECT_THAT(std::string(whole.status().message()),
              HasSubstr("variants[0].change.messages[0].model: partial"))
      << "lists are not merged";
}

TEST(ComparisonJsonTest, NamesWhatIsWrongByItsPath) {
  const auto said = [](const std::string& json) {
    return std::string(ParseComparisonJson(json).status().message());
  };
  EXPECT_THAT(said(R"({"variants": [{"name": "b", "chnage": {}}]})"),
              HasSubstr("variants[0].chnage: unknown field; did you mean change?"));
  EXPECT_THAT(said(R"({"variants": [{"change": {"model": {"forward": {"probability": "x"}}}}]})"),
              HasSubstr("variants[0].change.model.forward.probability: expected a number"));
  EXPECT_THAT(said("[]"), HasSubstr("comparison: expected an object"));
}

}  // namespace
}  // namespace lawine
