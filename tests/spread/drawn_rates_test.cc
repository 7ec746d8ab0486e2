// Rates of which every replica has its own: a replica is what it would be alone, with its rates as
// everybody's.
#include "engine/spread/drawn_rates.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/model_link_source.h"
#include "tests/support/model_text.h"
#include "tests/support/random_model.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

constexpr std::uint32_t kReplicas = 5;
constexpr std::uint32_t kFirstReplica = 7;

Threshold SomeChance(TestRandom& random) {
  return Threshold::FromFixed(1 + random.Below(Threshold::kOne - 1));
}

// Draws for some of the rates that are neither 0 nor 1: one rate may stand in several places.
std::vector<DrawnRate> SomeDraws(TestRandom& random, const std::vector<Threshold*>& rates) {
  std::vector<DrawnRate> drawn;
  for (std::uint32_t place = 0; place < rates.size(); ++place) {
    const bool open = *rates[place] != Threshold() && *rates[place] != Threshold::FromFixed(Threshold::kOne);
    if (!open || random.Below(3) == 0) continue;
    if (drawn.empty() || random.Below(3) != 0) {
      DrawnRate& rate = drawn.emplace_back();
      rate.first_replica = kFirstReplica - 2;  // more are drawn than are asked for
      for (std::uint32_t i = 0; i < kReplicas + 4; ++i) rate.by_replica.push_back(SomeChance(random));
    }
    drawn.back().places.push_back(place);
  }
  return drawn;
}

std::vector<LaneOutcome> LanesOf(const RandomModel& model, const RunSpec& spec) {
  const ModelLinkSource source(model.graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 3));
  ThreadPool pool(1);
  const auto outcome = LocalCluster(shards.images(), 2).Run(spec, pool);
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? outcome->lanes : std::vector<LaneOutcome>();
}

TEST(DrawnRatesTest, AReplicaIsWhatItWouldBeAlone) {
  std::size_t drawn = 0, different = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    TestRandom random(seed);
    RandomModel model = MakeRandomModel(random);
    SCOPED_TRACE(absl::StrCat("seed ", seed, "\n", Told(model.spec)));
    RunSpec spec;
    spec.run_seed = model.run_seed;
    spec.max_steps = model.max_steps.value_or(30);
    spec.first_replica = kFirstReplica;
    spec.replicas = kReplicas;
    spec.lanes = 2;
    spec.drawn_rates = SomeDraws(random, RatesOf(model.spec));
    spec.model = std::make_shared<const ModelSpec>(model.spec);
    const std::vector<LaneOutcome> together = LanesOf(model, spec);
    const std::size_t messages = model.spec.messages.size();
    ASSERT_EQ(together.size(), kReplicas * messages);
    for (std::uint32_t i = 0; i < kReplicas; ++i) {
      ModelSpec own = model.spec;
      SetDrawnRates(spec.drawn_rates, kFirstReplica + i, RatesOf(own));
      RunSpec alone = spec;
      alone.first_replica = kFirstReplica + i;
      alone.replicas = 1;
      alone.drawn_rates.clear();
      alone.model = std::make_shared<const ModelSpec>(own);
      const std::vector<LaneOutcome> lanes = LanesOf(model, alone);
      alone.model = spec.model;
      const std::vector<LaneOutcome> undrawn = LanesOf(model, alone);
      for (std::size_t m = 0; m < messages; ++m) {
        EXPECT_EQ(together[i * messages + m].digest, lanes[m].digest) << "replica " << i << ", message " << m;
        different += lanes[m].digest != undrawn[m].digest ? 1 : 0;
      }
    }
    drawn += spec.drawn_rates.size();
  }
  EXPECT_GT(drawn, 300u);
  EXPECT_GT(different, 300u) << "what is drawn must matter";
}

// The kernels: the forward model, and the cascade with one probability.
TEST(DrawnRatesTest, KernelsDrawToo) {
  TestRandom random(1);
  const TestGraph graph = ErdosRenyi(random, 300, 6);
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 3));
  ThreadPool pool(1);
  for (const std::uint32_t place : {0u, 1u}) {
    RunSpec spec;
    spec.forward = place == 0 ? *Threshold::FromProbability(0.3) : Threshold::FromFixed(Threshold::kOne);
    if (place == 1) spec.link = *Threshold::FromProbability(0.3);
    spec.seed_members = {MemberId(0)};
    spec.replicas = kReplicas;
    spec.lanes = 2;
    DrawnRate& rate = spec.drawn_rates.emplace_back();
    rate.places = {place};
    for (std::uint32_t i = 0; i < kReplicas; ++i) {
      rate.by_replica.push_back(*Threshold::FromProbability(0.15 + 0.1 * i));
    }
    const auto together = LocalCluster(shards.images(), 2).Run(spec, pool);
    ASSERT_TRUE(together.ok()) << together.status();
    for (std::uint32_t i = 0; i < kReplicas; ++i) {
      RunSpec alone = spec;
      alone.first_replica = i;
      alone.replicas = 1;
      alone.drawn_rates.clear();
      *KernelRatesOf(alone)[place] = rate.by_replica[i];
      const auto lanes = LocalCluster(shards.images(), 2).Run(alone, pool);
      ASSERT_TRUE(lanes.ok()) << lanes.status();
      EXPECT_EQ(together->lanes[i].digest, lanes->lanes[0].digest) << "replica " << i;
    }
  }
}

// Where nobody follows there is no author to follow, and no shard that could add links.
TEST(DrawnRatesTest, DrawsOfWhatAModelDoesNotHaveAreRefused) {
  ModelSpec model;
  model.messages.emplace_back().injections = {{.step = 0, .members = {MemberId(0)}}};
  RunSpec spec;
  const auto check = [&] {
    spec.model = std::make_shared<const ModelSpec>(model);
    const std::vector<Threshold*> rates = RatesOf(model);
    const auto place = std::find(rates.begin(), rates.end(), &model.messages[0].reactions.follow);
    spec.drawn_rates = {{.places = {static_cast<std::uint32_t>(place - rates.begin())},
                         .first_replica = 0,
                         .by_replica = {Threshold::FromFixed(Threshold::kOne)}}};
    return CheckRunSpec(spec, 10);
  };
  const absl::Status refused = check();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  model.messages[0].reactions.follow = Threshold::FromFixed(1);
  EXPECT_TRUE(check().ok());
}

TEST(DrawnRatesTest, DrawsThatDoNotFitAreRefused) {
  RunSpec spec;
  spec.seed_members = {MemberId(0)};
  spec.first_replica = 3;
  spec.replicas = 2;
  const auto check = [&spec](DrawnRate rate) {
    spec.drawn_rates = {std::move(rate)};
    return CheckRunSpec(spec, 10).ok();
  };
  EXPECT_TRUE(check({.places = {0, 1}, .first_replica = 3, .by_replica = {{}, {}}}));
  EXPECT_TRUE(check({.places = {1}, .first_replica = 0, .by_replica = {{}, {}, {}, {}, {}}}));
  EXPECT_FALSE(check({.places = {}, .first_replica = 3, .by_replica = {{}, {}}}));
  EXPECT_FALSE(check({.places = {2}, .first_replica = 3, .by_replica = {{}, {}}}));
  EXPECT_FALSE(check({.places = {1, 1}, .first_replica = 3, .by_replica = {{}, {}}}));
  EXPECT_FALSE(check({.places = {0}, .first_replica = 3, .by_replica = {{}}}));
  EXPECT_FALSE(check({.places = {0}, .first_replica = 4, .by_replica = {{}, {}}}));
}

}  // namespace
}  // namespace lawine
