// What a coordinator that stops still lets begin.
#include "services/coordinator/access/gate.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace lawine {
namespace {

// Works again and again until it may not; counts what begins though it was said that nothing does any more.
void WorkAgainAndAgain(Gate& gate, const std::atomic<bool>& idle, std::atomic<int>& late) {
  grpc::ServerContext context;
  gate.Serve(context, {"ApplyChanges", Role::kAdmin, Rule::Kind::kBegins}, [&](const Caller& caller) {
    for (;;) {
      const auto work = caller.begin_work();
      if (!work.ok()) return grpc::Status::OK;
      if (idle) ++late;
    }
  });
}

TEST(GateTest, NothingBeginsOnceItIsClosedAndNothingWorks) {
  constexpr int kRounds = 300;
  prometheus::Registry registry;
  CallMetrics metrics(registry);
  std::atomic<int> late{0};
  for (int round = 0; round < kRounds; ++round) {
    Gate gate(nullptr, metrics);
    std::atomic<bool> idle{false};
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) callers.emplace_back([&] { WorkAgainAndAgain(gate, idle, late); });
    absl::SleepFor(absl::Microseconds(200));
    gate.Close();
    EXPECT_TRUE(gate.WaitIdle(absl::Now() + absl::Seconds(20)));
    idle = true;
    for (std::thread& caller : callers) caller.join();
  }
  EXPECT_EQ(late, 0);
}

}  // namespace
}  // namespace lawine
