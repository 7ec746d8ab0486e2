// Branches of runs, ranks of members, what seed members are worth, goals and costs: over real processes.
#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/json/scenario_json.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/what_if_calls.h"

namespace lawine {
namespace {

class BranchTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    for (const auto& [workers, shards] : {std::pair(1u, 1u), std::pair(3u, 5u)}) {
      auto& cluster =
          clusters_->emplace_back(std::make_unique<TestCluster>(ClusterOptions{.workers = workers}));
      pb::CreateGraphRequest request;
      request.set_name("g");
      request.set_preset("hyves");
      request.set_members(4000);
      request.set_links_per_member(20);
      request.set_shards(shards);
      ASSERT_TRUE(cluster->client().CreateGraph(request).ok());
    }
    // 1 -> 2 -> ... -> 10
    std::string rows;
    for (int member = 1; member < 10; ++member) absl::StrAppend(&rows, member, " ", member + 1, "\n");
    pb::ImportOptions options;
    options.set_name("path");
    options.set_row("from,to");
    const auto imported = client().Import(options, {{.name = "path.txt", .content = rows}});
    ASSERT_TRUE(imported.ok()) << Text(imported.status);
  }
  static void TearDownTestSuite() {
    delete clusters_;
    clusters_ = nullptr;
  }
  static Client& client(std::size_t cluster = 0) { return (*clusters_)[cluster]->client(); }

  static pb::Scenario Parse(const std::string& json) {
    absl::StatusOr<pb::Scenario> scenario = ParseScenarioJson(json);
    EXPECT_TRUE(scenario.ok()) << scenario.status();
    return *scenario;
  }
  static pb::RunResult Run(const pb::Scenario& scenario, std::size_t cluster = 0) {
    return RunAlone(client(cluster), scenario);
  }
  static Answer<pb::CreateRunResponse> Branch(const std::string& run, std::uint32_t step,
                                              const std::string& change) {
    pb::CreateRunRequest request;
    request.mutable_branch_of()->set_run(run);
    request.mutable_branch_of()->set_after_step(step);
    *request.mutable_scenario() = Parse(change);
    return client().CreateRun(request);
  }
  static pb::RunResult BranchToEnd(const std::string& run, std::uint32_t step, const std::string& change) {
    const auto created = Branch(run, step, change);
    EXPECT_TRUE(created.ok()) << Text(created.status);
    const std::string name = created.value.run().name();
    EXPECT_TRUE(client().Watch(name).ok());
    const auto result = client().Result(name);
    EXPECT_TRUE(result.ok()) << Text(result.status) << client().GetRun(name).value.error();
    return result.value;
  }

 private:
  static inline auto* clusters_ = new std::vector<std::unique_ptr<TestCluster>>;
};

constexpr char kMessage[] = R"({"graph": "g", "seed_members": {"audience": 40}, "run_seed": 3,
    "model": {"forward": {"probability": 0.1}}})";

TEST_F(BranchTest, StepsBeforeAreTheRunsAndStepsAfterAreNot) {
  const pb::RunResult run = Run(Parse(kMessage));
  ASSERT_GT(run.steps_size(), 5);
  const pb::RunResult branch =
      BranchToEnd(run.manifest().run(), 3, R"({"model": {"forward": {"probability": 0.02}}})");
  for (int t = 0; t <= 3; ++t) {
    EXPECT_EQ(branch.steps(t).deliveries(), run.steps(t).deliveries()) << t;
    EXPECT_EQ(branch.steps(t).forwards(), run.steps(t).forwards()) << t;
  }
  EXPECT_EQ(branch.steps(4).deliveries(), run.steps(4).deliveries()) << "those of step 3 have forwarded";
  EXPECT_LT(branch.steps(4).forwards(), run.steps(4).forwards());
  EXPECT_EQ(branch.manifest().branch_of(), run.manifest().run());
  EXPECT_EQ(branch.scenario().later().after_step(), 3u);
  // The whole scenario is echoed, so it is the same without the run, and on another cluster.
  EXPECT_EQ(Run(branch.scenario(), 1).digest(), branch.digest());
}

