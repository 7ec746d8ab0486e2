// Comparisons and sweeps over real processes: the same numbers as the runs they are made of, the same for any
// cluster, refusals, and callers that leave.
#include <algorithm>
#include <cmath>
#include <thread>

#include "absl/strings/str_cat.h"
#include "lawine/v1/what_if.grpc.pb.h"
#include "tests/cluster/long_run.h"
#include "tests/cluster/refusal.h"

namespace lawine {
namespace {

using grpc::StatusCode;

template <class Result>
struct Told {
  Result result;
  pb::Estimate estimate;
  std::vector<pb::WhatIfProgress> progress;
};
using Compared = Told<pb::ComparisonResult>;
using Swept = Told<pb::SweepResult>;

// Reads a call to its end.
template <class Result, class Response, class Request>
Answer<Told<Result>> Call(Client& client, const Request& request,
                          std::unique_ptr<grpc::ClientReader<Response>> (pb::WhatIfService::Stub::*method)(
                              grpc::ClientContext*, const Request&)) {
  const auto stub = pb::WhatIfService::NewStub(client.channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kCallTimeout));
  const auto reader = ((*stub).*method)(&context, request);
  Answer<Told<Result>> answer;
  Response response;
  while (reader->Read(&response)) {
    if (response.has_progress()) answer.value.progress.push_back(response.progress());
    if (response.has_result()) answer.value.result = response.result();
    if (response.has_estimate()) answer.value.estimate = response.estimate();
  }
  answer.status = reader->Finish();
  return answer;
}

Answer<Compared> Compare(Client& client, const pb::CompareRequest& request) {
  return Call<pb::ComparisonResult>(client, request, &pb::WhatIfService::Stub::Compare);
}
Answer<Swept> Sweep(Client& client, const pb::SweepRequest& request) {
  return Call<pb::SweepResult>(client, request, &pb::WhatIfService::Stub::Sweep);
}

class WhatIfTest : public LongRunTest {
 protected:
  static pb::CompareRequest Request(std::uint32_t replicas) {
    pb::CompareRequest request;
    pb::Comparison& comparison = *request.mutable_comparison();
    *comparison.mutable_base() = Scenario(replicas);
    comparison.mutable_base()->mutable_model()->mutable_forward()->set_probability(0.06);
    pb::Variant& keener = *comparison.add_variants();
    keener.set_name("keener");
    keener.mutable_change()->mutable_model()->mutable_forward()->set_probability(0.08);
    pb::Variant& shorter = *comparison.add_variants();
    shorter.set_name("shorter");
    shorter.mutable_change()->mutable_stop()->set_max_steps(3);
    return request;
  }
};

// What a run of this scenario says by itself.
pb::RunResult RunAlone(Client& client, const pb::Scenario& scenario) {
  const auto run = client.RunToEnd(scenario);
  EXPECT_EQ(run.value.state(), pb::RUN_STATE_SUCCEEDED) << run.value.error();
  return client.Result(run.value.name()).value;
}

TEST_F(WhatIfTest, IsMadeOfTheRunsOfItsScenarios) {
  pb::CompareRequest request = Request(20);
  auto* pair = request.mutable_comparison()->add_pairs();
  pair->set_of("keener");
  pair->set_against("shorter");
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  const pb::ComparisonResult& result = compared.value.result;
  ASSERT_EQ(result.variants_size(), 3);
  ASSERT_EQ(result.differences_size(), 3);
  std::vector<pb::RunResult> alone;
  for (const pb::VariantResult& variant : result.variants()) {
    const pb::RunResult run = alone.emplace_back(RunAlone(client(), variant.scenario()));
    EXPECT_EQ(run.digest(), variant.digest()) << variant.name();
    EXPECT_EQ(run.ensemble().SerializeAsString(), variant.ensemble().SerializeAsString()) << variant.name();
    EXPECT_EQ(run.graph_digest(), variant.graph_digest());
  }
  for (const pb::Difference& difference : result.differences()) {
    EXPECT_TRUE(difference.paired());
    const auto& of = alone[difference.of() == result.variants(1).name() ? 1 : 2];
    const auto& against = alone[difference.against() == result.variants(0).name() ? 0 : 2];
    std::uint32_t more = 0;
    for (int i = 0; i < 20; ++i) {
      more += of.replicas(i).totals().reach() > against.replicas(i).totals().reach();
    }
    EXPECT_EQ(difference.measures().reach().more(), more);
    const auto sum = [](const pb::RunResult& run) { return static_cast<double>(run.totals().reach()); };
    EXPECT_NEAR(difference.measures().reach().mean(), (sum(of) - sum(against)) / 20, 1e-6);
    double by_step = 0;
    for (const auto& step : difference.steps()) by_step += step.first_receipts().mean();
    EXPECT_NEAR(by_step, difference.measures().reach().mean(), 1e-6);
    EXPECT_NE(difference.answer(), "");
  }
  EXPECT_EQ(result.differences(0).measures().reach().less(), 0u) << "more luck never reaches fewer";
  EXPECT_EQ(compared.value.progress.back().runs(), 3u);
}

TEST_F(WhatIfTest, CommonLuckNarrowsTheInterval) {
  pb::CompareRequest request = Request(50);
  request.mutable_comparison()
      ->mutable_variants(0)
      ->mutable_change()
      ->mutable_model()
      ->mutable_forward()
      ->set_probability(0.0605);
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  EXPECT_GT(compared.value.result.differences(0).measures().reach().unpaired_replicas(), 100u);
}

TEST_F(WhatIfTest, IsTheSameOnAnyCluster) {
  const auto here = Compare(client(), Request(8));
  ASSERT_TRUE(here.ok()) << Text(here.status);
  StartCluster({.workers = 1, .threads = 3});
  auto there = Compare(client(), Request(8));
  ASSERT_TRUE(there.ok()) << Text(there.status);
  pb::ComparisonResult result = here.value.result;
  for (pb::ComparisonResult* each : {&result, &there.value.result}) {
    each->clear_timing();
    each->clear_manifest();
  }
  EXPECT_EQ(result.SerializeAsString(), there.value.result.SerializeAsString());
}

TEST_F(WhatIfTest, GraphsThatDifferAreUnpaired) {
  const pb::Scenario chain = ChainScenario(50, 1);
  pb::CompareRequest request = Request(10);
  pb::Variant& other = *request.mutable_comparison()->add_variants();
  other.set_name("chain");
  other.mutable_change()->set_graph(chain.graph());
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  EXPECT_TRUE(compared.value.result.differences(0).paired());
  EXPECT_FALSE(compared.value.result.differences(2).paired());
  EXPECT_NE(compared.value.result.differences(2).answer().find("unpaired"), std::string::npos);
}

TEST_F(WhatIfTest, FindsWhereAVariantBreaksEven) {
  pb::CompareRequest request = Request(10);
  pb::BreakEven& wanted = *request.mutable_comparison()->mutable_break_even();
  wanted.set_variant("keener");
  wanted.set_field("model.forward.probability");
  wanted.set_from(0.01);
  wanted.set_to(0.2);
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  const pb::BreakEvenResult& found = compared.value.result.break_even();
  ASSERT_TRUE(found.found());
  // The only thing that differs from the base is the rate itself.
  EXPECT_NEAR(found.value(), 0.06, found.precision());
  EXPECT_LE(found.ci95().low(), 0.06 + found.precision());
  EXPECT_GE(found.ci95().high(), 0.06 - found.precision());
}

TEST_F(WhatIfTest, EstimatesWithoutRunning) {
  pb::CompareRequest request = Request(10);
  request.set_validate_only(true);
  const auto estimated = Compare(client(), request);
  ASSERT_TRUE(estimated.ok()) << Text(estimated.status);
  EXPECT_TRUE(estimated.value.progress.empty());
  std::uint64_t deliveries = 0;
  for (const double p : {0.06, 0.08, 0.06}) {
    pb::CreateRunRequest run;
    *run.mutable_scenario() = request.comparison().base();
    run.mutable_scenario()->mutable_model()->mutable_forward()->set_probability(p);
    run.set_validate_only(true);
    deliveries += client().CreateRun(run).value.estimate().deliveries();
  }
  EXPECT_EQ(estimated.value.estimate.deliveries(), deliveries);
  EXPECT_GT(estimated.value.estimate.memory_bytes(), 0u);
}

TEST_F(WhatIfTest, RefusesWithThePathInTheRequest) {
  const auto refusal = [&](auto change) {
    pb::CompareRequest request = Request(10);
    change(*request.mutable_comparison());
    return Compare(client(), request).status;
  };
  EXPECT_THAT(refusal([](pb::Comparison& c) { c.clear_variants(); }), IsBadField("variants", "found 0"));
  EXPECT_THAT(
      refusal([](pb::Comparison& c) { *c.mutable_variants(1)->mutable_name() = c.variants(0).name(); }),
      IsBadField("variants[1].name", "again"));
  EXPECT_THAT(
      refusal([](pb::Comparison& c) {
        c.mutable_variants(1)->mutable_change()->mutable_model()->mutable_forward()->set_probability(2);
      }),
      IsBadField("variants[1].change.model.forward.probability", "between 0 and 1"));
  EXPECT_THAT(refusal([](pb::Comparison& c) { c.mutable_base()->mutable_stop()->set_max_steps(~0u); }),
              IsBadField("base.stop.max_steps", "at most"));
  EXPECT_THAT(refusal([](pb::Comparison& c) { c.mutable_base()->set_replicas(1'000'000); }),
              IsBadField("base.replicas", "2 to 10000"));
  EXPECT_THAT(refusal([](pb::Comparison& c) { c.mutable_base()->set_graph("h"); }),
              IsRefused(StatusCode::NOT_FOUND, "there are: g"));
  EXPECT_THAT(refusal([](pb::Comparison& c) {
                c.mutable_break_even()->set_variant("keener");
                c.mutable_break_even()->set_field("model.forward.probability");
                c.mutable_break_even()->set_to(1.5);
              }),
              IsBadField("break_even.to", "between 0 and 1"));
}

TEST_F(WhatIfTest, EndsWhenTheCallerLeaves) {
  pb::CompareRequest request;
  *request.mutable_comparison()->mutable_base() = ChainScenario(1'000, 10'000);
  request.mutable_comparison()->add_variants()->set_name("same");
  const auto stub = pb::WhatIfService::NewStub(client().channel());
  {
    grpc::ClientContext context;
    const auto reader = stub->Compare(&context, request);
    pb::CompareResponse response;
    ASSERT_TRUE(reader->Read(&response));
    context.TryCancel();
    while (reader->Read(&response)) continue;
    EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  }
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] {
    const auto workers = client().Workers();
    return std::all_of(workers.begin(), workers.end(), [](const auto& worker) { return worker.runs() == 0; });
  }));
  // The graph is free again.
  EXPECT_TRUE(Eventually(absl::Seconds(20),
                         [&] { return client().DeleteGraph(request.comparison().base().graph()).ok(); }));
}

