// One run on one worker: a state machine over the worker's shards.
//
// Frames in, frames out; no network, no clock, no threads but the executor's. The caller moves frames:
// what `send` gets must reach every other worker of the run, and what they send must be given to Receive.
//
//   RunMachine machine(spec, partition, shards, send);
//   machine.Start(executor);
//   while (!machine.done()) { ...machine.Receive(frame)...; if (machine.Ready()) machine.Advance(executor); }
//
// One step is: deliver everybody's forwards of the step before, decide, tell the others (events, then a
// marker with counters), wait for all markers. Every worker adds up the same markers, so each decides by
// itself, and alike, whether the run goes on.
#ifndef LAWINE_ENGINE_SPREAD_RUN_MACHINE_H_
#define LAWINE_ENGINE_SPREAD_RUN_MACHINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "engine/spread/shard_state.h"
#include "engine/spread/step_inbox.h"

namespace lawine {

// Receive may be called at any time from any thread; everything else by one thread at a time.
class RunMachine {
 public:
  using Send = std::function<void(std::string frame)>;

  // `shards`: this worker's, ascending; they must outlive the machine. `send` is called from Start and
  // Advance only.
  RunMachine(RunSpec spec, PartitionMap partition, std::vector<const ShardImage*> shards, Send send);

  // Seed members receive; the first step is taken. Call once.
  absl::Status Start(Executor& executor);
  absl::Status Receive(std::string_view frame) { return inbox_.Receive(frame); }
  // Everything needed to go on is here.
  bool Ready() const { return !done_ && inbox_.Complete(); }
  // Closes the step waited for and takes the next. REQUIRES: Ready().
  absl::Status Advance(Executor& executor);
  bool done() const { return done_; }

  // One entry per replica begun; steps are whole-graph counts, the rest this worker's part.
  const std::vector<LaneOutcome>& lanes() const { return lanes_; }
  // Of shards[index]; see RunSpec::record_receipts.
  const Receipts& receipts(std::size_t index) const { return shards_[index]->state.receipts(); }
  std::uint64_t frame_bytes_sent() const { return frame_bytes_sent_; }
  std::uint64_t events_sent() const { return events_sent_; }

 private:
  struct LocalShard {
    explicit LocalShard(const ShardImage& shard_image) : image(shard_image), state(shard_image) {}
    const ShardImage& image;
    ShardState state;
    std::vector<MemberId> forwards;
    StepCounts counts;
  };

  void BeginLane(std::uint32_t replica);
  bool LaneOver() const;
  void CloseLane();
  absl::Status TakeStep(Executor& executor);
  void SendStep(const LocalShard& shard, StepKey key);
  absl::Status CloseStep();
  absl::Status Continue(Executor& executor);

  const RunSpec spec_;
  const PartitionMap partition_;
  const Send send_;
  std::vector<std::unique_ptr<LocalShard>> shards_;
  bool has_peers_ = false;
  StepInbox inbox_;
  std::vector<LaneOutcome> lanes_;
  std::vector<ShardStep> remote_;                    // remote shards' events of the step closed last
  std::vector<std::span<const MemberId>> frontier_;  // everybody's forwards of that step
  bool done_ = false;
  std::uint64_t frame_bytes_sent_ = 0;
  std::uint64_t events_sent_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_RUN_MACHINE_H_
