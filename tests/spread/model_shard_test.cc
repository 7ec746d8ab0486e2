// Every model through the cluster: those that have kernels of their own are the same without them.
#include "absl/strings/str_cat.h"
#include "engine/base/coin.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "gtest/gtest.h"
#include "tests/support/compare.h"
#include "tests/support/graphs.h"
#include "tests/support/model_groups.h"
#include "tests/support/model_link_source.h"
#include "tests/support/model_text.h"
#include "tests/support/random_model.h"
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

TEST(ModelShardTest, GroupsCountWhatHasArrivedByTheLastStep) {
  const VectorLinkSource source(OutStar(300));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 2));
  ModelSpec model;
  MessageSpec& message = model.messages.emplace_back();
  message.injections = {{.step = 0, .members = {shards.IdOf(10)}}};
  for (std::uint64_t i = 1; i <= 16; ++i) {
    message.link_delay.cumulative.push_back(Threshold::FromFixed(Threshold::kOne / 16 * i));
  }
  model.groups.emplace();
  RunSpec spec;
  spec.model = std::make_shared<const ModelSpec>(model);
  ThreadPool pool(1);
  std::uint64_t before = 0;
  for (const std::optional<std::uint32_t> steps :
       {std::optional(1u), std::optional(8u), std::optional<std::uint32_t>()}) {
    spec.max_steps = steps;
    const auto outcome = LocalCluster(shards.images(), 2).Run(spec, pool);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    std::uint64_t by_audience = 0;
    for (std::size_t band = 0; band < kAudienceBands.size(); ++band) {
      by_audience += outcome->groups[0][kGroupAudiences + band].deliveries;
    }
    EXPECT_EQ(by_audience, outcome->lanes[0].deliveries);
    EXPECT_GT(by_audience, before);
    before = by_audience;
  }
  EXPECT_EQ(before, 300u);
}

StepCounts CountsOf(const ModelStep& step) {
  return {.step = static_cast<std::uint32_t>(step.step),
          .deliveries = step.deliveries,
          .first_receipts = step.first_receipts,
          .forwards = step.forwards,
          .acting = step.acting,
          .injected = step.injected,
          .ignored = step.ignored,
          .seen = step.seen,
          .recoveries = step.recoveries,
          .monitors = step.monitors,
          .cross_posts = step.cross_posts,
          .unfollows = step.unfollows,
          .follows = step.follows,
          .present = step.present};
}

std::string Text(const StepCounts& s) {
  return absl::StrCat("step ", s.step, ": deliveries ", s.deliveries, ", first receipts ", s.first_receipts,
                      ", forwards ", s.forwards, ", acting ", s.acting, ", injected ", s.injected,
                      ", ignored ", s.ignored, ", seen ", s.seen, ", recoveries ", s.recoveries,
                      ", monitors ", s.monitors, ", cross-posts ", s.cross_posts, ", unfollows ", s.unfollows,
                      ", follows ", s.follows, ", present ", s.present);
}

// The first step through which this share of all receipts was there.
std::uint32_t StepOfShare(const MessageVerdict& verdict, std::uint64_t part, std::uint64_t of) {
  std::uint64_t reached = 0;
  for (const ModelStep& step : verdict.steps) {
    reached += step.first_receipts;
    if (reached > 0 && reached * of >= verdict.receipt_steps.size() * part) {
      return static_cast<std::uint32_t>(step.step);
    }
  }
  return 0;
}

constexpr std::uint32_t kPercent = 37;

// The first difference in words.
std::string Difference(const MessageVerdict& verdict, const std::vector<StepCounts>& steps,
                       const LaneOutcome& lane) {
  std::vector<StepCounts> judged;
  for (const ModelStep& step : verdict.steps) AddTo(CountsOf(step), judged);
  for (std::size_t i = 0; i < std::max(judged.size(), steps.size()); ++i) {
    const std::string judge = i < judged.size() ? Text(judged[i]) : "nothing";
    const std::string engine = i < steps.size() ? Text(steps[i]) : "nothing";
    if (judge != engine) return absl::StrCat("the judge says ", judge, "; the engine ", engine);
  }
  if (verdict.digest != lane.digest) {
    return absl::StrCat("digests: the judge says ", verdict.digest.ToHex(), ", the engine ",
                        lane.digest.ToHex());
  }
  if (verdict.steps.back().step != lane.last_step) return "the last step that happens";
  if (StepOfShare(verdict, 1, 2) != lane.half_step) return "the step of half its reach";
  if (StepOfShare(verdict, 9, 10) != lane.nine_tenths_step) return "the step of 90% of its reach";
  if (StepOfShare(verdict, kPercent, 100) != lane.percent_step)
    return "the step of another part of its reach";
  const StopReason stop = verdict.stopped_at_max_steps ? StopReason::kMaxSteps : StopReason::kNothingPending;
  return stop == lane.stop ? "" : "why it stopped";
}

