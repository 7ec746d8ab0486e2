// Garbage on the internal services. A worker or coordinator must never die of it; a run it hits either fails
// aloud or gives the same digest as ever.
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/spread/frame.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/process.h"
#include "services/common/rpc.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
using grpc::StatusCode;
using testing::HasSubstr;

class HostilePeersTest : public LongRunTest {
 protected:
  void SetUp() override {
    LongRunTest::SetUp();
    digest_ = SmallDigest();
    channel_ = OpenChannel(cluster().worker_address(0));
    worker_ = pbi::WorkerService::NewStub(channel_);
  }
  void TearDown() override {
    EXPECT_EQ(SmallDigest(), digest_);
    for (const std::size_t w : {0u, 1u}) {
      EXPECT_FALSE(cluster().worker(w).WaitUntilEnded(absl::ZeroDuration()).has_value())
          << cluster().worker(w).Said();
    }
  }
  // Sends frames to worker 0 until `frames` has no more (an empty string).
  void SendFrames(const std::function<std::string(int)>& frames) {
    grpc::ClientContext context;
    SetDeadline(context, kCallTimeout);
    pbi::ExchangeResponse response;
    const auto writer = pbi::ExchangeService::NewStub(channel_)->Exchange(&context, &response);
    pbi::ExchangeRequest request;
    for (int i = 0;; ++i) {
      request.clear_frames();
      request.add_frames(frames(i));
      if (request.frames(0).empty() || !writer->Write(request)) break;
    }
    writer->WritesDone();
    writer->Finish();
  }
  static std::string Marker(std::uint64_t run, std::uint32_t from, std::uint32_t step) {
    return EncodeFrame({.kind = FrameKind::kMarker,
                        .run = run,
                        .attempt = 1,
                        .key = {.replica = 9'999, .step = step},
                        .from = ShardIndex(from)},
                       EncodeMarkerPayload({}));
  }

  // Worker 0 as a peer of runs on graph "g".
  pbi::RunPeer Self() {
    pbi::RunPeer self;
    pbi::IdentifyResponse identity;
    pbi::DescribeShardsRequest request;
    request.set_graph("g");
    pbi::DescribeShardsResponse described;
    grpc::ClientContext asks, describes;
    EXPECT_TRUE(worker_->Identify(&asks, {}, &identity).ok());
    EXPECT_TRUE(worker_->DescribeShards(&describes, request, &described).ok());
    self.set_node_id(identity.node_id());
    for (const pbi::ShardDescription& shard : described.shards()) self.add_shards(shard.shard());
    return self;
  }

  std::string digest_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<pbi::WorkerService::Stub> worker_;
};

TEST_F(HostilePeersTest, GarbageFramesAreDropped) {
  TestRandom random(1);
  SendFrames([&](int i) { return i < 2'000 ? random.Bytes(1 + random.Below(200)) : std::string(); });
  const std::string good = Marker(12345, 0, 1);
  SendFrames(
      [&](int i) { return good.substr(0, static_cast<std::size_t>(i) + 1 < good.size() ? i + 1 : 0); });
  SendFrames([&](int i) { return i == 0 ? std::string(5 << 20, 'x') : std::string(); });
}

TEST_F(HostilePeersTest, GarbageForARunningRunFailsItAloud) {
  for (const std::uint32_t from : {2u, 99u}) {
    const std::string name = StartLongRun();
    const std::uint64_t run = std::stoull(name.substr(5));
    SendFrames([&](int i) { return i == 0 ? Marker(run, from, 1u << 20) : std::string(); });
    const pb::Run ended = WaitForEnd(name, absl::Seconds(10));
    EXPECT_EQ(ended.state(), pb::RUN_STATE_FAILED) << pb::RunState_Name(ended.state());
    EXPECT_THAT(ended.error(), HasSubstr("shard"));
  }
}

TEST_F(HostilePeersTest, FramesOfOtherAttemptsAreDropped) {
  const auto created = client().CreateRun(Request(50));
  const std::uint64_t run = std::stoull(created.value.run().name().substr(5));
  SendFrames([&](int i) {
    const FrameHeader header{.kind = FrameKind::kMarker,
                             .run = run,
                             .attempt = 7,
                             .key = {.replica = 0, .step = 1},
                             .from = ShardIndex(2)};
    return i < 500 ? EncodeFrame(header, EncodeMarkerPayload({})) : std::string();
  });
  EXPECT_EQ(WaitForEnd(created.value.run().name(), absl::Seconds(60)).state(), pb::RUN_STATE_SUCCEEDED);
}

// One ConductRun call that says `requests` and nothing more.
grpc::Status Conduct(pbi::WorkerService::Stub& worker, const std::vector<pbi::ConductRunRequest>& requests) {
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(60));
  const auto stream = worker.ConductRun(&context);
  for (const auto& request : requests) stream->Write(request);
  stream->WritesDone();
  pbi::ConductRunResponse response;
  while (stream->Read(&response)) continue;
  return stream->Finish();
}

TEST_F(HostilePeersTest, PlansThatMakeNoSenseAreRefused) {
  pbi::ConductRunRequest start;
  start.set_start(true);
  EXPECT_THAT(Conduct(*worker_, {start}), IsRefused(StatusCode::INVALID_ARGUMENT, "plan"));
  EXPECT_THAT(Conduct(*worker_, {}), IsRefused(StatusCode::CANCELLED, ""));
  pbi::ConductRunRequest request;
  pbi::RunPlan& plan = *request.mutable_plan();
  plan.set_graph("h");
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::NOT_FOUND, "'h'"));
  plan.set_graph("g");
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::FAILED_PRECONDITION, "expected digest"));
  plan.set_graph_digest(client().GetGraph("g").value.digest());
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "among the peers"));
  const pbi::RunPeer self = Self();
  ASSERT_EQ(self.shards_size(), 2);
  plan.set_own_node_id(self.node_id());
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, self.node_id()));
  *plan.add_peers() = self;
  plan.mutable_peers(0)->set_shards(1, self.shards(1) + 1);
  EXPECT_THAT(Conduct(*worker_, {request}),
              IsRefused(StatusCode::FAILED_PRECONDITION, "plan expects shards"));
  *plan.mutable_peers(0) = self;
  plan.set_replicas(1);
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "seed"));
  plan.set_seed_members("\xFF\xFF\xFF\xFF");
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "seed"));
  plan.set_seed_members(std::string("\x05\0\0\0\x05\0\0\0", 8));
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "seed"));
  plan.set_seed_members("abc");
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "whole"));
  plan.set_seed_members(std::string("\x05\0\0\0", 4));
  plan.set_replicas(0);
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "replicas"));
  plan.set_replicas(1);
  plan.set_forward_threshold(~0ull);
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "forward_threshold"));
  plan.set_forward_threshold(0);
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::INVALID_ARGUMENT, "lanes"));
  plan.set_lanes(1);
  pbi::RunPeer& peer = *plan.add_peers();
  peer.set_node_id("nobody");
  peer.set_address("127.0.0.1:1");
  EXPECT_THAT(Conduct(*worker_, {request}), IsRefused(StatusCode::UNAVAILABLE, "nobody"));
}