TEST_F(BranchTest, ThroughTheStepItsDigestIsTheRuns) {
  for (const char* const change :
       {R"({"interventions": [{"carry_share": 0}]})", R"({"interventions": [{"immune": {"share": 0.5}}]})",
        R"({"injections": [{"step": 4, "members": {"random": true, "count": 9}}]})",
        R"({"messages": [{"name": "answer", "seed_members": {"highest_audience": true}}],
            "influences": [{"by": "answer", "factor": 0}]})"}) {
    pb::Scenario scenario = Parse(kMessage);
    scenario.mutable_stop()->set_max_steps(3);
    const pb::RunResult run = Run(scenario);
    scenario.mutable_later()->set_after_step(3);
    *scenario.mutable_later()->mutable_change() = Parse(change);
    const pb::RunResult same = Run(scenario);
    EXPECT_EQ(same.digest(), run.digest()) << change;
    scenario.clear_stop();
    EXPECT_NE(Run(scenario).digest(), Run(Parse(kMessage)).digest()) << change;
  }
}

// Member 1's message reaches one member more at each step; the answer waits until it has reached six.
constexpr char kAnswered[] = R"({"graph": "path", "seed_members": {"ids": ["1"]},
    "model": {"forward": {"probability": 1}},
    "messages": [{"name": "answer", "seed_members": {"ids": ["9"]}, "start": {"reach": {"members": 6}}}]})";

// Rows of a result end at a message's last step.
TEST_F(BranchTest, MayMoveWhereAMessageStartsAndEnds) {
  for (const std::uint32_t replicas : {1u, 3u}) {
    pb::Scenario scenario = Parse(kAnswered);
    scenario.set_replicas(replicas);
    const pb::RunResult run = Run(scenario);
    EXPECT_EQ(run.messages(1).totals().reach(), 2 * replicas);
    const pb::RunResult never =
        BranchToEnd(run.manifest().run(), 2, R"({"interventions": [{"forward_factor": 0}]})");
    EXPECT_EQ(never.totals().reach(), 4 * replicas);
    EXPECT_EQ(never.messages(1).totals().reach(), 0u);
    scenario.mutable_stop()->set_max_steps(5);
    const pb::RunResult cut = Run(scenario);
    EXPECT_EQ(cut.messages(1).totals().reach(), 0u);
    const pb::RunResult longer = BranchToEnd(cut.manifest().run(), 2, R"({"stop": {"max_steps": 20}})");
    EXPECT_EQ(longer.messages(1).totals().reach(), 2 * replicas);
  }
}

TEST_F(BranchTest, MayEndBeforeAnInjectionOfTheRun) {
  const pb::RunResult run = Run(
      Parse(R"({"graph": "path", "seed_members": {"ids": ["10"]}, "model": {"forward": {"probability": 1}},
                    "injections": [{"step": 7, "members": {"ids": ["1"]}}]})"));
  EXPECT_EQ(run.totals().reach(), 10u);
  EXPECT_EQ(BranchToEnd(run.manifest().run(), 2, R"({"stop": {"max_steps": 5}})").totals().reach(), 1u);
}

// The first message is over at once, the other one goes all the way.
TEST_F(BranchTest, AnyMessageTellsHowFarARunGoes) {
  pb::Scenario scenario = Parse(R"({"graph": "path", "seed_members": {"ids": ["10"]},
      "model": {"forward": {"probability": 1}}, "messages": [{"name": "other", "seed_members": {"ids": ["1"]}}]})");
  const pb::RunResult run = Run(scenario);
  EXPECT_EQ(run.reason_stopped(), pb::REASON_STOPPED_NOTHING_PENDING);
  const std::string change = R"({"interventions": [{"forward_factor": 0}]})";
  EXPECT_EQ(BranchToEnd(run.manifest().run(), 4, change).messages(1).totals().reach(), 6u);
  const std::uint32_t last = run.messages(1).totals().steps();
  EXPECT_GT(last, run.totals().steps());
  EXPECT_THAT(Branch(run.manifest().run(), last + 1, change).status,
              IsBadField("branch_of.after_step", absl::StrCat("at most ", last)));
  scenario.mutable_stop()->set_max_steps(4);
  EXPECT_EQ(Run(scenario).reason_stopped(), pb::REASON_STOPPED_MAX_STEPS) << "the other one was cut";
  scenario.set_replicas(2);
  const pb::RunResult several = Run(scenario);
  EXPECT_EQ(several.reason_stopped(), pb::REASON_STOPPED_MAX_STEPS);
  EXPECT_EQ(several.replicas(1).reason_stopped(), pb::REASON_STOPPED_NOTHING_PENDING) << "its first one's";
}

