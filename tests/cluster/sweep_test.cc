// Sweeps and ensembles that grow, over real processes: the same numbers as the runs they are made of, known
// answers, refusals.
#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/what_if_calls.h"

namespace lawine {
namespace {

class SweepTest : public WhatIfTest {
 protected:
  // A scenario whose forwarding was counted.
  static pb::Scenario Counted(std::uint32_t replicas, std::uint64_t shares, std::uint64_t receipts) {
    pb::Scenario scenario = Scenario(replicas);
    pb::ForwardModel& forward = *scenario.mutable_model()->mutable_forward();
    forward.clear_probability();
    forward.mutable_probability_counts()->set_shares(shares);
    forward.mutable_probability_counts()->set_receipts(receipts);
    return scenario;
  }
};

pb::SweepRequest SweepRequestOf(const pb::Scenario& scenario, double from, double to, std::uint32_t points) {
  pb::SweepRequest request;
  pb::Sweep& sweep = *request.mutable_sweep();
  *sweep.mutable_scenario() = scenario;
  sweep.set_field("model.forward.probability");
  sweep.set_from(from);
  sweep.set_to(to);
  sweep.set_points(points);
  return request;
}

TEST_F(SweepTest, ASweepIsMadeOfTheRunsOfItsValues) {
  const auto swept = Sweep(client(), SweepRequestOf(Scenario(8), 0.02, 0.1, 3));
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  const pb::SweepResult& result = swept.value.result;
  ASSERT_EQ(result.points_size(), 3);
  for (const pb::SweepPoint& point : result.points()) {
    pb::Scenario scenario = Scenario(8);
    scenario.mutable_model()->mutable_forward()->set_probability(point.value());
    const pb::RunResult alone = RunAlone(client(), scenario);
    EXPECT_EQ(alone.digest(), point.digest()) << point.value();
    pb::Ensemble ensemble = alone.ensemble();
    ensemble.clear_steps();  // only of runs that are kept
    EXPECT_EQ(ensemble.SerializeAsString(), point.ensemble().SerializeAsString());
  }
  EXPECT_EQ(result.points(1).value(), 0.06);
  EXPECT_EQ(result.sweep().scenario().run_seed(), 1u);
  EXPECT_NE(result.answer(), "");
}

// A further message without a model has the first one's, at every value.
TEST_F(SweepTest, EveryValueIsSetInWhatWasAsked) {
  pb::Scenario asked = Scenario(6);
  asked.add_messages()->set_name("next");
  const auto swept = Sweep(client(), SweepRequestOf(asked, 0.02, 0.1, 3));
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  const auto digest_at = [&](pb::Scenario scenario, double value) {
    scenario.mutable_model()->mutable_forward()->set_probability(value);
    return RunAlone(client(), scenario).digest();
  };
  for (const pb::SweepPoint& point : swept.value.result.points()) {
    EXPECT_EQ(digest_at(asked, point.value()), point.digest()) << point.value();
    EXPECT_EQ(digest_at(swept.value.result.sweep().scenario(), point.value()), point.digest())
        << "what is echoed cannot be repeated at " << point.value();
  }
}

// A random graph of mean audience c: a forwarder is followed by c p further ones, so p = 1 / c is critical.
TEST_F(SweepTest, ASweepFindsTheKnownCriticalRate) {
  constexpr std::uint32_t kMembers = 4'000;
  constexpr std::uint32_t kAudience = 10;
  std::string rows;
  std::uint64_t state = 1;
  for (std::uint32_t i = 0; i < kMembers * kAudience; ++i) {
    const auto draw = [&state] {
      return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33;
    };
    const std::uint64_t from = draw() % kMembers;
    absl::StrAppend(&rows, from, " ", draw() % kMembers, "\n");
  }
  pb::ImportOptions options;
  options.set_name("random");
  options.set_row("from,to");
  ASSERT_TRUE(client().Import(options, {{"random", rows}}).ok());
  pb::Scenario scenario;
  scenario.set_graph(options.name());
  scenario.set_replicas(400);
  const auto swept = Sweep(client(), SweepRequestOf(scenario, 0.02, 0.3, 15));
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  const pb::CriticalValue& critical = swept.value.result.critical();
  ASSERT_TRUE(critical.found());
  EXPECT_LE(critical.ci95().low(), 1.0 / kAudience);
  EXPECT_GE(critical.ci95().high(), 1.0 / kAudience);
  EXPECT_NEAR(critical.value(), 1.0 / kAudience, 0.04);
}

pb::SweepRequest CountsRequestOf(const pb::Scenario& scenario, std::uint64_t successes,
                                 std::uint64_t trials) {
  pb::SweepRequest request = SweepRequestOf(scenario, 0, 0, 20);
  pb::Counts& counts = *request.mutable_sweep()->mutable_counts();
  counts.set_successes(successes);
  counts.set_trials(trials);
  return request;
}

// Knowing a rate from few trials, or from many: luck stays, ignorance goes.
TEST_F(SweepTest, ACountedRateTellsLuckAndIgnoranceApart) {
  const auto few = Sweep(client(), CountsRequestOf(Scenario(40), 3, 60));
  ASSERT_TRUE(few.ok()) << Text(few.status);
  const auto many = Sweep(client(), CountsRequestOf(Scenario(40), 50'000, 1'000'000));
  ASSERT_TRUE(many.ok()) << Text(many.status);
  ASSERT_EQ(few.value.result.points_size(), 20);
  EXPECT_FALSE(few.value.result.has_critical());
  EXPECT_LT(few.value.result.points(0).value(), 0.03);
  EXPECT_GT(few.value.result.points(19).value(), 0.09);
  EXPECT_GT(few.value.result.uncertainty().ignorance_share(), 0.2);
  EXPECT_LT(many.value.result.uncertainty().ignorance_share(), 0.02);
  EXPECT_GT(many.value.result.uncertainty().luck(), 0);
  EXPECT_THAT(few.value.result.answer(), ::testing::HasSubstr("With 3 of 60 counted"));
}

TEST_F(SweepTest, CountsThatMakeNoSenseAreRefused) {
  const auto refusal = [&](auto change) {
    pb::SweepRequest changed = CountsRequestOf(Scenario(4), 3, 60);
    change(*changed.mutable_sweep());
    return Sweep(client(), changed).status;
  };
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.mutable_counts()->set_successes(61); }),
              IsBadField("counts.successes", "at most the 60 trials"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.mutable_counts()->Clear(); }),
              IsBadField("counts.trials", "found 0"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_to(0.5); }), IsBadField("counts", "neither from"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_field("stop.max_steps"); }), IsBadField("field", "a rate"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_points(19); }),
              IsBadField("points", "20 to 200 beside counts"));
}

