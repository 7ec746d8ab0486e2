// Names and kinds go into tables and files as they are.
#include "services/coordinator/plan/labels.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/coordinator/plan/scenario_plan.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

TEST(LabelsTest, HaveNoControlCharacters) {
  for (const char* label : {"", "news", "caf\u00e9 \u00a0 \u2603", "a, \"b\" | c"}) {
    EXPECT_TRUE(CheckLabel("l", label).ok()) << label;
  }
  for (const std::string& label : {std::string("a\nb"), std::string("a\tb"), std::string("\x1b[1m"),
                                   std::string("a\0b", 3), std::string("\x7f"), std::string("a\u0085")}) {
    EXPECT_THAT(std::string(CheckLabel("l", label).message()),
                HasSubstr("l: expected no control characters"));
  }
}

// What a scenario is told whose second message is changed.
template <class Change>
std::string Told(const Change& change) {
  v1::Scenario scenario;
  scenario.set_graph("g");
  v1::FurtherMessage& message = *scenario.add_messages();
  message.set_name("next");
  change(message);
  return std::string(CompleteScenario(scenario).status().message());
}

TEST(LabelsTest, FurtherMessagesAreCheckedAsTheFirst) {
  EXPECT_EQ(Told([](v1::FurtherMessage& m) { m.set_name(std::string(64, 'x')); }), "");
  EXPECT_THAT(Told([](v1::FurtherMessage& m) { m.set_name(std::string(65, 'x')); }),
              HasSubstr("messages[0].name: expected at most 64 bytes, found 65"));
  EXPECT_THAT(Told([](v1::FurtherMessage& m) { m.set_name("a\nb"); }), HasSubstr("messages[0].name"));
  EXPECT_THAT(Told([](v1::FurtherMessage& m) { m.mutable_message()->set_kind(std::string(65, 'x')); }),
              HasSubstr("messages[0].message.kind: expected at most 64 bytes"));
  EXPECT_THAT(Told([](v1::FurtherMessage& m) { m.mutable_message()->set_sentiment(v1::Sentiment(9)); }),
              HasSubstr("messages[0].message.sentiment: unknown value 9: expected one of SENTIMENT_"));
}

TEST(LabelsTest, OfTheFirstMessage) {
  v1::Scenario scenario;
  scenario.set_graph("g");
  scenario.mutable_message()->set_kind("a\nb");
  EXPECT_THAT(std::string(CompleteScenario(scenario).status().message()),
              HasSubstr("message.kind: expected no"));
}

}  // namespace
}  // namespace lawine
