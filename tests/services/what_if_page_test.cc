#include "services/cli/page/what_if_page.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/comparison_json.h"
#include "services/common/json/scenario_json.h"

namespace lawine::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

void Fill(double mean, v1::Distribution& distribution) {
  distribution.set_mean(mean);
  distribution.mutable_ci95()->set_low(mean - 1);
  distribution.mutable_ci95()->set_high(mean + 1);
  distribution.mutable_quantiles()->set_p50(static_cast<std::uint64_t>(mean));
}

v1::ComparisonResult Comparison() {
  v1::ComparisonResult result;
  v1::Comparison& comparison = *result.mutable_comparison();
  comparison.mutable_base()->set_graph("g");
  comparison.mutable_base()->set_replicas(10);
  comparison.mutable_base()->mutable_model()->mutable_forward()->set_probability(0.1);
  comparison.set_base_name("person");
  comparison.set_measure("deliveries");
  v1::Variant& variant = *comparison.add_variants();
  variant.set_name("page");
  variant.mutable_change()->mutable_model()->mutable_forward()->set_probability(0.3);
  for (const char* name : {"person", "page"}) {
    v1::VariantResult& part = *result.add_variants();
    part.set_name(name);
    part.set_digest("d1");
    part.mutable_ensemble()->set_replicas(10);
    Fill(100, *part.mutable_ensemble()->mutable_measures()->mutable_deliveries());
    part.add_steps()->set_first_receipts(10);
  }
  v1::Difference& difference = *result.add_differences();
  difference.set_of("page");
  difference.set_against("person");
  difference.set_paired(true);
  difference.set_replicas(10);
  difference.set_answer("page is delivered more often.");
  v1::MeasureDifference& found = *difference.mutable_measures()->mutable_deliveries();
  found.set_mean(50);
  found.mutable_ci95()->set_low(40);
  found.mutable_ci95()->set_high(60);
  found.set_more(7);
  found.set_less(2);
  found.set_same(1);
  difference.add_steps()->mutable_reach()->set_mean(5);
  result.set_recommendation("Choose page.");
  return result;
}

std::vector<std::string> TitlesOf(const Page& page) {
  std::vector<std::string> titles;
  for (const PagePlots& group : page.plots) {
    for (const Plot& plot : group.plots) titles.push_back(plot.title);
  }
  return titles;
}

TEST(ComparisonPage, OpensWithTheRecommendationAndASentenceAPair) {
  const Page page = ComparisonPage(Comparison());
  EXPECT_EQ(page.recommendation, "Choose page.");
  ASSERT_EQ(page.answers.size(), 1u);
  EXPECT_EQ(page.answers[0].question, "page or person?");
  EXPECT_EQ(page.answers[0].sentence, "page is delivered more often.");
}

