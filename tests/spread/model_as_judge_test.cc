// The judge of all models, set to `forward` or to an independent cascade, against the judge of these two.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/graphs.h"
#include "tests/support/judge.h"
#include "tests/support/model_judge.h"

namespace lawine {
namespace {

// Settings of the two models that the other judge knows.
void ExpectAsTheOtherJudge(const TestGraph& graph, JudgeRun run) {
  SCOPED_TRACE(absl::StrCat(graph.name, ", run seed ", run.run_seed, ", replica ", run.replica));
  const Verdict expected = Judge(ForJudge(graph), run);
  const ModelGraph links = ForModels(graph);
  MessageSpec spec = MessageFrom(links, run.seed_members);
  spec.forward = run.forward;
  spec.link.same = run.link;
  RunLuck luck(run.run_seed, run.replica);
  const ModelSpec model{.messages = {spec}, .interventions = {}, .monitors = {}};
  const MessageVerdict found = JudgeModel(links, model, luck, run.max_steps, run.replica)[0];
  EXPECT_EQ(found.digest, expected.digest);
  EXPECT_EQ(found.stopped_at_max_steps, expected.stopped_at_max_steps);
  ASSERT_EQ(found.steps.size(), expected.steps.size());
  for (std::size_t t = 0; t < found.steps.size(); ++t) {
    const ModelStep& step = found.steps[t];
    EXPECT_EQ(step.step, t);
    EXPECT_EQ(step.deliveries, expected.steps[t].deliveries);
    EXPECT_EQ(step.seen, expected.steps[t].deliveries);
    EXPECT_EQ(step.first_receipts, expected.steps[t].first_receipts);
    EXPECT_EQ(step.injected, t == 0 ? run.seed_members.size() : 0);
    EXPECT_EQ(t == 0 ? 0 : step.duplicates(), expected.steps[t].duplicates);
    EXPECT_EQ(step.forwards, expected.steps[t].forwards);
    EXPECT_EQ(step.acting, expected.steps[t].forwards);
  }
}

TEST(ModelAsJudgeTest, ForwardAndIndependentCascadeAreThemselves) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    TestRandom random(seed);
    const TestGraph graph =
        RandomGraph(random, 2 + static_cast<std::uint32_t>(random.Below(30)), 1 + random.Below(4), 10);
    JudgeRun run{.run_seed = random.Next(), .replica = random.Below(3)};
    (random.OneIn(2) ? run.link : run.forward) = Threshold::FromFixed(Threshold::kOne / 4 * random.Below(5));
    if (run.forward == Threshold()) run.forward = Threshold::FromFixed(Threshold::kOne);
    if (random.OneIn(3)) run.max_steps = static_cast<std::uint32_t>(random.Below(4));
    for (const std::uint32_t m :
         random.Subset(static_cast<std::uint32_t>(graph.extra_members.size()), 1, 8)) {
      run.seed_members.insert(graph.extra_members[m]);
    }
    run.seed_members.insert(graph.start);
    ExpectAsTheOtherJudge(graph, run);
  }
}

}  // namespace
}  // namespace lawine
