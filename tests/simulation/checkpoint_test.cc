// Faults of processes while single replicas make checkpoints: workers die or are cut off, coordinators begin
// again at one that counts, frames of earlier attempts come late and twice. Always the result of a run that
// nobody disturbs.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "engine/spread/local_cluster.h"
#include "engine/spread/run_machine.h"
#include "gtest/gtest.h"
#include "tests/support/model_link_source.h"
#include "tests/support/model_text.h"
#include "tests/support/random_model.h"
#include "tests/support/shards.h"
#include "tests/support/simulator.h"

namespace lawine {
namespace {

using End = SimulationResult::End;

// What is durable, by step and worker.
using Durable = std::map<std::uint32_t, std::map<std::size_t, std::vector<std::string>>>;

// A worker's machine, and what it writes.
class KeepingMachine {
 public:
  KeepingMachine(std::unique_ptr<RunMachine> machine, std::size_t worker, TestRandom& random,
                 Durable& durable)
      : machine_(std::move(machine)), worker_(worker), random_(random), durable_(durable) {}

  RunMachine& machine() { return *machine_; }
  absl::Status Start(Executor& executor) { return machine_->Start(executor); }
  absl::Status Receive(const std::string& frame) { return machine_->Receive(frame); }
  bool Ready() const { return machine_->Ready(); }
  bool done() const { return machine_->done(); }
  const std::vector<LaneOutcome>& lanes() const { return machine_->lanes(); }
  // Sometimes the disk is full.
  absl::Status Advance(Executor& executor) {
    if (random_.OneIn(3)) machine_->RequestCheckpoint();
    LAWINE_RETURN_IF_ERROR(machine_->Advance(executor));
    std::optional<RunCheckpoint> made = machine_->TakeCheckpoint();
    if (made.has_value() && !random_.OneIn(10)) durable_[made->step][worker_] = std::move(made->shards);
    return absl::OkStatus();
  }

 private:
  const std::unique_ptr<RunMachine> machine_;
  const std::size_t worker_;
  TestRandom& random_;
  Durable& durable_;
};

absl::Status StartKeeping(KeepingMachine& machine, Executor& executor) { return machine.Start(executor); }

struct Attempts {
  std::uint32_t attempts = 0;
  std::uint32_t crashes = 0;
  std::uint32_t gone_on = 0;  // attempts that began at a checkpoint
  std::uint64_t stale_frames = 0;
};

class Coordinator {
 public:
  Coordinator(const Shards& shards, const RunSpec& spec, std::uint64_t seed, Attempts& sum)
      : shards_(shards), spec_(spec), random_(seed), sum_(sum) {
    options_ = {.workers_count = static_cast<std::uint32_t>(1 + random_.Below(shards.images().size())),
                .repeat_percent = static_cast<std::uint32_t>(random_.Below(40)),
                .newest_first = random_.OneIn(2),
                .crash_chance = static_cast<std::uint32_t>(random_.Below(3'000)),
                .cut_chance = static_cast<std::uint32_t>(random_.Below(2'000)),
                .give_up_chance = static_cast<std::uint32_t>(random_.Below(500))};
  }

  // To the end, in as many attempts as it takes.
  SimulationResult Run() {
    for (;;) {
      SimulationResult result = TryOnce();
      if (result.end != End::kLost) return result;
      sum_.stale_frames += wire_.LoseSome(random_);
      ++spec_.attempt;
    }
  }

 private:
  static constexpr std::uint32_t kFaultyMax = 8;

  // The latest that all workers have; sometimes one is damaged, and an earlier one has to do.
  const std::map<std::size_t, std::vector<std::string>>* From() {
    for (auto it = durable_.rbegin(); it != durable_.rend(); ++it) {
      if (it->second.size() == options_.workers_count && !random_.OneIn(5)) return &it->second;
    }
    return nullptr;
  }
  SimulationResult TryOnce() {
    SimulationOptions options = options_;
    options.schedule_seed = random_.Next() >> 20;
    if (spec_.attempt > kFaultyMax) options.crash_chance = options.cut_chance = options.give_up_chance = 0;
    const auto* const kept = From();
    const auto from = kept == nullptr ? std::map<std::size_t, std::vector<std::string>>()
                                      : *kept;  // it may be written anew
    absl::Status loaded;
    Simulator<KeepingMachine> simulator(
        shards_, options, wire_, StartKeeping, [&](std::size_t w, const auto& group, auto send) {
          auto machine = std::make_unique<KeepingMachine>(
              std::make_unique<RunMachine>(spec_, shards_.info().partition, group, std::move(send)), w,
              random_, durable_);
          if (!from.empty()) loaded.Update(machine->machine().Load(from.at(w)));
          return machine;
        });
    SimulationResult result;
    result.refusal = loaded;
    if (!loaded.ok()) return result;
    simulator.Run(result, [&](const Simulator<KeepingMachine>& done) -> absl::Status {
      for (std::size_t w = 0; w < done.machines_count(); ++w) {
        LAWINE_RETURN_IF_ERROR(MergeLanes(done.machine(w).lanes(), result.lanes));
      }
      return absl::OkStatus();
    });
    ++sum_.attempts;
    sum_.crashes += simulator.crashes();
    sum_.gone_on += from.empty() ? 0 : 1;
    return result;
  }

  const Shards& shards_;
  RunSpec spec_;
  TestRandom random_;
  SimulationOptions options_;
  SimulatedWire wire_;
  Durable durable_;
  Attempts& sum_;
};

TEST(CheckpointTest, ModelsEndAsUndisturbed) {
  Attempts sum;
  InlineExecutor executor;
  for (std::uint64_t seed = 1; seed <= 1'500; ++seed) {
    TestRandom random(seed);
    const RandomModel random_model = MakeRandomModel(random);
    const ModelLinkSource source(random_model.graph);
    const Shards shards = Shards::InMemory(source, RandomPartition(random, source.members_count(), 5));
    RunSpec spec;
    spec.run_id = 6;
    spec.run_seed = random_model.run_seed;
    spec.first_replica = static_cast<std::uint32_t>(random_model.replica);
    spec.max_steps = random_model.max_steps;
    spec.model = std::make_shared<ModelSpec>(random_model.spec);
    const auto undisturbed = LocalCluster(shards.images(), 1).Run(spec, executor);
    ASSERT_TRUE(undisturbed.ok()) << undisturbed.status();
    const SimulationResult result = Coordinator(shards, spec, seed, sum).Run();
    ASSERT_EQ(result.end, End::kFinished) << result.refusal << "; seed " << seed;
    ASSERT_EQ(result.lanes, undisturbed->lanes) << "seed " << seed << ": " << Told(random_model.spec);
  }
  std::printf("%u attempts, %u crashes, %u went on from a checkpoint, %llu stale frames\n", sum.attempts,
              sum.crashes, sum.gone_on, static_cast<unsigned long long>(sum.stale_frames));
  EXPECT_GT(sum.crashes, 500u);
  EXPECT_GT(sum.gone_on, 500u);
  EXPECT_GT(sum.stale_frames, 1'000u);
}

}  // namespace
}  // namespace lawine