TEST_F(BranchTest, WhatDoesNotComeToPassCostsNothing) {
  pb::Scenario scenario = Parse(kAnswered);
  scenario.mutable_costs()->set_post(50);
  for (const std::uint32_t step : {3u, 12u}) {
    pb::Injection& injection = *scenario.add_injections();
    injection.set_step(step);
    injection.mutable_members()->add_ids("10");
  }
  const pb::RunResult run = Run(scenario);
  EXPECT_EQ(run.totals().cost(), 150u);
  EXPECT_EQ(run.messages(1).totals().cost(), 50u);
  scenario.mutable_stop()->set_max_steps(4);
  const pb::RunResult cut = Run(scenario);
  EXPECT_EQ(cut.totals().cost(), 100u) << "the second injection is after its end";
  EXPECT_EQ(cut.messages(1).totals().cost(), 0u) << "the answer did not start";
}

TEST_F(BranchTest, RefusesWhatCannotBeBranched) {
  const std::string run = Run(Parse(kMessage)).manifest().run();
  const auto refused = [&](const std::string& of, std::uint32_t step, const std::string& change) {
    const auto created = Branch(of, step, change);
    return std::pair(created.status.error_code(), DetailsOf(created.status).field);
  };
  const auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
  const std::string change = R"({"model": {"forward": {"probability": 0.02}}})";
  EXPECT_EQ(refused(run, 1000, change), std::pair(kInvalid, std::string("branch_of.after_step")));
  EXPECT_EQ(refused("runs/999999", 1, change).first, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(refused(run, 1, R"({"run_seed": 4})"), std::pair(kInvalid, std::string("run_seed")));
  EXPECT_EQ(refused(run, 1, "{}"), std::pair(kInvalid, std::string("scenario")));
  EXPECT_EQ(refused(run, 3, R"({"injections": [{"step": 3, "members": {"random": true}}]})"),
            std::pair(kInvalid, std::string("injections[0].step")));
  EXPECT_EQ(refused(run, 3, R"({"graph": "h", "stop": {"max_steps": 9}})"),
            std::pair(kInvalid, std::string("scenario.graph")));
  EXPECT_EQ(refused(run, 3, R"({"stop": {"max_steps": 2}})"),
            std::pair(kInvalid, std::string("stop.max_steps")));
  const std::string branch = BranchToEnd(run, 2, change).manifest().run();
  EXPECT_EQ(refused(branch, 1, change), std::pair(kInvalid, std::string("branch_of.run")));
}

TEST_F(BranchTest, RanksChooseTheSameMembersOnAnyCluster) {
  std::set<std::string> chosen;
  for (const char* const seeds : {R"({"page_rank": true, "count": 400})", R"({"core": true, "count": 400})",
                                  R"({"core": true, "count": 3, "community": 1})"}) {
    const pb::Scenario scenario = Parse(absl::StrCat(
        R"({"graph": "g", "model": {"forward": {"probability": 0.01}}, "seed_members": )", seeds, "}"));
    const pb::RunResult here = Run(scenario), there = Run(scenario, 1);
    EXPECT_EQ(here.digest(), there.digest()) << seeds;
    std::string ids;
    double audience = 0;
    for (const pb::SeedMember& member : here.seed_members()) {
      absl::StrAppend(&ids, member.id(), " ");
      audience += member.audience();
    }
    chosen.insert(ids);
    if (!scenario.seed_members().has_community()) {
      EXPECT_GT(audience / here.seed_members_size(), 2 * 20) << seeds;
      continue;
    }
    for (const pb::SeedMember& member : here.seed_members()) {
      EXPECT_EQ(client().GetMember("g", member.id()).value.member().community(), 1u);
    }
  }
  EXPECT_EQ(chosen.size(), 3u);
}

TEST_F(BranchTest, SeedMembersAreWorthWhatIsLostWithoutThem) {
  pb::MarginalReachRequest request;
  *request.mutable_scenario() =
      Parse(R"({"graph": "g", "replicas": 10, "model": {"forward": {"probability": 0.02}},
      "seed_members": {"highest_audience": true, "count": 4}})");
  using Marginals = Told<pb::MarginalReachResult>;
  const auto ask = [&] {
    return Call<pb::MarginalReachResult>(client(), request, &pb::WhatIfService::Stub::MarginalReach);
  };
  const Answer<Marginals> left_out = ask();
  ASSERT_TRUE(left_out.ok()) << Text(left_out.status);
  const pb::MarginalReachResult& result = left_out.value.result;
  ASSERT_EQ(result.members_size(), 4);
  for (const pb::SeedMarginal& member : result.members()) {
    EXPECT_NEAR(member.marginal().mean(), result.mean_reach() - member.mean_reach(), 1e-6);
    EXPECT_EQ(member.marginal().less(), 0u) << "one seed member more never reaches fewer";
  }
  request.set_order(pb::MARGINAL_ORDER_INCREMENTAL);
  const Answer<Marginals> added = ask();
  ASSERT_TRUE(added.ok()) << Text(added.status);
  double sum = 0;
  for (const pb::SeedMarginal& member : added.value.result.members()) sum += member.marginal().mean();
  EXPECT_NEAR(sum, result.mean_reach(), 1e-6) << "what they add is all there is";
  EXPECT_NEAR(added.value.result.mean_reach(), result.mean_reach(), 1e-6);
  request.mutable_scenario()->mutable_seed_members()->set_count(1);
  EXPECT_EQ(DetailsOf(ask().status).field, "scenario.seed_members");
}

