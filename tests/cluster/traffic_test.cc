// Traffic over real processes: each message as judged, the same digest as in one process and as single runs,
// generated or in batches; refusals; callers that leave, that read nothing, and workers that die.
#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/limits.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_traffic.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/spread.h"
#include "tests/cluster/traffic_calls.h"
#include "tests/support/patience.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

using grpc::StatusCode;

// Every message of `end`'s rows against the judge, and their sum; returns how many there were.
std::uint64_t ExpectRowsAsJudged(const Network& network, const pb::TrafficSpec& spec,
                                 const TrafficCall::End& end) {
  Digest digest;
  std::uint64_t messages = 0, deliveries = 0;
  for (const pb::TrafficRows& rows : end.rows) {
    for (int i = 0; i < rows.seed_members_size(); ++i) {
      JudgeRun run{.run_seed = spec.has_run_seed() ? spec.run_seed() : 1,
                   .message = rows.first_message() + static_cast<std::uint64_t>(i),
                   .forward = *Threshold::FromProbability(spec.forward().probability())};
      if (spec.has_max_steps()) run.max_steps = spec.max_steps();
      for (const auto& [key, followers] : network.judged) {
        if (network.IdOf(key) == rows.seed_members(i)) run.seed_members = {key};
      }
      const Verdict verdict = Judge(network.judged, run);
      EXPECT_EQ(rows.reach(i), verdict.receipt_steps.size()) << "message " << run.message;
      EXPECT_EQ(rows.forwards(i), verdict.forward_steps.size()) << "message " << run.message;
      EXPECT_EQ(rows.steps(i), verdict.steps.back().step) << "message " << run.message;
      EXPECT_LT(rows.start_seconds(i), kDaySeconds);
      digest += verdict.digest;
      deliveries += rows.deliveries(i);
      ++messages;
    }
  }
  EXPECT_EQ(end.result.digest(), digest.ToHex());
  EXPECT_EQ(end.result.totals().messages(), messages);
  EXPECT_EQ(end.result.totals().deliveries(), deliveries);
  return messages;
}

TEST(TrafficTest, IsAsJudgedWhateverTheShardsAndWorkers) {
  TestRandom random(17);
  const TestGraph drawn = RandomGraph(random, 60, 1, 12);
  for (const std::uint32_t workers : {1u, 3u}) {
    TestCluster cluster({.workers = workers, .threads = 2});
    for (const Network& network : {WithIntegerIds(drawn), WithStringIds(drawn)}) {
      for (const std::uint32_t shards : {1u, 4u, 7u}) {
        const std::string name = absl::StrCat(network.names.empty() ? "i" : "s", shards);
        ASSERT_TRUE(Load(cluster.client(), network, name, shards).ok());
        for (const double p : {0.1, 0.5}) {
          pb::TrafficSpec spec = SpecOf(name, p, 100);
          spec.set_rows(true);
          spec.set_run_seed(5);
          spec.mutable_generated()->set_senders(pb::SENDER_DISTRIBUTION_HEAVY_TAILED);
          if (p == 0.5) spec.set_max_steps(2);
          const auto end = Generate(cluster.client(), spec);
          ASSERT_TRUE(end.ok()) << Text(end.status);
          EXPECT_EQ(ExpectRowsAsJudged(network, spec, end.value), 100u);
        }
      }
    }
  }
}

class TrafficCallsTest : public LongRunTest {
 protected:
  static pb::MessageBatch Batch(const std::vector<std::string>& members) {
    pb::MessageBatch batch;
    for (const std::string& member : members) batch.add_seed_members(member);
    return batch;
  }
  // The cluster does as well as before.
  void ExpectStillServing() {
    const auto end = Generate(client(), SpecOf("g", 0.01, 10));
    EXPECT_TRUE(end.ok()) << Text(end.status);
  }
  // Ends with the first error; there must be one.
  grpc::Status Refusal(const pb::TrafficSpec& spec, const std::vector<pb::MessageBatch>& batches = {}) {
    TrafficCall call(client());
    call.Send(spec);
    for (const pb::MessageBatch& batch : batches) call.Send(batch);
    call.EndBatches();
    return call.ReadAll().status;
  }
};

