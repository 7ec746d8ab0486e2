// Every model, several messages, interventions and the scenarios that come with the program, over real
// processes: the same digest for any workers and shards, and refusals that name the field. What the models
// do is held against their judge in tests/spread.
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lawine/v1/traffic.grpc.pb.h"
#include "lawine/v1/what_if.grpc.pb.h"
#include "services/cli/scenarios/scenario_library.h"
#include "services/common/json/comparison_json.h"
#include "services/common/json/scenario_json.h"
#include "services/common/json/traffic_json.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/test_cluster.h"

namespace lawine {
namespace {

// Each begins with what the one before left out.
constexpr const char* kScenarios[] = {
    R"({"model": {"forward": {"probability": 0.05}, "reactions": {"follow": 0.1, "unfollow": 0.2}},
        "messages": [{"name": "next", "start": {"from_step": 3}}], "groups": {"communities": 3},
        "growth": {"new_links": 0.05, "lost_links": 0.02, "members_at_start": 0.4, "joining": 0.2,
                   "leaving": 0.01}})",
    R"({"model": {"weighted_cascade": {}}, "seed_members": {"highest_audience": true, "count": 40}})",
    R"({"model": {"linear_threshold": {}}, "seed_members": {"random": true, "count": 200}})",
    R"({"model": {"threshold": {"fraction": 0.05}}, "seed_members": {"random": true, "count": 100}})",
    R"({"model": {"threshold": {"count": 3}}, "seed_members": {"random": true, "count": 50}})",
    R"({"model": {"si": {"infection": 0.01}}, "stop": {"max_steps": 8}})",
    R"({"model": {"sir": {"infection": 0.01, "recovery": 0.3}}})",
    R"({"model": {"sis": {"infection": 0.01, "recovery": 0.3}}, "stop": {"max_steps": 20}})",
    R"({"model": {"seir": {"infection": 0.02, "onset": 0.5, "recovery": 0.3}}})",
    R"({"model": {"forward": {"probability": 0.05, "factors": {"ages": [1, 2, 0.5],
        "account_kinds": [{"account_kind": "personal", "factor": 1.5}],
        "communities": [{"community": 1, "factor": 0}]}}, "seen_probability": 0.7,
        "delay": {"gamma": {"mean": 3, "shape": 2}}, "link_delay": {"exponential": {"mean": 2}}}})",
    R"({"model": {"forward": {"probability": 0.05}, "delay": {"log_normal": {"median": 2, "sigma": 1},
        "rhythm": {}}}, "step_seconds": 3600, "injections": [{"step": 5, "members": {"random": true}}]})",
    R"({"model": {"seir": {"infection": 0.02, "onset": 0.5, "recovery": 0.3}}, "target": {"network": "hyves"},
        "later": {"after_step": 3, "change": {"model": {"seir": {"infection": 0.001}},
                  "messages": [{"name": "late", "start": {"reach": {"members": 1}}}],
                  "interventions": [{"carry_share": 0.9}]}}})",
    R"({"model": {"forward": {"probability": {"shares": 3, "receipts": 60}},
                  "seen_probability": {"shares": 8, "receipts": 10},
                  "reactions": {"follow": {"shares": 1, "receipts": 9}, "unfollow": {"shares": 0, "receipts": 9}}},
        "growth": {"new_links": {"shares": 1, "receipts": 30}, "lost_links": {"shares": 0, "receipts": 30},
                   "members_at_start": {"shares": 5, "receipts": 9}, "joining": {"shares": 2, "receipts": 9},
                   "leaving": {"shares": 0, "receipts": 9}},
        "messages": [{"name": "next", "start": {"from_step": 1}}],
        "interventions": [{"carry_share": {"shares": 8, "receipts": 9},
                           "immune": {"share": {"shares": 1, "receipts": 9}}}]})",
    R"({"model": {"independent_cascade": {"probability": {"shares": 2, "receipts": 50}}}})",
    R"({"model": {"seir": {"infection": {"shares": 1, "receipts": 60}, "onset": {"shares": 1, "receipts": 2},
                  "recovery": {"shares": 1, "receipts": 3}}}})",
    R"({"model": {"forward": {"probability": 0.05}}, "first_met_only": true,
        "monitors": {"random": true, "count": 50},
        "messages": [{"name": "other"}, {"name": "late", "start": {"sightings": {"message": "other"}},
                      "influences": [{"by": "other", "factor": 3}]}],
        "interventions": [{"when": {"reach": {"share": 0.1}}, "carry_share": 0.5, "extra_delay": 1},
                          {"immune": {"share": 0.1}, "removed": {"share": 0.05}, "messages": ["other"]}]})"};