TEST_F(SweepTest, EveryReplicaDrawsItsOwnRateAndIsThatRun) {
  const pb::RunResult result = RunAlone(client(), Counted(24, 3, 60));
  ASSERT_EQ(result.replicas_size(), 24);
  ASSERT_EQ(result.counted_rates_size(), 1);
  EXPECT_EQ(result.counted_rates(0).field(), "model.forward.probability");
  EXPECT_TRUE(result.scenario().model().forward().has_probability_counts());
  std::set<double> drawn;
  for (int i = 0; i < result.replicas_size(); i += 6) {
    const pb::ReplicaResult& replica = result.replicas(i);
    ASSERT_EQ(replica.drawn_rates_size(), 1);
    drawn.insert(replica.drawn_rates(0));
    pb::Scenario alone = Scenario(1);
    alone.set_first_replica(static_cast<std::uint32_t>(i));
    alone.mutable_model()->mutable_forward()->set_probability(replica.drawn_rates(0));
    EXPECT_EQ(RunAlone(client(), alone).digest(), replica.digest()) << "replica " << i;
    pb::Scenario counted = Counted(1, 3, 60);
    counted.set_first_replica(static_cast<std::uint32_t>(i));
    const pb::RunResult one = RunAlone(client(), counted);
    EXPECT_EQ(one.digest(), replica.digest()) << "replica " << i;
    EXPECT_EQ(one.counted_rates(0).drawn(), replica.drawn_rates(0));
  }
  EXPECT_EQ(drawn.size(), 4u);
  EXPECT_GT(result.ensemble().luck_and_ignorance().ignorance_share(), 0.1);
}

