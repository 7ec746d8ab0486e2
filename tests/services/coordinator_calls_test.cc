// Calls that wait for what a coordinator sends, when it sends nothing any more; and calls for another worker.
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "engine/base/thread_pool.h"
#include "engine/store/memory_store.h"
#include "gtest/gtest.h"
#include "services/common/rpc.h"
#include "services/worker/shard_moves.h"
#include "services/worker/worker_service.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr std::chrono::seconds kPatience(20);

class CoordinatorCallsTest : public testing::Test {
 protected:
  CoordinatorCallsTest() : address_(bound_.address) {}
  ~CoordinatorCallsTest() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  // Lets the coordinator be silent until the call has ended.
  void ExpectEnds(std::future<grpc::Status> call) {
    EXPECT_EQ(call.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
    const absl::Time silent = absl::Now() + CoordinatorWatch::kSilentMax + absl::Seconds(1);
    std::size_t ended = 0;
    for (int i = 0; i < CoordinatorWatch::kMissesMin; ++i) ended = coordinator_.Missed(silent);
    EXPECT_EQ(ended, 1u);
    ASSERT_EQ(call.wait_for(kPatience), std::future_status::ready);
    EXPECT_FALSE(call.get().ok());
  }
  static std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    SetDeadline(*context, absl::Seconds(60));
    return context;
  }

  const TempDirectory directory_;
  ThreadPool pool_{1};
  ShardHost shards_{std::make_unique<MemoryShardStorage>(), std::nullopt, pool_};
  RunHost runs_;
  PeerLinks peers_;
  CoordinatorWatch coordinator_;
  ShardMoves moves_{"w-1", (directory_.path() / "graphs").string(), nullptr, shards_, runs_, pool_};
  WorkerService service_{{.node_id = "w-1"}, shards_, runs_, peers_,
                         coordinator_,       moves_,  pool_, (directory_.path() / "load").string()};
  ShardService shard_service_{moves_, coordinator_};
  const BoundServer bound_ = *StartServer({.address = "127.0.0.1:0"}, {&service_, &shard_service_});
  const std::string address_;
};

// Its address may have been another's a moment ago.
TEST_F(CoordinatorCallsTest, WhatIsAskedOfAnotherWorkerIsRefused) {
  const auto stub = pbi::ShardService::NewStub(OpenChannel(address_));
  pbi::ConfirmShardRequest confirm;
  confirm.mutable_shard()->set_graph("g");
  pbi::DropShardRequest drop;
  drop.mutable_shard()->set_graph("g");
  const auto ends = [&](const std::string& node_id) {
    confirm.set_node_id(node_id);
    drop.set_node_id(node_id);
    pbi::ConfirmShardResponse confirmed;
    pbi::DropShardResponse dropped;
    return std::pair(stub->ConfirmShard(Context().get(), confirm, &confirmed).error_code(),
                     stub->DropShard(Context().get(), drop, &dropped).error_code());
  };
  EXPECT_EQ(ends("w-2"),
            std::pair(grpc::StatusCode::FAILED_PRECONDITION, grpc::StatusCode::FAILED_PRECONDITION));
  EXPECT_EQ(ends("w-1"), std::pair(grpc::StatusCode::NOT_FOUND, grpc::StatusCode::OK)) << "there is none";
}

TEST_F(CoordinatorCallsTest, StoringAShardEnds) {
  const auto stub = pbi::ShardService::NewStub(OpenChannel(address_));
  const auto context = Context();
  pbi::StoreShardResponse response;
  const auto stream = stub->StoreShard(context.get(), &response);
  ExpectEnds(std::async(std::launch::async, [&stream] { return stream->Finish(); }));
}

TEST_F(CoordinatorCallsTest, PassingOnEnds) {
  const auto stub = pbi::WorkerService::NewStub(OpenChannel(address_));
  const auto context = Context();
  const auto stream = stub->PassOn(context.get());
  ExpectEnds(std::async(std::launch::async, [&stream] {
    pbi::PassOnResponse response;
    while (stream->Read(&response)) continue;
    return stream->Finish();
  }));
}

// Has a shard, and says nothing of it.
class SilentSource final : public pbi::ShardService::Service {
 public:
  SilentSource() : bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {}
  ~SilentSource() override { StopServer(*bound_.server, absl::ZeroDuration()); }
  const std::string& address() const { return bound_.address; }
  grpc::Status SendShard(grpc::ServerContext* context, ShardMoves::SendStream*) override {
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::CANCELLED;
  }

 private:
  const BoundServer bound_;
};

TEST_F(CoordinatorCallsTest, FetchingAShardEnds) {
  const SilentSource source;
  const auto stub = pbi::ShardService::NewStub(OpenChannel(address_));
  const auto context = Context();
  pbi::FetchShardRequest request;
  request.mutable_shard()->set_graph("g");
  request.set_source_address(source.address());
  const auto stream = stub->FetchShard(context.get(), request);
  ExpectEnds(std::async(std::launch::async, [&stream] {
    pbi::FetchShardResponse response;
    while (stream->Read(&response)) continue;
    return stream->Finish();
  }));
}

// Another worker's copy goes on without the coordinator.
TEST_F(CoordinatorCallsTest, SendingAShardToAnotherWorkerGoesOn) {
  const auto stub = pbi::ShardService::NewStub(OpenChannel(address_));
  const auto context = Context();
  const auto stream = stub->SendShard(context.get());
  absl::SleepFor(absl::Milliseconds(300));
  const absl::Time silent = absl::Now() + CoordinatorWatch::kSilentMax + absl::Seconds(1);
  for (int i = 0; i < CoordinatorWatch::kMissesMin; ++i) EXPECT_EQ(coordinator_.Missed(silent), 0u);
  context->TryCancel();
  stream->Finish();
}

}  // namespace
}  // namespace lawine
