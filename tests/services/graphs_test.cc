// Names of graphs: whose they are, and what keeps them from being taken.
#include "services/coordinator/graphs/graphs.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "engine/graph/partition.h"
#include "engine/store/shard_manifest.h"
#include "services/common/errors.h"
#include "services/common/wire.h"
#include "services/coordinator/workers/shard_calls.h"
#include "tests/services/one_worker.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
using testing::HasSubstr;

constexpr std::chrono::seconds kTakenPatience(60);

void ExpectUsed(const absl::Status& status) {
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("request_id: was used for another graph"));
}

TEST(GraphRequestsTest, ARepeatedRequestFindsItsGraphAndAnotherIsTold) {
  OneWorker one;
  const v1::CreateGraphRequest request = OneWorker::Wanted("g", "once");
  const auto made = one.Make(request);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto again = one.Make(request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->digest(), made->digest());
  ExpectUsed(one.Make(OneWorker::Wanted("h", "once")).status());
  v1::CreateGraphRequest other = request;
  other.set_graph_seed(7);
  ExpectUsed(one.Make(other).status());
  EXPECT_EQ(one.graphs.count(), 1u);
}

TEST(GraphRequestsTest, AGraphThatIsTakenInThoughItsLoadFailedIsThatOfItsRequest) {
  std::atomic<bool> failed{false};
  OneWorker one;
  one.registry.before_write = [&failed](const std::string& key) {
    const bool fails = key == GraphKey("g") && !failed.exchange(true);
    return fails ? absl::UnavailableError("the disk is away") : absl::OkStatus();
  };
  const v1::CreateGraphRequest request = OneWorker::Wanted("g", "once");
  const absl::Status lost = one.Make(request).status();
  EXPECT_TRUE(absl::IsUnavailable(lost)) << lost;
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&one] { return one.graphs.Get("g").ok(); }));
  const auto again = one.Make(request);
  EXPECT_TRUE(again.ok()) << again.status();
  const absl::Status other = one.Make(OneWorker::Wanted("g", "another")).status();
  EXPECT_TRUE(absl::IsAlreadyExists(other)) << other;
}

TEST(GraphRequestsTest, AnImportIsNoGraphThatWasGenerated) {
  OneWorker one;
  ASSERT_TRUE(one.Make(OneWorker::Wanted("g", "once")).ok());
  v1::ImportOptions options;
  options.set_name("g");
  options.set_request_id("once");
  ExpectUsed(one.graphs.CheckImport(options).status());
  options.set_shards(2);
  options.set_row("follower,followed");
  ExpectUsed(one.graphs.CheckImport(options).status());
}

