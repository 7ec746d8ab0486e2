// Graphs of a cluster that change while it runs: as the same graphs imported from scratch, whoever is killed.
#include <atomic>
#include <cstdio>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cluster/change_calls.h"
#include "tests/cluster/crash_loop.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

// Who follows whom: (follower, followee).
using Follows = std::set<std::pair<std::uint64_t, std::uint64_t>>;

class ChangesTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kMembers = 300;

  void SetUp() override {
    cluster_ = std::make_unique<TestCluster>(ClusterOptions{.workers = 2});
    TestRandom random(7);
    for (std::uint64_t m = 0; m < kMembers; ++m) {
      members_.insert(m * 3);
      for (int i = 0; i < 4; ++i) {
        const std::uint64_t other = random.Below(kMembers) * 3;
        if (other != m * 3) follows_.insert({m * 3, other});
      }
    }
    Import("g", follows_, members_);
  }

  Client& client() { return cluster_->client(); }
  TestCluster& cluster() { return *cluster_; }

  void Import(const std::string& name, const Follows& follows, const std::set<std::uint64_t>& members) {
    std::string rows, all = "id\n";
    for (const auto& [follower, followee] : follows) absl::StrAppend(&rows, followee, " ", follower, "\n");
    for (const std::uint64_t member : members) absl::StrAppend(&all, member, "\n");
    pb::ImportOptions options;
    options.set_name(name);
    options.set_row("from,to");
    options.set_shards(5);
    const auto imported = client().Import(options, {{.name = "links.txt", .content = rows},
                                                    {.name = "m.csv", .content = all, .members = true}});
    ASSERT_TRUE(imported.ok()) << Text(imported.status);
  }
  Answer<pb::ApplyChangesResponse> Apply(const std::vector<pb::Change>& changes,
                                         const std::string& request_id = "", const std::string& graph = "g") {
    return ApplyChanges(client(), graph, changes, request_id);
  }
  Answer<pb::FoldChangesResponse> Fold() { return FoldChanges(client(), "g"); }
  // A random batch, and what it does to the links that must be there.
  std::vector<pb::Change> RandomBatch(TestRandom& random, Follows& follows,
                                      std::set<std::uint64_t>& members) {
    std::vector<pb::Change> changes;
    if (random.OneIn(3)) {
      const std::uint64_t id = 10'000 + random.Below(1'000'000);
      if (members.insert(id).second) changes.push_back(AddMember(id));
    }
    const std::vector<std::uint64_t> all(members.begin(), members.end());
    for (std::uint64_t i = 0; i < 1 + random.Below(12); ++i) {
      std::uint64_t a = all[random.Below(all.size())], b = all[random.Below(all.size())];
      const bool there = random.OneIn(2);
      if (!there && !follows.empty())
        std::tie(a, b) = *std::next(follows.begin(), random.Below(follows.size()));
      if (a == b) continue;
      changes.push_back(Follow(a, b, there));
      if (there) follows.insert({a, b});
      if (!there) follows.erase({a, b});
    }
    if (changes.empty()) return RandomBatch(random, follows, members);
    return changes;
  }
  static pb::Scenario Scenario(const std::string& graph, std::uint32_t replicas = 5) {
    pb::Scenario scenario;
    scenario.set_graph(graph);
    scenario.mutable_seed_members()->add_ids("0");
    scenario.mutable_model()->mutable_forward()->set_probability(0.5);
    scenario.set_replicas(replicas);
    return scenario;
  }
  std::string DigestOf(const pb::Scenario& scenario) {
    const auto result = client().Simulate(scenario);
    EXPECT_TRUE(result.ok()) << Text(result.status);
    return result.value.digest();
  }
  // Graph "g" is the one that has these links and members, and spreads as one imported with them.
  void ExpectAsImported(const Follows& follows, const std::set<std::uint64_t>& members) {
    const std::string name = absl::StrCat("scratch", ++scratch_);
    Import(name, follows, members);
    const pb::Graph changed = client().GetGraph("g").value, scratch = client().GetGraph(name).value;
    EXPECT_EQ(changed.digest(), scratch.digest());
    EXPECT_EQ(changed.links(), scratch.links());
    EXPECT_EQ(changed.members(), scratch.members());
    EXPECT_EQ(DigestOf(Scenario("g")), DigestOf(Scenario(name)));
    pb::Scenario cascade = Scenario("g");
    cascade.mutable_model()->mutable_independent_cascade()->set_probability(0.4);
    cascade.mutable_seed_members()->clear_ids();
    cascade.mutable_seed_members()->set_highest_audience(true);
    const std::string digest = DigestOf(cascade);
    cascade.set_graph(name);
    EXPECT_EQ(digest, DigestOf(cascade));
    const auto verified = client().Verify("g");
    EXPECT_TRUE(verified.value.sound()) << verified.value.ShortDebugString();
  }

  std::unique_ptr<TestCluster> cluster_;
  Follows follows_;
  std::set<std::uint64_t> members_;
  int scratch_ = 0;
};

