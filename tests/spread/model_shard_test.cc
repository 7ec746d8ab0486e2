// Every model through the cluster: those that have kernels of their own are the same without them.
#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/graphs.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

const Threshold kHalf = Threshold::FromFixed(Threshold::kOne / 2);

// The same run told as a model.
RunSpec AsModel(const RunSpec& spec) {
  RunSpec as_model = spec;
  auto model = std::make_shared<ModelSpec>();
  MessageSpec& message = model->messages.emplace_back();
  message.forward = spec.forward;
  message.link.same = spec.link;
  message.injections = {{.step = 0, .members = spec.seed_members}};
  as_model.model = std::move(model);
  as_model.seed_members.clear();
  return as_model;
}

TEST(ModelShardTest, ForwardAndCascadeAreAsTheirKernels) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(2 + random.AnySize(9));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(9), 10 + random.Below(100));
    SCOPED_TRACE(absl::StrCat("seed ", seed, ": ", graph.name));
    const VectorLinkSource source(graph);
    const auto shards_count = static_cast<std::uint32_t>(1 + random.Below(5));
    const Shards shards =
        Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count));
    JudgeRun run{.run_seed = seed, .message = random.Below(5), .forward = kHalf};
    run.seed_members = {ForJudge(graph).begin()->first};
    if (random.OneIn(2)) run.link = std::exchange(run.forward, Threshold::FromFixed(Threshold::kOne));
    if (random.OneIn(4)) run.max_steps = static_cast<std::uint32_t>(random.Below(4));
    const RunSpec spec = AsModel(shards.SpecFor(run));
    ThreadPool pool(2);
    const auto workers = static_cast<std::uint32_t>(1 + random.Below(shards_count));
    const auto outcome = LocalCluster(shards.images(), workers).Run(spec, pool);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    const Verdict verdict = Judge(ForJudge(graph), run);
    EXPECT_EQ(Difference(verdict, outcome->steps), "");
    EXPECT_EQ(Difference(verdict, outcome->lanes[0]), "");
  }
}

}  // namespace
}  // namespace lawine
