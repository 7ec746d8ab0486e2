// A worker that is refused, or told that its shards are strange, says so for as long as that lasts; and one
// that stops does not wait for a coordinator that hangs.
#include "services/worker/registration.h"

#include <atomic>
#include <chrono>
#include <future>
#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/rpc.h"
#include "services/worker/worker_server.h"
#include "tests/support/patience.h"
#include "tests/support/temp_directory.h"

namespace lawine {
namespace {

namespace pbi = ::lawine::internal::v1;
using testing::HasSubstr;

// Answers as it is told.
class Coordinator final : public pbi::RegistryService::Service {
 public:
  enum class Says { kWelcome, kOtherVersion, kStrangeOnce, kStrange, kNothing };

  Coordinator() {
    absl::StatusOr<BoundServer> bound = StartServer({.address = "127.0.0.1:0"}, {this});
    EXPECT_TRUE(bound.ok()) << bound.status();
    server_ = *std::move(bound);
  }
  ~Coordinator() override { Stop(); }
  void Stop() { StopServer(*server_.server, absl::ZeroDuration()); }

  const std::string& address() const { return server_.address; }
  void Say(Says says) {
    says_ = says;
    calls_ = 0;
  }
  // Waits until it was asked so often since.
  void AwaitCalls(int calls) const {
    for (int i = 0; i < 10'000 && calls_ < calls; ++i) absl::SleepFor(absl::Milliseconds(1));
    ASSERT_GE(calls_, calls);
  }

  grpc::Status Register(grpc::ServerContext* context, const pbi::RegisterRequest*,
                        pbi::RegisterResponse* response) override {
    const Says says = says_;
    const int calls = ++calls_;
    while (says == Says::kNothing && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    if (says == Says::kOtherVersion) return {grpc::StatusCode::FAILED_PRECONDITION, "upgrade both"};
    if (says == Says::kStrange || (says == Says::kStrangeOnce && calls % 2 == 1)) {
      response->add_strange_shards("shard 1 of 'g' is odd");
    }
    response->set_heartbeat_milliseconds(5);
    return grpc::Status::OK;
  }

 private:
  BoundServer server_;
  std::atomic<Says> says_{Says::kWelcome};
  std::atomic<int> calls_{0};
};

constexpr absl::Duration kTimeout = absl::Seconds(10);

class RegistrationTest : public testing::Test {
 protected:
  Coordinator coordinator_;
  CoordinatorWatch watch_;
  Registration registration_{coordinator_.address(), nullptr, watch_, [] { return pbi::RegisterRequest(); }};
};

TEST_F(RegistrationTest, AnotherVersionIsSaidAndJoinsOnceItFits) {
  coordinator_.Say(Coordinator::Says::kOtherVersion);
  ASSERT_TRUE(Eventually(kTimeout, [&] { return !registration_.Refusal().ok(); }));
  EXPECT_EQ(registration_.Refusal(), absl::FailedPreconditionError("upgrade both"));
  EXPECT_FALSE(registration_.connected());
  coordinator_.Say(Coordinator::Says::kWelcome);
  EXPECT_TRUE(
      Eventually(kTimeout, [&] { return registration_.connected() && registration_.Refusal().ok(); }));
}

TEST_F(RegistrationTest, WhatIsToldOnceOnlyIsNoReason) {
  coordinator_.Say(Coordinator::Says::kStrangeOnce);
  for (int calls = 1; calls < 20; ++calls) {
    coordinator_.AwaitCalls(calls);
    EXPECT_TRUE(registration_.Refusal().ok()) << registration_.Refusal();
  }
}

TEST_F(RegistrationTest, StrangeShardsAreSaidAlsoWhileNobodyAnswers) {
  coordinator_.Say(Coordinator::Says::kStrange);
  ASSERT_TRUE(Eventually(kTimeout, [&] { return !registration_.Refusal().ok(); }));
  EXPECT_TRUE(registration_.connected());
  EXPECT_THAT(std::string(registration_.Refusal().message()), HasSubstr("shard 1 of 'g' is odd"));
  coordinator_.Stop();
  ASSERT_TRUE(Eventually(kTimeout, [&] { return !registration_.connected(); }));
  EXPECT_FALSE(registration_.Refusal().ok());
}

// A call that hangs lasts five seconds.
TEST(StoppingWorkerTest, DrainsWhileItsCoordinatorHangs) {
  Coordinator coordinator;
  coordinator.Say(Coordinator::Says::kNothing);
  const TempDirectory directory;
  WorkerOptions options;
  options.data_dir = directory.path().string();
  options.coordinator = coordinator.address();
  const auto worker = WorkerServer::Start(options);
  ASSERT_TRUE(worker.ok()) << worker.status();
  coordinator.AwaitCalls(1);
  auto drained = std::async(std::launch::async, [&] { return (*worker)->Drain(absl::Now()); });
  EXPECT_EQ(drained.wait_for(std::chrono::seconds(3)), std::future_status::ready);
  EXPECT_TRUE(drained.get()) << "it takes part in nothing";
}

}  // namespace
}  // namespace lawine