TEST_F(ChangesTest, ChangedGraphsAreAsImportedFromScratch) {
  TestRandom random(1);
  const std::string first = client().GetGraph("g").value.digest();
  for (int batch = 0; batch < 12; ++batch) {
    const auto applied = Apply(RandomBatch(random, follows_, members_));
    ASSERT_TRUE(applied.ok()) << Text(applied.status);
    EXPECT_EQ(client().GetGraph("g").value.graph_version(), applied.value.graph_version());
    if (batch % 4 == 3) ExpectAsImported(follows_, members_);
    if (batch == 7) {
      const auto folded = Fold();
      ASSERT_TRUE(folded.ok()) << Text(folded.status);
      EXPECT_EQ(folded.value.stored_version(), folded.value.graph_version());
      EXPECT_GT(folded.value.blocks(), 0u);
      ExpectAsImported(follows_, members_);
    }
    if (batch == 9) cluster().RestartWorker(1);
    if (batch == 10) cluster().RestartCoordinator();
  }
  EXPECT_NE(first, client().GetGraph("g").value.digest());
}

TEST_F(ChangesTest, ARunKeepsTheVersionItBeganWith) {
  ASSERT_TRUE(Apply({Follow(0, 3), Follow(3, 0)}).ok());
  pb::Scenario second = Scenario("g");
  const auto before = client().Simulate(second);
  ASSERT_TRUE(before.ok()) << Text(before.status);
  EXPECT_EQ(before.value.scenario().graph_version(), before.value.manifest().graph_version());
  EXPECT_EQ(before.value.manifest().graph_version(), 2u);
  std::vector<pb::Change> unfollow;
  for (const auto& [follower, followee] : follows_) {
    if (followee == 0) unfollow.push_back(Follow(follower, followee, false));
  }
  unfollow.push_back(Follow(3, 0, false));
  ASSERT_TRUE(Apply(unfollow).ok());
  const auto after = client().Simulate(second);
  EXPECT_EQ(after.value.manifest().graph_version(), 3u);
  EXPECT_NE(after.value.digest(), before.value.digest());
  second.set_graph_version(2);
  EXPECT_EQ(DigestOf(second), before.value.digest());
  second.set_graph_version(4);
  EXPECT_THAT(client().Simulate(second).status, IsRefused(StatusCode::INVALID_ARGUMENT, "up to 3, found 4"));
  ASSERT_TRUE(Fold().ok());
  second.set_graph_version(2);
  EXPECT_THAT(client().Simulate(second).status, IsRefused(StatusCode::FAILED_PRECONDITION, "were folded"));
}

