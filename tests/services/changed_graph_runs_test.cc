// Calls on a graph that has changed: what is echoed names the version, and what is refused the field.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/coordinator/graphs/graph_changes.h"
#include "services/coordinator/runs/runs.h"
#include "tests/services/one_worker.h"

namespace lawine {
namespace {

using ::testing::HasSubstr;

class ChangedGraphRunsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(one_.Make(OneWorker::Wanted("g")).ok()); }

  absl::Status Apply(const std::vector<v1::Change>& changes) {
    v1::ApplyChangesRequest request;
    request.set_graph("g");
    for (const v1::Change& change : changes) *request.add_changes() = change;
    return changes_.Apply(request, [] { return false; }).status();
  }
  static v1::Change Add(const std::string& id) {
    v1::Change change;
    change.mutable_add_member()->set_id(id);
    return change;
  }
  static v1::Change Follow(const std::string& follower, const std::string& followee, bool mutual = false) {
    v1::Change change;
    change.mutable_follow()->set_follower(follower);
    change.mutable_follow()->set_followee(followee);
    change.mutable_follow()->set_mutual(mutual);
    return change;
  }
  absl::StatusOr<v1::RunResult> Simulate(const v1::Scenario& scenario, const RunsOptions& options = {}) {
    Runs runs(one_.registry, one_.graphs, one_.workers, options, nullptr);
    Cancellation cancellation;
    return runs.Simulate(scenario, "", absl::Hours(1), cancellation);
  }
  static v1::Scenario Scenario(std::uint64_t version) {
    v1::Scenario scenario;
    scenario.set_graph("g");
    if (version > 0) scenario.set_graph_version(version);
    return scenario;
  }

  OneWorker one_;
  GraphChanges changes_{one_.registry, one_.graphs};
};

TEST_F(ChangedGraphRunsTest, TheEchoedScenarioNamesTheVersionAlsoTheFirst) {
  const auto unchanged = Simulate(Scenario(0));
  ASSERT_TRUE(unchanged.ok()) << unchanged.status();
  EXPECT_FALSE(unchanged->scenario().has_graph_version()) << "there is one version";
  ASSERT_EQ(Apply({Add("90000")}), absl::OkStatus());
  for (const std::uint64_t version : {1u, 2u}) {
    const auto result = Simulate(Scenario(version));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->scenario().graph_version(), version);
    EXPECT_EQ(result->digest(), Simulate(result->scenario())->digest());
  }
}

TEST_F(ChangedGraphRunsTest, SimulateEndsWhenItMayWorkNoLongerAndSaysSo) {
  RunsOptions options;
  options.simulate_max = absl::ZeroDuration();
  const absl::Status ended = Simulate(Scenario(0), options).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(ended)) << ended;
  EXPECT_EQ(ended.message(), "Simulate works for at most 0: call CreateRun and WatchRun instead");
}

// Edits are counted otherwise than changes: a new member is none, and a friendship two.
TEST_F(ChangedGraphRunsTest, ARefusedChangeIsNamedByItsField) {
  const absl::Status self = Apply({Add("90000"), Follow("1", "2", /*mutual=*/true), Follow("3", "3")});
  EXPECT_TRUE(absl::IsInvalidArgument(self)) << self;
  EXPECT_EQ(FieldOf(self), "changes[2].follow.followee");
  v1::Change likely = Follow("1", "2"), group = Follow("1", "2");
  likely.mutable_follow()->set_probability(0.5);
  EXPECT_EQ(FieldOf(Apply({likely})), "changes[0].follow.probability");
  group.mutable_follow()->set_kind("group");
  EXPECT_EQ(FieldOf(Apply({group})), "changes[0].follow.kind");
  const absl::Status twice = Apply({Add("1")});
  EXPECT_TRUE(absl::IsAlreadyExists(twice)) << twice;
  EXPECT_EQ(FieldOf(twice), "changes[0].add_member.id");
  const absl::Status many = Apply(std::vector<v1::Change>(10'001, Follow("1", "2")));
  EXPECT_TRUE(absl::IsResourceExhausted(many)) << many;
  EXPECT_EQ(FieldOf(many), "changes");
  EXPECT_THAT(std::string(Apply({Follow("1", "abc")}).message()),
              testing::EndsWith("found 'abc', which is not a number"));
}

TEST_F(ChangedGraphRunsTest, SeedMembersOfACommunityThatIsNotThereAreRefusedByIt) {
  v1::Scenario scenario = Scenario(0);
  scenario.mutable_seed_members()->set_random(true);
  scenario.mutable_seed_members()->set_community(99'999);
  const absl::Status refused = Simulate(scenario).status();
  EXPECT_EQ(FieldOf(refused), "seed_members.community");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("found no members of community 99999"));
}

}  // namespace
}  // namespace lawine
