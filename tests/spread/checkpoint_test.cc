// Runs that go on from checkpoints end as those that were not interrupted: same counts, digests, receipts,
// senders, groups and costs, from any step, at other workers too.
#include <array>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/base/thread_pool.h"
#include "engine/spread/local_cluster.h"
#include "engine/spread/local_rounds.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/damage.h"
#include "tests/support/graphs.h"
#include "tests/support/model_link_source.h"
#include "tests/support/model_text.h"
#include "tests/support/random_model.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

using testing::HasSubstr;

// By step: of each shard, in order.
using Checkpoints = std::map<std::uint32_t, std::vector<std::string>>;

// What comes of a run, and the checkpoints made on the way.
struct Ended {
  absl::Status status;
  ClusterOutcome outcome;
  std::vector<std::vector<StepCounts>> kept_steps;
  Checkpoints checkpoints;
  std::uint32_t turns = 0;
};

class Workers {
 public:
  Workers(const Shards& shards, std::uint32_t workers, Executor& executor)
      : shards_(shards), groups_(shards.ForWorkers(workers)), executor_(executor) {}

  // From the beginning or from a checkpoint. With `every_step` all workers are asked for checkpoints all the
  // time, else none is.
  Ended Run(const RunSpec& spec, bool every_step, const std::vector<std::string>* from = nullptr) const {
    LocalRounds<RunMachine> rounds(groups_.size(), [&](std::size_t w, RunMachine::Send send) {
      return std::make_unique<RunMachine>(spec, shards_.info().partition, groups_[w], std::move(send));
    });
    Ended ended;
    ended.status = Drive(rounds, every_step, from, ended);
    if (ended.status.ok()) Collect(rounds, spec, ended);
    return ended;
  }