TEST_F(BranchTest, GoalsCostsSightingsAndMoodsAreCounted) {
  const pb::RunResult run = Run(Parse(R"({"graph": "g", "replicas": 6,
      "message": {"kind": "rumour", "sentiment": "NEGATIVE"}, "seed_members": {"random": true, "count": 3},
      "model": {"forward": {"probability": 0.1}}, "target": {"community": 1},
      "costs": {"post": 7, "account_kinds": [{"account_kind": "ambassador", "post": 100}]},
      "monitors": {"random": true, "count": 40},
      "messages": [{"name": "answer", "message": {"sentiment": "POSITIVE"}, "start": {"sightings": {}},
                    "seed_members": {"highest_audience": true, "count": 2}}], "groups": {"communities": 1000}})"));
  std::uint64_t target = 0, reach = 0, bands = 0;
  for (const pb::GroupResult& group : run.groups()) {
    if (group.kind() == pb::GROUP_KIND_AUDIENCE) bands += group.reach();
    if (group.kind() != pb::GROUP_KIND_COMMUNITY || group.name() != "1") continue;
    target = group.members();
    reach = group.reach();
  }
  EXPECT_EQ(bands, run.totals().reach());
  EXPECT_GT(target, 0u);
  EXPECT_EQ(run.target_members(), target);
  EXPECT_EQ(run.totals().target_reach(), reach);
  EXPECT_EQ(run.totals().cost(), 6 * 3 * 7u);
  EXPECT_EQ(run.messages(1).totals().cost(), 6 * 2 * 7u);
  const pb::EnsembleMeasures& measures = run.ensemble().measures();
  EXPECT_EQ(measures.cost().mean(), 21);
  EXPECT_EQ(measures.negative_reach().mean(), measures.reach().mean());
  EXPECT_EQ(measures.positive_reach().mean(), run.messages(1).ensemble().measures().reach().mean());
  for (const pb::MessageResult& message : run.messages()) {
    std::uint64_t first = 0, last = 0;
    for (const pb::GroupResult& group : message.groups()) {
      if (group.kind() != pb::GROUP_KIND_NETWORK) continue;
      first += group.first_met();
      last += group.last_met();
    }
    EXPECT_GT(first + last, 0u);
    for (const pb::StepCounts& step : message.steps()) {
      EXPECT_LE(std::max(step.first_met(), step.last_met()), step.first_receipts());
      first -= step.first_met();
      last -= step.last_met();
    }
    EXPECT_EQ(first, 0u) << message.name();
    EXPECT_EQ(last, 0u) << message.name();
  }
  // The answer starts in the step after the first sighting.
  std::uint64_t monitors = 0;
  for (const pb::StepCounts& step : run.steps()) monitors += step.monitors();
  EXPECT_EQ(monitors, run.totals().monitors());
  EXPECT_NEAR(run.messages(1).ensemble().measures().first_step().mean(), measures.first_sighting().mean() + 1,
              1e-9);
  for (const pb::ReplicaResult& replica : run.replicas()) EXPECT_TRUE(replica.totals().has_first_sighting());
}

