// Calls that wait for what a coordinator or a peer sends, or that it takes what is read for it, when it does
// nothing any more, or sends something else; and calls for another worker.
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/traffic_spec.h"
#include "engine/store/memory_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc.h"
#include "services/worker/shard_moves.h"
#include "services/worker/worker_service.h"
#include "tests/services/slow_storage.h"
#include "tests/support/patience.h"
#include "tests/support/shards.h"
#include "tests/support/temp_directory.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;

constexpr std::chrono::seconds kPatience(20);
constexpr std::uint64_t kIncarnation = 7;

class CoordinatorCallsTest : public testing::Test {
 protected:
  // How long a peer that fetches a shard may say nothing.
  explicit CoordinatorCallsTest(absl::Duration silence_max = absl::Minutes(10)) : silence_max_(silence_max) {}
  ~CoordinatorCallsTest() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  // Lets the coordinator be silent, from the moment on at which the call has come, until it has ended.
  void ExpectEnds(std::future<grpc::Status> call) {
    EXPECT_EQ(call.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
    EXPECT_TRUE(Eventually(absl::Seconds(20), [this] {
      return coordinator_.Missed(absl::Now() + CoordinatorWatch::kSilentMax + absl::Seconds(1)) == 1;
    }));
    ASSERT_EQ(call.wait_for(kPatience), std::future_status::ready);
    EXPECT_FALSE(call.get().ok());
  }
  static std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    SetDeadline(*context, absl::Seconds(60));
    return context;
  }

  // Says what comes, and how it ends.
  template <class Response, class Stream>
  static std::future<grpc::Status> ReadToEnd(Stream& stream) {
    return std::async(std::launch::async, [&stream] {
      Response response;
      while (stream.Read(&response)) continue;
      return stream.Finish();
    });
  }
  // The same of what is read for a coordinator that is silent before anything has come from the disk.
  template <class Response>
  void ExpectReadingEnds(grpc::ClientReader<Response>& stream) {
    ExpectEnds(ReadToEnd<Response>(stream));
    disk_.reads.Open();
  }
  // Graph "test" in one shard: 10 -> 20 -> 30 -> 40 -> 50.
  static std::unique_ptr<ShardStorage> OneGraph() {
    InlineExecutor executor;
    auto storage = std::make_unique<MemoryShardStorage>();
    const VectorLinkSource source(Path(5));
    EXPECT_TRUE(Shards::Build(source, PartitionMap::Even(5, 1), *storage, executor).ok());
    return storage;
  }

  const absl::Duration silence_max_;
  const TempDirectory directory_;
  SlowDisk disk_;
  ThreadPool pool_{1};
  ShardHost shards_{std::make_unique<SlowStorage>(OneGraph(), disk_), std::nullopt, pool_};
  RunHost runs_;
  PeerLinks peers_;
  CoordinatorWatch coordinator_;
  ShardMoves moves_{"w-1",       (directory_.path() / "graphs").string(), nullptr, shards_, runs_, pool_,
                    silence_max_};
  WorkerService service_{{.node_id = "w-1", .incarnation = kIncarnation},
                         shards_,
                         runs_,
                         peers_,
                         coordinator_,
                         moves_,
                         pool_,
                         (directory_.path() / "load").string()};
  ShardService shard_service_{moves_, coordinator_};
  const BoundServer bound_ = *StartServer({.address = "127.0.0.1:0"}, {&service_, &shard_service_});
  const std::string address_ = bound_.address;
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
  ExpectEnds(ReadToEnd<pbi::PassOnResponse>(*stream));
}

