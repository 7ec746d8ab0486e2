// The one thread of a simulated cluster: a seeded scheduler decides what happens next. See simulation.h.
#ifndef LAWINE_TESTS_SUPPORT_SIMULATOR_H_
#define LAWINE_TESTS_SUPPORT_SIMULATOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/base/status_macros.h"
#include "tests/support/simulated_wire.h"
#include "tests/support/simulation.h"
#include "tests/support/test_random.h"

namespace lawine {

// M: RunMachine or TrafficMachine; first(machine, executor) takes its first turn.
template <class M>
class Simulator {
 public:
  using End = SimulationResult::End;
  using TakeFirst = absl::Status (*)(M& machine, Executor& executor);

  // make(worker, shards, send) makes a worker's machine. `wire` may hold frames already, and keeps those that
  // are still under way.
  template <class Make>
  Simulator(const Shards& shards, const SimulationOptions& options, SimulatedWire& wire, TakeFirst take_first,
            Make&& make)
      : options_(options),
        take_first_(take_first),
        random_(options.schedule_seed),
        groups_(shards.ForWorkers(options.workers_count)),
        wire_(wire) {
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
    for (const Machine& m : machines_) all_done = all_done && m.machine != nullptr && m.machine->done();
    if (result.refusal.ok() && all_done) result.refusal = collect(*this);
    const End quiet = all_done ? End::kFinished : lost_ ? End::kLost : End::kStuck;
    result.end = result.refusal.ok() ? quiet : End::kRefused;
    result.frames_sent = frames_sent_;
  }

  std::size_t machines_count() const { return machines_.size(); }
  std::size_t shards_count(std::size_t worker) const { return groups_[worker].size(); }
  const M& machine(std::size_t worker) const { return *machines_[worker].machine; }
  std::uint32_t crashes() const { return crashes_; }
  std::uint32_t cuts() const { return cuts_; }

 private:
  struct Machine {
    std::unique_ptr<M> machine;
    bool started = false;
    bool CanGoOn() const { return machine != nullptr && (!started || machine->Ready()); }
  };

  void Broadcast(std::size_t from, const std::string& frame) {
    for (std::size_t to = 0; to < machines_.size(); ++to) {
      if (to == from) continue;
      const std::uint64_t number = frames_sent_++;
      if (options_.fault == nullptr) {
        wire_.Put({from, to, frame});
        continue;
      }
      for (std::string& changed : options_.fault(number, frame)) wire_.Put({from, to, std::move(changed)});
    }
  }

  absl::Status RunUntilQuiet() {
    while (!given_up_) {
      Fault();
      std::vector<Machine*> able;
      for (Machine& m : machines_) {
        if (m.CanGoOn()) able.push_back(&m);
      }
      const std::uint64_t choices = able.size() + wire_.size();
      if (choices == 0 && !Reconnect()) return absl::OkStatus();
      if (choices == 0) continue;
      const std::uint64_t choice = random_.Below(choices);
      LAWINE_RETURN_IF_ERROR(choice < able.size() ? GoOn(*able[choice]) : Deliver(choice - able.size()));
    }
    return absl::OkStatus();
  }

  bool Happens(std::uint32_t chance) { return chance > 0 && random_.Below(100'000) < chance; }
  void Fault() {
    if (Happens(options_.crash_chance)) {
      Machine& victim = machines_[random_.Below(machines_.size())];
      crashes_ += victim.machine != nullptr;
      lost_ = true;
      victim.machine = nullptr;
    }
    if (!wire_.cut() && Happens(options_.cut_chance)) {
      wire_.CutOff(random_.Below(machines_.size()));
      ++cuts_;
    }
    given_up_ = Happens(options_.give_up_chance) || (lost_ && random_.OneIn(20));
    lost_ = lost_ || given_up_;
  }

  // When nothing is left to happen but to a worker that is cut off: it may come back. False when nothing is.
  bool Reconnect() {
    if (!wire_.cut()) return false;
    const bool for_good = random_.OneIn(3);
    lost_ = lost_ || for_good;
    wire_.Reconnect(for_good);
    return wire_.size() > 0;
  }

  absl::Status GoOn(Machine& m) {
    if (std::exchange(m.started, true)) return m.machine->Advance(executor_);
    return take_first_(*m.machine, executor_);
  }

  absl::Status Deliver(std::size_t at) {
    const std::optional<InFlight> arrived = wire_.Take(at, options_, random_);
    if (!arrived.has_value() || machines_[arrived->to].machine == nullptr) return absl::OkStatus();
    return machines_[arrived->to].machine->Receive(arrived->frame);
  }

  const SimulationOptions& options_;
  const TakeFirst take_first_;
  TestRandom random_;
  InlineExecutor executor_;
  const std::vector<std::vector<const ShardImage*>> groups_;
  SimulatedWire& wire_;
  std::vector<Machine> machines_;
  std::uint64_t frames_sent_ = 0;
  std::uint32_t crashes_ = 0;
  std::uint32_t cuts_ = 0;
  bool lost_ = false;
  bool given_up_ = false;
};

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_SIMULATOR_H_