// What workers said a moment ago lacks the changes since, and is no older copy for that.
TEST_F(ChangesTest, WhileAGraphChangesItsWorkersHaveNoProblems) {
  std::atomic<bool> over = false;
  std::thread caller([&, address = cluster().address()] {
    const Client own(address);
    for (bool there = true; !over; there = !there) {
      const auto applied = ApplyChanges(own, "g", {Follow(0, 3, there)});
      EXPECT_TRUE(applied.ok()) << Text(applied.status);
    }
  });
  for (int look = 0; look < 300; ++look) {
    for (const pb::WorkerStatus& worker : client().Workers()) {
      EXPECT_THAT(worker.problems(), testing::IsEmpty());
    }
  }
  over = true;
  caller.join();
}

TEST_F(ChangesTest, TheVersionOfAPausedRunIsNotFoldedAway) {
  pb::CreateRunRequest request;
  *request.mutable_scenario() = Scenario("g", 10'000);
  const std::string digest =
      client().Result(client().RunToEnd(request.scenario()).value.name()).value.digest();
  std::string name;  // of one that was not over before it could be paused
  ASSERT_TRUE(Eventually(absl::Seconds(60), [&] {
    name = client().CreateRun(request).value.run().name();
    if (!client().Pause(name).ok()) return false;
    pb::Run run;
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
      run = client().GetRun(name).value;
      return run.state() == pb::RUN_STATE_PAUSED || run.has_end_time();
    }));
    return run.state() == pb::RUN_STATE_PAUSED;
  }));
  for (std::uint64_t member = 0; member < 30; member += 3) {
    ASSERT_TRUE(Apply({Follow(member, 60), Follow(90, member)}).ok());
  }
  EXPECT_EQ(Fold().value.stored_version(), 1u);
  cluster().RestartWorker(0);
  cluster().RestartCoordinator();
  const auto folded = Fold();
  EXPECT_EQ(folded.value.stored_version(), 1u);
  EXPECT_GT(folded.value.graph_version(), 1u);
  ASSERT_TRUE(client().Resume(name).ok());
  const auto watched = client().Watch(name);
  EXPECT_EQ(watched.value.last.state(), pb::RUN_STATE_SUCCEEDED) << watched.value.last.error();
  EXPECT_EQ(client().Result(name).value.digest(), digest);
  EXPECT_EQ(Fold().value.stored_version(), folded.value.graph_version());
}

