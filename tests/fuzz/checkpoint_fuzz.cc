// Any bytes in the place of a shard's checkpoint, checksum repaired, are refused, or loaded by a machine that
// then comes to an end; what was not damaged ends as it does undisturbed.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/spread/run_machine.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/damage.h"
#include "tests/support/graphs.h"
#include "tests/support/model_link_source.h"
#include "tests/support/shards.h"

namespace lawine {
namespace {

// Forty members in two shards. The first message is an epidemic, the second one takes its time along links;
// the network changes, and everything is kept that can be.
class Run {
 public:
  Run()
      : graph_(DrawnGraph()),
        source_(graph_),
        shards_(Shards::InMemory(source_, PartitionMap::Even(source_.members_count(), 2))) {
    spec_.run_id = 8;
    spec_.max_steps = 12;
    spec_.record_receipts = spec_.record_attribution = true;
    spec_.model = Model();
    const auto machine = Machine();
    machine->RequestCheckpoint();
    LAWINE_CHECK(machine->Start(executor_).ok());
    while (!machine->done()) {
      machine->RequestCheckpoint();
      LAWINE_CHECK(machine->Advance(executor_).ok());
      if (auto made = machine->TakeCheckpoint(); made.has_value() && made->step == 4)
        made_ = *std::move(made);
    }
    LAWINE_CHECK(made_.shards.size() == 2);
    lanes_ = machine->lanes();
  }

  const std::string& checkpoint(std::size_t shard) const { return made_.shards[shard]; }
  // With the bytes of the second shard.
  void GoOn(const std::string& bytes) {
    const auto machine = Machine();
    if (!machine->Load(std::vector{made_.shards[0], bytes}).ok()) return;
    LAWINE_CHECK(machine->Start(executor_).ok());
    for (int turns = 0; !machine->done(); ++turns) {
      LAWINE_CHECK(turns <= 20);
      if (!machine->Advance(executor_).ok()) return;
    }
    LAWINE_CHECK(bytes != made_.shards[1] || machine->lanes() == lanes_);
  }

 private:
  static ModelGraph DrawnGraph() {
    TestRandom random(5);
    return ForModels(RandomGraph(random, 40, 1, 8));
  }
  static std::shared_ptr<const ModelSpec> Model() {
    const auto part = [](std::uint64_t of) { return Threshold::FromFixed(Threshold::kOne / of); };
    auto model = std::make_shared<ModelSpec>();
    model->messages.resize(2);
    MessageSpec& epidemic = model->messages[0];
    epidemic.link.same = part(4);
    epidemic.epidemic = {.recovery = part(3), .susceptible_again = true, .onset = part(2)};
    MessageSpec& slow = model->messages[1];
    slow.seen = part(2);
    slow.delay.cumulative = {part(2), part(1)};
    slow.link_delay.cumulative = {part(4), part(2), part(1)};
    for (MessageSpec& message : model->messages) message.injections = {{.step = 0, .members = {MemberId(3)}}};
    model->growth = GrowthSpec{.new_links = part(4),
                               .lost_links = part(10),
                               .start = part(2),
                               .joining = part(5),
                               .leaving = part(30)};
    model->groups.emplace();
    Intervention& removal = model->interventions.emplace_back();
    removal.removed = {.members = {MemberId(30)}, .share = part(20), .account_kinds = {}};
    return model;
  }
  std::unique_ptr<RunMachine> Machine() const {
    return std::make_unique<RunMachine>(spec_, shards_.info().partition, shards_.images(),
                                        [](std::string) {});
  }

  const ModelGraph graph_;
  const ModelLinkSource source_;
  const Shards shards_;
  InlineExecutor executor_;
  RunSpec spec_;
  RunCheckpoint made_;
  std::vector<LaneOutcome> lanes_;
};

}  // namespace
}  // namespace lawine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lawine;  // NOLINT: the entry point's name is given
  static Run run;
  FuzzInput input(data, size);
  const std::uint8_t choices = input.U8();
  std::string bytes((choices & 1) != 0 ? std::string_view(run.checkpoint(1)) : input.Rest());
  for (unsigned left = choices >> 5; (choices & 1) != 0 && left > 0; --left) Damage(input, bytes);
  if ((choices & 2) != 0 && bytes.size() >= 4) RepairChecksum(bytes);
  run.GoOn(bytes);
  return 0;
}