TEST_F(BranchTest, TellsWhenAnyPartOfTheReachWasThere) {
  pb::Scenario scenario = Parse(kMessage);
  for (const std::uint32_t percent : {1u, 25u, 99u, 100u}) {
    scenario.set_steps_to_percent(percent);
    const pb::RunResult run = Run(scenario, percent % 2);
    std::uint64_t reached = 0;
    std::uint32_t step = 0;
    for (const pb::StepCounts& counts : run.steps()) {
      reached += counts.first_receipts();
      if (reached * 100 < run.totals().reach() * percent) step = counts.step() + 1;
    }
    EXPECT_EQ(run.totals().steps_to_percent(), step) << percent;
  }
  scenario.set_replicas(5);
  const pb::RunResult several = Run(scenario);
  EXPECT_FALSE(several.totals().has_steps_to_percent());
  double sum = 0;
  for (const pb::ReplicaResult& replica : several.replicas()) sum += replica.totals().steps_to_percent();
  EXPECT_GT(sum, 0);
  EXPECT_NEAR(several.ensemble().measures().steps_to_percent().mean(), sum / 5, 1e-9);
}

TEST_F(BranchTest, ReceiptsOfEveryMessageCanBeRead) {
  pb::CreateRunRequest request;
  *request.mutable_scenario() = Parse(R"({"graph": "g", "model": {"forward": {"probability": 0.1}},
      "messages": [{"name": "second", "start": {"from_step": 2}}]})");
  request.set_record_receipts(true);
  const std::string name = client().CreateRun(request).value.run().name();
  ASSERT_TRUE(client().Watch(name).ok());
  const pb::RunResult run = client().Result(name).value;
  for (const auto& [message, number] : {std::pair("", 0), std::pair("message", 0), std::pair("second", 1)}) {
    grpc::ClientContext context;
    pb::ListReceiptsRequest list;
    list.set_name(name);
    list.set_message(message);
    const auto reader = client().simulations().ListReceipts(&context, list);
    std::uint64_t receipts = 0;
    for (pb::ListReceiptsResponse part; reader->Read(&part);) receipts += part.members_size();
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(receipts, run.messages(number).totals().reach()) << message;
  }
  EXPECT_GT(run.messages(1).totals().reach(), 0u);
}

TEST_F(BranchTest, ResultsSayWhatTheyRestOn) {
  const pb::RunResult run =
      Run(Parse(R"({"graph": "g", "step_seconds": 3600, "seed_members": {"audience": 300},
      "model": {"forward": {"probability": 0.1, "factors": {"ages": [1, 0.5]}},
                "delay": {"exponential": {"mean": 2}, "rhythm": {}}}})"));
  std::map<std::string, pb::ResultAssumption> known;
  for (const pb::ResultAssumption& each : run.manifest().assumptions()) known[each.what()] = each;
  EXPECT_EQ(known["model.forward.probability"].basis(), pb::ASSUMPTION_BASIS_ARTICLE);
  EXPECT_EQ(known["seed_members.audience"].basis(), pb::ASSUMPTION_BASIS_ARTICLE);
  EXPECT_EQ(known["model.delay.exponential.mean"].basis(), pb::ASSUMPTION_BASIS_YOURS);
  EXPECT_EQ(known["model.delay.rhythm.hours"].basis(), pb::ASSUMPTION_BASIS_ASSUMED);
  EXPECT_EQ(known["model.forward.factors.ages[1]"].value(), "0.5");
  EXPECT_FALSE(known.contains("model.forward.factors.ages[0]")) << "a factor of 1 says nothing";
  EXPECT_EQ(known["returned links"].basis(), pb::ASSUMPTION_BASIS_MEASURED);
  EXPECT_EQ(known["members"].basis(), pb::ASSUMPTION_BASIS_YOURS);
  ASSERT_EQ(run.manifest().delays_size(), 1);
  EXPECT_EQ(run.manifest().delays(0).rhythm_size(), 24);
  EXPECT_EQ(run.manifest().delays(0).at_most().Get(run.manifest().delays(0).at_most_size() - 1), 1ull << 63);
}

}  // namespace
}  // namespace lawine
