// Whose shards count: workers believed about what they hold, not about what is theirs, or whether it is all.
#include "services/coordinator/workers/worker_directory.h"

#include <atomic>
#include <cstdint>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc.h"

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

// As soon as a graph is made it may be changed many times before its workers speak again.
TEST(WorkerDirectoryTest, OfAGraphThatWasNotThereNothingCounted) {
  WorkerDirectory workers;
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 0), {{"other", 9}}).ok());
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {0}, 2), {{"g", 3}}).ok());
  EXPECT_THAT(workers.Find("g", "d", 1).missing, IsEmpty());
  const pbi::RegisterRequest said = HolderOfG("w-0", {0}, 2);
  EXPECT_FALSE(workers.IsOlder("w-0", said.shards(0)));
  EXPECT_TRUE(workers.Register(said, {{"g", 3}}).ok());
  EXPECT_THAT(workers.Find("g", "d", 1).missing, ElementsAre(0)) << "it has been answered since";
  EXPECT_TRUE(workers.IsOlder("w-0", said.shards(0)));
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

TEST(WorkerDirectoryTest, TheOnlyCopyOfAShardIsNothingToDrop) {
  WorkerDirectory workers;
  EXPECT_TRUE(workers.Register(HolderOfG("w-0", {1}, 1)).ok());
  EXPECT_TRUE(workers.Register(HolderOfG("w-1", {0}, 1)).ok());
  workers.SetOwners("g", "d", {"w-0", "w-1"});
  EXPECT_THAT(workers.Find("g", "d", 2).problems,
              ElementsAre(HasSubstr("keep this copy"), HasSubstr("keep this copy")));
  const auto described = workers.Describe();
  ASSERT_EQ(described.size(), 2u);
  EXPECT_THAT(described[0].problems(),
              ElementsAre(HasSubstr("shard 1 is here, but by the registry it is worker w-1's")));
  EXPECT_TRUE(workers.Register(HolderOfG("w-1", {0, 1}, 1)).ok());
  EXPECT_THAT(workers.Describe()[0].problems(), IsEmpty()) << "its owner has it";
}

// Says who it is.
class Answering final : public pbi::WorkerService::Service {
 public:
  explicit Answering(std::string node_id) : node_id_(std::move(node_id)) {}
  grpc::Status Identify(grpc::ServerContext*, const pbi::IdentifyRequest*,
                        pbi::IdentifyResponse* response) override {
    ++asked_;
    response->set_node_id(node_id_);
    return grpc::Status::OK;
  }
  int asked() const { return asked_; }

 private:
  const std::string node_id_;
  std::atomic<int> asked_{0};
};

TEST(WorkerDirectoryTest, WhoDoesNotAnswerIsToldOfAndIsNotAlive) {
  WorkerDirectory workers;
  const absl::Status unreached = workers.Reach(HolderOfG("w-0", {}, 1));
  EXPECT_TRUE(absl::IsFailedPrecondition(unreached)) << unreached;
  EXPECT_THAT(std::string(unreached.message()), HasSubstr("w-0 at 127.0.0.1:1 does not join"));
  ASSERT_EQ(workers.Describe().size(), 1u);
  EXPECT_FALSE(workers.Describe()[0].alive());
  EXPECT_THAT(workers.Describe()[0].problems(), ElementsAre(HasSubstr("does not join")));
}

TEST(WorkerDirectoryTest, WhoAnswersIsAskedOnceAndOtherPeoplesAddressesAreRefused) {
  Answering answering("w-0");
  const BoundServer bound = *StartServer({.address = "127.0.0.1:0"}, {&answering});
  WorkerDirectory workers;
  pbi::RegisterRequest said = HolderOfG("w-0", {}, 1);
  said.set_address(bound.address);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(workers.Reach(said).ok());
    EXPECT_TRUE(workers.Register(said).ok());
  }
  EXPECT_EQ(answering.asked(), 1);
  said.set_node_id("w-1");
  EXPECT_THAT(std::string(workers.Reach(said).message()), HasSubstr("worker w-0, answers there"));
  StopServer(*bound.server, absl::ZeroDuration());
}

}  // namespace
}  // namespace lawine
