// Who brought it to whom: by definition, and the same however the graph is divided.
#include "engine/spread/attribution.h"

#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/graph/generator.h"
#include "engine/graph/link_kind.h"
#include "engine/spread/attribution_tree.h"
#include "engine/spread/local_cluster.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/graphs.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using ::testing::ElementsAre;

// Columns of the whole graph, by dense id.
struct Columns {
  std::vector<std::uint32_t> receipt_steps = {}, forward_steps = {}, senders_plus_one = {}, deliveries = {};
};

Columns Spread(const Shards& shards, const RunSpec& spec, std::uint32_t workers) {
  ThreadPool pool(2);
  const auto outcome = LocalCluster(shards.images(), workers).Run(spec, pool);
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  Columns columns;
  for (const Receipts& shard : outcome->receipts) {
    const auto append = [](const auto& part, auto& whole) {
      whole.insert(whole.end(), part.begin(), part.end());
    };
    append(shard.receipt_steps, columns.receipt_steps);
    append(shard.forward_steps, columns.forward_steps);
    append(shard.senders_plus_one, columns.senders_plus_one);
    append(shard.deliveries, columns.deliveries);
  }
  return columns;
}

// One message of a forward model that starts at the graph's start.
RunSpec SpecOf(const Shards& shards, const TestGraph& graph, std::uint64_t run_seed, MessageSpec message) {
  RunSpec spec;
  spec.run_seed = run_seed;
  auto model = std::make_shared<ModelSpec>();
  message.injections = {{.step = 0, .members = {shards.IdOf(graph.start)}}};
  model->messages = {std::move(message)};
  spec.model = std::move(model);
  spec.record_receipts = spec.record_attribution = true;
  return spec;
}

// Written from the definition, for the forward model without delays: of all that forwarded a step before the
// receipt, the one with the smallest coin.
Columns Judged(const TestGraph& graph, const Shards& shards, const RunSpec& spec, const Columns& run) {
  Columns judged{.receipt_steps = run.receipt_steps, .forward_steps = run.forward_steps};
  judged.senders_plus_one.assign(run.receipt_steps.size(), 0);
  judged.deliveries.assign(run.receipt_steps.size(), 0);
  const CoinLane coins({spec.run_seed, 0, 0}, CoinPurpose::kAttribution);
  std::map<std::uint32_t, std::uint64_t> best;
  for (const auto& [source, receiver] : graph.links) {
    const std::uint32_t u = shards.IdOf(source).value, w = shards.IdOf(receiver).value;
    if (run.forward_steps[u] == kNoStep) continue;
    ++judged.deliveries[w];
    if (run.forward_steps[u] + 1 != run.receipt_steps[w]) continue;
    const std::uint64_t coin = coins.Coin(source, receiver);
    if (best.contains(w) && best[w] <= coin) continue;
    best[w] = coin;
    judged.senders_plus_one[w] = u + 1;
  }
  return judged;
}

TEST(AttributionTest, IsTheSmallestCoinOfThoseThatDeliveredAtTheReceipt) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    TestRandom random(seed);
    TestGraph graph = RandomGraph(random, static_cast<std::uint32_t>(2 + random.Below(40)), 1, 4);
    graph.start = ForJudge(graph).begin()->first;
    const VectorLinkSource source(graph);
    const auto shards_count = static_cast<std::uint32_t>(1 + random.Below(5));
    const Shards shards =
        Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count));
    MessageSpec message;
    message.forward = Threshold::FromFixed(Threshold::kOne / 2);
    const RunSpec spec = SpecOf(shards, graph, seed, message);
    const Columns run = Spread(shards, spec, static_cast<std::uint32_t>(1 + random.Below(shards_count)));
    const Columns judged = Judged(graph, shards, spec, run);
    EXPECT_EQ(run.senders_plus_one, judged.senders_plus_one) << "seed " << seed;
    EXPECT_EQ(run.deliveries, judged.deliveries) << "seed " << seed;
  }
}

TEST(AttributionTest, IsTheSameHoweverTheGraphIsDividedAlsoWithDelaysOfLinks) {
  TestRandom random(7);
  TestGraph graph = RandomGraph(random, 60, 1, 6);
  graph.start = ForJudge(graph).begin()->first;
  const VectorLinkSource source(graph);
  MessageSpec message;
  message.forward = Threshold::FromFixed(Threshold::kOne);
  message.seen = Threshold::FromFixed(Threshold::kOne / 2);
  message.link_delay = {
      .cumulative = {Threshold::FromFixed(Threshold::kOne / 2), Threshold::FromFixed(Threshold::kOne)}};
  std::optional<Columns> first;
  for (const std::uint32_t shards_count : {1, 2, 7}) {
    const Shards shards =
        Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count));
    const Columns run = Spread(shards, SpecOf(shards, graph, 1, message), shards_count);
    if (!first.has_value()) first = run;
    EXPECT_EQ(run.senders_plus_one, first->senders_plus_one);
    EXPECT_TRUE(MakeAttributionTree(run.receipt_steps, run.senders_plus_one).ok());
  }
}

TEST(AttributionTest, DeliveriesBeyondWhatIsCountedAreAsManyAsAreCounted) {
  Receipts receipts;
  Attribution attribution({.run_seed = 1}, 2, receipts);
  receipts.deliveries[1] = 0xFFFFFFFE;
  for (int i = 0; i < 3; ++i) attribution.Deliver(1, MemberId(0), attribution.CoinsOf(10), 1, 20);
  EXPECT_THAT(receipts.deliveries, ElementsAre(0, 0xFFFFFFFF));
  EXPECT_THAT(receipts.senders_plus_one, ElementsAre(0, 1));
}