TEST(ComparisonPage, HasAColumnOfTheMeasureThatDecidesAndSharesInPercent) {
  v1::ComparisonResult result = Comparison();
  result.mutable_comparison()->set_measure("target_share");
  for (v1::VariantResult& variant : *result.mutable_variants()) {
    v1::Distribution& share = *variant.mutable_ensemble()->mutable_measures()->mutable_target_share();
    share.set_mean(929'980);
    share.mutable_ci95()->set_low(925'980);
    share.mutable_ci95()->set_high(933'980);
  }
  v1::MeasureDifference& found = *result.mutable_differences(0)->mutable_measures()->mutable_target_share();
  found.set_mean(50'000);
  found.mutable_ci95()->set_low(40'000);
  found.mutable_ci95()->set_high(60'000);
  const Page page = ComparisonPage(result);
  EXPECT_EQ(page.tables[0].columns.back(), "target share");
  EXPECT_EQ(page.tables[0].rows[0].back(), "93.0% ± 0.4%");
  EXPECT_EQ(page.tables[1].rows[0][1], "5.0%");
  EXPECT_EQ(page.tables[1].rows[0][2], "4.0% to 6.0%");
  EXPECT_THAT(page.plots[0].plots[1].series[0].y, ElementsAre(5));
}

TEST(ComparisonPage, PlotsTheMeasureThatDecides) {
  const Page page = ComparisonPage(Comparison());
  EXPECT_THAT(TitlesOf(page),
              ElementsAre("Variants: deliveries", "Differences in deliveries", "Replica by replica",
                          "Members reached", "Difference in members reached"));
  const std::vector<Plot>& plots = page.plots[0].plots;
  EXPECT_THAT(plots[1].series[0].y, ElementsAre(50));
  EXPECT_THAT(plots[1].series[0].bands[0].low, ElementsAre(40));
  EXPECT_THAT(plots[2].series[0].y, ElementsAre(7));
  EXPECT_THAT(plots[3].series[1].y, ElementsAre(1)) << "10 receipts in 10 replicas";
}

TEST(ComparisonPage, SaysWhereNothingIsPaired) {
  v1::ComparisonResult result = Comparison();
  const auto note = [&result] { return ComparisonPage(result).plots[0].plots[1].note; };
  EXPECT_THAT(ComparisonPage(result).subtitle, HasSubstr("all under the same luck"));
  EXPECT_THAT(note(), HasSubstr("Mean of the paired differences"));
  result.mutable_differences(0)->set_paired(false);
  EXPECT_THAT(ComparisonPage(result).subtitle,
              HasSubstr("10 replicas of each, unpaired: their graphs differ"));
  EXPECT_THAT(note(), HasSubstr("Unpaired difference of means"));
  EXPECT_THAT(ComparisonPage(result).plots[0].plots[0].note, Not(HasSubstr("same luck")));
  *result.add_differences() = Comparison().differences(0);
  EXPECT_THAT(ComparisonPage(result).subtitle, HasSubstr("otherwise unpaired"));
  EXPECT_THAT(note(), HasSubstr("or, where graphs differ, unpaired"));
}

TEST(ComparisonPage, HasABreakEvenWhereOneWasAskedFor) {
  v1::ComparisonResult result = Comparison();
  v1::BreakEvenResult& even = *result.mutable_break_even();
  even.mutable_break_even()->set_variant("page");
  even.set_answer("As well at 0.2.");
  even.set_value(0.2);
  even.add_trials()->set_value(0.1);
  const Page page = ComparisonPage(result);
  EXPECT_EQ(page.answers.back().sentence, "As well at 0.2.");
  EXPECT_EQ(TitlesOf(page).back(), "Break-even of page");
  EXPECT_EQ(page.plots[0].plots.back().marks[0].at, 0.2);
}

TEST(ComparisonPage, SaysWhoseSeedMembersAreOneDraw) {
  v1::ComparisonResult result = Comparison();
  v1::Scenario& scenario = *result.mutable_variants(1)->mutable_scenario();
  scenario.set_replicas(10);
  scenario.set_run_seed(3);
  scenario.mutable_seed_members()->set_random(true);
  const Page page = ComparisonPage(result);
  EXPECT_EQ(page.answers.back().question, "Would other seed members do the same?");
  EXPECT_THAT(page.answers.back().sentence, HasSubstr("at random of 'page' are one draw (run seed 3)"));
}

TEST(ComparisonPage, HoldsTheFileThatRepeatsIt) {
  const v1::ComparisonResult result = Comparison();
  const PageManifest manifest = ComparisonPage(result).manifests.at(0);
  EXPECT_THAT(manifest.commands, ElementsAre("lawine compare comparison.json"));
  EXPECT_THAT(manifest.facts, Contains(Pair("digest of page", "d1")));
  const auto again = ParseComparisonJson(manifest.files.at(0).second);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), result.comparison().SerializeAsString());
}

v1::SweepResult Sweep() {
  v1::SweepResult result;
  v1::Sweep& sweep = *result.mutable_sweep();
  sweep.mutable_scenario()->set_graph("g");
  sweep.mutable_scenario()->set_replicas(10);
  sweep.mutable_scenario()->mutable_model()->mutable_forward()->set_probability(0.1);
  sweep.set_field("model.forward.probability");
  sweep.set_from(0.1);
  sweep.set_to(0.4);
  sweep.set_points(3);
  sweep.set_scale(v1::SWEEP_SCALE_LOG);
  for (const double value : {0.1, 0.2, 0.4}) {
    v1::SweepPoint& point = *result.add_points();
    point.set_value(value);
    point.set_digest("d2");
    point.mutable_ensemble()->set_dying_out_share(1 - value);
    point.mutable_ensemble()->set_dying_out_below(50);
    Fill(1000 * value, *point.mutable_ensemble()->mutable_measures()->mutable_reach());
    Fill(10 - value, *point.mutable_ensemble()->mutable_measures()->mutable_steps());
  }
  result.mutable_critical()->set_found(true);
  result.mutable_critical()->set_value(0.2);
  result.set_answer("It is about 0.2.");
  return result;
}

TEST(SweepPage, SaysWhatItFound) {
  const Page page = SweepPage(Sweep());
  EXPECT_EQ(page.recommendation, "It is about 0.2.");
  EXPECT_EQ(page.answers[1].sentence,
            "It dies out in 90% of replicas where model.forward.probability is 0.1, in 60% where it is 0.4.");
  EXPECT_EQ(page.answers[2].sentence, "It goes on longest, 9.9 steps on average, where it is 0.1.");
}

TEST(SweepPage, SaysNothingOfDyingOutWhereItCannotBeTold) {
  v1::SweepResult result = Sweep();
  result.mutable_points(2)->mutable_ensemble()->set_dying_out_below(0);
  const Page page = SweepPage(result);
  for (const Answer& answer : page.answers) EXPECT_NE(answer.question, "When does it die out?");
  EXPECT_EQ(page.tables[0].rows[2][6], "-");
  EXPECT_EQ(page.tables[0].rows[0][6], "90%");
}

TEST(SweepPage, MarksTheCriticalValueInEveryPlot) {
  const Page page = SweepPage(Sweep());
  EXPECT_THAT(TitlesOf(page),
              ElementsAre("Members reached", "Dying out", "Last step", "Variability of reach"));
  for (const Plot& plot : page.plots[0].plots) {
    ASSERT_EQ(plot.marks.size(), 1u) << plot.title;
    EXPECT_EQ(plot.marks[0].at, 0.2);
    EXPECT_TRUE(plot.x.log);
  }
  EXPECT_THAT(page.plots[0].plots[0].series[0].y, ElementsAre(100, 200, 400));
}

TEST(SweepPage, HasAColumnAndAPlotOfTheMeasureAskedFor) {
  v1::SweepResult result = Sweep();
  result.mutable_sweep()->set_measure("target_share");
  for (v1::SweepPoint& point : *result.mutable_points()) {
    point.mutable_ensemble()->mutable_measures()->mutable_target_share()->set_mean(500'000);
  }
  const Page page = SweepPage(result);
  EXPECT_EQ(page.tables[0].columns.back(), "target share");
  EXPECT_THAT(page.tables[0].rows[0].back(), HasSubstr("50.0% ± "));
  EXPECT_EQ(TitlesOf(page)[0], "Asked for: target share");
  EXPECT_THAT(page.plots[0].plots[0].series[0].y, ElementsAre(50, 50, 50));
}

TEST(SweepPage, HoldsTheCommandThatRepeatsIt) {
  const PageManifest manifest = SweepPage(Sweep()).manifests.at(0);
  EXPECT_THAT(
      manifest.commands,
      ElementsAre("lawine sweep --scenario scenario.json --field model.forward.probability --from 0.1 --to "
                  "0.4 --scale log --points 3"));
  EXPECT_THAT(manifest.files.at(1).second, HasSubstr("d2"));
}

TEST(SweepPage, RepeatsItsValuesExactly) {
  v1::SweepResult result = Sweep();
  result.mutable_sweep()->set_from(1.0 / 3);
  result.mutable_sweep()->set_measure("deliveries");
  EXPECT_EQ(SweepPage(result).manifests.at(0).commands.at(0),
            "lawine sweep --scenario scenario.json --field model.forward.probability --from "
            "0.33333333333333331 --to 0.4 --scale log --points 3 --measure deliveries");
}

TEST(SweepPage, OfCountsRepeatsThem) {
  v1::SweepResult result = Sweep();
  v1::Sweep& sweep = *result.mutable_sweep();
  sweep.clear_from();
  sweep.clear_to();
  sweep.clear_scale();
  sweep.mutable_counts()->set_successes(37);
  sweep.mutable_counts()->set_trials(1'000);
  sweep.set_measure("reach");
  const Page page = SweepPage(result);
  EXPECT_EQ(
      page.manifests.at(0).commands.at(0),
      "lawine sweep --scenario scenario.json --field model.forward.probability --counts 37/1000 --points "
      "3 --measure reach");
  EXPECT_EQ(page.assumptions.back().what, "model.forward.probability");
  EXPECT_EQ(page.assumptions.back().value, "37 of 1,000 as counted");
}

v1::MarginalReachResult Marginal(v1::MarginalOrder order) {
  v1::MarginalReachResult result;
  v1::Scenario& scenario = *result.mutable_scenario();
  scenario.set_graph("g");
  scenario.set_replicas(100);
  scenario.mutable_model()->mutable_forward()->set_probability(0.1);
  for (const char* id : {"17", "42"}) scenario.mutable_seed_members()->add_ids(id);
  result.set_order(order);
  result.set_mean_reach(200);
  for (int i = 0; i < 2; ++i) {
    v1::SeedMarginal& member = *result.add_members();
    member.mutable_member()->set_id(scenario.seed_members().ids(i));
    member.mutable_member()->set_audience(300);
    member.set_mean_reach(i == 0 ? 150 : 195);
    v1::MeasureDifference& marginal = *member.mutable_marginal();
    marginal.set_mean(i == 0 ? 50 : 5);
    marginal.mutable_ci95()->set_low(i == 0 ? 40 : -5);
    marginal.mutable_ci95()->set_high(i == 0 ? 60 : 15);
    marginal.set_more(90);
    marginal.set_less(4);
    marginal.set_same(6);
  }
  result.set_answer("17 is worth most.");
  result.add_warnings("W.");
  return result;
}

TEST(MarginalPage, SaysWhatEachIsWorth) {
  const Page page = MarginalPage(Marginal(v1::MARGINAL_ORDER_LEAVE_ONE_OUT));
  EXPECT_EQ(page.title, "What each seed member is worth");
  EXPECT_EQ(page.recommendation, "17 is worth most.");
  EXPECT_THAT(page.warnings, ElementsAre("W."));
  ASSERT_EQ(page.answers.size(), 2u);
  EXPECT_EQ(page.answers[0].sentence,
            "Perhaps 1 member: in 100 replicas it cannot be told whether more is reached with it.");
  EXPECT_EQ(
      page.answers[1].sentence,
      "28% of what they reach would be lost without one certain member; the rest is reached from several "
      "of them.");
  ASSERT_EQ(page.tables.size(), 1u);
  EXPECT_THAT(page.tables[0].columns, ElementsAre("seed member", "audience", "is worth", "95% interval",
                                                  "more in", "less in", "same in", "reach without it"));
  EXPECT_THAT(page.tables[0].rows[0],
              ElementsAre("17", "300", "50.0", "40.0 to 60.0", "90", "4", "6", "150.0"));
}

TEST(MarginalPage, SaysThatNobodyCouldBeLeftOut) {
  v1::MarginalReachResult result = Marginal(v1::MARGINAL_ORDER_LEAVE_ONE_OUT);
  result.mutable_members(1)->mutable_marginal()->mutable_ci95()->set_low(1);
  EXPECT_EQ(MarginalPage(result).answers[0].sentence,
            "No: of each it can be told in 100 replicas that more is reached with it.");
}

TEST(MarginalPage, PlotsWhatEachIsWorth) {
  const Page page = MarginalPage(Marginal(v1::MARGINAL_ORDER_LEAVE_ONE_OUT));
  EXPECT_THAT(TitlesOf(page), ElementsAre("What each is worth"));
  const Plot& plot = page.plots[0].plots[0];
  EXPECT_THAT(plot.labels, ElementsAre("17", "42"));
  EXPECT_THAT(plot.series[0].y, ElementsAre(50, 5));
  EXPECT_THAT(plot.series[0].bands[0].low, ElementsAre(40, -5));
  EXPECT_THAT(plot.series[0].bands[0].high, ElementsAre(60, 15));
  EXPECT_EQ(plot.marks[0].at, 0);
}

TEST(MarginalPage, OneAfterTheOtherHasTheReachSoFar) {
  const Page page = MarginalPage(Marginal(v1::MARGINAL_ORDER_INCREMENTAL));
  EXPECT_EQ(page.title, "What each seed member adds");
  EXPECT_THAT(TitlesOf(page), ElementsAre("What each adds", "Members reached by the first ones"));
  EXPECT_THAT(page.plots[0].plots[1].series[0].x, ElementsAre(1, 2));
  EXPECT_THAT(page.plots[0].plots[1].series[0].y, ElementsAre(150, 195));
  EXPECT_EQ(page.tables[0].columns[2], "adds");
  EXPECT_EQ(page.tables[0].columns.back(), "reach with it");
  EXPECT_EQ(page.answers.size(), 1u) << "what is shared is known of leaving one out only";
}

TEST(MarginalPage, PlotsTheFirstOfMany) {
  v1::MarginalReachResult result = Marginal(v1::MARGINAL_ORDER_LEAVE_ONE_OUT);
  while (result.members_size() < 50) *result.add_members() = result.members(1);
  const Page page = MarginalPage(result);
  EXPECT_EQ(page.plots[0].plots[0].labels.size(), 40u);
  EXPECT_THAT(page.plots[0].plots[0].note, HasSubstr("the first 40 of 50."));
  EXPECT_EQ(page.tables[0].rows.size(), 50u);
}

TEST(MarginalPage, HoldsTheCommandThatRepeatsIt) {
  const auto manifest = [](v1::MarginalOrder order) { return MarginalPage(Marginal(order)).manifests.at(0); };
  EXPECT_THAT(manifest(v1::MARGINAL_ORDER_LEAVE_ONE_OUT).commands,
              ElementsAre("lawine marginal --scenario scenario.json"));
  EXPECT_THAT(manifest(v1::MARGINAL_ORDER_INCREMENTAL).commands,
              ElementsAre("lawine marginal --scenario scenario.json --incremental"));
  const auto again = ParseScenarioJson(manifest(v1::MARGINAL_ORDER_INCREMENTAL).files.at(0).second);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(again->seed_members().ids(), ElementsAre("17", "42"));
}

}  // namespace
}  // namespace lawine::cli
