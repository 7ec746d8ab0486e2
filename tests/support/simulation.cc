#include "tests/support/simulation.h"

#include <memory>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/spread/local_cluster.h"
#include "engine/spread/run_machine.h"
#include "engine/spread/traffic_machine.h"
#include "engine/spread/wave_collector.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

using End = SimulationResult::End;

absl::Status TakeFirstTurn(RunMachine& machine, Executor& executor) { return machine.Start(executor); }
absl::Status TakeFirstTurn(TrafficMachine& machine, Executor& executor) { return machine.Advance(executor); }

template <class M>
class Simulator {
 public:
  // make(worker, shards, send) makes a worker's machine.
  template <class Make>
  Simulator(const Shards& shards, const SimulationOptions& options, Make&& make)
      : options_(options), random_(options.schedule_seed), groups_(shards.ForWorkers(options.workers_count)) {
    for (std::size_t w = 0; w < groups_.size(); ++w) {
      machines_.push_back(
          {.machine = make(w, groups_[w], [this, w](const std::string& frame) { Broadcast(w, frame); })});
    }
  }

  // To the end; then collect(machines) puts what they found together.
  template <class Result, class Collect>
  void Run(Result& result, Collect&& collect) {
    result.refusal = RunUntilQuiet();
    bool all_done = true;
    for (const Machine& m : machines_) all_done = all_done && m.machine->done();
    if (result.refusal.ok() && all_done) result.refusal = collect(*this);
    result.end = !result.refusal.ok() ? End::kRefused : all_done ? End::kFinished : End::kStuck;
    result.frames_sent = frames_sent_;
  }

  std::size_t machines_count() const { return machines_.size(); }
  std::size_t shards_count(std::size_t worker) const { return groups_[worker].size(); }
  const M& machine(std::size_t worker) const { return *machines_[worker].machine; }

 private:
  struct Machine {
    std::unique_ptr<M> machine;
    bool started = false;
    bool CanGoOn() const { return !started || machine->Ready(); }
  };
  struct InFlight {
    std::size_t to = 0;
    std::string frame;
  };

  void Broadcast(std::size_t from, const std::string& frame) {
    for (std::size_t to = 0; to < machines_.size(); ++to) {
      if (to == from) continue;
      const std::uint64_t number = frames_sent_++;
      if (options_.fault == nullptr) {
        wire_.push_back({to, frame});
        continue;
      }
      for (std::string& changed : options_.fault(number, frame)) wire_.push_back({to, std::move(changed)});
    }
  }

  absl::Status RunUntilQuiet() {
    for (;;) {
      std::vector<Machine*> able;
      for (Machine& m : machines_) {
        if (m.CanGoOn()) able.push_back(&m);
      }
      const std::uint64_t choices = able.size() + wire_.size();
      if (choices == 0) return absl::OkStatus();
      const std::uint64_t choice = random_.Below(choices);
      LAWINE_RETURN_IF_ERROR(choice < able.size() ? GoOn(*able[choice]) : Deliver(choice - able.size()));
    }
  }

  absl::Status GoOn(Machine& m) {
    if (std::exchange(m.started, true)) return m.machine->Advance(executor_);
    return TakeFirstTurn(*m.machine, executor_);
  }

  absl::Status Deliver(std::size_t at) {
    if (options_.newest_first && !random_.OneIn(4)) at = wire_.size() - 1;
    const InFlight arrived = wire_[at];
    if (random_.Below(100) >= options_.repeat_percent) {
      wire_[at] = std::move(wire_.back());
      wire_.pop_back();
    }
    return machines_[arrived.to].machine->Receive(arrived.frame);
  }

  const SimulationOptions& options_;
  TestRandom random_;
  InlineExecutor executor_;
  const std::vector<std::vector<const ShardImage*>> groups_;
  std::vector<Machine> machines_;
  std::vector<InFlight> wire_;
  std::uint64_t frames_sent_ = 0;
};

}  // namespace

SimulationResult Simulate(const Shards& shards, const RunSpec& spec, const SimulationOptions& options) {
  Simulator<RunMachine> simulator(shards, options, [&](std::size_t, const auto& group, auto send) {
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
  return result;
}

TrafficSimulationResult SimulateTraffic(const Shards& shards, const TrafficSpec& spec,
                                        const GeneratedTraffic& traffic, const SimulationOptions& options) {
  WaveCollector collector(options.workers_count);
  std::vector<std::unique_ptr<WaveSource>> waves;
  absl::Status collected;
  Simulator<TrafficMachine> simulator(shards, options, [&](std::size_t, const auto& group, auto send) {
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
  return result;
}

}  // namespace lawine