// The worker's part of a run that was cancelled notices a moment later.
TEST_F(CoordinatorCallsTest, AGraphIsDroppedWhenWhatStillUsesItIsOver) {
  const auto stub = pbi::WorkerService::NewStub(OpenChannel(address_));
  auto used = shards_.Acquire("test", 0);
  ASSERT_TRUE(used.ok()) << used.status();
  auto dropped = std::async(std::launch::async, [&] {
    pbi::DropGraphRequest request;
    request.set_graph("test");
    pbi::DropGraphResponse response;
    return stub->DropGraph(Context().get(), request, &response);
  });
  EXPECT_EQ(dropped.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  used = ShardHost::Acquired();
  const grpc::Status status = dropped.get();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(shards_.List().empty());
}

// It was placed by what another process at this address held. Graph "g" is not here: that is no failure of
// the run before this one has told what it holds.
TEST_F(CoordinatorCallsTest, WhatWasToTakePartBeforeItWasStartedAgainBeginsAgain) {
  const auto stub = pbi::WorkerService::NewStub(OpenChannel(address_));
  const auto fill = [](auto& plan, std::uint64_t incarnation) {
    plan.set_run_id(1);
    plan.set_attempt(1);
    plan.set_graph("g");
    plan.set_own_node_id("w-1");
    plan.clear_peers();
    pbi::RunPeer& self = *plan.add_peers();
    self.set_node_id("w-1");
    self.set_incarnation(incarnation);
  };
  const auto run = [&](std::uint64_t incarnation) {
    pbi::ConductRunRequest request;
    fill(*request.mutable_plan(), incarnation);
    const auto context = Context();
    const auto stream = stub->ConductRun(context.get());
    stream->Write(request);
    return stream->Finish();
  };
  const auto traffic = [&](std::uint64_t incarnation) {
    pbi::ConductTrafficRequest request;
    fill(*request.mutable_plan(), incarnation);
    const auto context = Context();
    const auto stream = stub->ConductTraffic(context.get());
    stream->Write(request);
    return stream->Finish();
  };
  for (const grpc::Status& status : {run(kIncarnation + 1), traffic(kIncarnation + 1)}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    EXPECT_THAT(status.error_message(), testing::HasSubstr("was started again"));
  }
  for (const std::uint64_t meant : {kIncarnation, std::uint64_t{0}}) {
    EXPECT_THAT(run(meant).error_message(), testing::Not(testing::HasSubstr("was started again")));
    EXPECT_THAT(traffic(meant).error_message(), testing::Not(testing::HasSubstr("was started again")));
  }
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
  ExpectEnds(ReadToEnd<pbi::FetchShardResponse>(*stream));
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

TEST_F(CoordinatorCallsTest, ReadingFolloweesEnds) {
  const auto stub = pbi::WorkerService::NewStub(OpenChannel(address_));
  disk_.reads.Close();
  pbi::ReadFolloweesRequest request;
  request.set_graph("test");
  const auto context = Context();
  ExpectReadingEnds(*stub->ReadFollowees(context.get(), request));
}

TEST_F(CoordinatorCallsTest, ReadingDegreesEnds) {
  const auto stub = pbi::WorkerService::NewStub(OpenChannel(address_));
  disk_.reads.Close();
  pbi::ReadDegreesRequest request;
  request.set_graph("test");
  const auto context = Context();
  ExpectReadingEnds(*stub->ReadDegrees(context.get(), request));
}

TEST_F(CoordinatorCallsTest, ReadingReceiptsEnds) {
  const VectorLinkSource source(Path(5));
  const Shards built = Shards::InMemory(source, PartitionMap::Even(5, 1));
  Receipts receipts;
  receipts.receipt_steps.resize(5);
  receipts.forward_steps.resize(5);
  runs_.Keep({.run_id = 1, .shards = {built.images()[0]->shared_members()}, .receipts = {{receipts}}});
  const auto stub = pbi::WorkerService::NewStub(OpenChannel(address_));
  disk_.reads.Close();
  pbi::ReadReceiptsRequest request;
  request.set_run_id(1);
  const auto context = Context();
  ExpectReadingEnds(*stub->ReadReceipts(context.get(), request));
}

TEST_F(CoordinatorCallsTest, ASecondJobIsNoPartOfAShard) {
  const auto stub = pbi::ShardService::NewStub(OpenChannel(address_));
  const auto context = Context();
  pbi::StoreShardResponse response;
  const auto stream = stub->StoreShard(context.get(), &response);
  pbi::StoreShardRequest request;
  request.mutable_job()->mutable_shard()->set_graph("g");
  pbi::ShardFile& file = *request.mutable_job()->mutable_files()->add_files();
  file.set_name("CURRENT");
  file.set_size(16);
  EXPECT_TRUE(stream->Write(request));
  stream->Write(request);
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_THAT(status.error_message(), testing::HasSubstr("expected bytes of files, or the end"));
}

// It waited for batches for ever.
TEST_F(CoordinatorCallsTest, TrafficEndsAtWhatIsNoBatch) {
  const auto stub = pbi::WorkerService::NewStub(OpenChannel(address_));
  pbi::ConductTrafficRequest request;
  pbi::TrafficPlan& plan = *request.mutable_plan();
  plan.set_run_id(1);
  plan.set_attempt(1);
  plan.set_graph("test");
  plan.set_graph_digest(shards_.LastList()[0].graph.digest.ToHex());
  plan.set_own_node_id("w-1");
  pbi::RunPeer& self = *plan.add_peers();
  self.set_node_id("w-1");
  self.add_shards(0);
  plan.set_wave_messages(4);
  plan.set_senders(1);
  for (std::uint32_t i = 0; i < kSenderGroups; ++i) plan.add_group_audiences(i);
  const auto context = Context();
  const auto stream = stub->ConductTraffic(context.get());
  pbi::ConductTrafficResponse response;
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response)) << stream->Finish().error_message();
  ASSERT_TRUE(response.prepared());
  request.set_start(true);
  EXPECT_TRUE(stream->Write(request) && stream->Write(request));
  auto said = std::async(std::launch::async, [&] { return stream->Read(&response); });
  if (said.wait_for(kPatience) != std::future_status::ready) {
    ADD_FAILURE() << "it goes on";
    context->TryCancel();
  }
  EXPECT_TRUE(said.get());
  EXPECT_EQ(response.failure_code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(response.failure(), "expected a batch, or the end");
  EXPECT_FALSE(ReadToEnd<pbi::ConductTrafficResponse>(*stream).get().ok());
}

class SilentPeersTest : public CoordinatorCallsTest {
 protected:
  SilentPeersTest() : CoordinatorCallsTest(absl::Milliseconds(50)) {}
};

TEST_F(SilentPeersTest, SendingAShardEndsWhenNothingIsAskedFor) {
  const auto stub = pbi::ShardService::NewStub(OpenChannel(address_));
  const auto context = Context();
  const grpc::Status status = stub->SendShard(context.get())->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(status.error_message(), testing::HasSubstr("nothing has come for"));
}

}  // namespace
}  // namespace lawine
