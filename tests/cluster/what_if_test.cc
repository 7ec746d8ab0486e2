// Comparisons over real processes: the same numbers as the runs they are made of, the same for any
// cluster, refusals, and callers that leave.
#include "absl/strings/str_cat.h"
#include "tests/cluster/refusal.h"
#include "tests/cluster/what_if_calls.h"

namespace lawine {
namespace {

using grpc::StatusCode;

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

TEST_F(WhatIfTest, MakesReplicasUntilDifferencesAreKnown) {
  pb::CompareRequest request = Request(400);
  request.mutable_comparison()->mutable_base()->mutable_until_precision()->set_relative_half_width(0.1);
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  const pb::ComparisonResult& result = compared.value.result;
  const std::uint32_t replicas = result.precision().replicas();
  EXPECT_TRUE(replicas == 32 || replicas == 64 || replicas == 128 || replicas == 256 || replicas == 400);
  for (const pb::Difference& difference : result.differences()) {
    const pb::MeasureDifference& reach = difference.measures().reach();
    EXPECT_LE((reach.ci95().high() - reach.ci95().low()) / 2, result.precision().half_width() + 1e-9);
    EXPECT_EQ(difference.replicas(), replicas);
  }
  EXPECT_EQ(result.precision().met(),
            result.precision().half_width() <= 0.1 * result.variants(0).ensemble().measures().reach().mean());
  // They are those of a comparison of so many.
  const auto again = Compare(client(), Request(replicas));
  for (int i = 0; i < result.variants_size(); ++i) {
    EXPECT_EQ(result.variants(i).digest(), again.value.result.variants(i).digest());
  }
}

// "answer" is the second message of the base and the first of the variant; steps are kept of first ones only.
TEST_F(WhatIfTest, AMessageMayBeTheFirstOfSomeScenariosOnly) {
  pb::CompareRequest request = Request(4);
  pb::Comparison& comparison = *request.mutable_comparison();
  comparison.clear_variants();
  comparison.set_message("answer");
  comparison.mutable_base()->mutable_message()->set_kind("rumour");
  comparison.mutable_base()->add_messages()->set_name("answer");
  pb::Variant& variant = *comparison.add_variants();
  variant.set_name("the other way round");
  variant.mutable_change()->mutable_message()->set_kind("answer");
  variant.mutable_change()->add_messages()->set_name("rumour");
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  EXPECT_EQ(compared.value.result.differences(0).steps_size(), 0);
  EXPECT_TRUE(compared.value.result.differences(0).measures().has_reach());
}

// Its base is as it was given: the further message has the first one's model, also in the variants.
TEST_F(WhatIfTest, WhatIsEchoedCanBeRepeated) {
  pb::CompareRequest request = Request(4);
  request.mutable_comparison()->mutable_base()->add_messages()->set_name("next");
  request.mutable_comparison()->mutable_base()->clear_replicas();
  request.mutable_comparison()->mutable_base()->set_first_replica(3);
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  const pb::ComparisonResult& result = compared.value.result;
  EXPECT_EQ(result.comparison().base().replicas(), 100u);
  EXPECT_EQ(result.comparison().base().run_seed(), 1u);
  EXPECT_EQ(result.comparison().base().first_replica(), 3u);
  pb::CompareRequest again;
  *again.mutable_comparison() = result.comparison();
  const auto repeated = Compare(client(), again);
  ASSERT_TRUE(repeated.ok()) << Text(repeated.status);
  for (int i = 0; i < result.variants_size(); ++i) {
    EXPECT_EQ(result.variants(i).digest(), repeated.value.result.variants(i).digest());
  }
}

TEST_F(WhatIfTest, VariantsThatAreAlikeNeedNoMoreReplicas) {
  pb::CompareRequest request = Request(5);
  request.mutable_comparison()->clear_variants();
  request.mutable_comparison()->add_variants()->set_name("same");
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  EXPECT_NE(compared.value.result.recommendation().find("base and same are alike in all 5 paired replicas"),
            std::string::npos)
      << compared.value.result.recommendation();
}

TEST_F(WhatIfTest, DifferencesThatAreAllAlikeAreNotPreciseAtTheFirstLook) {
  pb::CompareRequest request = Request(80);
  request.mutable_comparison()->clear_variants();
  request.mutable_comparison()->add_variants()->set_name("same");
  const auto members = Compare(client(), Request(2)).value.result.variants(0).graph_members();
  request.mutable_comparison()->mutable_base()->mutable_until_precision()->set_half_width(members * 4.0 / 64);
  const auto compared = Compare(client(), request);
  ASSERT_TRUE(compared.ok()) << Text(compared.status);
  EXPECT_EQ(compared.value.result.precision().replicas(), 64u) << "what comes 3 times in 64 may be everybody";
  EXPECT_TRUE(compared.value.result.precision().met());
  EXPECT_NE(compared.value.result.recommendation().find("outcomes rarer than 3 in 64"), std::string::npos);
  request.mutable_comparison()->mutable_base()->mutable_model()->mutable_forward()->set_probability(1);
  EXPECT_EQ(Compare(client(), request).value.result.precision().replicas(), 32u) << "without coins";
}

TEST_F(WhatIfTest, LessIsBetterWhereItIs) {
  pb::CompareRequest request = Request(10);
  request.mutable_comparison()->set_measure("duplicates");
  auto least = Compare(client(), request);
  ASSERT_TRUE(least.ok()) << Text(least.status);
  EXPECT_EQ(least.value.result.recommendation().find("shorter makes fewest"), 0u)
      << least.value.result.recommendation();
  request.mutable_comparison()->set_goal(pb::GOAL_MOST);
  EXPECT_EQ(Compare(client(), request).value.result.recommendation().find("keener makes most"), 0u);
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
  for (int part = 0; part < 3; ++part) {
    pb::CreateRunRequest run;
    *run.mutable_scenario() = request.comparison().base();
    if (part > 0) run.mutable_scenario()->MergeFrom(request.comparison().variants(part - 1).change());
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
  const auto break_even = [](pb::Comparison& c, const char* field, double from, double to) {
    c.mutable_break_even()->set_variant("keener");
    c.mutable_break_even()->set_field(field);
    c.mutable_break_even()->set_from(from);
    c.mutable_break_even()->set_to(to);
  };
  EXPECT_THAT(refusal([&](pb::Comparison& c) { break_even(c, "model.forward.probability", 0, 1.5); }),
              IsBadField("break_even.to", "between 0 and 1"));
  EXPECT_THAT(refusal([&](pb::Comparison& c) { break_even(c, "graph_version", 1, 9); }),
              IsBadField("break_even.to", "expected a version up to 1, found 9"));
  EXPECT_THAT(refusal([](pb::Comparison& c) { c.set_measure("cost"); }),
              IsBadField("measure", "expected costs in the scenario beside cost, found none in 'base'"));
  EXPECT_THAT(refusal([](pb::Comparison& c) { c.set_measure("steps_to_percent"); }),
              IsBadField("measure", "expected steps_to_percent"));
  EXPECT_THAT(refusal([](pb::Comparison& c) {
                c.set_measure("target_reach");
                c.mutable_variants(1)->mutable_change()->mutable_target()->set_network("hyves");
              }),
              IsBadField("measure", "target"));
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
    EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return AnyoneWorks(); }));
    context.TryCancel();
    while (reader->Read(&response)) continue;
    EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  }
  EXPECT_TRUE(Eventually(absl::Seconds(20), [&] { return !AnyoneWorks(); }));
  // The graph is free again.
  EXPECT_TRUE(Eventually(absl::Seconds(20),
                         [&] { return client().DeleteGraph(request.comparison().base().graph()).ok(); }));
}

}  // namespace
}  // namespace lawine