pb::SweepRequest SweepRequestOf(const pb::Scenario& scenario, double from, double to, std::uint32_t points) {
  pb::SweepRequest request;
  pb::Sweep& sweep = *request.mutable_sweep();
  *sweep.mutable_scenario() = scenario;
  sweep.set_field("model.forward.probability");
  sweep.set_from(from);
  sweep.set_to(to);
  sweep.set_points(points);
  return request;
}

TEST_F(WhatIfTest, ASweepIsMadeOfTheRunsOfItsValues) {
  const auto swept = Sweep(client(), SweepRequestOf(Scenario(8), 0.02, 0.1, 3));
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  const pb::SweepResult& result = swept.value.result;
  ASSERT_EQ(result.points_size(), 3);
  for (const pb::SweepPoint& point : result.points()) {
    pb::Scenario scenario = Scenario(8);
    scenario.mutable_model()->mutable_forward()->set_probability(point.value());
    const pb::RunResult alone = RunAlone(client(), scenario);
    EXPECT_EQ(alone.digest(), point.digest()) << point.value();
    EXPECT_EQ(alone.ensemble().SerializeAsString(), point.ensemble().SerializeAsString());
  }
  EXPECT_EQ(result.points(1).value(), 0.06);
  EXPECT_EQ(result.sweep().scenario().run_seed(), 1u);
  EXPECT_NE(result.answer(), "");
}

