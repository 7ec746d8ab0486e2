// Traffic against the judge, message by message: same reach, deliveries, forwards, steps and digest for every
// graph, number of shards, workers and threads, and size of waves.
#include "engine/spread/local_traffic.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "gtest/gtest.h"
#include "tests/support/graphs.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

constexpr std::uint64_t kOne = Threshold::kOne;

Executor& Threads(std::size_t count) {
  static ThreadPool pools[] = {ThreadPool(1), ThreadPool(2), ThreadPool(3)};
  return pools[count - 1];
}

struct Setting {
  std::uint32_t shards = 1;
  std::uint32_t workers = 1;
  std::size_t threads = 1;
  std::uint32_t wave_messages = 7;
};

std::string Text(const Setting& s) {
  return absl::StrCat(s.shards, " shards, ", s.workers, " workers, ", s.threads, " threads, ",
                      s.wave_messages, " messages a wave");
}

// What the judge says of messages 0, 1, ... from `senders`.
struct Judged {
  std::vector<Verdict> verdicts;
  Digest digest;
};

Judged JudgeAll(const JudgeGraph& graph, JudgeRun run, const std::vector<MemberKey>& senders) {
  Judged judged;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    run.message = i;
    run.seed_members = {senders[i]};
    judged.verdicts.push_back(Judge(graph, run));
    judged.digest += judged.verdicts.back().digest;
  }
  return judged;
}

std::uint64_t SumOf(const Verdict& verdict, std::uint64_t JudgeStep::*count) {
  return std::accumulate(verdict.steps.begin(), verdict.steps.end(), std::uint64_t{0},
                         [count](std::uint64_t sum, const JudgeStep& step) { return sum + step.*count; });
}

void ExpectWave(const WaveOutcome& wave, const Judged& judged) {
  for (std::size_t i = 0; i < wave.reach.size(); ++i) {
    const std::uint64_t message = wave.messages.first_message + i;
    const Verdict& verdict = judged.verdicts.at(message);
    EXPECT_EQ(wave.reach[i], verdict.receipt_steps.size()) << "message " << message;
    EXPECT_EQ(wave.deliveries[i], SumOf(verdict, &JudgeStep::deliveries)) << "message " << message;
    EXPECT_EQ(wave.forwards[i], verdict.forward_steps.size()) << "message " << message;
    EXPECT_EQ(wave.last_steps[i], verdict.steps.back().step) << "message " << message;
  }
}

// Queues the messages in waves of the setting's size.
MakeWaves Queue(const Shards& shards, const std::vector<MemberKey>& senders, std::uint32_t wave_messages) {
  return [&shards, &senders, wave_messages] {
    auto waves = std::make_unique<QueuedWaves>();
    for (std::size_t first = 0; first < senders.size(); first += wave_messages) {
      Wave wave{.first_message = first, .senders = {}, .starts = {}};
      for (std::size_t i = first; i < std::min<std::size_t>(first + wave_messages, senders.size()); ++i) {
        wave.senders.push_back(shards.IdOf(senders[i]));
        wave.starts.push_back(static_cast<std::uint32_t>(i * 997 % kDaySeconds));
      }
      waves->Add(std::move(wave));
    }
    waves->End();
    return waves;
  };
}

void ExpectAsJudged(const Shards& shards, const JudgeRun& run, const std::vector<MemberKey>& senders,
                    const Judged& judged, const Setting& setting) {
  SCOPED_TRACE(Text(setting));
  const TrafficSpec spec{.run_id = 9,
                         .run_seed = run.run_seed,
                         .forward = run.forward,
                         .max_steps = run.max_steps,
                         .wave_messages = setting.wave_messages};
  std::uint64_t messages = 0;
  const auto outcome =
      RunLocalTraffic(shards.ForWorkers(setting.workers), spec, Queue(shards, senders, setting.wave_messages),
                      Threads(setting.threads), [&](const WaveOutcome& wave) {
                        ExpectWave(wave, judged);
                        messages += wave.reach.size();
                      });
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const TrafficOutcome& traffic = outcome->traffic;
  EXPECT_EQ(messages, senders.size());
  EXPECT_EQ(traffic.messages, senders.size());
  EXPECT_EQ(traffic.digest.ToHex(), judged.digest.ToHex());
  std::uint64_t by_hours = 0, by_shards = 0, undelivered = 0;
  for (const std::uint64_t count : traffic.deliveries_by_hour) by_hours += count;
  for (const ShardTraffic& shard : traffic.shards) by_shards += shard.deliveries;
  for (const Verdict& verdict : judged.verdicts) undelivered += verdict.stopped_at_max_steps ? 1 : 0;
  EXPECT_EQ(by_hours, traffic.deliveries);
  EXPECT_EQ(by_shards, traffic.deliveries);
  EXPECT_EQ(traffic.shards.size(), setting.shards);
  EXPECT_EQ(traffic.undelivered, undelivered);
}