TEST(GraphRequestsTest, WhatIsRefusedIsToldInTheUnitsOfItsField) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool{1};
  Graphs graphs(registry, workers, pool);
  const auto refusal = [&graphs](double links, std::uint32_t members) {
    v1::CreateGraphRequest request = OneWorker::Wanted("g");
    request.set_links_per_member(links);
    request.set_members(members);
    return std::string(
        graphs.Create(request, [](const v1::LoadProgress&) { return true; }).status().message());
  };
  for (const double links : {-1.0, 20'000.0}) {
    EXPECT_THAT(refusal(links, 100'000),
                HasSubstr("links_per_member: expected a mean of 0.1 to 10,000 links, found"));
  }
  EXPECT_THAT(refusal(200, 100), HasSubstr("for 100 members 49.5 links, found 200"));
  v1::ImportOptions options;
  options.set_name("g");
  options.set_shards(0);
  EXPECT_EQ(FieldOf(graphs.CheckImport(options).status()), "shards");
  EXPECT_THAT(std::string(graphs.Find("a\nb").status().message()), HasSubstr("no graph 'a\\nb'"));
}

TEST(GraphRequestsTest, ADeletedGraphIsForgottenWithItsRequest) {
  OneWorker one;
  ASSERT_TRUE(one.Make(OneWorker::Wanted("g", "once")).ok());
  ASSERT_TRUE(one.graphs.Delete("g").ok());
  for (const auto& [key, value] : one.registry.Records()) EXPECT_FALSE(key.starts_with("request/")) << key;
  ASSERT_TRUE(one.Make(OneWorker::Wanted("g", "another")).ok());
  const absl::Status taken = one.Make(OneWorker::Wanted("g", "once")).status();
  EXPECT_TRUE(absl::IsAlreadyExists(taken)) << taken;
}

TEST(GraphRequestsTest, WhoTakesANameTakesItFromThoseBefore) {
  MemoryRegistry registry;
  GraphRequests requests(registry);
  ASSERT_TRUE(requests.Note("first", "g", 1).ok());
  ASSERT_TRUE(requests.Note("second", "g", 3).ok());
  EXPECT_FALSE(*requests.Has("first", "g", 1));
  EXPECT_TRUE(*requests.Has("second", "g", 3));
}

TEST(GraphRequestsTest, RecordsOfEarlierVersionsAreRead) {
  MemoryRegistry registry;
  ASSERT_TRUE(registry.Put("request/graph/once", "g").ok());
  GraphRequests requests(registry);
  EXPECT_TRUE(*requests.Has("once", "g", 5)) << "what was asked for is not known";
  ExpectUsed(requests.Has("once", "h", 5).status());
  EXPECT_EQ(*requests.KeysOf("g"), (std::vector<std::string>{"request/graph/once"}));
}

// Holds a shard of a graph that was deleted, and does not answer when it is to be dropped.
class HangingWorker final : public pbi::ShardService::Service {
 public:
  HangingWorker() : bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {}
  ~HangingWorker() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  bool asked() const { return asked_; }
  void Answer() { answers_ = true; }
  grpc::Status DropShard(grpc::ServerContext* context, const pbi::DropShardRequest*,
                         pbi::DropShardResponse*) override {
    asked_ = true;
    while (!answers_ && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return answers_ ? grpc::Status::OK : grpc::Status::CANCELLED;
  }
  pbi::RegisterRequest Said() const {
    pbi::RegisterRequest said;
    said.set_node_id("w-hangs");
    said.set_address(bound_.address);
    pbi::HeldShard& shard = *said.add_shards();
    shard.set_graph("old");
    shard.set_graph_digest("d");
    for (const std::uint32_t boundary : {0u, 2u}) shard.mutable_info()->add_boundaries(boundary);
    return said;
  }

 private:
  std::atomic<bool> asked_{false}, answers_{false};
  const BoundServer bound_;
};

TEST(LeftoversTest, OneThatIsNotDroppedKeepsItsOwnNameOnly) {
  HangingWorker hanging;
  MemoryRegistry registry;
  ASSERT_TRUE(registry.Put("deleted/d/old", "old").ok());
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  ASSERT_TRUE(workers.Register(hanging.Said()).ok());
  auto dropping = std::async(std::launch::async, [&] { graphs.DropLeftovers(); });
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return hanging.asked(); }));
  auto taken = std::async(std::launch::async, [&] { return graphs.TakeName({.name = "new"}).status(); });
  ASSERT_EQ(taken.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_TRUE(taken.get().ok());
  auto waits = std::async(std::launch::async, [&] { return graphs.TakeName({.name = "old"}).status(); });
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  hanging.Answer();
  pbi::RegisterRequest said = hanging.Said();
  said.clear_shards();
  ASSERT_TRUE(workers.Register(said).ok());
  ASSERT_EQ(waits.wait_for(kTakenPatience), std::future_status::ready);
  EXPECT_TRUE(waits.get().ok());
}

// A coordinator that is to stop does not wait for it.
TEST(LeftoversTest, OneThatIsNotDroppedEndsWithItsCaller) {
  HangingWorker hanging;
  WorkerDirectory workers;
  ASSERT_TRUE(workers.Register(hanging.Said()).ok());
  const WorkerHandle worker = workers.Live("w-hangs").value();
  Cancellation ends;
  auto dropping = std::async(std::launch::async, [&] { return DropShard(worker, {}, false, &ends); });
  ASSERT_TRUE(Eventually(absl::Seconds(20), [&] { return hanging.asked(); }));
  ends.Cancel();
  ASSERT_EQ(dropping.wait_for(kTakenPatience), std::future_status::ready);
  EXPECT_TRUE(absl::IsCancelled(dropping.get()));
  EXPECT_TRUE(absl::IsCancelled(AdoptShard(worker, {}, &ends)));
  EXPECT_TRUE(absl::IsCancelled(ConfirmShard(worker, {}, &ends)));
}