// A random graph of mean audience c: a forwarder is followed by c p further ones, so p = 1 / c is critical.
TEST_F(WhatIfTest, ASweepFindsTheKnownCriticalRate) {
  constexpr std::uint32_t kMembers = 4'000;
  constexpr std::uint32_t kAudience = 10;
  std::string rows;
  std::uint64_t state = 1;
  for (std::uint32_t i = 0; i < kMembers * kAudience; ++i) {
    const auto draw = [&state] {
      return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33;
    };
    const std::uint64_t from = draw() % kMembers;
    absl::StrAppend(&rows, from, " ", draw() % kMembers, "\n");
  }
  pb::ImportOptions options;
  options.set_name("random");
  options.set_row("from,to");
  ASSERT_TRUE(client().Import(options, {{"random", rows}}).ok());
  pb::Scenario scenario;
  scenario.set_graph(options.name());
  scenario.set_replicas(400);
  const auto swept = Sweep(client(), SweepRequestOf(scenario, 0.02, 0.3, 15));
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  const pb::CriticalValue& critical = swept.value.result.critical();
  ASSERT_TRUE(critical.found());
  EXPECT_LE(critical.ci95().low(), 1.0 / kAudience);
  EXPECT_GE(critical.ci95().high(), 1.0 / kAudience);
  EXPECT_NEAR(critical.value(), 1.0 / kAudience, 0.04);
}