std::vector<MemberKey> MembersOf(const JudgeGraph& graph) {
  std::vector<MemberKey> members;
  for (const auto& [member, followers] : graph) members.push_back(member);
  return members;
}

TEST(LocalTrafficTest, NamedGraphsAreAsJudgedInAnySetting) {
  for (const TestGraph& graph : NamedGraphs()) {
    SCOPED_TRACE(graph.name);
    const VectorLinkSource source(graph);
    const JudgeGraph judge_graph = ForJudge(graph);
    std::vector<MemberKey> senders = MembersOf(judge_graph);
    senders.resize(std::min<std::size_t>(senders.size(), 12));
    senders.push_back(graph.start);
    for (const std::uint32_t shards_count : {1u, 2u, 4u, 7u}) {
      const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
      for (const std::uint64_t forward : {std::uint64_t{0}, kOne / 2, kOne}) {
        const JudgeRun run{.run_seed = 7, .forward = Threshold::FromFixed(forward)};
        const Judged judged = JudgeAll(judge_graph, run, senders);
        for (const std::uint32_t workers : {1u, std::min(2u, shards_count), std::min(3u, shards_count)}) {
          ExpectAsJudged(shards, run, senders, judged, {shards_count, workers, 1, 65536});
          ExpectAsJudged(shards, run, senders, judged, {shards_count, workers, 3, 2});
        }
      }
    }
  }
}

TEST(LocalTrafficTest, RandomGraphsAreAsJudged) {
  TestRandom random(20091123);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const auto members = static_cast<std::uint32_t>(2 + random.Below(round % 10 == 0 ? 700 : 80));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(6), std::max(members, 8u));
    const VectorLinkSource source(graph);
    const JudgeGraph judge_graph = ForJudge(source);
    const std::vector<MemberKey> members_of = MembersOf(judge_graph);
    std::vector<MemberKey> senders;
    for (std::uint64_t left = 1 + random.Below(60); left > 0; --left) {
      senders.push_back(members_of[random.Below(members_of.size())]);
    }
    const std::uint64_t thresholds[] = {kOne / 20, kOne / 4, kOne / 2, kOne, random.Next() >> 1};
    JudgeRun run{.run_seed = random.Next(),
                 .forward = Threshold::FromFixed(thresholds[random.Below(std::size(thresholds))])};
    if (random.OneIn(3)) run.max_steps = static_cast<std::uint32_t>(random.Below(5));
    const Judged judged = JudgeAll(judge_graph, run, senders);
    const auto shards_count = static_cast<std::uint32_t>(1 + random.Below(7));
    const Shards shards =
        Shards::InMemory(source, RandomPartition(random, source.members_count(), shards_count));
    const Setting setting{.shards = shards_count,
                          .workers = static_cast<std::uint32_t>(1 + random.Below(std::min(shards_count, 3u))),
                          .threads = 1 + random.Below(3),
                          .wave_messages = static_cast<std::uint32_t>(1 + random.Below(70))};
    ExpectAsJudged(shards, run, senders, judged, setting);
  }
}

// Far above the critical point messages outgrow the shared set, more of them than may have sets of their own.
TEST(LocalTrafficTest, LargeMessagesAreAsJudged) {
  TestRandom random(5);
  const TestGraph graph = ErdosRenyi(random, 1200, 8);
  const VectorLinkSource source(graph);
  const JudgeGraph judge_graph = ForJudge(source);
  std::vector<MemberKey> senders = MembersOf(judge_graph);
  senders.resize(limits::kLargeMessages + 40);
  const JudgeRun run{.run_seed = 3, .forward = Threshold::FromFixed(kOne / 2)};
  const Judged judged = JudgeAll(judge_graph, run, senders);
  for (const std::uint32_t shards_count : {1u, 3u}) {
    const Shards shards = Shards::InMemory(source, BalancedPartition(source, shards_count));
    ExpectAsJudged(shards, run, senders, judged, {shards_count, shards_count, 2, 65536});
    ExpectAsJudged(shards, run, senders, judged, {shards_count, 1, 1, 40});
  }
}