class ModelsTest : public testing::Test {
 protected:
  struct Setting {
    std::unique_ptr<TestCluster> cluster;
    std::string graph;
  };

  static void SetUpTestSuite() {
    settings_ = new std::vector<Setting>;
    for (const auto& [workers, shards] : {std::pair(1u, 1u), std::pair(2u, 4u), std::pair(4u, 7u)}) {
      Setting& setting = settings_->emplace_back();
      setting.cluster = std::make_unique<TestCluster>(ClusterOptions{.workers = workers, .threads = 2});
      setting.graph = absl::StrCat("g", shards);
      pb::CreateGraphRequest request;
      request.set_name(setting.graph);
      request.set_preset("hyves");
      request.set_members(3000);
      request.set_links_per_member(30);
      request.set_shards(shards);
      request.set_pages(5);
      request.set_groups(5);
      const auto graph = setting.cluster->client().CreateGraph(request);
      ASSERT_TRUE(graph.ok()) << Text(graph.status);
    }
  }
  static void TearDownTestSuite() {
    delete settings_;
    settings_ = nullptr;
  }

  // A graph as a scenario of the library names it.
  static void MakeGraph(const std::string& preset, Setting& setting) {
    pb::CreateGraphRequest request;
    request.set_name(preset);
    request.set_preset(preset);
    request.set_members(preset == "nl-2009" ? 20'000 : 3000);
    request.set_links_per_member(20);
    if (preset != "nl-2009") request.set_pages(5);
    if (preset != "nl-2009") request.set_groups(5);
    const auto graph = setting.cluster->client().CreateGraph(request);
    EXPECT_TRUE(graph.ok()) << Text(graph.status);
  }
  static Client& client() { return settings_->front().cluster->client(); }

  static pb::Scenario Parse(const std::string& json, const std::string& graph) {
    absl::StatusOr<pb::Scenario> scenario = ParseScenarioJson(json);
    EXPECT_TRUE(scenario.ok()) << scenario.status();
    scenario->set_graph(graph);
    return *scenario;
  }
  // What the run came to, the same wherever it ran.
  static std::string Everywhere(pb::Scenario scenario) {
    std::string digest;
    for (const Setting& setting : *settings_) {
      scenario.set_graph(setting.graph);
      const auto result = setting.cluster->client().Simulate(scenario);
      EXPECT_TRUE(result.ok()) << Text(result.status);
      if (digest.empty()) digest = result.value.digest();
      EXPECT_EQ(result.value.digest(), digest) << setting.graph;
    }
    return digest;
  }
  static void ExpectTraffic(pb::TrafficSpec spec) {
    spec.set_graph(settings_->front().graph);
    spec.mutable_generated()->set_messages(1000);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
    const auto stub = pb::TrafficService::NewStub(client().channel());
    const auto stream = stub->RunTraffic(&context);
    pb::RunTrafficRequest request;
    *request.mutable_spec() = spec;
    stream->Write(request);
    stream->WritesDone();
    pb::RunTrafficResponse response, last;
    while (stream->Read(&response)) last = response;
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << Text(status);
    EXPECT_EQ(last.result().totals().messages(), 1000u);
  }
  static void ExpectRefused(const std::string& json, const std::string& field) {
    // What a file says wrong by itself is refused where it is read.
    const auto scenario = ParseScenarioJson(json);
    if (!scenario.ok()) {
      EXPECT_THAT(std::string(scenario.status().message()), testing::StartsWith(field + ":"));
      return;
    }
    const auto result = client().Simulate(Parse(json, settings_->front().graph));
    EXPECT_EQ(result.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << json;
    EXPECT_EQ(DetailsOf(result.status).field, field) << Text(result.status);
  }

  static std::vector<Setting>* settings_;
};

std::vector<ModelsTest::Setting>* ModelsTest::settings_ = nullptr;

TEST_F(ModelsTest, HaveOneDigestEverywhere) {
  std::set<std::string> digests;
  for (const char* const json : kScenarios) {
    SCOPED_TRACE(json);
    pb::Scenario scenario = Parse(json, "");
    scenario.set_replicas(6);
    EXPECT_TRUE(digests.insert(Everywhere(scenario)).second) << "two scenarios alike";
  }
}

TEST_F(ModelsTest, WithoutTheirKernelsForwardAndCascadeAreTheSame) {
  for (const char* const model :
       {R"("forward": {"probability": 0.08})", R"("independent_cascade": {"probability": 0.05})"}) {
    const std::string plain = absl::StrCat(R"({"model": {)", model, R"(}, "replicas": 5)");
    const std::string same = Everywhere(Parse(plain + "}", ""));
    EXPECT_EQ(Everywhere(Parse(plain + R"(, "interventions": [{"forward_factor": 1}]})", "")), same);
  }
}

TEST_F(ModelsTest, AReplicaAloneIsTheSame) {
  pb::Scenario scenario = Parse(kScenarios[std::size(kScenarios) - 1], settings_->front().graph);
  scenario.set_replicas(4);
  const auto together = client().Simulate(scenario);
  ASSERT_TRUE(together.ok()) << Text(together.status);
  scenario.set_replicas(1);
  std::uint64_t reach = 0;
  for (std::uint32_t replica = 0; replica < 4; ++replica) {
    scenario.set_first_replica(replica);
    const auto alone = client().Simulate(scenario);
    ASSERT_TRUE(alone.ok()) << Text(alone.status);
    EXPECT_EQ(alone.value.totals().reach(), together.value.replicas(replica).totals().reach());
    reach += alone.value.messages(2).totals().reach();
  }
  EXPECT_EQ(together.value.messages(2).totals().reach(), reach);
}

TEST_F(ModelsTest, OfTheLibraryRun) {
  for (const char* const preset : {"nl-2009", "linkedin-nl", "own"}) MakeGraph(preset, settings_->front());
  for (const cli::LibraryScenario& scenario : cli::ScenarioLibrary()) {
    SCOPED_TRACE(std::string(scenario.name));
    const std::string text(scenario.text);
    EXPECT_THAT(cli::TitleOf(scenario), testing::Not(testing::IsEmpty()));
    if (scenario.IsTraffic()) {
      auto traffic = ParseTrafficJson(text);
      ASSERT_TRUE(traffic.ok()) << traffic.status();
      ExpectTraffic(*traffic);
      continue;
    }
    if (scenario.name == "four-networks") {
      const auto result = client().Simulate(Parse(text, "nl-2009"));
      EXPECT_TRUE(result.ok()) << Text(result.status);
      EXPECT_LT(result.value.totals().people(), result.value.totals().reach());
      continue;
    }
    if (!scenario.IsComparison()) {
      pb::Scenario parsed = Parse(text, "");
      parsed.set_replicas(3);
      EXPECT_FALSE(Everywhere(parsed).empty());
      continue;
    }
    const auto comparison = ParseComparisonJson(text);
    ASSERT_TRUE(comparison.ok()) << comparison.status();
    pb::CompareRequest request;
    *request.mutable_comparison() = *comparison;
    request.mutable_comparison()->mutable_base()->set_graph(settings_->front().graph);
    request.mutable_comparison()->mutable_base()->set_replicas(4);
    const auto stub = pb::WhatIfService::NewStub(client().channel());
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
    const auto reader = stub->Compare(&context, request);
    pb::CompareResponse response, last;
    while (reader->Read(&response)) last = response;
    const grpc::Status status = reader->Finish();
    ASSERT_TRUE(status.ok()) << Text(status);
    EXPECT_EQ(last.result().variants_size(), 1 + comparison->variants_size());
  }
}

TEST_F(ModelsTest, AreRefusedByTheFieldThatIsWrong) {
  const std::map<std::string, std::string> fields = {
      {R"({"model": {"forward": {"probability": 1.5}}})", "model.forward.probability"},
      {R"({"model": {"sir": {"infection": 0.5}}})", "model.sir.recovery"},
      {R"({"model": {"si": {"infection": 0.5}}})", "stop.max_steps"},
      {R"({"model": {"sis": {"infection": 0.5, "recovery": 0.1}}})", "stop.max_steps"},
      {R"({"model": {"threshold": {"count": 0}}})", "model.threshold.count"},
      {R"({"model": {"threshold": {"count": 2}, "link_delay": {"fixed": 1}}})", "model.link_delay"},
      {R"({"model": {"seir": {"infection": 1, "onset": 1, "recovery": 1}, "seen_probability": 0.5}})",
       "model.seen_probability"},
      {R"({"model": {"forward": {}, "delay": {"exponential": {"mean": 0}}}})",
       "model.delay.exponential.mean"},
      {R"({"model": {"forward": {}, "delay": {"exponential": {"mean": 3}, "rhythm": {}}}})", "step_seconds"},
      {R"({"model": {"forward": {}, "delay": {"exponential": {"mean": 1e9}}}})", "model.delay"},
      {R"({"model": {"forward": {"factors": {"account_kinds": [{"account_kind": "x", "factor": 1}]}}}})",
       "model.forward.factors.account_kinds[0].account_kind"},
      {R"({"model": {"independent_cascade": {}}})", "model.independent_cascade.probability"},
      {R"({"messages": [{"name": "message"}]})", "messages[0].name"},
      {R"({"messages": [{"name": "a", "influences": [{"by": "b", "factor": 1}]}]})",
       "messages[0].influences[0].by"},
      {R"({"interventions": [{}]})", "interventions[0]"},
      {R"({"interventions": [{"forward_factor": -1}]})", "interventions[0].forward_factor"},
      {R"({"interventions": [{"immune": {"share": 2}}]})", "interventions[0].immune.share"},
      {R"({"interventions": [{"immune": {"ids": ["nobody"]}}]})", "interventions[0].immune.ids"},
      {R"({"interventions": [{"when": {"sightings": {}}, "carry_share": 0}]})",
       "interventions[0].when.sightings"},
      {R"({"interventions": [{"when": {"reach": {"share": 0}}, "carry_share": 0}]})",
       "interventions[0].when.reach.share"},
      {R"({"injections": [{"members": {"random": true}}]})", "injections[0].step"},
      {R"({"monitors": {"count": 3}})", "monitors"},
      {R"({"people": {"one_decision": true}})", "people"},
      {R"({"growth": {}})", "growth"},
      {R"({"growth": {"joining": 0.5}})", "growth.joining"},
      {R"({"growth": {"lost_links": 2}})", "growth.lost_links"},
      {R"({"growth": {"mutual": true, "leaving": 0.1}})", "growth.mutual"},
      {R"({"groups": {"communities": 1001}})", "groups.communities"},
      {R"({"target": {}})", "target"},
      {R"({"target": {"network": "x"}})", "target.network"},
      {R"({"target": {"account_kind": "x"}})", "target.account_kind"},
      {R"({"steps_to_percent": 101})", "steps_to_percent"},
      {R"({"costs": {}})", "costs"},
      {R"({"costs": {"post": 1000000000001}})", "costs.post"},
      {R"({"costs": {"account_kinds": [{"account_kind": "personal"}]}})", "costs.account_kinds[0].post"},
      {R"({"until_precision": {"half_width": 1, "message": "x"}})", "until_precision.message"},
      {R"({"seed_members": {"core": true, "page_rank": true}})", "seed_members.core"},
      {R"({"seed_members": {"ids": ["1"], "community": 1}})", "seed_members.community"},
      {R"({"seed_members": {"core": true, "count": 4000, "account_kind": "page"}})", "seed_members.count"},
      {R"({"later": {"after_step": 1}})", "later.change"},
      {R"({"later": {"change": {"stop": {"max_steps": 3}}}})", "later.after_step"},
      {R"({"later": {"after_step": 1, "change": {"graph": "x"}}})", "later.change.graph"},
      {R"({"later": {"after_step": 1, "change": {"model": {"forward": {"probability": 2}}}}})",
       "later.change.model.forward.probability"},
      {R"({"later": {"after_step": 1, "change": {"model": {"seen_probability": 0.5}}}})",
       "later.change.model"},
      {R"({"later": {"after_step": 1, "change": {"messages": [{"name": "message"}]}}})",
       "later.change.messages[0].name"},
      {R"({"later": {"after_step": 1, "change": {"interventions": [{}]}}})", "later.change.interventions[0]"},
      {R"({"growth": {"members_at_start": 0.5}, "later": {"after_step": 1, "change": {"messages": [{"name": "a"}]}}})",
       "later.change.messages"},
      {R"({"model": {"forward": {}, "reactions": {}}})", "model.reactions"},
      {R"({"model": {"forward": {}, "reactions": {"follow": -1}}})", "model.reactions.follow"},
      {R"({"model": {"forward": {}, "link_delay": {"fixed": 1}, "reactions": {"unfollow": 1}}})",
       "model.reactions.unfollow"},
      {R"({"model": {"linear_threshold": {"link_weights": true}}, "growth": {"new_links": 0.5}})",
       "growth.new_links"},
      {R"({"messages": [{"name": "a", "model": {"linear_threshold": {"link_weights": true},
           "reactions": {"follow": 1}}}]})",
       "messages[0].model.reactions.follow"}};
  for (const auto& [json, field] : fields) ExpectRefused(json, field);
}

