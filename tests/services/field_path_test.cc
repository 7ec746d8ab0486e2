#include "services/common/json/field_path.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lawine/v1/scenario.pb.h"

namespace lawine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<FieldPath> ParsedPath(const std::string& path) {
  return FieldPath::Parse(*v1::Scenario::descriptor(), path);
}

std::string Refusal(const std::string& path) {
  const auto parsed = ParsedPath(path);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << path;
  return std::string(parsed.status().message());
}

TEST(FieldPathTest, SetsNumbersOfAnyDepth) {
  v1::Scenario scenario;
  ParsedPath("model.forward.probability")->Set(scenario, 0.25);
  ParsedPath("stop.max_steps")->Set(scenario, 7);
  ParsedPath("seed_members.count")->Set(scenario, 3);
  EXPECT_EQ(scenario.model().forward().probability(), 0.25);
  EXPECT_EQ(scenario.stop().max_steps(), 7u);
  EXPECT_EQ(scenario.seed_members().count(), 3u);
}

TEST(FieldPathTest, OfAlternativesTheFieldsBecomesTheOne) {
  v1::Scenario scenario;
  scenario.mutable_model()->mutable_forward()->set_probability(0.5);
  ParsedPath("model.independent_cascade.probability")->Set(scenario, 0.1);
  EXPECT_FALSE(scenario.model().has_forward());
}

TEST(FieldPathTest, ARateThatIsSetIsNotCountedAnyMore) {
  v1::Scenario scenario;
  scenario.mutable_model()->mutable_forward()->mutable_probability_counts()->set_shares(3);
  ParsedPath("model.forward.probability")->Set(scenario, 0.1);
  EXPECT_FALSE(scenario.model().forward().has_probability_counts());
}

TEST(FieldPathTest, RefusesWhatIsNoNumberAndSuggests) {
  EXPECT_THAT(Refusal("model.forward.probabilty"), HasSubstr("did you mean model.forward.probability?"));
  EXPECT_THAT(Refusal("message.kind"), HasSubstr("expected a number"));
  EXPECT_THAT(Refusal("interventions[0].forward_factor"), HasSubstr("for it would be in a list"));
  EXPECT_THAT(Refusal("model"), HasSubstr("expected a number"));
  EXPECT_THAT(Refusal("seed_members.ids"), HasSubstr("expected a number"));
  EXPECT_THAT(Refusal("seed_members.ids.length"), HasSubstr("no field"));
  EXPECT_THAT(Refusal("stop.max_steps.more"), HasSubstr("no field"));
  EXPECT_THAT(Refusal("seed_members.random"), HasSubstr("expected a number"));
  EXPECT_THAT(Refusal(""), HasSubstr("numbers are"));
  EXPECT_THAT(Refusal("."), HasSubstr("no field"));
  EXPECT_THAT(Refusal("model..probability"), HasSubstr("no field"));
}

TEST(FieldPathTest, RefusesPathsWithoutEndThroughAMessageThatHoldsItself) {
  EXPECT_TRUE(ParsedPath("later.after_step").ok());
  EXPECT_TRUE(ParsedPath("later.change.model.forward.probability").ok());
  std::string path;
  for (int i = 0; i < 30'000; ++i) path += "later.change.";
  EXPECT_THAT(Refusal(path + "model.forward.probability"), HasSubstr("at most 256 bytes, found 390025"));
}

TEST(FieldPathTest, NamesSomeNumbersAndSaysHowManyMoreThereAre) {
  EXPECT_THAT(Refusal(""), ::testing::ContainsRegex("and [0-9]+ more$"));
  EXPECT_LT(Refusal("").size(), 700u);
}

TEST(FieldPathTest, ListsNumbersOnly) {
  const auto paths = FieldPath::AllOf(*v1::Scenario::descriptor());
  EXPECT_THAT(paths, Contains("model.forward.probability"));
  EXPECT_THAT(paths, Contains("stop.max_steps"));
  EXPECT_THAT(paths, Not(Contains("seed_members.ids")));
  EXPECT_THAT(paths, Not(Contains("message.sentiment")));
  for (const std::string& path : paths) EXPECT_TRUE(ParsedPath(path).ok()) << path;
}

TEST(FieldPathTest, KnowsWhatItsTypeHolds) {
  const auto steps = ParsedPath("stop.max_steps");
  EXPECT_TRUE(steps->whole());
  EXPECT_TRUE(steps->Check(4294967295.0).ok());
  for (const double value :
       {-1.0, 0.5, 4294967296.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(steps->Check(value).code(), absl::StatusCode::kOutOfRange) << value;
  }
  const auto probability = ParsedPath("model.forward.probability");
  EXPECT_FALSE(probability->whole());
  EXPECT_TRUE(probability->Check(0.5).ok());
  EXPECT_FALSE(probability->Check(std::nan("")).ok());
}

}  // namespace
}  // namespace lawine