TEST(LocalTrafficTest, GeneratedMessagesAreThoseOfTheirSenders) {
  TestRandom random(6);
  const TestGraph graph = ErdosRenyi(random, 3000, 6);
  const VectorLinkSource source(graph);
  const JudgeGraph judge_graph = ForJudge(source);
  const JudgeRun run{.run_seed = 11, .forward = Threshold::FromFixed(kOne / 10)};
  const GeneratedTraffic generated{.messages = 300, .senders = Senders::kHeavyTailed, .daily_rhythm = true};
  const TrafficGenerator generator(generated, run.run_seed, source.members_count());
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 4));
  std::vector<MemberKey> senders;
  for (std::uint64_t i = 0; i < generated.messages; ++i)
    senders.push_back(shards.KeyOf(generator.SenderOf(i)));
  const Judged judged = JudgeAll(judge_graph, run, senders);
  for (const std::uint32_t wave_messages : {1u, 64u, 300u, 65536u}) {
    const TrafficSpec spec{.run_seed = run.run_seed, .forward = run.forward, .wave_messages = wave_messages};
    const auto outcome = RunLocalTraffic(
        shards.ForWorkers(2), spec,
        [&] { return std::make_unique<GeneratedWaves>(generated, spec, source.members_count()); }, Threads(2),
        [&](const WaveOutcome& wave) { ExpectWave(wave, judged); });
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->traffic.messages, generated.messages);
    EXPECT_EQ(outcome->traffic.digest.ToHex(), judged.digest.ToHex());
  }
}

// Audiences 5, 0, 0, ...: the centre is in the groups whose threshold is at most 5.
TEST(LocalTrafficTest, SendersAreGroupedByAudience) {
  const TestGraph graph = OutStar(5);
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 2));
  const std::vector<MemberKey> senders = {graph.start, graph.start, shards.KeyOf(MemberId(3))};
  const TrafficSpec spec{.wave_messages = 2, .group_audiences = {1, 5, 6}};
  const auto outcome = RunLocalTraffic(shards.ForWorkers(2), spec, Queue(shards, senders, 2), Threads(1));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const TrafficOutcome& traffic = outcome->traffic;
  EXPECT_EQ(traffic.group_messages, (std::array<std::uint64_t, 3>{2, 2, 0}));
  EXPECT_EQ(traffic.group_deliveries, (std::array<std::uint64_t, 3>{10, 10, 0}));
  EXPECT_EQ(traffic.deliveries, 10u);
  EXPECT_EQ(traffic.reach_bins[0], 1u);
  EXPECT_EQ(traffic.reach_bins[2], 2u);
  EXPECT_EQ(traffic.reach_max, 6u);
}

// Turns end, so that whoever drives a machine can look whether it is still wanted.
TEST(LocalTrafficTest, WavesThatAreOverAtOnceEndNoMoreThanAFewATurn) {
  const VectorLinkSource source(OutStar(5));
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 1));
  const TrafficSpec spec{.max_steps = 0, .wave_messages = 2};
  GeneratedWaves waves({.messages = 100}, spec, source.members_count());
  std::uint32_t ended = 0;
  TrafficMachine machine(spec, shards.info().partition, shards.images(), waves, nullptr,
                         [&ended](WaveOutcome) { ++ended; });
  std::uint32_t turns = 0;
  for (; machine.Ready(); ++turns) {
    const std::uint32_t before = ended;
    ASSERT_TRUE(machine.Advance(Threads(1)).ok());
    EXPECT_LE(ended - before, limits::kWavesInFlight);
  }
  EXPECT_TRUE(machine.done());
  EXPECT_EQ(ended, 50u);
  EXPECT_GE(turns, 50 / limits::kWavesInFlight);
}

TEST(LocalTrafficTest, WavesThatDoNotFitTheGraphAreRefused) {
  const TestGraph graph = OutStar(5);
  const VectorLinkSource source(graph);
  const Shards shards = Shards::InMemory(source, BalancedPartition(source, 1));
  const auto refused = [&](Wave wave) {
    const auto make = [&wave] {
      auto waves = std::make_unique<QueuedWaves>();
      waves->Add(wave);
      waves->End();
      return waves;
    };
    return RunLocalTraffic(shards.ForWorkers(1), {.wave_messages = 2}, make, Threads(1)).status().ToString();
  };
  EXPECT_NE(refused({0, {MemberId(6)}, {0}}).find("seed_members"), std::string::npos);
  EXPECT_NE(refused({0, {MemberId(1)}, {86400}}).find("start_seconds"), std::string::npos);
  EXPECT_NE(refused({0, {MemberId(1)}, {}}).find("start_seconds"), std::string::npos);
  EXPECT_NE(refused({0, {}, {}}).find("seed_members"), std::string::npos);
  EXPECT_NE(refused({0, {MemberId(1), MemberId(1), MemberId(1)}, {0, 0, 0}}).find("seed_members"),
            std::string::npos);
}

}  // namespace
}  // namespace lawine
