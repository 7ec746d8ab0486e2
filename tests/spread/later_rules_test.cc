// Rules that change after a step: before it nothing is different, to the bit; after it they hold.
#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/model_link_source.h"
#include "tests/support/model_text.h"
#include "tests/support/random_model.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

// The digest of a random model that ends with a step.
Digest DigestThrough(const RandomModel& model, const ModelSpec& spec, std::uint32_t step) {
  const ModelLinkSource source(model.graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 2));
  RunSpec run;
  run.run_seed = model.run_seed;
  run.max_steps = step;
  run.first_replica = static_cast<std::uint32_t>(model.replica);
  run.model = std::make_shared<const ModelSpec>(spec);
  ThreadPool pool(1);
  const auto outcome = LocalCluster(shards.images(), 2).Run(run, pool);
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  Digest digest;
  for (const LaneOutcome& lane : outcome->lanes) digest += lane.digest;
  return digest;
}

TEST(LaterRulesTest, ThroughTheStepNothingIsDifferentAndThenItIs) {
  int different = 0, models = 0;
  for (std::uint64_t seed = 1; models < 100; ++seed) {
    TestRandom random(seed);
    const RandomModel model = MakeRandomModel(random);
    if (!model.spec.later.has_value()) continue;
    ++models;
    SCOPED_TRACE(absl::StrCat("seed ", seed, "\n", Told(model.spec)));
    ModelSpec first = model.spec;
    first.later.reset();
    const std::uint32_t step = model.spec.later->after_step;
    EXPECT_EQ(DigestThrough(model, first, step), DigestThrough(model, model.spec, step));
    different +=
        DigestThrough(model, first, step + 20) != DigestThrough(model, model.spec, step + 20) ? 1 : 0;
  }
  EXPECT_GT(different, 20);
}

// Triggers that wait let what comes after them wait, whatever came before.
TEST(LaterRulesTest, ATriggerIsNotTrueBeforeItMayBe) {
  ModelSpec model;
  model.messages.resize(2);
  model.messages[1].start = {.kind = Trigger::Kind::kReach, .count = 1, .message = 0, .not_before = 7};
  RunProgress progress(model);
  EXPECT_EQ(progress.StartOf(1), kNoStep);
  const std::vector<StepCounts> counts = {{.step = 0, .first_receipts = 3}, {.step = 0}};
  progress.Close(0, counts);
  EXPECT_EQ(progress.StartOf(1), 7u);
  model.messages[1].start = {.kind = Trigger::Kind::kStep, .count = 2, .message = 0, .not_before = 5};
  EXPECT_EQ(RunProgress(model).StartOf(1), 5u);
  model.messages[1].start.not_before = 1;
  EXPECT_EQ(RunProgress(model).StartOf(1), 2u);
}

TEST(LaterRulesTest, AMessageKeepsItsKind) {
  ModelSpec model;
  MessageSpec& message = model.messages.emplace_back();
  message.injections = {{.step = 0, .members = {MemberId(0)}}};
  const auto with = [&](const auto& change) {
    ModelSpec changed = model;
    changed.later = LaterRules{.after_step = 1, .messages = model.messages};
    change(changed.later->messages[0]);
    return CheckModelSpec(changed, 10).ok();
  };
  EXPECT_TRUE(with([](MessageSpec& later) { later.forward = Threshold(); }));
  EXPECT_TRUE(with([](MessageSpec& later) { later.link.same = Threshold(); }));
  EXPECT_FALSE(with([](MessageSpec& later) { later.acceptance.kind = Acceptance::Kind::kCount; }));
  EXPECT_FALSE(with([](MessageSpec& later) { later.seen = Threshold(); }));
  EXPECT_FALSE(with([](MessageSpec& later) { later.epidemic.emplace(); }));
  EXPECT_FALSE(with(
      [](MessageSpec& later) { later.link_delay.cumulative = {Threshold::FromFixed(Threshold::kOne)}; }));
  model.later = LaterRules{.after_step = 1, .messages = {}};
  EXPECT_FALSE(CheckModelSpec(model, 10).ok());
}

}  // namespace
}  // namespace lawine
