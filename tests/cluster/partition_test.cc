// Workers that cannot be reached, in network namespaces of real processes: a run goes on with the same digest
// when they can be again, or ends with the reason; it never hangs and never ends with another digest.
#include <functional>
#include <memory>

#include "tests/cluster/long_run.h"
#include "tests/cluster/network_namespace.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using testing::HasSubstr;

class PartitionTest : public LongRunTest {
 protected:
  void SetUp() override {
    if (!network_.problem().empty()) GTEST_SKIP() << "skipped: " << network_.problem();
  }
  // Worker 1 is at the other end of the cable.
  void Start(const std::vector<std::string>& coordinator_flags = {}) {
    StartCluster({.workers = 2,
                  .coordinator_flags = coordinator_flags,
                  .host = network_.outside(),
                  .worker_hosts = {network_.outside(), network_.inside()},
                  .worker_prefixes = {{}, network_.Prefix()}});
  }
  static constexpr std::uint32_t kMembers = 1'000;
  static constexpr std::uint32_t kReplicas = 600 / kSlowdown;  // some seconds

  std::string UndisturbedDigest() {
    const std::string name = StartChain(kMembers, kReplicas);
    EXPECT_EQ(WaitForEnd(name, absl::Seconds(200)).state(), pb::RUN_STATE_SUCCEEDED);
    return client().Result(name).value.digest();
  }
  std::string StartAndWaitForSome() {
    const std::string name = StartChain(kMembers, kReplicas);
    EXPECT_TRUE(
        Eventually(absl::Seconds(60), [&] { return client().GetRun(name).value.replicas_done() > 3; }));
    return name;
  }
  // A run meets `fault`, which is repaired after `time`.
  void ExpectSameDigestThough(const std::function<void()>& fault, absl::Duration time) {
    Start();
    const std::string digest = UndisturbedDigest();
    const std::string name = StartAndWaitForSome();
    fault();
    absl::SleepFor(time);
    EXPECT_EQ(client().GetRun(name).value.state(), pb::RUN_STATE_RUNNING)
        << "the run had ended before it could be repaired";
    network_.Repair();
    const pb::Run run = WaitForEnd(name, absl::Seconds(200));
    EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << run.error();
    EXPECT_EQ(client().Result(name).value.digest(), digest);
  }

  NetworkNamespace network_;
};

// Longer than a connection takes to be given up: see OpenChannel.
constexpr absl::Duration kLong = absl::Seconds(40);

TEST_F(PartitionTest, AShortCutIsWaitedOut) {
  ExpectSameDigestThough([this] { network_.CutCable(); }, absl::Seconds(3));
}

TEST_F(PartitionTest, AfterALongCutTheRunGoesOn) {
  ExpectSameDigestThough([this] { network_.CutCable(); }, kLong);
}

TEST_F(PartitionTest, AfterNothingHasComeToAWorkerTheRunGoesOn) {
  ExpectSameDigestThough([this] { network_.LoseWhatIsSentIn(); }, kLong);
}

TEST_F(PartitionTest, AfterNothingHasComeFromAWorkerTheRunGoesOn) {
  ExpectSameDigestThough([this] { network_.LoseWhatIsSentOut(); }, kLong);
}

// Both go on to hear of the coordinator, and of each other as little as of a slow one.
TEST_F(PartitionTest, AfterNothingHasComeFromOneWorkerToTheOtherTheRunGoesOn) {
  ExpectSameDigestThough(
      [this] {
        const std::string& address = cluster().worker_address(0);
        network_.LoseWhatIsSentTo(std::stoi(address.substr(address.rfind(':') + 1)));
      },
      kLong);
}

TEST_F(PartitionTest, ACutForGoodEndsTheRunWithTheReason) {
  Start({"--recover-within", "5s"});
  const std::string name = StartAndWaitForSome();
  network_.CutCable();
  const pb::Run run = WaitForEnd(name, absl::Seconds(150));
  EXPECT_EQ(run.state(), pb::RUN_STATE_FAILED);
  EXPECT_THAT(run.error(), HasSubstr(cluster().NodeId(1)));
  // What the other worker holds is still there, and what this one holds is named.
  EXPECT_EQ(client().GetRun(name).value.state(), pb::RUN_STATE_FAILED);
  EXPECT_EQ(client().Simulate(Scenario(1)).status.error_code(), grpc::StatusCode::UNAVAILABLE);
  network_.Repair();
  cluster().WaitForAlive(2);
  EXPECT_TRUE(client().Simulate(Scenario(1)).ok());
}

}  // namespace
}  // namespace lawine
