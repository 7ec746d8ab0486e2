// Runs and traffic whose processes are killed at random moments, again and again, end with the result of
// those that nobody disturbs.
#include "tests/cluster/crash_loop.h"

#include <atomic>
#include <cstdio>
#include <thread>

#include "absl/time/clock.h"
#include "lawine/v1/traffic.grpc.pb.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/spread.h"

namespace lawine {
namespace {

class CrashLoopTest : public LongRunTest {
 protected:
  void SetUp() override {
    StartCluster({.workers = 3,
                  .coordinator_flags = {"--keep-every", "300ms", "--checkpoint-every", "200ms",
                                        "--attempts-max", "100000"}});
  }

  // The result of a run that is asked for once, however often the question has to be put, and disturbed until
  // there were enough kills, or it is over.
  pb::RunResult Disturbed(CrashLoop& crashes, const pb::CreateRunRequest& request) {
    std::string name;
    const auto over = [&] {
      if (name.empty()) name = client().CreateRun(request).value.run().name();
      return !name.empty() && client().GetRun(name).value.state() >= pb::RUN_STATE_SUCCEEDED;
    };
    while (!over() && crashes.Next()) continue;
    crashes.End();
    EXPECT_TRUE(Eventually(absl::Minutes(5), over)) << name;
    const pb::Run run = client().GetRun(name).value;
    EXPECT_EQ(run.state(), pb::RUN_STATE_SUCCEEDED) << run.error();
    RecordProperty("kills", static_cast<int>(crashes.kills()));
    RecordProperty("attempts", static_cast<int>(run.attempts()));
    std::printf("%u kills, %u attempts, the last from step %u\n", crashes.kills(), run.attempts(),
                run.began_at_step());
    return client().Result(name).value;
  }
  static pb::CreateRunRequest Once(const pb::Scenario& scenario) {
    pb::CreateRunRequest request;
    *request.mutable_scenario() = scenario;
    request.set_request_id("once");
    return request;
  }
  // What both have to agree on, the same for all attempts, shards and workers.
  static std::string Findings(pb::RunResult result) {
    result.clear_timing();
    result.clear_manifest();
    return result.SerializeAsString();
  }
  void ExpectUndisturbed(const std::string& name, const pb::Scenario& scenario) {
    const auto run = client().RunToEnd(scenario);
    const auto undisturbed = client().Result(run.value.name());
    ASSERT_TRUE(undisturbed.ok()) << Text(undisturbed.status);
    CrashLoop crashes(cluster(), name);
    const pb::RunResult result = Disturbed(crashes, Once(scenario));
    EXPECT_EQ(result.digest(), undisturbed.value.digest()) << crashes.Replay();
    EXPECT_EQ(Findings(result), Findings(undisturbed.value)) << crashes.Replay();
  }
};

// A step a member, with a round of messages each.
TEST_F(CrashLoopTest, Forward) {
  const Network network = WithIntegerIds(Path(6'000 / kSlowdown));
  ASSERT_TRUE(Load(client(), network, "path", 6).ok());
  const Spread spread{.seeds = {network.judged.begin()->first}, .probability = 1};
  CrashLoop crashes(cluster(), "Forward");
  const pb::RunResult result = Disturbed(crashes, Once(ScenarioOf(spread, network, "path")));
  EXPECT_EQ(Difference(Judge(network, spread), result), "") << crashes.Replay();
}

// Replicas end anywhere along the path.
TEST_F(CrashLoopTest, Ensemble) {
  const Network network = WithIntegerIds(Path(400));
  ASSERT_TRUE(Load(client(), network, "path", 6).ok());
  const Spread spread{
      .seeds = {network.judged.begin()->first}, .probability = 0.995, .replicas = 3'000 / kSlowdown};
  CrashLoop crashes(cluster(), "Ensemble");
  const pb::RunResult result = Disturbed(crashes, Once(ScenarioOf(spread, network, "path")));
  EXPECT_EQ(Difference(Judge(network, spread), result), "") << crashes.Replay();
}

TEST_F(CrashLoopTest, EnsembleUntilPrecise) {
  pb::Scenario scenario = ChainScenario(300, 10'000);
  scenario.mutable_model()->mutable_forward()->set_probability(0.99);
  scenario.mutable_until_precision()->set_measure("reach");
  scenario.mutable_until_precision()->set_relative_half_width(0.04);
  ExpectUndisturbed("EnsembleUntilPrecise", scenario);
}

TEST_F(CrashLoopTest, ModelWithDelays) {
  pb::Scenario scenario = Scenario(60);
  scenario.mutable_model()->mutable_forward()->set_probability(0.2);
  scenario.mutable_model()->mutable_delay()->mutable_exponential()->set_mean(60);
  scenario.mutable_model()->mutable_link_delay()->mutable_exponential()->set_mean(30);
  scenario.mutable_model()->set_seen_probability(0.7);
  ExpectUndisturbed("ModelWithDelays", scenario);
}

TEST_F(CrashLoopTest, Epidemic) {
  pb::Scenario scenario = Scenario(1);
  scenario.mutable_model()->mutable_sis()->set_infection(0.01);
  scenario.mutable_model()->mutable_sis()->set_recovery(0.1);
  scenario.mutable_stop()->set_max_steps(1'500);
  ExpectUndisturbed("Epidemic", scenario);
}

pb::TrafficSpec TrafficOf(const std::string& request_id) {
  pb::TrafficSpec spec;
  spec.set_graph("g");
  spec.mutable_forward()->set_probability(0.03);
  spec.mutable_generated()->set_messages(3'000'000 / kSlowdown);
  spec.mutable_generated()->set_senders(pb::SENDER_DISTRIBUTION_HEAVY_TAILED);
  spec.set_request_id(request_id);
  return spec;
}

// One call; its result, if it came to one.
grpc::Status CallTraffic(const Client& client, const pb::TrafficSpec& spec, pb::TrafficResult& result) {
  const auto stub = pb::TrafficService::NewStub(client.channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Minutes(5)));
  const auto stream = stub->RunTraffic(&context);
  pb::RunTrafficRequest request;
  *request.mutable_spec() = spec;
  stream->Write(request);
  stream->WritesDone();
  pb::RunTrafficResponse response;
  while (stream->Read(&response)) {
    if (response.has_result()) result = response.result();
  }
  return stream->Finish();
}

// The caller repeats the call until it is answered.
TEST_F(CrashLoopTest, Traffic) {
  pb::TrafficResult undisturbed, result;
  ASSERT_TRUE(CallTraffic(client(), TrafficOf("undisturbed"), undisturbed).ok());
  std::atomic<bool> over = false;
  std::thread caller([&, address = cluster().address()] {
    const Client own(address);
    for (const absl::Time end = absl::Now() + absl::Minutes(8); !over && absl::Now() < end;) {
      over = CallTraffic(own, TrafficOf("disturbed"), result).ok();
      if (!over) absl::SleepFor(absl::Milliseconds(100));
    }
  });
  CrashLoop crashes(cluster(), "Traffic");
  while (!over && crashes.Next()) continue;
  crashes.End();
  caller.join();
  std::printf("%u kills\n", crashes.kills());
  EXPECT_TRUE(over) << crashes.Replay();
  EXPECT_EQ(result.digest(), undisturbed.digest()) << crashes.Replay();
  EXPECT_EQ(result.totals().ShortDebugString(), undisturbed.totals().ShortDebugString());
  EXPECT_EQ(result.reach().ShortDebugString(), undisturbed.reach().ShortDebugString());
  for (int i = 0; i < undisturbed.shards_size(); ++i) {
    EXPECT_EQ(result.shards(i).deliveries(), undisturbed.shards(i).deliveries());
  }
}

}  // namespace
}  // namespace lawine
