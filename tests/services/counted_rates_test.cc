#include "services/coordinator/plan/counted_rates.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "services/common/json/rate_fields.h"
#include "services/common/json/scenario_json.h"
#include "services/coordinator/plan/scenario_merge.h"
#include "services/coordinator/plan/scenario_plan.h"
#include "services/coordinator/statistics/uncertainty.h"

namespace lawine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Scenario Parsed(const std::string& text) {
  const auto scenario = ParseScenarioJson(text);
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  return scenario.ok() ? *scenario : v1::Scenario();
}

v1::Scenario Completed(const std::string& text) {
  const auto scenario = CompleteScenario(Parsed(text));
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  return scenario.ok() ? *scenario : v1::Scenario();
}

std::string Refusal(const v1::Scenario& scenario) {
  return std::string(CompleteScenario(scenario).status().message());
}

std::vector<std::string> FieldsOf(const v1::Scenario& scenario) {
  std::vector<std::string> fields;
  for (const CountedRate& rate : CountedRatesOf(scenario)) fields.push_back(rate.field);
  return fields;
}

void AddRates(const google::protobuf::Descriptor& message, std::set<std::string>& seen,
              std::vector<std::string>& uncounted) {
  if (!seen.insert(message.full_name()).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& field = *message.field(i);
    if (field.message_type() != nullptr) AddRates(*field.message_type(), seen, uncounted);
    if (field.cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE &&
        CountsOfRate(field) == nullptr) {
      uncounted.push_back(field.full_name());
    }
  }
}

// Whoever adds a number to a scenario decides whether it can be counted.
TEST(CountedRatesTest, EveryRateOfAScenarioCanBeCounted) {
  std::set<std::string> seen;
  std::vector<std::string> uncounted;
  AddRates(*v1::Scenario::descriptor(), seen, uncounted);
  const auto name = [](const std::string& field) { return "lawine.v1." + field; };
  std::vector<std::string> not_rates;
  for (const char* field :
       {"AccountKindFactor.factor", "CommunityFactor.factor", "ForwardFactors.ages",
        "ThresholdModel.fraction", "ExponentialDelay.mean", "LogNormalDelay.median", "LogNormalDelay.sigma",
        "GammaDelay.mean", "GammaDelay.shape", "ReachTrigger.share", "Influence.factor",
        "Intervention.forward_factor", "UntilPrecision.relative_half_width", "UntilPrecision.half_width"}) {
    not_rates.push_back(name(field));
  }
  EXPECT_THAT(uncounted, ::testing::UnorderedElementsAreArray(not_rates));
}

TEST(CountedRatesTest, CountsStandInTheRatesPlaceOrBesideIt) {
  const v1::Scenario in_place =
      Parsed(R"({"graph": "g", "model": {"forward": {"probability": {"shares": 45, "receipts": 1200}}}})");
  const v1::Scenario beside = Parsed(
      R"({"graph": "g", "model": {"forward": {"probability_counts": {"shares": 45, "receipts": 1200}}}})");
  EXPECT_EQ(in_place.SerializeAsString(), beside.SerializeAsString());
  EXPECT_THAT(FieldsOf(in_place), ElementsAre("model.forward.probability"));
}

