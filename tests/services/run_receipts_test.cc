// Reading receipts ends with who asked for them, whatever the worker does.
#include "services/coordinator/runs/run_receipts.h"

#include <grpcpp/grpcpp.h>

#include <future>
#include <memory>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "lawine/internal/v1/worker.grpc.pb.h"
#include "services/common/rpc.h"

namespace lawine {
namespace {

// Says nothing.
class SilentWorker final : public internal::v1::WorkerService::Service {
 public:
  grpc::Status ReadReceipts(grpc::ServerContext* context, const internal::v1::ReadReceiptsRequest*,
                            grpc::ServerWriter<internal::v1::ReadReceiptsResponse>*) override {
    asked_.set_value();
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(5));
    return grpc::Status::CANCELLED;
  }
  void AwaitAsked() { asked_.get_future().wait(); }

 private:
  std::promise<void> asked_;
};

TEST(RunReceiptsTest, ACancellationEndsReading) {
  SilentWorker silent;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&silent);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  WorkerHandle worker;
  worker.stub = internal::v1::WorkerService::NewStub(OpenChannel("127.0.0.1:" + std::to_string(port)));
  Cancellation cancellation;
  auto read = std::async(std::launch::async, [&] {
    return ReadReceipts(
        worker, 1, 0, [](const v1::ListReceiptsResponse&) { return true; }, cancellation);
  });
  silent.AwaitAsked();
  cancellation.Cancel();
  ASSERT_EQ(read.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(read.get().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace lawine
