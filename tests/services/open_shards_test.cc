// Threads of workers are shared by those who load and read graphs.
#include "services/coordinator/workers/open_shards.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/services/one_worker.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

constexpr std::uint32_t kAll = OpenShards::kPerWorkerMax;
constexpr auto kNobodyGoes = [] { return false; };
constexpr std::chrono::seconds kTurnPatience(60);

TEST(OpenShardsTest, WhatDoesNotFitWaitsForItsTurn) {
  OpenShards shards;
  std::optional<OpenShards::Places> first = *shards.Take({{"w-0", kAll - 1}, {"w-1", 1}}, kNobodyGoes);
  auto second = std::async(std::launch::async, [&] { return shards.Take({{"w-0", 2}}, kNobodyGoes); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  first->Close("w-0");
  ASSERT_EQ(second.wait_for(kTurnPatience), std::future_status::ready);
  const auto taken = second.get();
  ASSERT_TRUE(taken.ok()) << taken.status();
  first.reset();
  EXPECT_TRUE(shards.Take({{"w-0", kAll - 2}}, kNobodyGoes, absl::ZeroDuration()).ok());
}

TEST(OpenShardsTest, WhoAskedFirstIsFirst) {
  OpenShards shards;
  std::optional<OpenShards::Places> held = *shards.Take({{"w-0", kAll}}, kNobodyGoes);
  auto large = std::async(std::launch::async, [&] { return shards.Take({{"w-0", kAll}}, kNobodyGoes); });
  EXPECT_EQ(large.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  const absl::Status late = shards.Take({{"w-1", 1}}, kNobodyGoes, absl::ZeroDuration()).status();
  EXPECT_TRUE(absl::IsResourceExhausted(late)) << late;
  EXPECT_EQ(ReasonOf(late), "BUSY");
  held.reset();
  ASSERT_EQ(large.wait_for(kTurnPatience), std::future_status::ready);
  EXPECT_TRUE(large.get().ok());
}

TEST(OpenShardsTest, WhoLeavesIsNotWaitedFor) {
  OpenShards shards;
  const auto held = shards.Take({{"w-0", kAll}}, kNobodyGoes);
  EXPECT_TRUE(absl::IsCancelled(shards.Take({{"w-0", 1}}, [] { return true; }).status()));
  EXPECT_TRUE(shards.Take({{"w-1", 1}}, kNobodyGoes, absl::ZeroDuration()).ok());
}

TEST(OpenShardsTest, MoreThanAWorkerHasIsRefused) {
  const absl::Status refused = OpenShards().Take({{"w-0", kAll + 1}}, kNobodyGoes).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
}

TEST(OpenShardsTest, GraphsWaitUntilTheirWorkersHaveRoom) {
  OneWorker one;
  const std::string node_id = one.workers.Alive().at(0).node_id;
  std::optional<OpenShards::Places> held =
      *one.graphs.placements().open_shards().Take({{node_id, kAll}}, kNobodyGoes);
  std::atomic<bool> waits{false};
  auto made = std::async(std::launch::async, [&] {
    return one.graphs.Create(OneWorker::Wanted("g"), [&](const v1::LoadProgress& progress) {
      waits = waits || progress.phase() == "waiting for other graphs";
      return true;
    });
  });
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return waits.load(); }));
  held.reset();
  const auto graph = made.get();
  EXPECT_TRUE(graph.ok()) << graph.status();
  EXPECT_TRUE(
      one.graphs.placements().open_shards().Take({{node_id, kAll}}, kNobodyGoes, absl::ZeroDuration()).ok())
      << "it has given back what it took";
}

}  // namespace
}  // namespace lawine