TEST_F(WhatIfTest, ASweepOfWholeNumbers) {
  pb::SweepRequest request = SweepRequestOf(Scenario(4), 1, 3, 20);
  request.mutable_sweep()->set_field("stop.max_steps");
  const auto swept = Sweep(client(), request);
  ASSERT_TRUE(swept.ok()) << Text(swept.status);
  ASSERT_EQ(swept.value.result.points_size(), 3);
  EXPECT_EQ(swept.value.result.points(2).ensemble().measures().steps().max(), 3u);
}

TEST_F(WhatIfTest, ASweepIsEstimatedAndRefusedWithThePathInTheRequest) {
  pb::SweepRequest request = SweepRequestOf(Scenario(10), 0.01, 0.1, 5);
  request.set_validate_only(true);
  const auto estimated = Sweep(client(), request);
  ASSERT_TRUE(estimated.ok()) << Text(estimated.status);
  EXPECT_GT(estimated.value.estimate.deliveries(), 0u);
  EXPECT_TRUE(estimated.value.progress.empty());
  const auto refusal = [&](auto change) {
    pb::SweepRequest changed = SweepRequestOf(Scenario(10), 0.01, 0.1, 5);
    change(*changed.mutable_sweep());
    return Sweep(client(), changed).status;
  };
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.mutable_field()->push_back('x'); }),
              IsBadField("field", "did you mean model.forward.probability?"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_field("run_seed"); }), IsBadField("field", "run_seed"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_field("message.kind"); }), IsBadField("field", "a number"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_points(1); }), IsBadField("points", "2 to 200"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_points(100'000); }), IsBadField("points", "2 to 200"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_to(0.01); }), IsBadField("to", "more than `from`"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_to(std::nan("")); }), IsBadField("to", "expected a number"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.set_to(1.5); }),
              IsBadField("scenario.model.forward.probability", "between 0 and 1"));
  EXPECT_THAT(refusal([](pb::Sweep& s) {
                s.set_from(0);
                s.set_scale(pb::SWEEP_SCALE_LOG);
              }),
              IsBadField("from", "more than 0"));
  EXPECT_THAT(refusal([](pb::Sweep& s) { s.mutable_scenario()->set_replicas(1); }),
              IsBadField("scenario.replicas", "2 to 10000"));
}

}  // namespace
}  // namespace lawine