std::string FirstDifference(const RandomModel& random_model, const Shards& shards, std::uint32_t workers,
                            Executor& executor) {
  RunSpec spec;
  spec.run_seed = random_model.run_seed;
  spec.first_replica = static_cast<std::uint32_t>(random_model.replica);
  spec.max_steps = random_model.max_steps;
  spec.steps_to_percent = kPercent;
  spec.model = std::make_shared<ModelSpec>(random_model.spec);
  const auto outcome = LocalCluster(shards.images(), workers).Run(spec, executor);
  if (!outcome.ok()) return outcome.status().ToString();
  const std::vector<MessageVerdict> verdicts = random_model.Judged();
  for (std::size_t m = 0; m < verdicts.size(); ++m) {
    const std::string difference = Difference(verdicts[m], outcome->message_steps[m], outcome->lanes[m]);
    if (!difference.empty()) return absl::StrCat("message ", m, ": ", difference);
    const std::uint64_t people = spec.model->people.has_value() ? verdicts[m].people : 0;
    if (people != outcome->lanes[m].people) {
      return absl::StrCat("message ", m, ": the judge says ", people, " people, the engine ",
                          outcome->lanes[m].people);
    }
  }
  if (!spec.model->groups.has_value())
    return outcome->groups[0].empty() ? "" : "groups that nobody asked for";
  RunLuck luck(random_model.run_seed, random_model.replica);
  return JudgeGroups(random_model.graph, *spec.model, luck, verdicts) == outcome->groups ? "" : "groups";
}

TEST(ModelShardTest, RandomModelsAreAsJudged) {
  ThreadPool pool(2);
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    TestRandom random(seed);
    const RandomModel random_model = MakeRandomModel(random);
    const ModelLinkSource source(random_model.graph);
    const auto shards_count = static_cast<std::uint32_t>(1 + random.Below(7));
    const Shards shards =
        Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count));
    const auto workers = static_cast<std::uint32_t>(1 + random.Below(shards_count));
    ASSERT_EQ(FirstDifference(random_model, shards, workers, pool), "")
        << "seed " << seed << ", " << shards_count << " shards, " << workers
        << " workers: " << Told(random_model.spec);
  }
}

// Members who follow three that have the message, with weights that sum to what is `more` (in 2^-31) than
// their thresholds rounded down. Returns how many of them forward.
std::uint64_t ForwardsWithWeights(MemberKey count, std::uint32_t more) {
  constexpr std::uint64_t kRunSeed = 11;
  const CoinLane coins({.run_seed = kRunSeed, .message = 0, .replica = 0}, CoinPurpose::kThreshold);
  ModelGraph graph;
  for (const MemberKey source : {1, 2, 3}) graph.members[source] = {};
  for (MemberKey member = 100; member < 100 + count; ++member) {
    graph.members[member] = {};
    const std::uint32_t sum = static_cast<std::uint32_t>(coins.Coin(member) >> 33) + more;
    const std::uint32_t third = sum / 3;
    graph.links.push_back({.source = 1, .receiver = member, .weight = third});
    graph.links.push_back({.source = 2, .receiver = member, .weight = third});
    graph.links.push_back({.source = 3, .receiver = member, .weight = sum - 2 * third});
  }
  ModelSpec model;
  model.messages.push_back(MessageFrom(graph, {1, 2, 3}));
  model.messages.front().acceptance.kind = Acceptance::Kind::kLinearByWeight;
  const ModelLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 3));
  RunSpec spec;
  spec.run_seed = kRunSeed;
  spec.model = std::make_shared<ModelSpec>(model);
  ThreadPool pool(2);
  const auto outcome = LocalCluster(shards.images(), 2).Run(spec, pool);
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->steps[1].first_receipts, count) << "all get it";
  return outcome->steps[1].forwards;
}

// Sums in single precision would not tell.
TEST(ModelShardTest, LinearThresholdsAreExceededByTheLastBitOfAWeight) {
  EXPECT_EQ(ForwardsWithWeights(200, 0), 0u);
  EXPECT_EQ(ForwardsWithWeights(200, 1), 200u);
}

}  // namespace
}  // namespace lawine
