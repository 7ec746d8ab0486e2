#include "services/cli/page/run_page.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/page/answers.h"
#include "services/cli/page/assumptions.h"
#include "services/cli/page/run_plots.h"
#include "services/cli/page/step_series.h"
#include "services/common/json/scenario_json.h"
#include "services/coordinator/statistics/ensemble.h"

namespace lawine::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kHyves[] = "preset hyves, 6000000 members, 100 links a member, graph seed 1, generator 1";

void AppendStep(v1::RunResult& result, std::uint64_t deliveries, std::uint64_t first,
                std::uint64_t forwards) {
  v1::StepCounts& step = *result.add_steps();
  step.set_step(static_cast<std::uint32_t>(result.steps_size()) - 1);
  step.set_deliveries(deliveries);
  step.set_first_receipts(first);
  step.set_duplicates(deliveries - (step.step() == 0 ? 0 : first));
  step.set_forwards(forwards);
  v1::Totals& totals = *result.mutable_totals();
  totals.set_deliveries(totals.deliveries() + deliveries);
  totals.set_reach(totals.reach() + first);
  totals.set_duplicates(totals.duplicates() + step.duplicates());
  totals.set_forwards(totals.forwards() + forwards);
  totals.set_steps(step.step());
}

// One member messages 300 friends, 30 of whom pass it on.
v1::RunResult Article() {
  v1::RunResult result;
  result.set_graph("hyves");
  result.set_graph_members(6'000'000);
  result.set_graph_links(600'000'000);
  result.set_digest("ab12");
  result.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  v1::Scenario& scenario = *result.mutable_scenario();
  scenario.set_graph("hyves");
  scenario.mutable_seed_members()->set_audience(300);
  scenario.mutable_seed_members()->set_count(1);
  scenario.mutable_model()->mutable_forward()->set_probability(0.1);
  scenario.set_replicas(1);
  scenario.set_run_seed(1);
  v1::SeedMember& seed = *result.add_seed_members();
  seed.set_id("17");
  seed.set_audience(300);
  result.mutable_manifest()->set_graph_origin(kHyves);
  result.mutable_manifest()->set_run("runs/17");
  AppendStep(result, 0, 1, 1);
  AppendStep(result, 300, 300, 30);
  AppendStep(result, 9'000, 8'700, 60);
  result.set_unreached_missed(5'990'999);
  return result;
}

// Of two replicas one dies out.
v1::RunResult TwoReplicas() {
  v1::RunResult result = Article();
  result.mutable_scenario()->set_replicas(2);
  std::vector<LaneOutcome> lanes(2);
  lanes[0].reach = 1;
  lanes[1].reach = 900'000;
  for (LaneOutcome& lane : lanes) {
    lane.stop = StopReason::kNothingPending;
    v1::ReplicaResult& replica = *result.add_replicas();
    replica.mutable_totals()->set_reach(lane.reach);
    replica.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  }
  *result.mutable_ensemble() = MakeEnsemble(lanes, result.graph_members());
  const std::vector<std::vector<StepCounts>> kept = {
      {{.step = 0, .first_receipts = 1}},
      {{.step = 0, .first_receipts = 1}, {.step = 1, .deliveries = 900'000, .first_receipts = 899'999}}};
  AddSteps(kept, *result.mutable_ensemble());
  return result;
}

std::string AnswerTo(const v1::RunResult& result, const std::string& question) {
  for (const Answer& answer : RunAnswers(result)) {
    if (answer.question == question) return answer.sentence;
  }
  return "";
}