TEST_F(ModelsTest, WhatCanNeverBeIsRefused) {
  const std::pair<const char*, const char*> fields[] = {
      {R"({"target": {"community": 99999}})", "target.community"},
      {R"({"model": {"forward": {"factors": {"communities": [{"community": 99999, "factor": 2}]}}}})",
       "model.forward.factors.communities[0].community"},
      {R"({"messages": [{"name": "a", "start": {"reach": {"message": "a", "members": 2}}}]})",
       "messages[0].start.reach.message"},
      {R"({"interventions": [{"when": {"reach": {"members": 99999}}, "carry_share": 0.5}]})",
       "interventions[0].when.reach.members"},
      {R"({"interventions": [{"when": {"reach": {"share": 1e-30}}, "carry_share": 0.5}]})",
       "interventions[0].when.reach.share"},
      {R"({"monitors": {"random": true}, "messages": [{"name": "a", "start": {"sightings": {"monitors": 2}}}]})",
       "messages[0].start.sightings.monitors"},
      {R"({"influences": [{"by": "message", "factor": 2}]})", "influences[0].by"},
      {R"({"messages": [{"name": "a", "influences": [{"by": "a", "factor": 2}]}]})",
       "messages[0].influences[0].by"},
      {R"({"later": {"after_step": 1, "change": {"influences": [{"by": "message", "factor": 2}]}}})",
       "later.change.influences[0].by"},
      {R"({"interventions": [{"extra_delay": 65536}]})", "interventions[0].extra_delay"}};
  for (const auto& [json, field] : fields) ExpectRefused(json, field);
}

