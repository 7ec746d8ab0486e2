// Who says what a result rests on.
#include "services/coordinator/plan/result_assumptions.h"

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "services/common/json/scenario_json.h"
#include "services/coordinator/plan/scenario_plan.h"

namespace lawine {
namespace {

namespace pb = ::lawine::v1;

// By field, of the scenario once it is complete.
std::map<std::string, pb::ResultAssumption> AssumptionsOf(const std::string& fields) {
  const auto given = ParseScenarioJson(R"({"graph": "g")" + fields + "}");
  EXPECT_TRUE(given.ok()) << given.status();
  const auto scenario = CompleteScenario(*given);
  EXPECT_TRUE(scenario.ok()) << scenario.status();
  std::map<std::string, pb::ResultAssumption> found;
  for (const pb::ResultAssumption& each : FieldAssumptions(*scenario)) found[each.what()] = each;
  return found;
}

TEST(FieldAssumptions, OfNothingAreNobodysOwn) {
  for (const auto& [field, assumption] : AssumptionsOf(""))
    EXPECT_NE(assumption.basis(), pb::ASSUMPTION_BASIS_YOURS) << field;
  const auto found = AssumptionsOf("");
  EXPECT_EQ(found.at("seed_members.random").basis(), pb::ASSUMPTION_BASIS_ASSUMED);
  EXPECT_EQ(found.at("seed_members.random").source(), "default");
  EXPECT_EQ(found.at("model.forward.probability").basis(), pb::ASSUMPTION_BASIS_ARTICLE);
}

TEST(FieldAssumptions, TellDefaultsFromWhatWasSaid) {
  const auto found = AssumptionsOf(R"(, "seed_members": {"audience": 7}, "growth": {"new_links": 0.1},
      "people": {"one_decision": true}, "graph_version": 7)");
  for (const char* field :
       {"seed_members.count", "growth.mutual", "growth.members_at_start", "people.one_decision"}) {
    EXPECT_EQ(found.at(field).basis(), pb::ASSUMPTION_BASIS_ASSUMED) << field;
    EXPECT_EQ(found.at(field).source(), "default") << field;
  }
  for (const char* field : {"seed_members.audience", "growth.new_links"})
    EXPECT_EQ(found.at(field).basis(), pb::ASSUMPTION_BASIS_YOURS) << field;
  EXPECT_FALSE(found.contains("graph_version")) << "it is part of the graph's name";
}

TEST(FieldAssumptions, OfWhatIsNotTheDefaultAreYours) {
  const auto found = AssumptionsOf(R"(, "seed_members": {"random": true, "count": 5},
      "growth": {"new_links": 0.1, "mutual": false}, "people": {"one_decision": false})");
  for (const char* field :
       {"seed_members.random", "seed_members.count", "growth.mutual", "people.one_decision"}) {
    EXPECT_EQ(found.at(field).basis(), pb::ASSUMPTION_BASIS_YOURS) << field;
  }
}

}  // namespace
}  // namespace lawine
