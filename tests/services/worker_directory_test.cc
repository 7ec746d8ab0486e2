// Whose shards count: workers believed about what they hold, not about what is theirs, or whether it is all.
#include "services/coordinator/workers/worker_directory.h"

#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A worker with shards of graph "g", of digest "d".
pbi::RegisterRequest HolderOfG(const std::string& node_id, const std::vector<std::uint32_t>& shards,
                               std::uint64_t graph_version) {
  pbi::RegisterRequest said;
  said.set_node_id(node_id);
  said.set_address("127.0.0.1:1");
  for (const std::uint32_t number : shards) {
    pbi::HeldShard& shard = *said.add_shards();
    shard.set_graph("g");
    shard.set_shard(number);
    shard.set_graph_digest("d");
    shard.mutable_info()->set_graph_version(graph_version);
  }
  return said;
}

TEST(WorkerDirectoryTest, OfTwoThatHoldShardsTheOwnerCounts) {
  WorkerDirectory workers;
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0, 1}, 1)).ok());
  EXPECT_TRUE(workers.Register(HolderOfG("w-1", {0, 1, 2, 3}, 1)).ok());
  workers.SetOwners("g", "d", {"w-1", "w-1", "w-1", "w-1"});
  const Placement placement = workers.Find("g", "d", 4);
  EXPECT_THAT(placement.missing, IsEmpty());
  ASSERT_EQ(placement.workers.size(), 1u);
  EXPECT_EQ(placement.workers[0].node_id, "w-1");
  EXPECT_THAT(placement.workers[0].shards, ElementsAre(0, 1, 2, 3));
}

TEST(WorkerDirectoryTest, AnOlderCopyIsMissingAndSaysWhy) {
  WorkerDirectory workers;
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 4), {{"g", 4}}).ok());
  EXPECT_TRUE(workers.Register(HolderOfG("w-1", {1}, 1), {{"g", 4}}).ok());
  const Placement placement = workers.Find("g", "d", 2);
  EXPECT_THAT(placement.missing, ElementsAre(1));
  EXPECT_THAT(placement.problems,
              ElementsAre(HasSubstr("is an older copy: expected version 4 of the graph, found 1")));
  EXPECT_TRUE(workers.Register(HolderOfG("w-1", {1}, 5), {{"g", 4}}).ok());
  EXPECT_THAT(workers.Find("g", "d", 2).missing, IsEmpty()) << "what does not count yet may be there";
}

TEST(WorkerDirectoryTest, WhatCrossesAChangeOnItsWayIsNoOlderCopy) {
  WorkerDirectory workers;
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 1), {{"g", 1}}).ok());
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 1), {{"g", 2}}).ok());
  EXPECT_THAT(workers.Find("g", "d", 1).missing, IsEmpty());
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 1), {{"g", 2}}).ok());
  EXPECT_THAT(workers.Find("g", "d", 1).missing, ElementsAre(0)) << "it has been answered since";
}

TEST(WorkerDirectoryTest, AnotherProcessMustHaveAllThatCounts) {
  WorkerDirectory workers;
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 1), {{"g", 1}}).ok());
  pbi::RegisterRequest again = HolderOfG("w-0", {0}, 1);
  again.set_incarnation(2);
  EXPECT_TRUE(workers.Register(again, {{"g", 2}}).ok());
  EXPECT_THAT(workers.Find("g", "d", 1).missing, ElementsAre(0));
}

TEST(WorkerDirectoryTest, WhoWaitsForSomethingLearnsWhetherItCame) {
  WorkerDirectory workers;
  const auto held = [&workers] { return !workers.HoldersOf("g").empty(); };
  EXPECT_FALSE(workers.WaitUntil(held, absl::Milliseconds(50)));
  auto waits = std::async(std::launch::async, [&] { return workers.WaitUntil(held, absl::Minutes(2)); });
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 1)).ok());
  EXPECT_TRUE(waits.get());
}

TEST(WorkerDirectoryTest, WhoIsGoneForADayAndOwnsNothingIsForgotten) {
  WorkerDirectory workers;
  EXPECT_TRUE(workers.Register(HolderOfG("owner", {0}, 1)).ok());
  EXPECT_TRUE(workers.Register(HolderOfG("other", {1}, 1)).ok());
  workers.SetOwners("g", "d", {"owner"});
  workers.ForgetGone(SteadyNow() + absl::Hours(23));
  EXPECT_EQ(workers.Describe().size(), 2u);
  workers.ForgetGone(SteadyNow() + absl::Hours(25));
  ASSERT_EQ(workers.Describe().size(), 1u);
  EXPECT_EQ(workers.Describe()[0].node_id(), "owner");
}

}  // namespace
}  // namespace lawine