TEST(AttributionTest, InjectedMembersHaveItFromNobody) {
  const TestGraph graph = Path(3);  // 10 -> 20 -> 30
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(3, 1));
  MessageSpec message;
  message.forward = Threshold::FromFixed(Threshold::kOne);
  RunSpec spec = SpecOf(shards, graph, 1, message);
  ModelSpec model = *spec.model;
  model.messages[0].injections = {{.step = 0, .members = {MemberId(0)}},
                                  {.step = 1, .members = {MemberId(1)}}};
  spec.model = std::make_shared<ModelSpec>(std::move(model));
  EXPECT_THAT(Spread(shards, spec, 1).senders_plus_one, ElementsAre(0, 0, 2));
}

// Accounts in four networks, many of them of the same persons.
TEST(AttributionTest, CrossPostedMembersHaveItFromNobody) {
  ThreadPool pool(2);
  const GeneratorSpec generated =
      ResolveSpec({.preset = "nl-2009", .members = 10'000, .links_per_member_milli = 5'000}).value();
  const auto source = MakeGenerator(generated, pool).value();
  const Shards shards = Shards::InMemory(*source, PartitionMap::Even(source->members_count(), 3));
  auto model = std::make_shared<ModelSpec>();
  MessageSpec& message = model->messages.emplace_back();
  message.forward = Threshold::FromFixed(Threshold::kOne / 2);
  message.link_kinds.assign(256, true);
  message.link_kinds[kLinkSamePerson] = false;
  Injection& seeds = message.injections.emplace_back();
  for (std::uint32_t member = 0; member < 10'000; member += 50) seeds.members.push_back(MemberId(member));
  PeopleSpec& people = model->people.emplace();
  std::uint32_t first = 0;
  for (const NetworkSize& network : NetworksOf(generated)) {
    people.networks.push_back(MemberId(first));
    first += network.members;
  }
  people.cross_posting.assign(people.networks.size() * people.networks.size(),
                              Threshold::FromFixed(Threshold::kOne / 2));
  RunSpec spec;
  spec.model = model;
  spec.record_receipts = spec.record_attribution = true;
  const auto outcome = LocalCluster(shards.images(), 2).Run(spec, pool);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  std::uint64_t cross_posts = 0;
  for (const StepCounts& step : outcome->steps) cross_posts += step.cross_posts;
  EXPECT_GT(cross_posts, 20u);
  const Columns columns = Spread(shards, spec, 2);
  const auto tree = MakeAttributionTree(columns.receipt_steps, columns.senders_plus_one);
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->roots.size(), seeds.members.size() + cross_posts);
}

constexpr std::uint32_t kNone = kNoStep;

TEST(AttributionTreeTest, OfAChain) {
  // 0 - 1 - 2 - 3: distances 1 x 3, 2 x 2, 3 x 1.
  const auto tree =
      MakeAttributionTree(std::vector<std::uint32_t>{0, 1, 2, 3}, std::vector<std::uint32_t>{0, 1, 2, 3});
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->members, 4u);
  EXPECT_THAT(tree->members_by_depth, ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(tree->Width(), 1u);
  EXPECT_DOUBLE_EQ(tree->MeanDepth(), 1.5);
  EXPECT_DOUBLE_EQ(tree->StructuralVirality(), 10.0 / 6);
}

TEST(AttributionTreeTest, OfAStarNearsTwo) {
  // The hub and n leaves: n pairs at 1, n (n - 1) / 2 at 2. Goel et al. 2016: about 2 for a broadcast.
  std::vector<std::uint32_t> steps(101, 1), senders(101, 1);
  steps[0] = senders[0] = 0;
  const auto tree = MakeAttributionTree(steps, senders);
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Width(), 100u);
  EXPECT_DOUBLE_EQ(tree->StructuralVirality(), (100 + 2 * 4950) / 5050.0);
}

TEST(AttributionTreeTest, OfSeveralStartsCountsPairsOfOneTreeOnly) {
  // Ids do not ascend with receipts: 3 -> 0 -> 2, and 4 alone; 1 was not reached.
  const auto tree = MakeAttributionTree(std::vector<std::uint32_t>{1, kNone, 2, 0, 0},
                                        std::vector<std::uint32_t>{4, 0, 1, 0, 0});
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->members, 4u);
  EXPECT_THAT(tree->members_by_depth, ElementsAre(2, 1, 1));
  ASSERT_EQ(tree->roots.size(), 2u);
  EXPECT_EQ(tree->roots[0].member, MemberId(3));
  EXPECT_EQ(tree->roots[0].members, 3u);
  EXPECT_EQ(tree->roots[1].members, 1u);
  EXPECT_DOUBLE_EQ(tree->StructuralVirality(), 4.0 / 3);
}

TEST(AttributionTreeTest, RefusesASenderThatDidNotHaveIt) {
  EXPECT_FALSE(MakeAttributionTree(std::vector<std::uint32_t>{0, 0}, std::vector<std::uint32_t>{0, 1}).ok());
  EXPECT_FALSE(
      MakeAttributionTree(std::vector<std::uint32_t>{kNone, 1}, std::vector<std::uint32_t>{0, 1}).ok());
  EXPECT_FALSE(MakeAttributionTree(std::vector<std::uint32_t>{0, 1}, std::vector<std::uint32_t>{0, 9}).ok());
}

TEST(AttributionTreeTest, OfNobody) {
  const auto tree = MakeAttributionTree({}, {});
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->Width(), 0u);
  EXPECT_EQ(tree->StructuralVirality(), 0);
}

}  // namespace
}  // namespace lawine