TEST(LeftoversTest, TheRegistryIsAskedOnceAndToldOfChanges) {
  MemoryRegistry registry;
  DeletedGraphs deleted(registry);
  EXPECT_FALSE(*deleted.Has("g", "d"));
  ASSERT_TRUE(registry.Put("deleted/d/g", "g").ok());
  EXPECT_FALSE(*deleted.Has("g", "d")) << "asked again";
  ASSERT_TRUE(deleted.Note("g", "d").ok());
  EXPECT_TRUE(*deleted.Has("g", "d"));
  ASSERT_TRUE(registry.Delete("deleted/d/g").ok());
  EXPECT_TRUE(*deleted.Has("g", "d")) << "asked again";
}

// A worker that holds all of a graph nobody knows.
pbi::RegisterRequest WholeGraph() {
  pbi::RegisterRequest said;
  said.set_node_id("w-1");
  said.set_address("127.0.0.1:1");
  GraphInfo graph;
  graph.name = "g";
  graph.partition = *PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 2});
  pbi::HeldShard& shard = *said.add_shards();
  *shard.mutable_info() = wire::ToProto(graph);
  shard.set_graph("g");
  shard.set_graph_digest(MadeDigest(shard.info()));
  return said;
}

TEST(AdoptTest, NobodyTakesTheNameOfAGraphThatIsTakenIn) {
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  const pbi::RegisterRequest said = WholeGraph();
  ASSERT_TRUE(workers.Register(said).ok());
  absl::Status deleted, taken;
  registry.before_write = [&](const std::string& key) {
    if (key != GraphKey("g")) return absl::OkStatus();
    deleted = graphs.Delete("g");
    taken = graphs.TakeName({.name = "g"}).status();
    return absl::OkStatus();
  };
  graphs.Adopt(said);
  EXPECT_TRUE(absl::IsFailedPrecondition(deleted)) << deleted;
  EXPECT_TRUE(absl::IsAlreadyExists(taken)) << taken;
  EXPECT_TRUE(graphs.Get("g").ok());
}

// Holds a shard of a graph, and drops it when it may.
class UnwillingWorker final : public pbi::WorkerService::Service {
 public:
  UnwillingWorker() : bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {}
  ~UnwillingWorker() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  // Told to drop it from here on it is without.
  void DropsFor(WorkerDirectory& workers) { workers_ = &workers; }
  grpc::Status DropGraph(grpc::ServerContext*, const pbi::DropGraphRequest*,
                         pbi::DropGraphResponse*) override {
    if (workers_ == nullptr) return {grpc::StatusCode::UNAVAILABLE, "its disk is away"};
    EXPECT_TRUE(workers_.load()->Register(Said(false)).ok());
    return grpc::Status::OK;
  }
  pbi::RegisterRequest Said(bool holds) const {
    pbi::RegisterRequest said;
    said.set_node_id("w-holds");
    said.set_address(bound_.address);
    if (!holds) return said;
    said.add_shards()->set_graph("g");
    said.mutable_shards(0)->set_graph_digest("d");
    return said;
  }

 private:
  std::atomic<WorkerDirectory*> workers_{nullptr};
  const BoundServer bound_;
};

TEST(DeleteTest, AsksThoseThatHoldTheGraphAndSaysWhatAFailureLeaves) {
  UnwillingWorker holder;
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  pbi::GraphRecord record;
  record.mutable_info()->set_name("g");
  record.mutable_info()->set_digest("d");
  for (const std::uint32_t boundary : {0u, 2u}) record.mutable_info()->add_boundaries(boundary);
  ASSERT_TRUE(graphs.Update(record, {}).ok());
  ASSERT_TRUE(workers.Register(holder.Said(true)).ok());
  pbi::RegisterRequest away;
  away.set_node_id("w-away");
  away.set_address("127.0.0.1:1");
  ASSERT_TRUE(workers.Register(away).ok());
  const absl::Status failed = graphs.Delete("g");
  EXPECT_TRUE(absl::IsUnavailable(failed)) << failed;
  EXPECT_THAT(std::string(failed.message()), HasSubstr("its disk is away"));
  EXPECT_THAT(std::string(failed.message()), HasSubstr("is being deleted, and shards of it may be gone"));
  holder.DropsFor(workers);
  const absl::Status deleted = graphs.Delete("g");
  EXPECT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(graphs.count(), 0u);
}

}  // namespace
}  // namespace lawine
