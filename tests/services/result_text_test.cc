// What results say where messages come by more than hops from where they began.
#include "services/cli/text/result_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/cli/text/run_text.h"

namespace lawine::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

void AddStep(v1::RunResult& result, std::uint32_t number, std::uint64_t deliveries, std::uint64_t first) {
  v1::StepCounts& step = *result.add_steps();
  step.set_step(number);
  step.set_deliveries(deliveries);
  step.set_first_receipts(first);
  result.mutable_totals()->set_reach(result.totals().reach() + first);
  result.mutable_totals()->set_steps(number);
}

// Nobody forwards what one member sends; others are given it at step 4.
v1::RunResult Injected(std::uint32_t audience) {
  v1::RunResult result;
  result.set_graph_members(10'000);
  result.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  v1::SeedMember& seed = *result.add_seed_members();
  seed.set_id("17");
  seed.set_audience(audience);
  v1::Injection& injection = *result.mutable_scenario()->add_injections();
  injection.set_step(4);
  injection.mutable_members()->add_ids("42");
  AddStep(result, 0, 0, 1);
  AddStep(result, 1, audience, audience);
  AddStep(result, 4, 0, 1);
  AddStep(result, 5, 20, 20);
  return result;
}

TEST(Sentence, KnowsOfInjections) {
  EXPECT_EQ(Sentence(Injected(30)),
            "One member messaged 30 friends; in the end 52 members had it, after 5 hops.");
  EXPECT_EQ(Sentence(Injected(0)), "One member has no friends; in the end 22 members had it, after 5 hops.");
}

TEST(Sentence, KnowsOfAllOtherWays) {
  const auto ends_well = [](const auto& change) {
    v1::RunResult result = Injected(30);
    result.mutable_scenario()->clear_injections();
    change(*result.mutable_scenario());
    return Sentence(result);
  };
  EXPECT_THAT(ends_well([](v1::Scenario&) {}), EndsWith("nobody forwarded it: it died within one hop."));
  const char in_the_end[] = "in the end 52 members had it, after 5 hops.";
  EXPECT_THAT(ends_well([](v1::Scenario& of) { of.mutable_growth()->set_new_links(0.1); }),
              EndsWith(in_the_end));
  EXPECT_THAT(ends_well([](v1::Scenario& of) { of.mutable_people()->add_cross_posting(); }),
              EndsWith(in_the_end));
  EXPECT_THAT(ends_well([](v1::Scenario& of) { of.mutable_later()->mutable_change()->add_injections(); }),
              EndsWith(in_the_end));
}

// A member was removed, links of one person carry nothing, or the network has not grown yet.
TEST(Sentence, SaysWhatWasDeliveredWhereThatIsNotTheAudience) {
  v1::RunResult result;
  result.set_graph_members(10'000);
  result.set_reason_stopped(v1::REASON_STOPPED_NOTHING_PENDING);
  result.add_seed_members()->set_audience(300);
  AddStep(result, 0, 0, 1);
  EXPECT_THAT(Sentence(result),
              HasSubstr("has 300 friends, to whom 0 messages were delivered at hop 1; nobody"));
  AddStep(result, 1, 280, 280);
  result.mutable_steps(1)->set_forwards(31);
  EXPECT_EQ(
      Sentence(result),
      "One member has 300 friends, to whom 280 messages were delivered at hop 1; 31 forwarded it: it entered "
      "31 other personal networks.");
  result.mutable_scenario()->set_replicas(2);
  EXPECT_THAT(
      Sentence(result),
      HasSubstr("to whom 140.0 messages were delivered at hop 1 on average; on average over 2 replicas"));
  result.mutable_scenario()->set_replicas(1);
  result.mutable_scenario()->set_step_seconds(60);
  EXPECT_THAT(Sentence(result), HasSubstr("messaged 300 friends")) << "the rest may be on its way";
}

// What was forwarded last had nobody to go to.
TEST(Summary, DoesNotCountStepsAtWhichNothingArrives) {
  v1::RunResult result = Injected(30);
  AddStep(result, 6, 0, 0);
  EXPECT_EQ(result.totals().steps(), 6u);
  EXPECT_EQ(LastArrival(result), 5u);
  EXPECT_THAT(Summary(result), HasSubstr("in 5 hops with"));
  EXPECT_THAT(Sentence(result), EndsWith("after 5 hops."));
}

TEST(SeedDrawSentence, SaysThatRandomSeedMembersAreOneDraw) {
  v1::Scenario scenario;
  scenario.set_run_seed(7);
  scenario.set_replicas(100);
  EXPECT_EQ(SeedDrawSentence(scenario), "");
  scenario.mutable_seed_members()->set_random(true);
  EXPECT_EQ(
      SeedDrawSentence(scenario, " of 'base'"),
      "The seed members at random of 'base' are one draw (run seed 7), the same in all replicas: other draws "
      "may answer otherwise; vary --run-seed.");
  v1::RunResult result = Injected(30);
  *result.mutable_scenario()->mutable_seed_members() = scenario.seed_members();
  EXPECT_THAT(Report(result, false), Not(HasSubstr("one draw"))) << "one realisation is one of everything";
  result.mutable_scenario()->set_replicas(2);
  EXPECT_THAT(Report(result, false), HasSubstr("one draw"));
}

TEST(Report, TellsTheLastStepThatWasAllowedLater) {
  v1::RunResult result = Injected(30);
  result.set_reason_stopped(v1::REASON_STOPPED_MAX_STEPS);
  result.mutable_scenario()->mutable_later()->set_after_step(3);
  result.mutable_scenario()->mutable_later()->mutable_change()->mutable_stop()->set_max_steps(12);
  EXPECT_THAT(Report(result, false), ContainsRegex("stopped as +max_steps 12 was reached\n"));
}

TEST(ProgressText, CallsStepsWhatTheyAre) {
  v1::WatchRunResponse response;
  response.mutable_step()->set_step(3);
  response.mutable_step()->set_deliveries(1'200);
  v1::Scenario scenario;
  EXPECT_THAT(ProgressText(response, scenario), HasSubstr("hop 3: 1,200 deliveries"));
  EXPECT_EQ(ReachedText(response.step(), 7, scenario), "hop 3: 1,200 deliveries, 7 members reached");
  scenario.set_step_seconds(60);
  EXPECT_THAT(ProgressText(response, scenario), HasSubstr("step 3: 1,200 deliveries"));
  EXPECT_EQ(ReachedText(response.step(), 7, scenario), "step 3: 1,200 deliveries, 7 members reached");
}

}  // namespace
}  // namespace lawine::cli
