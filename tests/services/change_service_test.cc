// Streams of changes whose callers say nothing.
#include "services/coordinator/graphs/change_service.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "engine/base/thread_pool.h"
#include "services/common/errors.h"
#include "services/common/request_id.h"
#include "services/common/rpc.h"
#include "services/coordinator/access/gate.h"
#include "tests/services/memory_registry.h"
#include "tests/support/patience.h"

namespace lawine {
namespace {

// Lets everyone in, as the front does.
class ChangeDoor final : public v1::ChangeService::Service {
 public:
  ChangeDoor(Gate& gate, ChangeService& behind) : gate_(gate), behind_(behind) {}
  grpc::Status ApplyChanges(grpc::ServerContext* context, ChangeService::Stream* stream) override {
    return gate_.Pass({"ApplyChanges", Role::kAdmin, Rule::Kind::kBegins}, behind_,
                      &ChangeService::ApplyChanges, context, stream);
  }

 private:
  Gate& gate_;
  ChangeService& behind_;
};

// The registry has the answer to a batch of graph "g" with the id "once".
class ChangeServiceTest : public testing::Test {
 protected:
  explicit ChangeServiceTest(const ChangeSilence& silence = {}) : service_(changes_, silence) {
    internal::v1::GraphRecord graph;
    graph.mutable_info()->set_name("g");
    EXPECT_TRUE(graphs_.Update(graph, {}).ok());
    internal::v1::ChangeRequestRecord record;
    record.mutable_response()->set_request_id("once");
    record.set_request_hash(RequestHash(Batch()));
    EXPECT_TRUE(registry_.Put("change/g/once", record.SerializeAsString()).ok());
    SetDeadline(context_, absl::Minutes(2));
    stream_ = stub_->ApplyChanges(&context_);
  }
  ~ChangeServiceTest() override {
    context_.TryCancel();
    StopServer(*bound_.server, absl::ZeroDuration());
  }

  static v1::ApplyChangesRequest Batch() {
    v1::ApplyChangesRequest request;
    request.set_graph("g");
    request.set_request_id("once");
    request.add_changes()->mutable_add_member()->set_id("7");
    return request;
  }
  bool Applied(const v1::ApplyChangesRequest& request) {
    v1::ApplyChangesResponse response;
    return stream_->Write(request) && stream_->Read(&response) && response.repeated_request();
  }
  // Of a stream that the server ends.
  grpc::Status End() {
    v1::ApplyChangesResponse response;
    EXPECT_FALSE(stream_->Read(&response));
    return stream_->Finish();
  }

  MemoryRegistry registry_;
  WorkerDirectory workers_;
  ThreadPool pool_{1};
  Graphs graphs_{registry_, workers_, pool_};
  GraphChanges changes_{registry_, graphs_};
  prometheus::Registry prometheus_;
  CallMetrics metrics_{prometheus_};
  Gate gate_{nullptr, metrics_};
  ChangeService service_;
  ChangeDoor door_{gate_, service_};
  const BoundServer bound_ = *StartServer({.address = "127.0.0.1:0"}, {&door_});
  const std::unique_ptr<v1::ChangeService::Stub> stub_ =
      v1::ChangeService::NewStub(OpenChannel(bound_.address));
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ApplyChangesRequest, v1::ApplyChangesResponse>> stream_;
};

TEST_F(ChangeServiceTest, AnIdleStreamIsNotWaitedForAndBeginsNothingMore) {
  ASSERT_TRUE(Applied(Batch()));
  gate_.Close();
  EXPECT_TRUE(Eventually(absl::Seconds(20), [this] { return gate_.WaitIdle(absl::Now()); }));
  EXPECT_TRUE(stream_->Write(Batch()));
  const grpc::Status refused = End();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE) << refused.error_message();
  EXPECT_EQ(ReasonOf(FromGrpc(refused)), "DRAINING");
}

TEST_F(ChangeServiceTest, AnotherBatchWithTheIdIsTold) {
  v1::ApplyChangesRequest other = Batch();
  other.mutable_changes(0)->mutable_add_member()->set_id("8");
  EXPECT_TRUE(stream_->Write(other));
  const grpc::Status refused = End();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refused.error_message(), "request_id: was used for another batch: expected a new one");
}

TEST_F(ChangeServiceTest, WhatAnEarlierVersionKeptIsAnsweredUnseen) {
  internal::v1::ChangeRequestRecord record;
  record.mutable_response()->set_request_id("once");
  ASSERT_TRUE(registry_.Put("change/g/once", record.SerializeAsString()).ok());
  v1::ApplyChangesRequest other = Batch();
  other.mutable_changes(0)->mutable_add_member()->set_id("8");
  EXPECT_TRUE(Applied(other));
}

class SilentFromTheStartTest : public ChangeServiceTest {
 protected:
  SilentFromTheStartTest() : ChangeServiceTest({.first = absl::Milliseconds(200)}) {}
};

TEST_F(SilentFromTheStartTest, IsEnded) {
  const grpc::Status ended = End();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << ended.error_message();
}

class SilentAfterABatchTest : public ChangeServiceTest {
 protected:
  SilentAfterABatchTest() : ChangeServiceTest({.between = absl::Milliseconds(200)}) {}
};

TEST_F(SilentAfterABatchTest, IsEnded) {
  ASSERT_TRUE(Applied(Batch()));
  const grpc::Status ended = End();
  EXPECT_EQ(ended.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << ended.error_message();
}

}  // namespace
}  // namespace lawine
