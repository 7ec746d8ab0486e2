// nl-2009 over real processes: persons with several accounts, cross-posting, and results by network.
#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/scenario_json.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/test_cluster.h"

namespace lawine {
namespace {

class PeopleTest : public testing::Test {
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
      request.set_preset("nl-2009");
      request.set_members(20'000);
      request.set_links_per_member(20);
      request.set_shards(shards);
      const auto graph = setting.cluster->client().CreateGraph(request);
      ASSERT_TRUE(graph.ok()) << Text(graph.status);
    }
  }
  static void TearDownTestSuite() {
    delete settings_;
    settings_ = nullptr;
  }

  static pb::Scenario Parse(const std::string& json) {
    absl::StatusOr<pb::Scenario> scenario = ParseScenarioJson(json);
    EXPECT_TRUE(scenario.ok()) << scenario.status();
    return *scenario;
  }
  // What all settings agree on; results of the last one.
  static pb::RunResult Everywhere(const std::string& json) {
    pb::Scenario scenario = Parse(json);
    pb::RunResult first;
    for (const Setting& setting : *settings_) {
      scenario.set_graph(setting.graph);
      const auto result = setting.cluster->client().Simulate(scenario);
      EXPECT_TRUE(result.ok()) << Text(result.status);
      if (first.digest().empty()) first = result.value;
      EXPECT_EQ(result.value.digest(), first.digest()) << setting.graph;
      EXPECT_EQ(result.value.totals().people(), first.totals().people()) << setting.graph;
      EXPECT_EQ(result.value.groups_size(), first.groups_size());
      for (int g = 0; g < std::min(result.value.groups_size(), first.groups_size()); ++g) {
        EXPECT_EQ(result.value.groups(g).SerializeAsString(), first.groups(g).SerializeAsString());
      }
    }
    return first;
  }

  static std::vector<Setting>* settings_;
};

std::vector<PeopleTest::Setting>* PeopleTest::settings_ = nullptr;

constexpr const char* kPlain = R"({"seed_members": {"highest_audience": true}, "replicas": 3,
    "model": {"forward": {"probability": 0.2}}, "groups": {"communities": 5}})";

std::string WithPeople(const std::string& people) {
  const std::string plain = kPlain;
  return absl::StrCat(plain.substr(0, plain.size() - 1), R"(, "people": )", people, "}");
}

constexpr const char* kCrossPosting = R"({"cross_posting": [
    {"from": "facebook", "to": "hyves", "probability": 0.3},
    {"from": "hyves", "to": "facebook", "probability": 0.5},
    {"from": "hyves", "to": "twitter", "probability": 0.3},
    {"from": "hyves", "to": "linkedin", "probability": 0.1},
    {"from": "twitter", "to": "hyves", "probability": 0.2}]})";

TEST_F(PeopleTest, StayInTheirNetworkUnlessTheyPostInAnother) {
  const pb::RunResult alone = Everywhere(kPlain);
  EXPECT_TRUE(alone.scenario().people().one_decision());
  std::vector<std::uint64_t> reach;
  for (const pb::GroupResult& group : alone.groups()) {
    if (group.kind() == pb::GROUP_KIND_NETWORK) reach.push_back(group.reach());
  }
  EXPECT_EQ(reach.size(), 4u);
  EXPECT_THAT(reach, testing::Contains(alone.totals().reach())) << "all in one network";
  EXPECT_EQ(alone.totals().people(), alone.totals().reach()) << "one account each";
  const pb::RunResult posted = Everywhere(WithPeople(kCrossPosting));
  EXPECT_GT(posted.totals().reach(), alone.totals().reach());
  EXPECT_LT(posted.totals().people(), posted.totals().reach());
  for (const pb::GroupResult& group : posted.groups()) {
    EXPECT_TRUE(group.kind() != pb::GROUP_KIND_NETWORK || group.reach() > 0) << group.name();
  }
}

TEST_F(PeopleTest, GroupsAddUp) {
  const pb::RunResult result = Everywhere(WithPeople(kCrossPosting));
  std::map<pb::GroupKind, pb::GroupResult> sums;
  for (const pb::GroupResult& group : result.groups()) {
    pb::GroupResult& sum = sums[group.kind()];
    sum.set_members(sum.members() + group.members());
    sum.set_deliveries(sum.deliveries() + group.deliveries());
    sum.set_reach(sum.reach() + group.reach());
    sum.set_forwards(sum.forwards() + group.forwards());
    sum.set_unreached(sum.unreached() + group.unreached());
  }
  EXPECT_EQ(sums.size(), 4u);
  for (const auto& [kind, sum] : sums) {
    EXPECT_EQ(sum.members(), result.graph_members());
    EXPECT_EQ(sum.deliveries(), result.totals().deliveries());
    EXPECT_EQ(sum.reach(), result.totals().reach());
    EXPECT_EQ(sum.forwards(), result.totals().forwards());
    EXPECT_EQ(sum.unreached(), 3 * result.graph_members() - result.totals().reach());
  }
}

TEST_F(PeopleTest, DecideOnceOrByAccount) {
  const std::string once = Everywhere(WithPeople(kCrossPosting)).digest();
  std::string accounts = kCrossPosting;
  accounts.insert(1, R"("one_decision": false, )");
  EXPECT_NE(Everywhere(WithPeople(accounts)).digest(), once);
}

TEST_F(PeopleTest, AlongSamePersonLinksOnlyIfAsked) {
  const pb::RunResult asked = Everywhere(
      R"({"seed_members": {"highest_audience": true}, "replicas": 3,
          "model": {"forward": {"probability": 0.2}, "link_kinds": [0, 1]}, "groups": {}})");
  for (const pb::GroupResult& group : asked.groups()) {
    EXPECT_TRUE(group.kind() != pb::GROUP_KIND_NETWORK || group.reach() > 0) << group.name();
  }
}

TEST_F(PeopleTest, AreRefusedByTheFieldThatIsWrong) {
  const std::map<std::string, std::string> fields = {
      {R"({"people": {"cross_posting": [{"from": "hyves", "to": "hyves", "probability": 1}]}})",
       "people.cross_posting[0].to"},
      {R"({"people": {"cross_posting": [{"from": "x", "to": "hyves", "probability": 1}]}})",
       "people.cross_posting[0].from"},
      {R"({"people": {"cross_posting": [{"from": "hyves", "to": "own", "probability": 1}]}})",
       "people.cross_posting[0].to"},
      {R"({"people": {"cross_posting": [{"from": "hyves", "to": "twitter"}]}})",
       "people.cross_posting[0].probability"},
      {R"({"model": {"sir": {"infection": 0.1, "recovery": 0.5}},
           "people": {"cross_posting": [{"from": "hyves", "to": "twitter", "probability": 1}]}})",
       "people.cross_posting"}};
  for (const auto& [json, field] : fields) {
    pb::Scenario scenario = Parse(json);
    scenario.set_graph(settings_->front().graph);
    const auto result = settings_->front().cluster->client().Simulate(scenario);
    EXPECT_EQ(result.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << json;
    EXPECT_EQ(DetailsOf(result.status).field, field) << Text(result.status);
  }
}

}  // namespace
}  // namespace lawine