TEST(CountedRatesTest, WhatIsNoCountIsRefusedWithItsPath) {
  v1::Scenario scenario = Parsed(R"({"graph": "g", "model": {"sir": {"infection": 0.1, "recovery": 0.2}},
                                     "stop": {"max_steps": 9}})");
  v1::RateCounts& counts = *scenario.mutable_model()->mutable_sir()->mutable_recovery_counts();
  counts.set_shares(3);
  counts.set_receipts(9);
  EXPECT_THAT(Refusal(scenario), HasSubstr("model.sir.recovery_counts: contradicts model.sir.recovery"));
  scenario.mutable_model()->mutable_sir()->clear_recovery();
  EXPECT_EQ(Refusal(scenario), "");
  counts.set_shares(10);
  EXPECT_THAT(Refusal(scenario),
              HasSubstr("model.sir.recovery_counts.shares: expected at most the 9 receipts"));
  counts.set_receipts(0);
  EXPECT_THAT(Refusal(scenario), HasSubstr("model.sir.recovery_counts.receipts: expected 1 to"));
  counts.clear_receipts();
  EXPECT_THAT(Refusal(scenario), HasSubstr("model.sir.recovery_counts: partial"));
  const auto both = ParseScenarioJson(
      R"({"model": {"forward": {"probability": 0.1, "probability_counts": {"shares": 1, "receipts": 2}}}})");
  EXPECT_THAT(std::string(both.status().message()),
              HasSubstr("model.forward.probability_counts: contradicts probability"));
  const auto text = ParseScenarioJson(R"({"model": {"forward": {"probability": "ten"}}})");
  EXPECT_THAT(std::string(text.status().message()), HasSubstr("expected a number, or counts such as"));
}

// A completed scenario says what was given, and planning it again changes nothing.
TEST(CountedRatesTest, CompletedScenariosKeepTheirCounts) {
  const v1::Scenario full = Completed(R"({"graph": "g",
      "model": {"forward": {"probability": {"shares": 45, "receipts": 1200}}, "seen_probability": 0.5},
      "growth": {"new_links": {"shares": 1, "receipts": 50}},
      "messages": [{"name": "as the first"},
                   {"name": "other", "model": {"forward": {"probability": {"shares": 45, "receipts": 1200}}}}]})");
  EXPECT_FALSE(full.model().forward().has_probability());
  EXPECT_EQ(full.messages(0).model().SerializeAsString(), full.model().SerializeAsString());
  EXPECT_THAT(FieldsOf(full), ::testing::UnorderedElementsAre("model.forward.probability", "growth.new_links",
                                                              "messages[1].model.forward.probability"));
  const auto again = CompleteScenario(full);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), full.SerializeAsString());
}

TEST(CountedRatesTest, AVariantSaysARateInEitherForm) {
  const v1::Scenario base =
      Parsed(R"({"model": {"forward": {"probability": {"shares": 45, "receipts": 1200}}}})");
  const v1::Scenario known = MergeScenario(base, Parsed(R"({"model": {"forward": {"probability": 0.1}}})"));
  EXPECT_TRUE(known.model().forward().has_probability());
  EXPECT_FALSE(known.model().forward().has_probability_counts());
  const v1::Scenario counted = MergeScenario(known, base);
  EXPECT_FALSE(counted.model().forward().has_probability());
  EXPECT_EQ(counted.model().forward().probability_counts().shares(), 45u);
}

std::vector<double> Drawn(const CountedRate& rate, std::uint64_t run_seed, std::uint32_t replicas) {
  std::vector<double> drawn;
  for (std::uint32_t i = 0; i < replicas; ++i) drawn.push_back(DrawRate(rate, run_seed, i));
  return drawn;
}

// Kolmogorov's distance of n draws from their distribution is above 1.95 / sqrt(n) once in a thousand times.
TEST(CountedRatesTest, DrawsArePosterior) {
  CountedRate rate{.field = "model.forward.probability", .counts = {}};
  rate.counts.set_shares(45);
  rate.counts.set_receipts(1200);
  constexpr std::uint32_t kDraws = 4'000;
  std::vector<double> drawn = Drawn(rate, 1, kDraws);
  std::sort(drawn.begin(), drawn.end());
  double distance = 0;
  for (std::uint32_t i = 0; i < kDraws; i += 40) {
    const double quantile = PosteriorQuantile(45, 1200, (i + 0.5) / kDraws);
    const auto below = std::upper_bound(drawn.begin(), drawn.end(), quantile) - drawn.begin();
    distance = std::max(distance, std::abs(static_cast<double>(below) / kDraws - (i + 0.5) / kDraws));
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(kDraws));
}

