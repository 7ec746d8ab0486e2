// One run on one worker: a state machine over the worker's shards.
//
// Frames in, frames out; no network, no clock, no threads but the executor's. The caller moves frames:
// what `send` gets must reach every other worker of the run, and what they send must be given to Receive.
//
//   RunMachine machine(spec, partition, shards, send);
//   machine.Start(executor);
//   while (!machine.done()) { ...machine.Receive(frame)...; if (machine.Ready()) machine.Advance(executor); }
//
// One step of a replica is: deliver everybody's forwards of the step before, decide, tell the others
// (events, then a marker with counters), wait for all markers. Every worker adds up the same markers, so
// each decides by itself, and alike, whether the replica goes on. While it waits for one replica a worker
// works on others: up to RunSpec::lanes are in flight, begun in order, ended in any.
#ifndef LAWINE_ENGINE_SPREAD_RUN_MACHINE_H_
#define LAWINE_ENGINE_SPREAD_RUN_MACHINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/executor.h"
#include "engine/spread/lane.h"
#include "engine/spread/lane_inboxes.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_checkpoint.h"
#include "engine/spread/run_spec.h"

namespace lawine {

// Receive may be called at any time from any thread; everything else by one thread at a time.
class RunMachine {
 public:
  using Send = Lane::Send;

  // `shards`: this worker's, ascending; they must outlive the machine. `send` is called from Start and
  // Advance only.
  RunMachine(RunSpec spec, PartitionMap partition, std::vector<const ShardImage*> shards, Send send);

  // In place of the beginning: the step that `checkpoints`, parallel to `shards`, are of. Call before Start,
  // if at all. DATA_LOSS when they are not what this machine, or one like it, made; it is then of no use.
  // REQUIRES: spec.replicas == 1.
  absl::Status Load(std::span<const std::string> checkpoints);
  // Begins the first replicas and takes their first steps. Call once.
  absl::Status Start(Executor& executor);
  absl::Status Receive(std::string_view frame) { return inboxes_.Receive(frame); }
  // Everything needed to go on with some replica is here.
  bool Ready() const;
  // A turn: closes the step waited for of one replica or several, and takes the next ones. REQUIRES: Ready().
  absl::Status Advance(Executor& executor);
  bool done() const { return replicas_done_ == spec_.replicas; }

  // The next step that is taken should be one that all workers make a checkpoint of: this one tells them.
  // REQUIRES: spec.replicas == 1.
  void RequestCheckpoint() { checkpoint_wanted_ = true; }
  // Whether it has shard 0: true at one of the workers.
  bool has_first_shard() const { return has_first_shard_; }
  // The last one that a turn made, if it was not handed over yet.
  std::optional<RunCheckpoint> TakeCheckpoint() { return std::exchange(checkpoint_, std::nullopt); }

  // Counts of one message by step, summed over all replicas so far; of the whole graph.
  const std::vector<StepCounts>& steps(std::uint32_t message = 0) const { return steps_[message]; }
  // By replica, and inside a replica by message; all of them when done: whole-graph counts, but this worker's
  // part of digests.
  const std::vector<LaneOutcome>& lanes() const { return outcomes_; }
  // By replica, its first steps; only when the spec asks.
  const std::vector<std::vector<StepCounts>>& kept_steps() const { return kept_steps_; }
  // Of one message by group, summed over this worker's shards and replicas so far; empty unless the spec
  // asks.
  const std::vector<GroupRow>& groups(std::uint32_t message) const { return groups_[message]; }
  std::uint32_t replicas_done() const { return replicas_done_; }
  // Of shards[index]; see RunSpec::record_receipts.
  const Receipts& receipts(std::size_t index, std::uint32_t message = 0) const {
    return lanes_[0]->receipts(index, message);
  }
  // Of this worker's shards: members of the spec's target.
  std::uint64_t target_members() const { return lanes_[0]->TargetMembers(); }
  std::uint64_t frame_bytes_sent() const { return frame_bytes_sent_; }
  std::uint64_t events_sent() const;
  // Links read by this worker's shards.
  std::uint64_t links_touched() const;

 private:
  struct Sent {
    std::uint64_t frame_bytes = 0;
    std::uint64_t events = 0;
  };
  bool LaneReady(const Lane& lane) const { return !lane.over() && lane.Ready(); }
  std::vector<Lane*> NextTurn(const Executor& executor);
  void BeginReplica(Lane& lane);
  void AddClosed(const Lane& lane);
  void EndReplica(const Lane& lane);
  absl::Status TakeSteps(std::span<Lane* const> turn, Executor& executor);
  void MakeCheckpoint(const Lane& lane, Executor& executor);
  std::string CheckpointOf(const Lane& lane, std::size_t shard) const;
  absl::Status LoadShard(std::string_view bytes, std::size_t shard, Lane::Rows& rows);
  absl::Status Reopen(std::uint32_t step, Lane::Rows rows);
  Lane::Rows ReadRows(std::uint32_t step, StateReader& in) const;

  const RunSpec spec_;
  const PartitionMap partition_;
  const std::vector<const ShardImage*> shards_;
  const bool has_peers_;
  const bool has_first_shard_;
  const Send send_;
  LaneInboxes inboxes_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> waiting_;  // lanes in order of their last turn, longest ago first
  std::uint32_t replicas_begun_ = 0;
  std::uint32_t replicas_done_ = 0;
  std::vector<std::vector<StepCounts>> steps_;  // by message
  std::vector<LaneOutcome> outcomes_;
  std::vector<std::vector<GroupRow>> groups_;  // by message
  std::vector<std::vector<StepCounts>> kept_steps_;
  std::uint64_t frame_bytes_sent_ = 0;
  std::uint64_t events_before_ = 0;  // sent by those that made what was loaded
  // Of single replicas, beside steps_: whether the step happened for the message.
  std::vector<std::vector<bool>> happened_;
  // Before what was taken last was sent: it is sent again by who goes on from there.
  Sent sent_before_step_;
  bool loaded_ = false;
  bool checkpoint_wanted_ = false;
  std::optional<RunCheckpoint> checkpoint_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_RUN_MACHINE_H_