TEST(RunAnswers, AreSentencesWithTheCounts) {
  const v1::RunResult result = Article();
  EXPECT_EQ(AnswerTo(result, "How far does it go?"), "9,001 of 6,000,000 members (0.15%) got it, in 2 hops.");
  EXPECT_EQ(AnswerTo(result, "What happens first?"),
            "One member messaged 300 friends; 30 forwarded it: it entered 30 other personal networks.");
  EXPECT_EQ(AnswerTo(result, "How fast?"),
            "Half of those it reached had it by hop 2; the last hop at which anything happened was hop 2.");
  EXPECT_EQ(
      AnswerTo(result, "Does it take off?"),
      "Each member that passed it on at hop 1 led to 2.00 that did at hop 2: at first it grew. It died out "
      "when 0.15% of all members had it.");
  EXPECT_EQ(AnswerTo(result, "How often does one get it?"),
            "A reached member got it 1.03 times on average; 3.2% of deliveries were to members that had it "
            "already.");
}

TEST(RunAnswers, TellTheClockWhereStepsHaveALength) {
  v1::RunResult result = Article();
  result.mutable_scenario()->set_step_seconds(1800);
  EXPECT_THAT(AnswerTo(result, "How fast?"), HasSubstr("by step 2 (60 min)"));
  EXPECT_EQ(AnswerTo(result, "Does it take off?"), "") << "steps are no generations";
}

