// Calls with the request id of one that goes on.
#include "services/coordinator/traffic/traffic_service.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/common/rpc.h"
#include "services/coordinator/graphs/graph_changes.h"
#include "tests/services/memory_registry.h"
#include "tests/services/one_worker.h"

namespace lawine {
namespace {

// One call. The graph has no workers: it waits for them until it is given up.
class TrafficCall {
 public:
  TrafficCall(const std::string& address, const std::string& request_id, absl::Duration timeout)
      : stub_(v1::TrafficService::NewStub(OpenChannel(address))) {
    SetDeadline(context_, timeout);
    stream_ = stub_->RunTraffic(&context_);
    v1::RunTrafficRequest request;
    v1::TrafficSpec& spec = *request.mutable_spec();
    spec.set_graph("g");
    spec.mutable_generated()->set_messages(1);
    spec.set_request_id(request_id);
    stream_->Write(request);
    stream_->WritesDone();
  }
  ~TrafficCall() {
    context_.TryCancel();
    if (!ended_) End();
  }
  // Waits for a word about workers that are missing.
  bool Begun() {
    v1::RunTrafficResponse response;
    return stream_->Read(&response) && !response.progress().waiting_for().empty();
  }
  grpc::Status End() {
    v1::RunTrafficResponse response;
    while (stream_->Read(&response)) continue;
    ended_ = true;
    return stream_->Finish();
  }

 private:
  const std::unique_ptr<v1::TrafficService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::RunTrafficRequest, v1::RunTrafficResponse>> stream_;
  bool ended_ = false;
};

// Lets everyone in.
class OpenDoor final : public v1::TrafficService::Service {
 public:
  explicit OpenDoor(TrafficService& traffic) : traffic_(traffic) {}
  grpc::Status RunTraffic(grpc::ServerContext* context, TrafficService::Stream* stream) override {
    return traffic_.RunTraffic("", context, stream);
  }

 private:
  TrafficService& traffic_;
};

class TrafficServiceTest : public testing::Test {
 protected:
  TrafficServiceTest() {
    internal::v1::GraphRecord record;
    record.mutable_info()->set_name("g");
    record.mutable_info()->set_digest("d");
    record.mutable_info()->set_graph_version(1);
    for (const std::uint32_t boundary : {0u, 2u}) record.mutable_info()->add_boundaries(boundary);
    EXPECT_TRUE(graphs_.Update(record, {}).ok());
    EXPECT_TRUE(runs_.Start().ok());
  }
  ~TrafficServiceTest() override { StopServer(*bound_.server, absl::ZeroDuration()); }

  MemoryRegistry registry_;
  WorkerDirectory workers_;
  ThreadPool pool_{1};
  Graphs graphs_{registry_, workers_, pool_};
  Runs runs_{registry_, graphs_, workers_, {}, nullptr};
  TrafficService service_{registry_, graphs_, runs_};
  OpenDoor door_{service_};
  const BoundServer bound_ = *StartServer({.address = "127.0.0.1:0"}, {&door_});
};

TEST_F(TrafficServiceTest, WhoWaitsForAnEarlierCallTakesNoPlaceAndLeavesWhenItsCallerDoes) {
  TrafficCall first(bound_.address, "once", absl::Seconds(60));
  ASSERT_TRUE(first.Begun());
  {
    std::vector<std::unique_ptr<TrafficCall>> repeated;
    for (int i = 0; i < 10; ++i) {
      repeated.push_back(std::make_unique<TrafficCall>(bound_.address, "once", absl::Milliseconds(200)));
    }
    TrafficCall other(bound_.address, "another", absl::Seconds(60));
    EXPECT_TRUE(other.Begun()) << other.End().error_message();
    for (const auto& call : repeated) {
      EXPECT_EQ(call->End().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    }
  }
  // Nobody is left but the first call: the server has no other to wait for.
  const absl::Time start = absl::Now();
  StopServer(*bound_.server, absl::ZeroDuration());
  EXPECT_LT(absl::Now() - start, absl::Seconds(20));
  EXPECT_FALSE(first.End().ok());
}

// A graph and its worker, and a service that keeps every wave.
class TrafficKeepingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(one_.Make(OneWorker::Wanted("g")).ok());
    ASSERT_TRUE(runs_.Start().ok());
  }
  ~TrafficKeepingTest() override { StopServer(*bound_.server, absl::ZeroDuration()); }
  grpc::Status Call() { return TrafficCall(bound_.address, "once", absl::Minutes(2)).End(); }

  std::atomic<int> writes_{0};  // of what is kept
  OneWorker one_;

 private:
  static RunsOptions KeepAll() {
    RunsOptions options;
    options.keep_every = absl::ZeroDuration();
    return options;
  }

  Runs runs_{one_.registry, one_.graphs, one_.workers, KeepAll(), nullptr};
  TrafficService service_{one_.registry, one_.graphs, runs_};
  OpenDoor door_{service_};
  const BoundServer bound_ = *StartServer({.address = "127.0.0.1:0"}, {&door_});
};

// What cannot be kept is only done again if the coordinator is lost.
TEST_F(TrafficKeepingTest, TrafficGoesOnThoughNothingOfItCanBeKept) {
  one_.registry.before_write = [this](const std::string& key) {
    if (!key.starts_with("traffic/")) return absl::OkStatus();
    ++writes_;
    return absl::ResourceExhaustedError("full");
  };
  const grpc::Status ended = Call();
  EXPECT_TRUE(ended.ok()) << ended.error_message();
  EXPECT_GE(writes_, 2) << "of a wave, and of the result that was told";
}

// As if the coordinator had been lost before it had told its result.
TEST_F(TrafficKeepingTest, ARepeatedCallGoesOnWithTheVersionItBeganWith) {
  one_.registry.before_write = [this](const std::string& key) {
    const bool forgets = key.starts_with("traffic/") && writes_++ > 0;
    return forgets ? absl::UnavailableError("it is kept") : absl::OkStatus();
  };
  EXPECT_TRUE(Call().ok());
  ASSERT_GT(writes_, 0);
  GraphChanges changes(one_.registry, one_.graphs);
  v1::ApplyChangesRequest change;
  change.set_graph("g");
  change.add_changes()->mutable_add_member()->set_id("90000");
  ASSERT_TRUE(changes.Apply(change, [] { return false; }).ok());
  const grpc::Status repeated = Call();
  EXPECT_TRUE(repeated.ok()) << repeated.error_message();
  v1::FoldChangesRequest fold;
  fold.set_graph("g");
  Cancellation cancellation;
  ASSERT_TRUE(changes.Fold(fold, cancellation).ok());
  const grpc::Status folded = Call();
  EXPECT_EQ(folded.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(
      folded.error_message().starts_with("traffic with this request id was begun at version 1 of its graph"))
      << folded.error_message();
}

}  // namespace
}  // namespace lawine
