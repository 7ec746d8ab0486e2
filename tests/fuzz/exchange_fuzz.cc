// A worker's machine amid hostile peers: of a run that two workers share, frames of the other one are
// delivered, held back, repeated, damaged, or made up; some are damaged so that their checksum fits again.
// The run is refused, or waits for ever, or, where no checksum was repaired, ends as it does undisturbed.
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/spread/run_machine.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/damage.h"
#include "tests/support/shards.h"
#include "tests/support/vector_link_source.h"

namespace lawine {
namespace {

// Sixty members in four shards, of which two belong to each worker; half of the members forward.
class Exchange {
 public:
  Exchange()
      : graph_(DrawnGraph()),
        source_(graph_),
        shards_(Shards::InMemory(source_, BalancedPartition(source_, 4))) {
    RunSpec spec = shards_.SpecFor({.run_seed = 3,
                                    .forward = Threshold::FromFixed(Threshold::kOne / 2),
                                    .seed_members = {graph_.start}});
    spec.run_id = 8;
    spec.attempt = 2;
    spec.replicas = 3;
    spec.lanes = 2;
    spec_ = spec;
    Undisturbed();
  }

  struct Machine {
    std::vector<std::string> sent;
    std::unique_ptr<RunMachine> machine;
  };
  std::unique_ptr<Machine> MachineOf(std::uint32_t worker) const {
    auto made = std::make_unique<Machine>();
    made->machine = std::make_unique<RunMachine>(
        spec_, shards_.info().partition, shards_.ForWorkers(2)[worker],
        [to = &made->sent](std::string frame) { to->push_back(std::move(frame)); });
    LAWINE_CHECK(made->machine->Start(executor_).ok());
    return made;
  }
  // All that the other worker sends in this run, in order.
  const std::vector<std::string>& frames() const { return frames_; }
  void CheckResult(const RunMachine& machine) const {
    LAWINE_CHECK(machine.lanes().size() == digests_.size());
    for (std::size_t i = 0; i < digests_.size(); ++i) {
      LAWINE_CHECK(machine.lanes()[i].digest == digests_[i]);
      LAWINE_CHECK(machine.lanes()[i].deliveries == deliveries_[i]);
    }
  }
  InlineExecutor& executor() const { return executor_; }

 private:
  static TestGraph DrawnGraph() {
    TestRandom random(5);
    return RandomGraph(random, 60, 1, 12);
  }
  static void Move(Machine& from, RunMachine& to) {
    for (const std::string& frame : from.sent) LAWINE_CHECK(to.Receive(frame).ok());
    from.sent.clear();
  }
  void Undisturbed() {
    const auto a = MachineOf(0), b = MachineOf(1);
    while (!a->machine->done() || !b->machine->done()) {
      frames_.insert(frames_.end(), b->sent.begin(), b->sent.end());
      Move(*b, *a->machine);
      Move(*a, *b->machine);
      LAWINE_CHECK(a->machine->Ready() || b->machine->Ready());
      if (a->machine->Ready()) LAWINE_CHECK(a->machine->Advance(executor_).ok());
      if (b->machine->Ready()) LAWINE_CHECK(b->machine->Advance(executor_).ok());
    }
    for (const LaneOutcome& lane : a->machine->lanes()) {
      digests_.push_back(lane.digest);
      deliveries_.push_back(lane.deliveries);
    }
  }

  const TestGraph graph_;
  const VectorLinkSource source_;
  const Shards shards_;
  RunSpec spec_;
  mutable InlineExecutor executor_;
  std::vector<std::string> frames_;
  std::vector<Digest> digests_;
  std::vector<std::uint64_t> deliveries_;
};

// Decides, a choice at a time, what comes of the other worker's frames.
class HostilePeer {
 public:
  HostilePeer(FuzzInput& input, const std::vector<std::string>& frames)
      : input_(input), left_(frames.begin(), frames.end()) {}

  bool over() const { return left_.empty() && held_.empty(); }
  bool forged() const { return forged_; }
  std::string Next() {
    std::deque<std::string>& from = left_.empty() || (!held_.empty() && (input_.U8() & 1)) ? held_ : left_;
    const std::string frame = from.front();
    const std::uint8_t choice = input_.U8() % 16;
    if (choice == 1) return frame;  // and once more, later
    if (choice == 2) return Changed(frame, false);
    if (choice == 3) return Changed(frame, true);
    if (choice == 4) return MadeUp();
    from.pop_front();
    if (choice == 5 && &from == &left_) {
      held_.push_back(frame);
      return left_.empty() ? "" : left_.front();
    }
    return frame;
  }

 private:
  std::string Changed(std::string frame, bool repaired) {
    Damage(input_, frame);
    if (repaired && frame.size() >= 4) {
      RepairChecksum(frame);
      forged_ = true;
    }
    return frame;
  }
  std::string MadeUp() {
    std::string frame;
    for (unsigned size = input_.U8() % 80; size > 0; --size) frame.push_back(static_cast<char>(input_.U8()));
    return frame;
  }

  FuzzInput& input_;
  std::deque<std::string> left_;
  std::deque<std::string> held_;
  bool forged_ = false;
};

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  static const Exchange& exchange = *new Exchange();
  FuzzInput input(data, size);
  HostilePeer peer(input, exchange.frames());
  const auto worker = exchange.MachineOf(0);
  RunMachine& machine = *worker->machine;
  // A forged frame may ask for steps without end; each takes frames, and those are not without end.
  for (int turns = 0; turns < 4096 && !machine.done() && !peer.over(); ++turns) {
    if (!machine.Receive(peer.Next()).ok()) return 0;
    while (machine.Ready() && !machine.done()) {
      if (!machine.Advance(exchange.executor()).ok()) return 0;
    }
  }
  if (machine.done() && !peer.forged()) exchange.CheckResult(machine);
  return 0;
}
