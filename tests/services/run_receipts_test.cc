// Reading receipts ends with who asked for them, whatever the worker does.
#include "services/coordinator/runs/run_receipts.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

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

// Answers when two wait for it.
class SlowDropper final : public internal::v1::WorkerService::Service {
 public:
  grpc::Status DropRun(grpc::ServerContext* context, const internal::v1::DropRunRequest*,
                       internal::v1::DropRunResponse*) override {
    ++asked_;
    while (asked_ < 2 && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    if (!context->IsCancelled()) ++answered_;
    return grpc::Status::OK;
  }
  int answered() const { return answered_; }

 private:
  std::atomic<int> asked_{0}, answered_{0};
};

WorkerHandle WorkerAt(const std::string& address) {
  WorkerHandle worker;
  worker.stub = internal::v1::WorkerService::NewStub(OpenChannel(address));
  return worker;
}

TEST(RunReceiptsTest, AllWorkersAreToldAtOnceToForget) {
  SlowDropper slow;
  const BoundServer bound = *StartServer({.address = "127.0.0.1:0"}, {&slow});
  const std::vector<WorkerHandle> workers = {WorkerAt(bound.address), WorkerAt(bound.address)};
  ForgetReceipts(workers, 1);
  EXPECT_EQ(slow.answered(), 2);
  StopServer(*bound.server, absl::ZeroDuration());
}

TEST(RunReceiptsTest, ACancellationEndsReading) {
  SilentWorker silent;
  const BoundServer bound = *StartServer({.address = "127.0.0.1:0"}, {&silent});
  const WorkerHandle worker = WorkerAt(bound.address);
  Cancellation cancellation;
  auto read = std::async(std::launch::async, [&] {
    return ReadReceipts(
        worker, 1, 0, [](const v1::ListReceiptsResponse&) { return true; }, cancellation);
  });
  silent.AwaitAsked();
  cancellation.Cancel();
  ASSERT_EQ(read.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(read.get().code(), absl::StatusCode::kCancelled);
  StopServer(*bound.server, absl::ZeroDuration());
}

TEST(RunReceiptsTest, SoDoesTheEndOfALease) {
  SilentWorker silent;
  const BoundServer bound = *StartServer({.address = "127.0.0.1:0"}, {&silent});
  const WorkerHandle worker = WorkerAt(bound.address);
  Cancellation cancellation, lease;
  auto read = std::async(std::launch::async, [&] {
    return ReadReceipts(
        worker, 1, 0, [](const v1::ListReceiptsResponse&) { return true; }, cancellation, &lease);
  });
  silent.AwaitAsked();
  lease.Cancel();
  ASSERT_EQ(read.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(read.get().code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(cancellation.cancelled());
  StopServer(*bound.server, absl::ZeroDuration());
}

}  // namespace
}  // namespace lawine
