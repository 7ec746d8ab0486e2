// Nobody who uses a graph waits for the disk of the coordinator.
#include "services/coordinator/workers/placements.h"

#include <chrono>
#include <future>

#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "services/common/request_id.h"
#include "services/coordinator/placement/rebalancer.h"
#include "tests/services/held_up_registry.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr std::chrono::seconds kLookPatience(10);

pbi::GraphInfo GraphOfTwoShards() {
  pbi::GraphInfo graph;
  graph.set_name("g");
  graph.set_digest("d");
  for (const std::uint32_t boundary : {0u, 2u, 4u}) graph.add_boundaries(boundary);
  return graph;
}

TEST(PlacementsTest, UsesGoOnWhileTheMapIsWritten) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  Placements placements(registry, workers);
  HeldUpWrite write(registry, "placement/");
  auto set = std::async(std::launch::async, [&] {
    return placements.SetOwners(GraphOfTwoShards(), {{0, "w-0"}, {1, "w-1"}});
  });
  ASSERT_TRUE(write.Wait());
  auto used = std::async(std::launch::async,
                         [&] { return placements.Use("g").ok() && placements.OwnerOf("g", "d", 0).empty(); });
  EXPECT_EQ(used.wait_for(kLookPatience), std::future_status::ready);
  write.GoOn();
  EXPECT_TRUE(used.get()) << "what is not durable does not count";
  ASSERT_TRUE(set.get().ok());
  EXPECT_EQ(placements.OwnerOf("g", "d", 1), "w-1");
}

TEST(PlacementsTest, AHoldWaitsForUsesOfAGraphThatWasForgotten) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  Placements placements(registry, workers);
  ASSERT_TRUE(placements.SetOwners(GraphOfTwoShards(), {{0, "w-0"}}).ok());
  auto lease = *placements.Use("g");
  ASSERT_TRUE(placements.Forget("g").ok());
  EXPECT_FALSE(lease->cancelled());
  auto held = std::async(std::launch::async,
                         [&] { return placements.HoldGraph("g", [] { return false; }).status(); });
  EXPECT_EQ(held.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  EXPECT_TRUE(lease->cancelled());
  lease = nullptr;
  EXPECT_TRUE(held.get().ok());
}

TEST(PlacementsTest, WhatAHoldThatWasGivenUpWaitedForTheNextOneWaitsForToo) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  Placements placements(registry, workers);
  auto earlier = *placements.Use("g");
  const auto given_up = [] { return true; };
  EXPECT_TRUE(absl::IsCancelled(placements.HoldGraph("g", given_up).status()));
  auto later = *placements.Use("g");
  EXPECT_FALSE(later->cancelled());
  later = nullptr;
  EXPECT_TRUE(absl::IsCancelled(placements.HoldGraph("g", given_up).status())) << "the first goes on";
  ASSERT_TRUE(placements.Forget("g").ok());
  EXPECT_TRUE(absl::IsCancelled(placements.HoldGraph("g", given_up).status()));
  earlier = nullptr;
  EXPECT_TRUE(placements.HoldGraph("g", given_up).ok());
}

TEST(RebalancerTest, AnotherRebalanceWithTheIdIsTold) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  v1::ApplyRebalanceRequest request;
  request.set_request_id("once");
  pbi::RebalanceRecord record;
  record.mutable_rebalance()->set_state(v1::REBALANCE_STATE_SUCCEEDED);
  record.set_request_id("once");
  record.set_request_hash(RequestHash(request));
  ASSERT_TRUE(registry.Put("rebalance", record.SerializeAsString()).ok());
  Rebalancer rebalancer(registry, graphs, workers);
  ASSERT_TRUE(rebalancer.Start().ok());
  const auto again = rebalancer.Apply(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->state(), v1::REBALANCE_STATE_SUCCEEDED);
  request.mutable_options()->add_drain("w-1");
  const absl::Status refused = rebalancer.Apply(request).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_EQ(refused.message(), "request_id: was used for another rebalance: expected a new one");
}

TEST(RebalancerTest, TellsHowFarItIsWhileThatIsWritten) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  pbi::RebalanceRecord record;
  record.mutable_rebalance()->set_state(v1::REBALANCE_STATE_RUNNING);
  ASSERT_TRUE(registry.Put("rebalance", record.SerializeAsString()).ok());
  HeldUpWrite write(registry, "rebalance");
  Rebalancer rebalancer(registry, graphs, workers);
  ASSERT_TRUE(rebalancer.Start().ok());
  ASSERT_TRUE(write.Wait()) << "nothing is left to be moved: it ends";
  auto told = std::async(std::launch::async, [&] { return rebalancer.Get(); });
  EXPECT_EQ(told.wait_for(kLookPatience), std::future_status::ready);
  write.GoOn();
  EXPECT_EQ(told.get()->state(), v1::REBALANCE_STATE_RUNNING);
}

}  // namespace
}  // namespace lawine