TEST_F(ChangesTest, WhatCannotBeIsRefusedAndNothingOfIt) {
  const std::string digest = client().GetGraph("g").value.digest();
  EXPECT_THAT(Apply({Follow(3, 6), Follow(3, 1)}).status,
              IsBadField("changes[1].follow.followee", "graph 'g' has no member '1'"));
  EXPECT_THAT(Apply({Follow(3, 3)}).status, IsBadField("changes[0].follow.followee", "to the member itself"));
  EXPECT_THAT(Apply({AddMember(3)}).status,
              IsRefused(StatusCode::ALREADY_EXISTS, "has a member '3' already"));
  EXPECT_THAT(Apply({}).status, IsBadField("changes", "at least one"));
  EXPECT_THAT(Apply(std::vector<pb::Change>(10'001, Follow(3, 6))).status,
              IsRefused(StatusCode::RESOURCE_EXHAUSTED, "at most 10000"));
  EXPECT_THAT(Apply({Follow(3, 6)}, "", "h").status, IsRefused(StatusCode::NOT_FOUND, "no graph 'h'"));
  pb::Change weighted = Follow(3, 6);
  weighted.mutable_follow()->set_probability(0.5);
  EXPECT_THAT(Apply({weighted}).status, IsBadField("changes[0].follow.probability", "without a probability"));
  EXPECT_EQ(client().GetGraph("g").value.digest(), digest);
  EXPECT_EQ(client().GetGraph("g").value.graph_version(), 1u);
}

TEST_F(ChangesTest, ARequestIsAppliedOnce) {
  const auto first = Apply({AddMember(1'001), Follow(0, 1'001)}, "once");
  ASSERT_TRUE(first.ok()) << Text(first.status);
  EXPECT_FALSE(first.value.repeated_request());
  ASSERT_TRUE(Apply({Follow(0, 1'001, false)}).ok());
  const std::string digest = client().GetGraph("g").value.digest();
  for (int i = 0; i < 2; ++i) {
    const auto again = Apply({AddMember(1'001), Follow(0, 1'001)}, "once");
    ASSERT_TRUE(again.ok()) << Text(again.status);
    EXPECT_TRUE(again.value.repeated_request());
    EXPECT_EQ(again.value.graph_version(), first.value.graph_version());
    EXPECT_EQ(client().GetGraph("g").value.digest(), digest);
    cluster().coordinator().Kill();
    cluster().RestartCoordinator();
  }
}

TEST_F(ChangesTest, ManyCallersShareVersions) {
  std::vector<std::thread> callers;
  for (std::uint64_t c = 0; c < 8; ++c) {
    callers.emplace_back([this, c] {
      for (std::uint64_t i = 0; i < 10; ++i) {
        const std::uint64_t id = 20'000 + c * 100 + i;
        const auto applied = Apply({AddMember(id), Follow(id, 3 * c)}, absl::StrCat("r", id));
        EXPECT_TRUE(applied.ok()) << Text(applied.status);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (std::uint64_t c = 0; c < 8; ++c) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      members_.insert(20'000 + c * 100 + i);
      follows_.insert({20'000 + c * 100 + i, 3 * c});
    }
  }
  EXPECT_LE(client().GetGraph("g").value.graph_version(), 81u);
  ExpectAsImported(follows_, members_);
}

// A worker and the coordinator are killed one after the other, while a batch waits for a worker that is away.
TEST_F(ChangesTest, WithoutAWorkerNothingIsAcknowledged) {
  cluster().worker(1).Kill();
  cluster().WaitForAlive(1);
  const auto applied = Apply({Follow(0, 3), Follow(3, 6)}, "waits");
  EXPECT_THAT(applied.status, IsRefused(StatusCode::UNAVAILABLE, "no live worker holds"));
  cluster().RestartWorker(1);
  EXPECT_EQ(client().GetGraph("g").value.graph_version(), 1u);
  ASSERT_TRUE(Eventually(absl::Seconds(30), [&] {
    return Apply({Follow(0, 3), Follow(3, 6)}, "waits").ok();
  }));
  follows_.insert({0, 3});
  follows_.insert({3, 6});
  ExpectAsImported(follows_, members_);
}

// Everything is killed again and again while batches are sent, each until it is acknowledged; runs go on
// beside.
TEST_F(ChangesTest, WhatIsAcknowledgedSurvivesKills) {
  CrashLoop crashes(cluster(), "Changes");
  TestRandom random(5);
  std::atomic<bool> over{false};
  std::uint64_t acknowledged = 0, retried = 0;
  std::thread caller([&, address = cluster().address()] {
    Client own(address);
    while (!over) {
      const std::vector<pb::Change> batch = RandomBatch(random, follows_, members_);
      const std::string id = absl::StrCat("batch", acknowledged);
      for (;;) {
        const auto applied = ApplyChanges(own, "g", batch, id);
        if (applied.ok()) break;
        ASSERT_THAT(applied.status, IsBrokenOff(""));
        ++retried;
        absl::SleepFor(absl::Milliseconds(50));
      }
      ++acknowledged;
      if (acknowledged % 20 == 0) own.Simulate(Scenario("g"));
      if (acknowledged % 50 == 0) FoldChanges(own, "g");
    }
  });
  while (crashes.Next()) continue;
  crashes.End();
  over = true;
  caller.join();
  cluster().WaitForAlive(2);
  std::printf("%u kills, %lu batches acknowledged, %lu sent again\n", crashes.kills(), acknowledged, retried);
  EXPECT_GT(acknowledged, 10u) << crashes.Replay();
  ASSERT_TRUE(
      Eventually(absl::Seconds(30), [&] { return client().GetGraph("g").value.missing_shards().empty(); }));
  ExpectAsImported(follows_, members_);
}

}  // namespace
}  // namespace lawine