 private:
  absl::Status Drive(LocalRounds<RunMachine>& rounds, bool every_step, const std::vector<std::string>* from,
                     Ended& ended) const {
    const auto done = [](const auto& machine) { return machine->done(); };
    std::size_t first = 0;
    for (std::size_t w = 0; from != nullptr && w < groups_.size(); ++w) {
      LAWINE_RETURN_IF_ERROR(rounds.machines()[w]->Load(std::span(*from).subspan(first, groups_[w].size())));
      first += groups_[w].size();
    }
    for (bool started = false; !started || !std::ranges::all_of(rounds.machines(), done); started = true) {
      if (++ended.turns > 5'000) return absl::InternalError("it does not end");
      LAWINE_RETURN_IF_ERROR(rounds.Round(executor_, [&](RunMachine& machine) {
        if (every_step) machine.RequestCheckpoint();
        if (!started) return machine.Start(executor_);
        return machine.Ready() ? machine.Advance(executor_) : absl::OkStatus();
      }));
      Gather(rounds, ended.checkpoints);
    }
    return absl::OkStatus();
  }
  // Workers need not come to a step in the same round.
  void Gather(LocalRounds<RunMachine>& rounds, Checkpoints& checkpoints) const {
    std::size_t first = 0;
    for (std::size_t w = 0; w < groups_.size(); ++w) {
      std::optional<RunCheckpoint> made = rounds.machines()[w]->TakeCheckpoint();
      if (made.has_value()) {
        std::vector<std::string>& all = checkpoints[made->step];
        all.resize(shards_.images().size());
        std::ranges::move(made->shards, all.begin() + static_cast<std::ptrdiff_t>(first));
      }
      first += groups_[w].size();
    }
  }
  void Collect(const LocalRounds<RunMachine>& rounds, const RunSpec& spec, Ended& ended) const {
    ClusterOutcome& outcome = ended.outcome;
    outcome.groups.resize(MessagesOf(spec));
    ended.kept_steps = rounds.machines()[0]->kept_steps();
    for (std::size_t w = 0; w < groups_.size(); ++w) {
      const RunMachine& machine = *rounds.machines()[w];
      ended.status.Update(MergeLanes(machine.lanes(), outcome.lanes));
      for (std::uint32_t m = 0; m < MessagesOf(spec); ++m) {
        if (w == 0) outcome.message_steps.push_back(machine.steps(m));
        AddTo(machine.groups(m), outcome.groups[m]);
      }
      outcome.frame_bytes += machine.frame_bytes_sent();
      outcome.events += machine.events_sent();
      outcome.links_touched += machine.links_touched();
    }
    // By message and then by shard, whoever has it.
    for (std::uint32_t m = 0; spec.record_receipts && m < MessagesOf(spec); ++m) {
      for (std::size_t w = 0; w < groups_.size(); ++w) {
        for (std::size_t s = 0; s < groups_[w].size(); ++s) {
          outcome.receipts.push_back(rounds.machines()[w]->receipts(s, m));
        }
      }
    }
  }

  const Shards& shards_;
  const std::vector<std::vector<const ShardImage*>> groups_;
  Executor& executor_;
};

bool Same(const Receipts& a, const Receipts& b) {
  return a.receipt_steps == b.receipt_steps && a.forward_steps == b.forward_steps &&
         a.senders_plus_one == b.senders_plus_one && a.deliveries == b.deliveries;
}

// In words; empty when there is none.
std::string Difference(const Ended& a, const Ended& b) {
  if (!a.status.ok() || !b.status.ok()) return absl::StrCat(a.status.ToString(), "; ", b.status.ToString());
  if (a.outcome.message_steps != b.outcome.message_steps) return "steps";
  if (a.outcome.lanes != b.outcome.lanes) return "outcomes";
  if (a.kept_steps != b.kept_steps) return "first steps";
  if (!std::ranges::equal(a.outcome.receipts, b.outcome.receipts, Same)) return "receipts";
  if (a.outcome.groups != b.outcome.groups) return "groups";
  return a.outcome.links_touched == b.outcome.links_touched ? "" : "links touched";
}

struct Found {
  std::uint64_t runs = 0;
  std::uint64_t checkpoints = 0;
};

// Holds a run that makes a checkpoint of every step, and runs that go on from two of them, against one that
// makes none.
std::string FirstDifference(const Shards& shards, RunSpec spec, TestRandom& random, Executor& executor,
                            Found& found) {
  const std::size_t shards_count = shards.images().size();
  const auto workers_count = static_cast<std::uint32_t>(1 + random.Below(shards_count));
  const Workers workers(shards, workers_count, executor);
  const Ended whole = workers.Run(spec, false);
  const Ended made = workers.Run(spec, true);
  if (!whole.checkpoints.empty()) return "checkpoints that nobody asked for";
  if (const std::string difference = Difference(whole, made); !difference.empty()) {
    return "asking for checkpoints makes a difference: " + difference;
  }
  for (const auto& [step, bytes] : made.checkpoints) {
    for (const std::string& of_shard : bytes) {
      if (of_shard.empty()) return absl::StrCat("step ", step, ": a shard without a checkpoint");
    }
  }
  for (std::uint64_t i = std::min<std::size_t>(made.checkpoints.size(), 2); i > 0; --i) {
    const auto from = std::next(made.checkpoints.begin(),
                                static_cast<std::ptrdiff_t>(random.Below(made.checkpoints.size())));
    ++spec.attempt;
    const Ended again = workers.Run(spec, true, &from->second);
    std::string difference = Difference(whole, again);
    // How much is sent depends on who the workers are, and on nothing else.
    if (difference.empty() && whole.outcome.events != again.outcome.events) difference = "events";
    if (difference.empty() && made.outcome.frame_bytes != again.outcome.frame_bytes)
      difference = "frame bytes";
    // What is loaded is what was saved, to the byte, then and ever after.
    if (difference.empty() && Checkpoints(from, made.checkpoints.end()) != again.checkpoints) {
      difference = "checkpoints";
    }
    const auto others = static_cast<std::uint32_t>(1 + random.Below(shards_count));
    if (difference.empty())
      difference = Difference(whole, Workers(shards, others, executor).Run(spec, false, &from->second));
    if (!difference.empty()) return absl::StrCat("from step ", from->first, ": ", difference);
  }
  ++found.runs;
  found.checkpoints += made.checkpoints.size();
  return "";
}

RunSpec SpecOf(const RandomModel& random_model) {
  RunSpec spec;
  spec.run_id = 4;
  spec.run_seed = random_model.run_seed;
  spec.first_replica = static_cast<std::uint32_t>(random_model.replica);
  spec.max_steps = random_model.max_steps;
  spec.steps_to_percent = 37;
  spec.model = std::make_shared<ModelSpec>(random_model.spec);
  return spec;
}

constexpr std::array kShards = {1u, 2u, 4u, 7u};

TEST(CheckpointTest, RandomModelsGoOnAsIfNothingHadHappened) {
  ThreadPool pool(2);
  Found found;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    TestRandom random(seed);
    const RandomModel random_model = MakeRandomModel(random);
    const ModelLinkSource source(random_model.graph);
    const Shards shards = Shards::InMemory(
        source, RandomPartition(random, source.members_count(), kShards[random.Below(kShards.size())]));
    RunSpec spec = SpecOf(random_model);
    spec.record_receipts = random.OneIn(2);
    spec.record_attribution = spec.record_receipts && random.OneIn(2);
    ASSERT_EQ(FirstDifference(shards, spec, random, pool, found), "")
        << "seed " << seed << ", " << shards.images().size() << " shards: " << Told(random_model.spec);
  }
  EXPECT_GT(found.checkpoints, 15'000u);
}

TEST(CheckpointTest, KernelsGoOnAsIfNothingHadHappened) {
  ThreadPool pool(2);
  Found found;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    TestRandom random(seed);
    const auto members = static_cast<std::uint32_t>(2 + random.AnySize(10));
    const TestGraph graph = RandomGraph(random, members, 1 + random.Below(9), 10 + random.Below(100));
    const VectorLinkSource source(graph);
    const Shards shards = Shards::InMemory(
        source, RandomPartition(random, source.members_count(), kShards[random.Below(kShards.size())]));
    JudgeRun run{.run_seed = seed, .forward = Threshold::FromFixed(random.Next() >> 1)};
    run.seed_members = {ForJudge(graph).begin()->first};
    if (random.OneIn(2)) run.link = std::exchange(run.forward, Threshold::FromFixed(Threshold::kOne));
    if (random.OneIn(4)) run.max_steps = static_cast<std::uint32_t>(random.Below(4));
    RunSpec spec = shards.SpecFor(run);
    spec.record_receipts = random.OneIn(2);
    spec.keep_steps = random.OneIn(2);
    ASSERT_EQ(FirstDifference(shards, spec, random, pool, found), "")
        << "seed " << seed << ": " << graph.name;
  }
  EXPECT_GT(found.checkpoints, 800u);
}