// The same draw on both sides, whatever the counts are the same of.
TEST_F(SweepTest, AComparisonHasTheSameDrawsOnBothSides) {
  pb::CompareRequest request;
  pb::Comparison& comparison = *request.mutable_comparison();
  *comparison.mutable_base() = Counted(30, 3, 60);
  pb::Variant& shorter = *comparison.add_variants();
  shorter.set_name("shorter");
  shorter.mutable_change()->mutable_stop()->set_max_steps(3);
  pb::Variant& known = *comparison.add_variants();
  known.set_name("known");
  known.mutable_change()->mutable_model()->mutable_forward()->set_probability(0.05);
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  const pb::ComparisonResult& result = compared.value.result;
  EXPECT_TRUE(result.variants(1).scenario().model().forward().has_probability_counts());
  EXPECT_FALSE(result.variants(2).scenario().model().forward().has_probability_counts());
  const pb::RunResult base = RunAlone(client(), result.variants(0).scenario());
  const pb::RunResult of = RunAlone(client(), result.variants(1).scenario());
  EXPECT_EQ(of.digest(), result.variants(1).digest());
  for (int i = 0; i < base.replicas_size(); ++i) {
    EXPECT_EQ(base.replicas(i).drawn_rates(0), of.replicas(i).drawn_rates(0));
  }
  EXPECT_EQ(result.differences(0).measures().reach().more(), 0u);
  EXPECT_EQ(result.differences(0).luck_and_ignorance().measure(), "reach");
  EXPECT_EQ(result.differences(0).luck_and_ignorance().rates_size(), 1);
}

TEST_F(SweepTest, ASweptRateIsNotCountedAnyMore) {
  const auto counted = Sweep(client(), SweepRequestOf(Counted(8, 3, 60), 0.02, 0.1, 3));
  const auto known = Sweep(client(), SweepRequestOf(Scenario(8), 0.02, 0.1, 3));
  ASSERT_TRUE(counted.ok()) << Text(counted.status);
  ASSERT_TRUE(known.ok()) << Text(known.status);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(counted.value.result.points(i).digest(), known.value.result.points(i).digest());
}

TEST_F(SweepTest, CountsOfARateThatMakeNoSenseAreRefused) {
  const auto refusal = [&](const pb::Scenario& scenario) {
    pb::CreateRunRequest request;
    *request.mutable_scenario() = scenario;
    return client().CreateRun(request).status;
  };
  EXPECT_THAT(refusal(Counted(4, 61, 60)),
              IsBadField("model.forward.probability_counts.shares", "at most the 60 receipts"));
  EXPECT_THAT(refusal(Counted(4, 0, 0)), IsBadField("model.forward.probability_counts.receipts", "found 0"));
}

TEST_F(SweepTest, ASweepOfWholeNumbers) {
  pb::SweepRequest request = SweepRequestOf(Scenario(4), 1, 3, 20);
  request.mutable_sweep()->set_field("stop.max_steps");
  const auto swept = Sweep(client(), request);
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  ASSERT_EQ(swept.value.result.points_size(), 3);
  EXPECT_EQ(swept.value.result.points(2).ensemble().measures().steps().max(), 3u);
}

TEST_F(SweepTest, ASweepIsEstimatedAndRefusedWithThePathInTheRequest) {
  pb::SweepRequest request = SweepRequestOf(Scenario(10), 0.01, 0.1, 5);
  request.set_validate_only(true);
  const auto estimated = Sweep(client(), request);
  ASSERT_TRUE(estimated.ok()) << Text(estimated.status);
  EXPECT_GT(estimated.value.estimate.deliveries(), 0u);
  EXPECT_TRUE(estimated.value.progress.empty());
  const auto refusal = [&](auto change) {
    pb::SweepRequest changed = SweepRequestOf(Scenario(10), 0.01, 0.1, 5);
    change(*changed.mutable_sweep());
    return Sweep(client(), changed).status;
  };
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.mutable_field()->push_back('x'); }),
              IsBadField("field", "did you mean model.forward.probability?"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_field("run_seed"); }), IsBadField("field", "run_seed"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_field("message.kind"); }), IsBadField("field", "a number"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_measure("people"); }),
              IsBadField("measure", "a graph that knows persons"));
  EXPECT_THAT(refusal([](pb::Sweep& s) {
                s.mutable_scenario()->mutable_until_precision()->set_half_width(1);
                s.mutable_scenario()->mutable_until_precision()->set_measure("cost");
                s.mutable_scenario()->set_replicas(100);
              }),
              IsBadField("scenario.until_precision.measure", "costs"));
  EXPECT_THAT(refusal([](pb::Sweep& s) {
                s.mutable_scenario()->mutable_until_precision()->set_half_width(1);
                s.mutable_scenario()->set_replicas(10'000);
                s.set_points(20);
              }),
              IsBadField("scenario.replicas", "at most 5000 of each of 20 messages in all"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_points(1); }), IsBadField("points", "2 to 200"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_points(100'000); }), IsBadField("points", "2 to 200"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_to(0.01); }), IsBadField("to", "more than `from`"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_to(std::nan("")); }), IsBadField("to", "expected a number"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_to(1.5); }),
              IsBadField("scenario.model.forward.probability", "between 0 and 1"));
  EXPECT_THAT(refusal([](pb::Sweep& s) {
                s.set_from(0);
                s.set_scale(pb::SWEEP_SCALE_LOG);
              }),
              IsBadField("from", "more than 0"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.mutable_scenario()->set_replicas(1); }),
              IsBadField("scenario.replicas", "2 to 10000"));
}