// What makes a comparison paired: draws depend on seed, replica and field, and rise with the counts.
TEST(CountedRatesTest, DrawsAreCommonToWhatIsCompared) {
  CountedRate few{.field = "model.forward.probability", .counts = {}}, more = few, other = few;
  few.counts.set_shares(45);
  few.counts.set_receipts(1200);
  more.counts.set_shares(60);
  more.counts.set_receipts(1200);
  other.counts = few.counts;
  other.field = "model.seen_probability";
  const std::vector<double> a = Drawn(few, 7, 200), b = Drawn(more, 7, 200), c = Drawn(other, 7, 200);
  int above = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_LT(a[i], b[i]) << "replica " << i;
    above += a[i] < c[i] ? 1 : 0;
  }
  EXPECT_NEAR(above, 100, 4 * std::sqrt(50.0)) << "another field has draws of its own";
  EXPECT_NE(a, Drawn(few, 8, 200));
}

// 64 messages of 256 link kinds each would have every replica draw 16,384 rates.
TEST(CountedRatesTest, RatesAndDrawsAreBounded) {
  v1::Scenario scenario = Parsed(R"({"graph": "g", "replicas": 2})");
  v1::IndependentCascadeModel& model = *scenario.mutable_model()->mutable_independent_cascade();
  model.set_probability(0.1);
  const auto add = [&model](std::uint32_t kind) {
    v1::LinkKindProbability& added = *model.add_link_kinds();
    added.set_kind(kind);
    added.mutable_probability_counts()->set_shares(1);
    added.mutable_probability_counts()->set_receipts(9);
  };
  for (std::uint32_t kind = 0; kind < 64; ++kind) add(kind);
  for (int m = 0; m < 63; ++m) {
    v1::FurtherMessage& message = *scenario.add_messages();
    message.set_name(std::to_string(m));
    *message.mutable_model() = scenario.model();
  }
  EXPECT_EQ(Refusal(scenario), "") << "messages with the first one's model have its rates";
  scenario.set_replicas(20'000);
  EXPECT_THAT(Refusal(scenario), HasSubstr("replicas: expected at most 15625 beside 64 rates"));
  scenario.set_replicas(2);
  add(64);
  scenario.clear_messages();
  EXPECT_THAT(Refusal(scenario),
              HasSubstr("model.independent_cascade.link_kinds[64].probability_counts: expected at most 64 "
                        "rates that are counted, found 65"));
}

TEST(CountedRatesTest, ReplicasThatAreRefusedDrawNothing) {
  v1::Scenario scenario =
      Parsed(R"({"graph": "g", "model": {"forward": {"probability": {"shares": 1, "receipts": 8}}}})");
  scenario.set_replicas(10'001);
  const std::vector<RateDraws> draws = DrawRates(scenario);
  ASSERT_EQ(draws.size(), 1u);
  EXPECT_TRUE(draws[0].by_replica.empty());
}

TEST(CountedRatesTest, RatesAreFoundWhereverTheyStand) {
  const v1::Scenario scenario = Completed(R"({"graph": "g", "replicas": 3, "first_replica": 4,
      "model": {"forward": {"probability": {"shares": 1, "receipts": 8}}}})");
  const std::vector<RateDraws> draws = DrawRates(scenario);
  ASSERT_EQ(draws.size(), 1u);
  EXPECT_EQ(draws[0].Of(6), DrawRate(draws[0].rate, 1, 6));
  Threshold first = *Threshold::FromProbability(WithMarkedRates(scenario).model().forward().probability());
  Threshold second, third = first;
  const std::vector<Threshold*> rates = {&first, &second, &third};
  const std::vector<DrawnRate> drawn = TakeMarkedRates(draws, rates);
  ASSERT_EQ(drawn.size(), 1u);
  EXPECT_THAT(drawn[0].places, ElementsAre(0u, 2u));
  EXPECT_EQ(drawn[0].first_replica, 4u);
  EXPECT_EQ(drawn[0].by_replica.size(), 3u);
  EXPECT_EQ(first, *Threshold::FromProbability(0.2)) << "the mean of what is known";
}

}  // namespace
}  // namespace lawine