TEST(CheckpointTest, EverybodyMakesOneOfTheSameStepWhoeverAsks) {
  const VectorLinkSource source(Path(20));
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(source.members_count(), 4));
  const RunSpec spec =
      shards.SpecFor({.forward = Threshold::FromFixed(Threshold::kOne), .seed_members = {10}});
  InlineExecutor executor;
  LocalRounds<RunMachine> rounds(4, [&](std::size_t w, RunMachine::Send send) {
    return std::make_unique<RunMachine>(spec, shards.info().partition, shards.ForWorkers(4)[w],
                                        std::move(send));
  });
  ASSERT_TRUE(rounds.Round(executor, [&](RunMachine& machine) { return machine.Start(executor); }).ok());
  const auto round = [&](std::size_t asked) {
    rounds.machines()[asked]->RequestCheckpoint();
    for (int i = 0; i < 2; ++i) {
      const auto advance = [&](RunMachine& machine) { return machine.Advance(executor); };
      EXPECT_TRUE(rounds.Round(executor, advance).ok());
    }
    std::vector<std::uint32_t> steps;
    for (const auto& machine : rounds.machines()) {
      const std::optional<RunCheckpoint> made = machine->TakeCheckpoint();
      if (made.has_value()) steps.push_back(made->step);
    }
    return steps;
  };
  EXPECT_THAT(round(2), testing::ElementsAre(2, 2, 2, 2));
  EXPECT_THAT(round(0), testing::ElementsAre(4, 4, 4, 4));
  EXPECT_THAT(round(3), testing::ElementsAre(6, 6, 6, 6));
}

// Deliveries by group that are under way are not kept by the step at which they arrive.
TEST(CheckpointTest, GroupsTakeNoMoreRoomWhereDeliveriesTakeManySteps) {
  constexpr std::uint32_t kDelays = 100;
  const VectorLinkSource source(OutStar(300));
  const Shards shards = Shards::InMemory(source, PartitionMap::Even(source.members_count(), 1));
  InlineExecutor executor;
  const auto bytes_with = [&](const std::optional<GroupSpec>& groups) {
    ModelSpec model;
    MessageSpec& message = model.messages.emplace_back();
    message.injections = {{.step = 0, .members = {shards.IdOf(10)}}};
    for (std::uint64_t i = 1; i < kDelays; ++i) {
      message.link_delay.cumulative.push_back(Threshold::FromFixed(Threshold::kOne / kDelays * i));
    }
    message.link_delay.cumulative.push_back(Threshold::FromFixed(Threshold::kOne));
    model.groups = groups;
    RunSpec spec;
    spec.model = std::make_shared<const ModelSpec>(std::move(model));
    const Ended ended = Workers(shards, 1, executor).Run(spec, true);
    EXPECT_TRUE(ended.status.ok()) << ended.status;
    std::size_t most = 0;
    for (const auto& [step, checkpoint] : ended.checkpoints) most = std::max(most, checkpoint[0].size());
    return most;
  };
  const GroupSpec groups;
  constexpr std::uint32_t kCountsAGroup = 3;
  EXPECT_GT(bytes_with({}), 300u);
  EXPECT_LE(bytes_with(groups), bytes_with({}) + 2 * kCountsAGroup * GroupsCount(groups));
}

