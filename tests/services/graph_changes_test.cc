// Batches whose writes or workers fail, and folding, which ends when nobody waits for it any more.
#include "services/coordinator/graphs/graph_changes.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/partition.h"
#include "engine/store/memory_store.h"
#include "gtest/gtest.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/rpc.h"
#include "services/common/wire.h"
#include "services/coordinator/workers/graph_identity.h"
#include "services/worker/shards/shard_host.h"
#include "tests/services/held_up_registry.h"
#include "tests/services/one_worker.h"
#include "tests/support/changed_graph.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr std::chrono::seconds kPatience(20);

// A worker that folds until it is told to stop.
class SlowWorker final : public pbi::WorkerService::Service {
 public:
  SlowWorker() : bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {}
  ~SlowWorker() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  const std::string& address() const { return bound_.address; }
  bool folding() const { return folding_; }
  grpc::Status FoldShards(grpc::ServerContext* context, const pbi::FoldShardsRequest*,
                          pbi::FoldShardsResponse*) override {
    folding_ = true;
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::CANCELLED;
  }

 private:
  std::atomic<bool> folding_{false};
  const BoundServer bound_;
};

TEST(GraphChangesTest, AFoldEndsWhenItIsCancelled) {
  const SlowWorker worker;
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  pbi::GraphRecord record;
  pbi::GraphInfo& graph = *record.mutable_info();
  graph.set_name("g");
  graph.set_digest("d");
  graph.set_graph_version(2);
  for (const std::uint32_t boundary : {0u, 2u}) graph.add_boundaries(boundary);
  ASSERT_TRUE(graphs.Update(record, {}).ok());
  pbi::RegisterRequest said;
  said.set_node_id("w-1");
  said.set_address(worker.address());
  pbi::HeldShard& shard = *said.add_shards();
  shard.set_graph("g");
  shard.set_graph_digest("d");
  ASSERT_TRUE(workers.Register(said).ok());
  GraphChanges changes(registry, graphs);
  lawine::v1::FoldChangesRequest request;
  request.set_graph("g");
  Cancellation cancellation, another;
  auto folded = std::async(std::launch::async, [&] { return changes.Fold(request, cancellation).status(); });
  const absl::Time end = absl::Now() + absl::FromChrono(kPatience);
  while (!worker.folding() && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
  ASSERT_TRUE(worker.folding());
  auto waits = std::async(std::launch::async, [&] { return changes.Fold(request, another).status(); });
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  another.Cancel();
  ASSERT_EQ(waits.wait_for(kPatience), std::future_status::ready) << "waits for its turn";
  EXPECT_TRUE(absl::IsCancelled(waits.get()));
  cancellation.Cancel();
  ASSERT_EQ(folded.wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(absl::IsCancelled(folded.get()));
}

v1::ApplyChangesRequest Adding(const std::string& member) {
  v1::ApplyChangesRequest request;
  request.set_graph("g");
  request.add_changes()->mutable_add_member()->set_id(member);
  return request;
}

// Holds a graph, and fails when it is asked who is who.
class FailingWorker final : public pbi::WorkerService::Service {
 public:
  FailingWorker() : bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {}
  ~FailingWorker() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  void FailAs(grpc::StatusCode code) { code_ = code; }
  grpc::Status ResolveMembers(grpc::ServerContext*, const pbi::ResolveMembersRequest*,
                              pbi::ResolveMembersResponse*) override {
    return {code_, "it fails"};
  }
  pbi::RegisterRequest Said(const pbi::GraphInfo& graph) const {
    pbi::RegisterRequest said;
    said.set_node_id("w-1");
    said.set_address(bound_.address);
    pbi::HeldShard& shard = *said.add_shards();
    *shard.mutable_info() = graph;
    shard.set_graph(graph.name());
    shard.set_graph_digest(MadeDigest(graph));
    return said;
  }

 private:
  std::atomic<grpc::StatusCode> code_{grpc::StatusCode::OK};
  const BoundServer bound_;
};

TEST(GraphChangesTest, WhereAWorkerIsLostBeforeAnythingIsWrittenABatchIsToBeSentAgain) {
  FailingWorker worker;
  MemoryRegistry registry;
  WorkerDirectory workers;
  ThreadPool pool(1);
  Graphs graphs(registry, workers, pool);
  GraphInfo graph;
  graph.name = "g";
  graph.partition = *PartitionMap::FromBoundaries(std::vector<std::uint32_t>{0, 2});
  pbi::GraphRecord record;
  *record.mutable_info() = wire::ToProto(graph);
  ASSERT_TRUE(graphs.Update(record, {}).ok());
  ASSERT_TRUE(workers.Register(worker.Said(record.info())).ok());
  GraphChanges changes(registry, graphs);
  const auto fail = [&](grpc::StatusCode code) {
    worker.FailAs(code);
    return changes.Apply(Adding("7"), [] { return false; }).status();
  };
  using grpc::StatusCode;
  for (const auto code : {StatusCode::UNAVAILABLE, StatusCode::UNKNOWN, StatusCode::CANCELLED,
                          StatusCode::DEADLINE_EXCEEDED, StatusCode::NOT_FOUND}) {
    const absl::Status told = fail(code);
    EXPECT_TRUE(absl::IsUnavailable(told)) << told;
    EXPECT_TRUE(absl::EndsWith(told.message(), "it fails: send it again")) << told;
  }
  const absl::Status full = fail(StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
}

// A coordinator that follows must know of the epoch, or it could begin it again.
TEST(GraphChangesTest, AGraphThatIsMadeAgainHasAnEpochOfItsOwn) {
  OneWorker one;
  GraphChanges changes(one.registry, one.graphs);
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(one.Make(OneWorker::Wanted("g")).ok());
    EXPECT_EQ(one.graphs.Find("g")->change_epoch(), 0u);
    const auto applied = changes.Apply(Adding("90000"), [] { return false; });
    ASSERT_TRUE(applied.ok()) << applied.status();
    EXPECT_EQ(one.graphs.Find("g")->change_epoch(), 1u);
    ASSERT_TRUE(one.graphs.Delete("g").ok());
  }
}

// Two batches wait while one is written. They add the same member, so each would have a version of its own;
// the write of the first fails, though it has happened.
TEST(GraphChangesTest, WhatFollowsAFailedWriteBeginsWhereTheRegistryIs) {
  OneWorker one;
  ASSERT_TRUE(one.Make(OneWorker::Wanted("g")).ok());
  GraphChanges changes(one.registry, one.graphs);
  const auto apply = [&](const std::string& member) {
    return std::async(std::launch::async,
                      [&, member] { return changes.Apply(Adding(member), [] { return false; }); });
  };
  ASSERT_TRUE(apply("90000").get().ok()) << "tickets are written with the first";
  std::atomic<int> writes{0};
  Latch writing, go_on;
  one.registry.after_write = [&](const std::string& key) {
    if (key != GraphKey("g")) return absl::OkStatus();
    const int number = ++writes;
    if (number == 1) {
      writing.Open();
      EXPECT_TRUE(go_on.Wait());
    }
    return number == 2 ? absl::UnavailableError("the disk is slow") : absl::OkStatus();
  };
  auto first = apply("90001");
  ASSERT_TRUE(writing.Wait());
  auto second = apply("90002"), third = apply("90002");
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  EXPECT_EQ(third.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  go_on.Open();
  EXPECT_TRUE(first.get().ok());
  const absl::Status one_said = second.get().status(), other_said = third.get().status();
  const bool in_order = absl::IsUnavailable(one_said) && absl::IsAlreadyExists(other_said);
  const bool other_order = absl::IsAlreadyExists(one_said) && absl::IsUnavailable(other_said);
  EXPECT_TRUE(in_order || other_order) << one_said << ", " << other_said;
  EXPECT_EQ(one.graphs.Get("g")->graph_version(), 4u);
}

TEST(ShardFoldTest, AFoldEndsBetweenTwoShards) {
  auto storage = std::make_unique<MemoryShardStorage>();
  const TestGraph made = Cycle(2'000);
  const VectorLinkSource source(made);
  ChangedGraph graph(source, BalancedPartition(source, 2), *storage);
  const MemberKey first = made.links.front().first, last = made.links.back().first;
  ASSERT_TRUE(graph.Apply(graph.BatchOf({{{first, last + 7}, true}, {{last, first + 7}, true}}, {})).ok());
  const std::uint64_t version = graph.info().graph_version;
  graph.Close();
  InlineExecutor executor;
  ShardHost host(std::move(storage), std::nullopt, executor);
  int asked = 0;
  const auto folded = host.Fold("test", version, [&asked] { return ++asked > 1; });
  EXPECT_TRUE(absl::IsCancelled(folded.status())) << folded.status();
  const auto stored = [&host](std::uint32_t shard) {
    return host.Log({"test", ShardIndex(shard)}).value()->stored()->manifest().graph.graph_version;
  };
  EXPECT_EQ(stored(0), version);
  EXPECT_LT(stored(1), version);
  ASSERT_TRUE(host.Fold("test", version, [] { return false; }).ok());
  EXPECT_EQ(stored(1), version);
}

}  // namespace
}  // namespace lawine