TEST_F(HostilePeersTest, CallersThatLeaveInTheMiddleLeaveNoRunBehind) {
  pbi::ConductRunRequest request;
  pbi::RunPlan& plan = *request.mutable_plan();
  plan.set_run_id(777);
  plan.set_graph("g");
  plan.set_graph_digest(client().GetGraph("g").value.digest());
  plan.set_replicas(1);
  plan.set_lanes(1);
  plan.set_seed_members(std::string("\x05\0\0\0", 4));
  *plan.add_peers() = Self();
  plan.set_own_node_id(plan.peers(0).node_id());
  // Prepared and never started; then started with peers that never speak.
  EXPECT_FALSE(Conduct(*worker_, {request}).ok());
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(60));
  const auto stream = worker_->ConductRun(&context);
  pbi::ConductRunRequest start;
  start.set_start(true);
  EXPECT_TRUE(stream->Write(request) && stream->Write(start));
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return AnyoneWorks(); }));
  context.TryCancel();
  stream->Finish();
  EXPECT_TRUE(Eventually(absl::Seconds(10), [&] { return !AnyoneWorks(); }));
}

// One LoadShard call.
grpc::Status LoadShard(pbi::WorkerService::Stub& worker, const std::vector<pbi::LoadShardRequest>& requests) {
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(60));
  const auto stream = worker.LoadShard(&context);
  for (const auto& request : requests) stream->Write(request);
  stream->WritesDone();
  pbi::LoadShardResponse response;
  while (stream->Read(&response)) continue;
  return stream->Finish();
}