TEST(RunAnswers, TellTheEndThatItHad) {
  const char question[] = "Does it take off?";
  v1::RunResult result = Article();
  result.mutable_scenario()->mutable_stop()->set_max_steps(2);
  result.set_reason_stopped(v1::REASON_STOPPED_MAX_STEPS);
  EXPECT_THAT(AnswerTo(result, question),
              EndsWith("When max_steps 2 ended the run, 0.15% of all members had it."));
  result.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  result.set_graph_members(10'000);
  EXPECT_THAT(AnswerTo(result, question), EndsWith("It went on until 90.0% of all members had it."));
}

TEST(RunAnswers, JudgeNothingByAFewForwards) {
  v1::RunResult result = Article();
  result.set_graph_members(10'000);
  for (const int step : {1, 2}) result.mutable_steps(step)->set_forwards(1);
  EXPECT_EQ(
      AnswerTo(result, "Does it take off?"),
      "Each member that passed it on at hop 1 led to 1.00 that did at hop 2, but of 1 that says little. It "
      "went on until 90.0% of all members had it.");
}

TEST(RunAnswers, TellTheEndsOfReplicas) {
  v1::RunResult result = TwoReplicas();
  EXPECT_THAT(AnswerTo(result, "Does it take off?"), EndsWith("It died out in 1 of 2 realisations."));
  result.mutable_scenario()->mutable_stop()->set_max_steps(3);
  result.mutable_replicas(1)->set_reason_stopped(v1::REASON_STOPPED_MAX_STEPS);
  EXPECT_THAT(AnswerTo(result, "Does it take off?"),
              EndsWith("It died out in 1 of 2 realisations; max_steps 3 ended 1 of 2 realisations."));
}

TEST(RunAnswers, KnowNoGenerationsWhereMembersHaveItOtherwise) {
  v1::RunResult result = Article();
  result.mutable_scenario()->add_injections()->set_step(2);
  EXPECT_EQ(AnswerTo(result, "Does it take off?"), "");
}

TEST(RunAnswers, OfNobodyReached) {
  v1::RunResult result = Article();
  result.clear_steps();
  result.clear_totals();
  AppendStep(result, 0, 1, 1);
  EXPECT_EQ(AnswerTo(result, "How often does one get it?"), "Nothing was delivered.");
}

TEST(RunRecommendation, KnowsOneRealisationFromMany) {
  EXPECT_THAT(RunRecommendation(Article()), HasSubstr("one realisation of chance"));
  EXPECT_EQ(
      RunRecommendation(TwoReplicas()),
      "It dies out in 1 of 2 realisations; in the other 1 it reached between 900,000 and 900,000 members: "
      "so few say little of what to count on.");
}

// Of which `died` die out.
v1::RunResult Replicas(int all, int died) {
  v1::RunResult result = Article();
  result.mutable_scenario()->set_replicas(static_cast<std::uint32_t>(all));
  std::vector<LaneOutcome> lanes(static_cast<std::size_t>(all));
  for (int i = 0; i < all; ++i) {
    LaneOutcome& lane = lanes[static_cast<std::size_t>(i)];
    lane.reach = i < died ? 1 : 1'000'000 + static_cast<std::uint64_t>(i);
    lane.stop = StopReason::kNothingPending;
    v1::ReplicaResult& replica = *result.add_replicas();
    replica.mutable_totals()->set_reach(lane.reach);
    replica.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  }
  *result.mutable_ensemble() = MakeEnsemble(lanes, result.graph_members());
  return result;
}

TEST(RunRecommendation, ClaimsNineInTenOfTwentyAtLeast) {
  EXPECT_EQ(
      RunRecommendation(Replicas(2, 0)),
      "In 2 realisations it reached between 1,000,000 and 1,000,001 members: so few say little of what to "
      "count on.");
  EXPECT_EQ(RunRecommendation(Replicas(2, 2)),
            "It dies out in all of 2 realisations: so few say little of what to count on.");
  EXPECT_EQ(
      RunRecommendation(Replicas(20, 0)),
      "Count on between 1,000,001 and 1,000,018 members: so many it reached in nine of ten realisations.");
  EXPECT_EQ(RunRecommendation(Replicas(40, 20)),
            "Reckon with two outcomes: in 50.0% of realisations it dies out; where it does not, nine in ten "
            "reach between 1,000,021 and 1,000,038 members.");
  EXPECT_EQ(RunRecommendation(Replicas(40, 39)), "Do not count on it: it dies out nearly always.");
}

TEST(ScenarioAssumptions, TellTheArticleFromTheUser) {
  v1::Scenario scenario = Article().scenario();
  for (const Assumption& assumption : ScenarioAssumptions(scenario))
    EXPECT_EQ(assumption.basis, Basis::kArticle) << assumption.what;
  scenario.mutable_model()->mutable_forward()->set_probability(0.2);
  scenario.mutable_model()->set_seen_probability(0.5);
  scenario.mutable_seed_members()->set_audience(301);
  for (const Assumption& assumption : ScenarioAssumptions(scenario))
    EXPECT_EQ(assumption.basis, Basis::kYours) << assumption.what;
  EXPECT_THAT(ScenarioAssumptions(scenario),
              Contains(Field(&Assumption::value, HasSubstr("seen with a chance"))));
}

TEST(ScenarioAssumptions, TellDefaultsFromTheUsers) {
  v1::Scenario scenario = Article().scenario();
  scenario.clear_seed_members();
  scenario.mutable_seed_members()->set_random(true);
  scenario.mutable_seed_members()->set_count(1);
  scenario.mutable_people()->set_one_decision(true);
  std::vector<Assumption> found = ScenarioAssumptions(scenario);
  EXPECT_EQ(found.at(0).value, "1 member at random");
  EXPECT_EQ(found.at(2).value, "A person decides once for all accounts.");
  for (const int i : {0, 2}) {
    EXPECT_EQ(found.at(i).basis, Basis::kAssumed);
    EXPECT_EQ(found.at(i).source, "default");
  }
  scenario.mutable_seed_members()->set_count(2);
  EXPECT_EQ(ScenarioAssumptions(scenario).at(0).basis, Basis::kYours);
}

TEST(NetworkAssumptions, TellMeasuredFromAssumed) {
  const auto of = [](const std::string& origin, const std::string& what) {
    for (const Assumption& assumption : NetworkAssumptions("g", origin)) {
      if (assumption.what == what) return assumption;
    }
    return Assumption{};
  };
  EXPECT_EQ(of(kHyves, "members").basis, Basis::kMeasured);
  EXPECT_THAT(of(kHyves, "members").source, HasSubstr("TechCrunch"));
  EXPECT_EQ(of(kHyves, "mean audience").basis, Basis::kAssumed);
  const char small[] = "preset hyves, 1000 members, 50 links a member, graph seed 1, generator 1";
  EXPECT_EQ(of(small, "members").basis, Basis::kYours);
  EXPECT_EQ(of(small, "mean audience").basis, Basis::kYours);
  EXPECT_EQ(of(small, "mean audience").value, "50");
  EXPECT_EQ(of("import of 7 rows", "network").basis, Basis::kYours);
}

TEST(RunPlots, OfOneRunHaveEveryPlotOfIt) {
  const v1::RunResult result = Article();
  const std::vector<PagePlots> plots = RunPlots({&result, 1});
  std::vector<std::string> titles;
  for (const Plot& plot : plots[0].plots) titles.push_back(plot.title);
  EXPECT_THAT(titles, ElementsAre("Members reached", "New members a hop", "Deliveries a hop",
                                  "How often a reached member has got it", "Branching factor by generation"));
  EXPECT_THAT(plots[0].plots[0].series[0].y, ElementsAre(1, 301, 9'001));
  EXPECT_THAT(plots[0].plots[4].series[0].y, ElementsAre(::testing::_, 30, 2));
}

TEST(RunPlots, OfManyReplicasHaveBandsAndTheFinalSize) {
  const v1::RunResult result = TwoReplicas();
  const std::vector<PagePlots> plots = RunPlots({&result, 1});
  const Plot& reach = plots[0].plots[0];
  EXPECT_THAT(reach.series[0].bands[1].high, ElementsAre(1, 900'000));
  EXPECT_THAT(reach.series[0].bands[1].low, ElementsAre(1, 1));
  EXPECT_EQ(reach.series[1].name, "mean");
  EXPECT_EQ(plots[0].plots.back().title, "Final size");
}

TEST(RunPlots, OfGraphsOfSeveralSizesAreInShares) {
  std::vector<v1::RunResult> results = {Article(), Article()};
  results[1].set_graph_members(9'001);
  const std::vector<PagePlots> plots = RunPlots(results);
  EXPECT_EQ(plots[0].plots[0].y.title, "% of members");
  EXPECT_DOUBLE_EQ(plots[0].plots[0].series[1].y.back(), 100);
}

TEST(Gathered, AddsStepsUp) {
  std::vector<v1::StepCounts> steps;
  for (const std::uint32_t step : {0, 1, 2, 7}) {
    steps.emplace_back().set_step(step);
    steps.back().set_deliveries(10);
  }
  const auto gathered = Gathered(steps, 3);
  ASSERT_EQ(gathered.size(), 2u);
  EXPECT_EQ(gathered[0].deliveries(), 30u);
  EXPECT_EQ(gathered[1].step(), 6u);
}

TEST(RunsPage, HoldsWhatRepeatsTheRun) {
  const v1::RunResult result = Article();
  const Page page = RunsPage({&result, 1});
  ASSERT_EQ(page.manifests.size(), 1u);
  const PageManifest& manifest = page.manifests[0];
  EXPECT_THAT(manifest.commands,
              ElementsAre("lawine graph create hyves --preset hyves --members 6000000 --links-per-member 100 "
                          "--graph-seed 1",
                          "lawine simulate --scenario scenario.json"));
  EXPECT_THAT(manifest.facts, Contains(std::pair<std::string, std::string>("digest", "ab12")));
  const auto scenario = ParseScenarioJson(manifest.files[0].second);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->SerializeAsString(), result.scenario().SerializeAsString());
}

TEST(RunsPage, OfSeveralRunsPutsThemSideBySide) {
  const std::vector<v1::RunResult> results = {Article(), TwoReplicas()};
  const Page page = RunsPage(results);
  EXPECT_EQ(page.title, "2 runs side by side");
  ASSERT_EQ(page.answers.size(), 2u);
  EXPECT_EQ(page.answers[0].question, "runs/17 (hyves, 10%)");
  ASSERT_THAT(page.tables, Not(IsEmpty()));
  EXPECT_EQ(page.tables[0].columns.size(), 3u);
  EXPECT_EQ(page.assumptions.size(), RunsPage({results.data(), 1}).assumptions.size())
      << "what is the same is said once";
  EXPECT_THAT(page.recommendation, HasSubstr("lawine compare"));
}

}  // namespace
}  // namespace lawine::cli