// Without the name of the run and the time it took, and what only runs that are kept have.
std::string Content(pb::RunResult result) {
  result.clear_timing();
  result.clear_manifest();
  result.mutable_scenario()->clear_until_precision();
  result.mutable_ensemble()->clear_precision();
  result.mutable_ensemble()->clear_steps();
  return result.SerializeAsString();
}

TEST_F(SweepTest, AnEnsembleGrowsUntilItsMeanIsKnown) {
  pb::Scenario scenario = Scenario(1);
  scenario.set_replicas(300);
  scenario.mutable_model()->mutable_forward()->set_probability(0.1);
  const pb::RunResult all = RunAlone(client(), scenario);
  const pb::Interval& interval = all.ensemble().measures().reach().ci95();
  scenario.mutable_until_precision()->set_half_width(1.2 * (interval.high() - interval.low()) / 2 *
                                                     std::sqrt(300.0 / 64));
  const pb::RunResult grown = RunAlone(client(), scenario);
  ASSERT_TRUE(grown.ensemble().precision().met());
  const std::uint32_t made = grown.scenario().replicas();
  EXPECT_EQ(static_cast<std::uint32_t>(grown.replicas_size()), made);
  EXPECT_TRUE(made == 32 || made == 64 || made == 128) << made;
  pb::Scenario same = scenario;
  same.clear_until_precision();
  same.set_replicas(made);
  EXPECT_EQ(Content(grown), Content(RunAlone(client(), same))) << "not the ensemble of that size";
  EXPECT_EQ(Content(grown), Content(client().Simulate(scenario).value));
}

TEST_F(SweepTest, AnEnsembleThatMayNotGrowFurtherSaysSo) {
  pb::Scenario scenario = Scenario(1);
  scenario.set_replicas(33);  // the last block is a single replica
  scenario.mutable_model()->mutable_forward()->set_probability(0.1);
  scenario.mutable_until_precision()->set_half_width(1e-9);
  const pb::RunResult result = RunAlone(client(), scenario);
  EXPECT_FALSE(result.ensemble().precision().met());
  EXPECT_EQ(result.scenario().replicas(), 33u);
  scenario.clear_until_precision();
  EXPECT_EQ(Content(result), Content(RunAlone(client(), scenario)));
}

// Of a scenario with several messages the first one is compared.
TEST_F(SweepTest, SeveralMessagesAreNotMixed) {
  const auto add_message = [](pb::Scenario& scenario) {
    pb::FurtherMessage& message = *scenario.add_messages();
    message.set_name("correction");
    message.mutable_seed_members()->set_random(true);
  };
  pb::CompareRequest request = Request(10);
  add_message(*request.mutable_comparison()->mutable_base());
  pb::BreakEven& wanted = *request.mutable_comparison()->mutable_break_even();
  wanted.set_variant("keener");
  wanted.set_field("model.forward.probability");
  wanted.set_from(0.01);
  wanted.set_to(0.2);
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  EXPECT_NEAR(compared.value.result.break_even().value(), 0.06,
              compared.value.result.break_even().precision());
  pb::Scenario scenario = Scenario(8);
  add_message(scenario);
  const auto swept = Sweep(client(), SweepRequestOf(scenario, 0.02, 0.1, 2));
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  for (const pb::SweepPoint& point : swept.value.result.points()) {
    const pb::Distribution& reach = point.ensemble().measures().reach();
    EXPECT_NEAR(point.variability(), reach.standard_deviation() / reach.mean(), 1e-9);
  }
  scenario.set_replicas(64);
  scenario.mutable_until_precision()->set_half_width(1e-9);
  const pb::RunResult grown = RunAlone(client(), scenario);
  scenario.clear_until_precision();
  EXPECT_EQ(Content(grown), Content(RunAlone(client(), scenario)));
}

}  // namespace
}  // namespace lawine
