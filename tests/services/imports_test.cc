// Imports whose callers fall silent or leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "lawine/v1/graph.grpc.pb.h"
#include "services/common/errors.h"
#include "services/common/repeating.h"
#include "services/common/rpc.h"
#include "services/coordinator/graphs/graph_import.h"
#include "tests/services/memory_registry.h"
#include "tests/support/gzip.h"
#include "tests/support/patience.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

// Sorts when it may: whoever wants to is held up until then.
class HeldUpExecutor final : public Executor {
 public:
  void ParallelFor(std::size_t count, const std::function<void(std::size_t)>& task) override {
    if (!std::exchange(held_up_, true)) wanted_.set_value();
    going_.wait();
    sorting_.ParallelFor(count, task);
  }
  std::size_t parallelism() const override { return 1; }

  bool AwaitSomebody() {
    return wanted_.get_future().wait_for(kWaitFactor * std::chrono::seconds(10)) == std::future_status::ready;
  }
  void LetGo() { let_go_.set_value(); }

 private:
  bool held_up_ = false;  // of the one thread that sorts
  std::promise<void> wanted_;
  std::promise<void> let_go_;
  const std::shared_future<void> going_ = let_go_.get_future().share();
  InlineExecutor sorting_;
};

class ImportsTest : public testing::Test {
 protected:
  // The only worker there is only says so: uploads can be begun.
  class Server final : public v1::GraphService::Service {
   public:
    Server(Executor& executor, absl::Duration silence_max)
        : imports_(graphs_, executor, {.directory = directory_.path() / "import", .memory_bytes = 1 << 20},
                   silence_max),
          bound_(*StartServer({.address = "127.0.0.1:0"}, {this})) {
      BeAWorker();
    }
    ~Server() override { StopServer(*bound_.server, absl::ZeroDuration()); }
    const std::string& address() const { return bound_.address; }
    grpc::Status ImportGraph(grpc::ServerContext* context, ImportStream* stream) override {
      return ToGrpc(imports_.Serve(*context, *stream));
    }

   private:
    void BeAWorker() {
      internal::v1::RegisterRequest said;
      said.set_node_id("w");
      said.set_address("127.0.0.1:1");
      EXPECT_TRUE(workers_.Register(said).ok());
    }

    const TempDirectory directory_;
    MemoryRegistry registry_;
    WorkerDirectory workers_;
    ThreadPool pool_{1};
    Graphs graphs_{registry_, workers_, pool_};
    Imports imports_;
    const BoundServer bound_;
    const Repeating heart_{WorkerDirectory::kHeartbeat, [this] { BeAWorker(); }};
  };

  // A resumable import.
  class Call {
   public:
    Call(const Server& server, const std::string& name)
        : stub_(v1::GraphService::NewStub(OpenChannel(server.address()))) {
      SetDeadline(context_, absl::Minutes(4));
      stream_ = stub_->ImportGraph(&context_);
      v1::ImportGraphRequest request;
      v1::ImportOptions& options = *request.mutable_options();
      options.set_name(name);
      options.set_row("from,to");
      options.set_request_id(absl::StrCat("upload-", name));
      options.set_resumable(true);
      stream_->Write(request);
    }
    // False when the call is refused.
    bool Begun() {
      v1::ImportGraphResponse response;
      const bool begun = stream_->Read(&response) && response.has_position();
      position_ = response.position();
      return begun;
    }
    const v1::ImportPosition& position() const { return position_; }
    void Send(const std::string& data) {
      v1::ImportGraphRequest request;
      request.set_begin_file("rows");
      EXPECT_TRUE(stream_->Write(request));
      request.set_data(data);
      EXPECT_TRUE(stream_->Write(request));
    }
    void SendNoMore() { EXPECT_TRUE(stream_->WritesDone()); }
    void Leave() { context_.TryCancel(); }
    grpc::Status End() {
      v1::ImportGraphResponse response;
      while (stream_->Read(&response)) continue;
      return stream_->Finish();
    }

   private:
    const std::unique_ptr<v1::GraphService::Stub> stub_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::ImportGraphRequest, v1::ImportGraphResponse>> stream_;
    v1::ImportPosition position_;
  };

  // Begins again once the call before it has ended; where it is to go on.
  static v1::ImportPosition PositionOf(const Server& server, const std::string& name) {
    v1::ImportPosition position;
    EXPECT_TRUE(Eventually(absl::Seconds(30), [&] {
      Call call(server, name);
      const bool begun = call.Begun();
      position = call.position();
      call.Leave();
      call.End();
      return begun;
    }));
    return position;
  }

  InlineExecutor executor_;
};

TEST_F(ImportsTest, SilentOnesMakeWay) {
  Server server(executor_, absl::Seconds(1));
  Call first(server, "one"), second(server, "two");
  EXPECT_TRUE(first.Begun());
  EXPECT_TRUE(second.Begun());
  Call third(server, "three");
  EXPECT_TRUE(third.Begun());
  for (Call* call : {&first, &second}) {
    const grpc::Status status = call->End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << status.error_message();
    EXPECT_THAT(status.error_message(), testing::HasSubstr("nothing has come for 1 s: repeat the call"));
  }
  third.Leave();
  third.End();
}

TEST_F(ImportsTest, ASilentOneGoesOnWhereItWas) {
  Server server(executor_, absl::Seconds(kWaitFactor));
  Call call(server, "one");
  ASSERT_TRUE(call.Begun());
  call.Send("1 2\n3 4\n");
  EXPECT_EQ(call.End().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  const v1::ImportPosition position = PositionOf(server, "one");
  EXPECT_EQ(position.files(), 1u);
  EXPECT_EQ(position.bytes(), 8u);
}

TEST_F(ImportsTest, AFileOfNothingButAHeaderSaysWhatWasTakenForOne) {
  Server server(executor_, absl::Minutes(4));
  Call call(server, "one");
  ASSERT_TRUE(call.Begun());
  call.Send("follower,followed\n");
  call.SendNoMore();
  const grpc::Status status = call.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(
      status.error_message(),
      testing::HasSubstr("the edge list has no rows (rows:1: taken as a header: 'follower,followed'"));
}

// One message that takes seconds to decompress; its caller leaves when the first rows have been read.
TEST_F(ImportsTest, WhoseCallerLeavesIsNotDecompressedToItsEnd) {
  std::string rows;
  while (rows.size() < 1'000'000) rows += "1 2\n";
  std::string data;
  for (int i = 0; i < 200; ++i) data += Gzip(rows);
  HeldUpExecutor executor;
  Server server(executor, absl::Minutes(4));
  Call call(server, "one");
  ASSERT_TRUE(call.Begun());
  call.Send(data);
  const bool begun = executor.AwaitSomebody();
  call.Leave();
  EXPECT_EQ(call.End().error_code(), grpc::StatusCode::CANCELLED);
  executor.LetGo();
  ASSERT_TRUE(begun);
  const v1::ImportPosition position = PositionOf(server, "one");
  EXPECT_EQ(position.files(), 1u);
  EXPECT_GT(position.bytes(), 0u);
  EXPECT_LT(position.bytes(), data.size());
}

}  // namespace
}  // namespace lawine