// A model that uses all there is in a checkpoint.
class DamagedTest : public testing::Test {
 protected:
  DamagedTest() {
    for (std::uint64_t seed = 1; made_.checkpoints.size() < 4 || sizes() > 900; ++seed) {
      TestRandom random(seed);
      random_model_ = MakeRandomModel(random);
      if (!random_model_.max_steps.has_value() || !random_model_.spec.growth.has_value() ||
          random_model_.spec.messages.size() != 2 || random_model_.graph.members.size() > 30) {
        continue;
      }
      source_ = std::make_unique<ModelLinkSource>(random_model_.graph);
      shards_ = std::make_unique<Shards>(
          Shards::InMemory(*source_, PartitionMap::Even(source_->members_count(), 2)));
      spec_ = SpecOf(random_model_);
      spec_.record_receipts = spec_.record_attribution = true;
      made_ = Workers(*shards_, 1, executor_).Run(spec_, true);
    }
  }
  std::size_t sizes() const { return middle()[0].size() + middle()[1].size(); }
  const std::vector<std::string>& middle() const {
    return std::next(made_.checkpoints.begin(), static_cast<std::ptrdiff_t>(made_.checkpoints.size() / 2))
        ->second;
  }
  // With the second shard's bytes replaced.
  Ended RunFrom(std::string bytes) const {
    const std::vector<std::string> from = {middle()[0], std::move(bytes)};
    return Workers(*shards_, 1, executor_).Run(spec_, false, &from);
  }

  mutable InlineExecutor executor_;
  RandomModel random_model_;
  std::unique_ptr<ModelLinkSource> source_;
  std::unique_ptr<Shards> shards_;
  RunSpec spec_;
  Ended made_;
};

TEST_F(DamagedTest, WhatIsCutOffOrChangedIsRefused) {
  std::uint64_t tried = 0;
  const auto expect_refused = [&](std::string_view bytes) {
    ++tried;
    const absl::Status status = RunFrom(std::string(bytes)).status;
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  };
  ForEachTruncation(middle()[1], expect_refused);
  ForEachBitFlip(middle()[1], expect_refused);
  EXPECT_GT(tried, 2'000u);
  EXPECT_EQ(Difference(RunFrom(middle()[1]), made_), "");
}

// Also where the checksum fits: what is wrong is refused, or leads to another end, but to an end.
TEST_F(DamagedTest, WhatIsMadeUpDoesNoHarm) {
  std::uint64_t refused = 0, tried = 0;
  const auto try_it = [&](std::string_view bytes) {
    std::string repaired(bytes);
    if (repaired.size() < 4) return;
    RepairChecksum(repaired);
    ++tried;
    const Ended ended = RunFrom(repaired);
    refused += ended.status.ok() ? 0 : 1;
    if (!ended.status.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(ended.status)) << ended.status;
    }
  };
  ForEachByteChange(middle()[1], try_it);
  ForEachTruncation(middle()[1], try_it);
  EXPECT_GT(tried, 1'500u);
  EXPECT_GT(refused, tried / 4);
  EXPECT_LT(refused, tried) << "some changes are of what only results tell";
}

TEST_F(DamagedTest, CheckpointsOfOthersAreRefused) {
  const auto expect = [&](const RunSpec& spec, const std::vector<std::string>& from, const char* what) {
    const absl::Status status = Workers(*shards_, 1, executor_).Run(spec, false, &from).status;
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  };
  RunSpec other = spec_;
  other.run_id = 5;
  expect(other, middle(), "run: expected 5, found 4");
  other = spec_;
  ++other.run_seed;
  expect(other, middle(), "run seed");
  other = spec_;
  other.max_steps = 0;
  expect(other, middle(), "step: expected at most 0");
  // A step that so many messages cannot take together, as a number of three bytes in place of one.
  other.max_steps.reset();
  constexpr std::size_t kStepAt = 4 + 4 * 8 + 1;
  std::string late = middle()[0];
  late.replace(kStepAt, 1, "\xC0\xCF\x24");
  RepairChecksum(late);
  expect(other, {late, middle()[1]}, "step: expected at most 524288, found 600000");
  expect(spec_, {middle()[1], middle()[0]}, "shard: expected 0, found 1");
  expect(spec_, {middle()[0], made_.checkpoints.begin()->second[1]}, "of the other shards");
  expect(spec_, {"", middle()[1]}, "expected 8 bytes at least, found 0");
  other.model = nullptr;
  other.record_attribution = false;
  other.seed_members = {MemberId(0)};
  other.max_steps = spec_.max_steps;
  expect(other, middle(), "messages: expected 1, found 2");
}

}  // namespace
}  // namespace lawine