TEST_F(HostilePeersTest, LoadsThatMakeNoSenseAreRefused) {
  pbi::LoadShardRequest batch;
  batch.mutable_links()->set_last(true);
  EXPECT_THAT(LoadShard(*worker_, {batch}), IsRefused(StatusCode::INVALID_ARGUMENT, "job"));
  pbi::LoadShardRequest job;
  pbi::GraphInfo& graph = *job.mutable_job()->mutable_graph();
  graph.set_name("../../escape");
  EXPECT_THAT(LoadShard(*worker_, {job}), IsRefused(StatusCode::INVALID_ARGUMENT, ""));
  graph.set_name("evil");
  EXPECT_FALSE(LoadShard(*worker_, {job}).ok()) << "no boundaries";
  for (const std::uint32_t first : {0u, 5u, 3u}) graph.add_boundaries(first);
  EXPECT_FALSE(LoadShard(*worker_, {job}).ok()) << "boundaries that fall";
  graph.set_boundaries(1, 2);
  job.mutable_job()->set_shard(2);
  EXPECT_THAT(LoadShard(*worker_, {job}), IsRefused(StatusCode::INVALID_ARGUMENT, "shard"));
  job.mutable_job()->set_shard(1);
  const auto bad_batch = [&](const char* words) {
    EXPECT_THAT(LoadShard(*worker_, {job, batch}), IsRefused(StatusCode::INVALID_ARGUMENT, words));
  };
  bad_batch("expected keys of 3 members, received 0");
  batch.mutable_links()->set_keys(std::string(24, '\1'));
  bad_batch("ascending");
  batch.mutable_links()->set_keys("abc");
  bad_batch("whole");
  batch.mutable_links()->clear_keys();
  batch.mutable_links()->set_links("abc");
  bad_batch("whole");
  batch.mutable_links()->set_links(std::string(4, '\0'));
  bad_batch("whole");
  for (const char to : {'\0', '\1', '\3', '\xFF'}) {
    batch.mutable_links()->set_links(std::string({0, 0, 0, 0, to, 0, 0, 0}));
    bad_batch("not the shard's");
  }
  batch.mutable_links()->set_links(std::string(8, '\xFF'));
  bad_batch("not the shard's");
  batch.mutable_links()->set_links(std::string({1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}));
  bad_batch("out of order");
  EXPECT_THAT(client().GraphNames(), testing::ElementsAre("g"));
}

TEST_F(HostilePeersTest, RegistrationsThatMakeNoSenseDoNoHarm) {
  const auto registry = pbi::RegistryService::NewStub(client().channel());
  const auto say = [&](const pbi::RegisterRequest& request) {
    grpc::ClientContext context;
    SetDeadline(context, absl::Seconds(20));
    pbi::RegisterResponse response;
    return registry->Register(&context, request, &response);
  };
  pbi::RegisterRequest request;
  EXPECT_FALSE(say(request).ok());
  request.set_node_id("evil");
  request.set_address("256.256.256.256:99999");
  request.set_protocol(kClusterProtocol);
  pbi::HeldShard& shard = *request.add_shards();
  shard.set_graph("evil");
  shard.mutable_info()->set_name("evil");
  say(request);
  shard.set_shard(~0u);
  shard.mutable_info()->add_boundaries(0);
  say(request);
  shard.mutable_info()->add_boundaries(7);
  shard.mutable_info()->add_boundaries(3);
  say(request);
  EXPECT_THAT(client().GraphNames(), testing::ElementsAre("g"));
}

}  // namespace
}  // namespace lawine
