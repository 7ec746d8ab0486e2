#include "tests/support/simulation.h"

#include <memory>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/spread/local_cluster.h"
#include "engine/spread/run_machine.h"
#include "tests/support/test_random.h"

namespace lawine {
namespace {

class Simulator {
 public:
  Simulator(const Shards& shards, const RunSpec& spec, const SimulationOptions& options)
      : options_(options), random_(options.schedule_seed), groups_(shards.ForWorkers(options.workers_count)) {
    for (std::size_t w = 0; w < groups_.size(); ++w) {
      machines_.push_back({.machine = std::make_unique<RunMachine>(
                               spec, shards.info().partition, groups_[w],
                               [this, w](const std::string& frame) { Broadcast(w, frame); })});
    }
  }

  SimulationResult Run(bool with_receipts) {
    SimulationResult result;
    result.refusal = RunUntilQuiet();
    bool all_done = true;
    for (const Machine& m : machines_) all_done = all_done && m.machine->done();
    if (result.refusal.ok() && all_done) result.refusal = Collect(with_receipts, result);
    using End = SimulationResult::End;
    result.end = !result.refusal.ok() ? End::kRefused : all_done ? End::kFinished : End::kStuck;
    result.frames_sent = frames_sent_;
    return result;
  }

 private:
  struct Machine {
    std::unique_ptr<RunMachine> machine;
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
    return m.machine->Start(executor_);
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

  absl::Status Collect(bool with_receipts, SimulationResult& result) {
    for (std::size_t w = 0; w < machines_.size(); ++w) {
      LAWINE_RETURN_IF_ERROR(MergeLanes(machines_[w].machine->lanes(), result.lanes));
      for (std::size_t s = 0; with_receipts && s < groups_[w].size(); ++s) {
        result.receipts.push_back(machines_[w].machine->receipts(s));
      }
    }
    return absl::OkStatus();
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
  return Simulator(shards, spec, options).Run(spec.record_receipts);
}

}  // namespace lawine
