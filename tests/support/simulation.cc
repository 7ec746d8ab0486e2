#include "tests/support/simulation.h"

#include <memory>
#include <utility>

#include "engine/spread/local_cluster.h"
#include "engine/spread/run_machine.h"
#include "engine/spread/traffic_machine.h"
#include "engine/spread/wave_collector.h"
#include "tests/support/simulator.h"

namespace lawine {
namespace {

using End = SimulationResult::End;

absl::Status StartRun(RunMachine& machine, Executor& executor) { return machine.Start(executor); }
absl::Status AdvanceTraffic(TrafficMachine& machine, Executor& executor) { return machine.Advance(executor); }

// One attempt at a run, and at traffic. Frames that are left stay on `wire`.
SimulationResult TryRun(const Shards& shards, const RunSpec& spec, const SimulationOptions& options,
                        SimulatedWire& wire, SimulatedAttempts& attempts) {
  Simulator<RunMachine> simulator(
      shards, options, wire, StartRun, [&](std::size_t, const auto& group, auto send) {
        return std::make_unique<RunMachine>(spec, shards.info().partition, group, std::move(send));
      });
  SimulationResult result;
  simulator.Run(result, [&](const Simulator<RunMachine>& done) -> absl::Status {
    for (std::size_t w = 0; w < done.machines_count(); ++w) {
      LAWINE_RETURN_IF_ERROR(MergeLanes(done.machine(w).lanes(), result.lanes));
      for (std::size_t s = 0; spec.record_receipts && s < done.shards_count(w); ++s) {
        result.receipts.push_back(done.machine(w).receipts(s));
      }
    }
    return absl::OkStatus();
  });
  ++attempts.attempts;
  attempts.crashes += simulator.crashes();
  attempts.cuts += simulator.cuts();
  return result;
}

TrafficSimulationResult TryTraffic(const Shards& shards, const TrafficSpec& spec,
                                   const GeneratedTraffic& traffic, const SimulationOptions& options,
                                   SimulatedWire& wire, WaveCollector& collector,
                                   SimulatedAttempts& attempts) {
  std::vector<std::unique_ptr<WaveSource>> waves;
  absl::Status collected;
  collector.BeginAttempt(options.workers_count, nullptr);
  Simulator<TrafficMachine> simulator(
      shards, options, wire, AdvanceTraffic, [&](std::size_t, const auto& group, auto send) {
        waves.push_back(std::make_unique<GeneratedWaves>(traffic, spec, shards.info().members()));
        return std::make_unique<TrafficMachine>(
            spec, shards.info().partition, group, *waves.back(), std::move(send),
            [&](WaveOutcome part) { collected.Update(collector.Add(std::move(part))); });
      });
  TrafficSimulationResult result;
  simulator.Run(result, [&](const Simulator<TrafficMachine>&) -> absl::Status {
    LAWINE_RETURN_IF_ERROR(collected);
    if (!collector.all_whole()) return absl::DataLossError("workers report different waves");
    result.traffic = collector.outcome();
    return absl::OkStatus();
  });
  if (result.refusal.ok() && !collected.ok()) {
    result.refusal = collected;
    result.end = End::kRefused;
  }
  ++attempts.attempts;
  attempts.crashes += simulator.crashes();
  attempts.cuts += simulator.cuts();
  return result;
}

// Options of one attempt of several: another schedule each, and no faults when there were enough.
SimulationOptions OptionsOf(const SimulationOptions& options, const SimulatedAttempts& attempts,
                            std::uint32_t faults_max) {
  SimulationOptions one = options;
  one.schedule_seed = options.schedule_seed * 1'000 + attempts.attempts;
  if (attempts.attempts < faults_max) return one;
  one.crash_chance = one.cut_chance = one.give_up_chance = 0;
  return one;
}

}  // namespace

SimulationResult Simulate(const Shards& shards, const RunSpec& spec, const SimulationOptions& options) {
  SimulatedWire wire;
  SimulatedAttempts attempts;
  return TryRun(shards, spec, options, wire, attempts);
}

TrafficSimulationResult SimulateTraffic(const Shards& shards, const TrafficSpec& spec,
                                        const GeneratedTraffic& traffic, const SimulationOptions& options) {
  SimulatedWire wire;
  SimulatedAttempts attempts;
  WaveCollector collector(options.workers_count);
  return TryTraffic(shards, spec, traffic, options, wire, collector, attempts);
}

SimulationResult SimulateAttempts(const Shards& shards, const RunSpec& spec, const SimulationOptions& options,
                                  std::uint32_t faults_max, SimulatedAttempts& attempts) {
  TestRandom random(options.schedule_seed);
  SimulatedWire wire;
  SimulationResult whole;
  while (whole.lanes.size() < spec.replicas) {
    RunSpec block = spec;
    const auto kept = static_cast<std::uint32_t>(whole.lanes.size());
    block.first_replica += kept;
    block.replicas = static_cast<std::uint32_t>(1 + random.Below(spec.replicas - kept));
    block.attempt = attempts.attempts + 1;
    SimulationResult result = TryRun(shards, block, OptionsOf(options, attempts, faults_max), wire, attempts);
    attempts.stale_frames += wire.LoseSome(random);
    if (result.end == End::kLost) continue;
    if (result.end != End::kFinished) return result;
    // A coordinator that dies now has kept nothing of the block.
    if (attempts.attempts < faults_max && random.OneIn(4)) {
      ++attempts.blocks_lost;
      continue;
    }
    whole.lanes.insert(whole.lanes.end(), result.lanes.begin(), result.lanes.end());
    whole.receipts = std::move(result.receipts);
  }
  whole.end = End::kFinished;
  return whole;
}

TrafficSimulationResult SimulateTrafficAttempts(const Shards& shards, const TrafficSpec& spec,
                                                const GeneratedTraffic& traffic,
                                                const SimulationOptions& options, std::uint32_t faults_max,
                                                SimulatedAttempts& attempts) {
  TestRandom random(options.schedule_seed);
  SimulatedWire wire;
  WaveCollector collector(options.workers_count);
  for (;;) {
    TrafficSpec rest = spec;
    rest.first_wave = collector.next_wave();
    rest.attempt = attempts.attempts + 1;
    const TrafficSimulationResult result = TryTraffic(
        shards, rest, traffic, OptionsOf(options, attempts, faults_max), wire, collector, attempts);
    if (result.end != End::kLost) return result;
    attempts.stale_frames += wire.LoseSome(random);
    // A coordinator that dies keeps what was in one piece.
    if (random.OneIn(3) && !collector.ahead()) {
      ++attempts.blocks_lost;
      collector = WaveCollector(collector.outcome(), collector.next_wave());
    }
  }
}

}  // namespace lawine