TEST_F(TrafficCallsTest, IsTheSameOverProcessesAndInOne) {
  const Network network = Generated("hyves", 20'000, 20);
  ASSERT_TRUE(Load(client(), network, "large", 4).ok());
  const pb::TrafficSpec wanted = SpecOf("large", 0.02, 150'000);
  const auto end = Generate(client(), wanted);
  ASSERT_TRUE(end.ok()) << Text(end.status);
  const Shards shards = Shards::InMemory(*network.source, BalancedPartition(*network.source, 3));
  TrafficSpec spec;
  spec.forward = *Threshold::FromProbability(0.02);
  spec.wave_messages = 10'007;
  const GeneratedTraffic generated{.messages = 150'000};
  ThreadPool pool(2);
  const auto local = RunLocalTraffic(
      shards.ForWorkers(2), spec, [&] { return std::make_unique<GeneratedWaves>(generated, spec, 20'000); },
      pool);
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_EQ(end.value.result.digest(), local->traffic.digest.ToHex());
  EXPECT_EQ(end.value.result.totals().deliveries(), local->traffic.deliveries);
  EXPECT_EQ(end.value.result.totals().duplicates(), local->traffic.duplicates());
  EXPECT_EQ(end.value.result.reach().max(), local->traffic.reach_max);
}

TEST_F(TrafficCallsTest, AMessageIsASingleRun) {
  pb::TrafficSpec spec = SpecOf("g", 0.3, 1);
  spec.set_rows(true);
  spec.set_run_seed(77);
  const auto end = Generate(client(), spec);
  ASSERT_TRUE(end.ok()) << Text(end.status);
  ASSERT_EQ(end.value.rows.size(), 1u);
  pb::Scenario scenario = Scenario(1);
  scenario.mutable_seed_members()->Clear();
  scenario.mutable_seed_members()->add_ids(end.value.rows[0].seed_members(0));
  scenario.mutable_model()->mutable_forward()->set_probability(0.3);
  scenario.set_run_seed(77);
  const auto run = client().Simulate(scenario);
  ASSERT_TRUE(run.ok()) << Text(run.status);
  EXPECT_EQ(end.value.result.digest(), run.value.digest());
  EXPECT_EQ(end.value.result.totals().deliveries(), run.value.totals().deliveries());
  EXPECT_EQ(end.value.rows[0].reach(0), run.value.totals().reach());
}

TEST_F(TrafficCallsTest, ACountedRateIsDrawnOnceForAllMessages) {
  pb::TrafficSpec spec = SpecOf("g", 0, 500);
  spec.mutable_forward()->clear_probability();
  spec.mutable_forward()->mutable_probability_counts()->set_shares(3);
  spec.mutable_forward()->mutable_probability_counts()->set_receipts(100);
  const auto counted = Generate(client(), spec);
  ASSERT_TRUE(counted.ok()) << Text(counted.status);
  const pb::CountedRate& rate = counted.value.result.counted_rate();
  EXPECT_GT(rate.drawn(), 0);
  const auto known = Generate(client(), SpecOf("g", rate.drawn(), 500));
  ASSERT_TRUE(known.ok()) << Text(known.status);
  EXPECT_EQ(counted.value.result.digest(), known.value.result.digest());
  spec.mutable_forward()->mutable_probability_counts()->set_shares(101);
  EXPECT_THAT(Refusal(spec),
              IsBadField("spec.forward.probability_counts.shares", "at most the 100 receipts"));
}

TEST_F(TrafficCallsTest, BatchesGiveWhatTheSameMessagesGenerateThemselves) {
  pb::TrafficSpec spec = SpecOf("g", 0.02, 3'000);
  spec.set_rows(true);
  const auto generated = Generate(client(), spec);
  ASSERT_TRUE(generated.ok()) << Text(generated.status);
  spec.clear_generated();
  TrafficCall call(client());
  call.Send(spec);
  ASSERT_EQ(generated.value.rows.size(), 1u);
  const pb::TrafficRows& rows = generated.value.rows[0];
  for (int first = 0, size = 1; first < 3'000; first += size, size = 2 * size + 1) {
    pb::MessageBatch batch;
    for (int i = first; i < std::min(first + size, 3'000); ++i) {
      batch.add_seed_members(rows.seed_members(i));
      batch.add_start_seconds(rows.start_seconds(i));
    }
    call.Send(batch);
  }
  call.EndBatches();
  const auto batches = call.ReadAll();
  ASSERT_TRUE(batches.ok()) << Text(batches.status);
  EXPECT_EQ(batches.value.result.digest(), generated.value.result.digest());
  EXPECT_EQ(batches.value.result.reach().ShortDebugString(),
            generated.value.result.reach().ShortDebugString());
  for (int hour = 0; hour < generated.value.result.hours_size(); ++hour) {
    EXPECT_EQ(batches.value.result.hours(hour).ShortDebugString(),
              generated.value.result.hours(hour).ShortDebugString());
  }
}

TEST_F(TrafficCallsTest, NoBatchAtAllIsNoTraffic) {
  TrafficCall call(client());
  call.Send(SpecOf("g", 0.1, 0));
  call.EndBatches();
  const auto end = call.ReadAll();
  ASSERT_TRUE(end.ok()) << Text(end.status);
  EXPECT_EQ(end.value.result.totals().messages(), 0u);
  EXPECT_EQ(end.value.result.digest(), std::string(32, '0'));
}

TEST_F(TrafficCallsTest, OneCallTooManyIsToldWhenToTryAgain) {
  pb::TrafficSpec spec = SpecOf("g", 0.02, 0);
  spec.set_rows(true);
  std::vector<std::unique_ptr<TrafficCall>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::make_unique<TrafficCall>(client()));
    calls.back()->Send(spec);
    calls.back()->Send(Batch({"1"}));
    pb::RunTrafficResponse rows;
    ASSERT_TRUE(calls.back()->Read(rows)) << "it has begun";
  }
  const grpc::Status status = Refusal(spec);
  EXPECT_THAT(status, IsRefused(StatusCode::RESOURCE_EXHAUSTED, "8 calls of RunTraffic are going on"));
  EXPECT_GT(DetailsOf(status).retry_seconds, 0);
  for (const auto& call : calls) {
    call->EndBatches();
    EXPECT_TRUE(call->ReadAll().ok());
  }
  ExpectStillServing();
}

TEST_F(TrafficCallsTest, RowsOfABatchComeBeforeTheNextIsSent) {
  pb::TrafficSpec spec = SpecOf("g", 0.02, 0);
  spec.set_rows(true);
  TrafficCall call(client());
  call.Send(spec);
  pb::RunTrafficResponse response;
  for (std::uint64_t number = 0; number < 5; ++number) {
    call.Send(Batch({"17"}));
    ASSERT_TRUE(call.Read(response));
    ASSERT_TRUE(response.has_rows());
    EXPECT_EQ(response.rows().first_message(), number);
    EXPECT_EQ(response.rows().seed_members(0), "17");
  }
  call.EndBatches();
  EXPECT_TRUE(call.ReadAll().ok());
}

TEST_F(TrafficCallsTest, RequestsThatMakeNoSenseAreRefused) {
  EXPECT_THAT(Refusal(SpecOf("", 0.1, 10)), IsBadField("spec.graph", "name of a graph"));
  EXPECT_THAT(Refusal(SpecOf("h", 0.1, 10)), IsRefused(StatusCode::NOT_FOUND, "there are: g"));
  EXPECT_THAT(Refusal(SpecOf("g", 1.5, 10)), IsBadField("spec.forward.probability", "between 0 and 1"));
  pb::TrafficSpec unlike = SpecOf("g", 0.1, 10);
  unlike.mutable_forward()->mutable_factors()->add_ages(0.5);
  EXPECT_THAT(Refusal(unlike), IsBadField("spec.forward.factors", "all members forward alike"));
  EXPECT_THAT(Refusal(SpecOf("g", 0.1, limits::kTrafficMessagesMax + 1)),
              IsBadField("spec.generated.messages", "10000000000"));
  EXPECT_THAT(Refusal(SpecOf("g", 0.9, limits::kTrafficMessagesMax)),
              IsBadField("spec.generated.messages", "deliveries are expected"));
  pb::TrafficSpec spec = SpecOf("g", 0.1, 10);
  spec.mutable_generated()->set_messages(0);
  EXPECT_THAT(Refusal(spec), IsBadField("spec.generated.messages", "found 0"));
  spec = SpecOf("g", 0.1, 10);
  spec.mutable_generated()->set_senders(static_cast<pb::SenderDistribution>(9));
  EXPECT_THAT(Refusal(spec), IsBadField("spec.generated.senders", "9"));
  spec = SpecOf("g", 0.1, 10);
  spec.set_max_steps(limits::kStepsMax + 1);
  EXPECT_THAT(Refusal(spec), IsBadField("spec.max_steps", "at most"));
  ExpectStillServing();
}

TEST_F(TrafficCallsTest, BatchesBesideGeneratedMessagesAreRefused) {
  EXPECT_THAT(Refusal(SpecOf("g", 0.01, 10), {Batch({"17"})}), IsBadField("part", "generated"));
  ExpectStillServing();
}

TEST_F(TrafficCallsTest, BatchesThatMakeNoSenseAreRefused) {
  const pb::TrafficSpec spec = SpecOf("g", 0.01, 0);
  EXPECT_THAT(Refusal(spec, {Batch({"17"}), Batch({"18", "20000"})}),
              IsBadField("batch.seed_members[1]", "no member '20000'"));
  EXPECT_THAT(Refusal(spec, {Batch({"someone"})}), IsBadField("batch.seed_members[0]", "someone"));
  EXPECT_THAT(Refusal(spec, {Batch({})}), IsBadField("batch.seed_members", "found 0"));
  pb::MessageBatch batch = Batch({"17", "18"});
  batch.add_start_seconds(1);
  EXPECT_THAT(Refusal(spec, {batch}), IsBadField("batch.start_seconds", "found 1"));
  batch.add_start_seconds(86'400);
  EXPECT_THAT(Refusal(spec, {batch}), IsBadField("batch.start_seconds[1]", "found 86400"));
  batch = Batch(std::vector<std::string>(limits::kWaveMessages + 1, "17"));
  EXPECT_THAT(Refusal(spec, {batch}), IsBadField("batch.seed_members", "found 65537"));
  TrafficCall call(client());
  call.Send(Batch({"17"}));
  call.EndBatches();
  EXPECT_THAT(call.ReadAll().status, IsBadField("part", "a spec first"));
  ExpectStillServing();
}

// Far more than could ever be done: only cancelling ends it.
TEST_F(TrafficCallsTest, EndsWithItsCaller) {
  TrafficCall call(client());
  call.Send(SpecOf("g", 0.04, 100'000'000));
  call.EndBatches();
  pb::RunTrafficResponse response;
  ASSERT_TRUE(call.Read(response));
  EXPECT_GT(response.progress().totals().messages(), 0u);
  call.Cancel();
  EXPECT_EQ(call.ReadAll().status.error_code(), StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually(absl::Seconds(30), [&] { return client().DeleteGraph("g").ok(); }))
      << "the traffic still uses its graph";
}

// Rows that nobody reads stop the traffic where it is; others go on.
TEST_F(TrafficCallsTest, ASlowReaderHoldsNobodyElseUp) {
  pb::TrafficSpec spec = SpecOf("g", 0.01, 10'000'000);
  spec.set_rows(true);
  TrafficCall slow(client());
  slow.Send(spec);
  slow.EndBatches();
  pb::RunTrafficResponse response;
  ASSERT_TRUE(slow.Read(response));
  for (int i = 0; i < 3; ++i) ExpectStillServing();
  std::uint64_t rows = 0;
  for (int i = 0; i < 10 && slow.Read(response); ++i) rows += response.rows().reach_size();
  EXPECT_GT(rows, 0u);
  slow.Cancel();
  EXPECT_EQ(slow.ReadAll().status.error_code(), StatusCode::CANCELLED);
}

// Batches are their caller's: who sent them has to send them again.
TEST_F(TrafficCallsTest, AWorkerThatDiesEndsACallWithBatchesAndIsNamed) {
  pb::TrafficSpec spec = SpecOf("g", 0.02, 0);
  spec.set_rows(true);
  TrafficCall call(client());
  call.Send(spec);
  call.Send(Batch({"17"}));
  pb::RunTrafficResponse response;
  ASSERT_TRUE(call.Read(response));
  cluster().worker(1).Kill();
  const grpc::Status status = call.ReadAll().status;
  EXPECT_NE(status.error_code(), StatusCode::OK);
  cluster().RestartWorker(1);
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return Generate(client(), SpecOf("g", 0.01, 10)).ok(); }));
}

TEST_F(TrafficCallsTest, GeneratedTrafficGoesOnWhenItsWorkerIsBack) {
  pb::TrafficSpec spec = SpecOf("g", 0.01, 800'000);  // some waves more than are under way at once
  const auto undisturbed = Generate(client(), spec);
  ASSERT_TRUE(undisturbed.ok()) << Text(undisturbed.status);
  spec.set_rows(true);  // as long as they are not read it is not over
  TrafficCall call(client());
  call.Send(spec);
  call.EndBatches();
  pb::RunTrafficResponse response;
  ASSERT_TRUE(call.Read(response));
  EXPECT_GT(response.rows().reach_size(), 0);
  cluster().worker(1).Kill();
  while (call.Read(response) && response.progress().waiting_for().empty()) continue;
  EXPECT_THAT(response.progress().waiting_for(), testing::Not(testing::IsEmpty()));
  cluster().RestartWorker(1);
  const auto end = call.ReadAll();
  ASSERT_TRUE(end.ok()) << Text(end.status);
  EXPECT_EQ(end.value.result.digest(), undisturbed.value.result.digest());
  EXPECT_EQ(end.value.result.totals().ShortDebugString(),
            undisturbed.value.result.totals().ShortDebugString());
  EXPECT_EQ(end.value.result.reach().ShortDebugString(), undisturbed.value.result.reach().ShortDebugString());
}

TEST_F(TrafficCallsTest, RequestIdsAreForOneSpecAndGeneratedMessages) {
  pb::TrafficSpec spec = SpecOf("g", 0.01, 0);
  spec.set_request_id("r");
  EXPECT_THAT(Refusal(spec), IsBadField("spec.request_id", "generated messages"));
  spec = SpecOf("g", 0.01, 10);
  spec.set_request_id(std::string(65, 'r'));
  EXPECT_THAT(Refusal(spec), IsBadField("spec.request_id", "at most 64 bytes"));
}

}  // namespace
}  // namespace lawine