TEST_F(ModelsTest, FurtherOnesHaveTheSameDefaults) {
  const auto result = client().Simulate(Parse(R"({"model": {"forward": {"probability": 0.05}},
      "messages": [{"name": "a", "model": {"forward": {}}}],
      "later": {"after_step": 1, "change": {"messages": [{"name": "b", "model": {"forward": {}}}]}}})",
                                              settings_->front().graph));
  ASSERT_TRUE(result.ok()) << Text(result.status);
  const pb::Scenario& echoed = result.value.scenario();
  EXPECT_EQ(echoed.messages(0).model().forward().probability(), 0.1);
  EXPECT_EQ(echoed.later().change().messages(0).model().forward().probability(), 0.1);
}

TEST_F(ModelsTest, CountsAreRefusedByTheFieldThatIsWrong) {
  const std::map<std::string, std::string> fields = {
      {R"({"model": {"forward": {"probability": {"shares": 3}}}})", "model.forward.probability_counts"},
      {R"({"model": {"forward": {"probability": {"shares": 3, "receipts": 2}}}})",
       "model.forward.probability_counts.shares"},
      {R"({"model": {"si": {"infection": {"shares": 3, "receipts": 9}}}})", "stop.max_steps"}};
  for (const auto& [json, field] : fields) ExpectRefused(json, field);
}

TEST_F(ModelsTest, ThatNeedWhatLinksLackAreRefused) {
  const std::pair<const char*, const char*> lacking[] = {
      {R"({"model": {"linear_threshold": {"link_weights": true}}})", "whose links have weights"},
      {R"({"model": {"forward": {}, "link_kinds": [3]}})", "whose links have kinds"}};
  for (const auto& [json, what] : lacking) {
    const auto result = client().Simulate(Parse(json, settings_->front().graph));
    EXPECT_THAT(result.status, IsBadField("model", what)) << json;
  }
}

TEST_F(ModelsTest, InfluencesOfNobodyAreRefusedWhateverTheModel) {
  ExpectRefused(R"({"influences": [{"by": "nobody", "factor": 0}]})", "influences[0].by");
}

}  // namespace
}  // namespace lawine
