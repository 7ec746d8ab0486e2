// One replica of a run on one worker's shards: a state machine that takes a step, waits for the other
// workers' part of it, closes it, and so on until it is over. Then it can begin another replica.
//
//   lane.Begin(replica, inboxes);
//   while (!lane.over()) {
//     lane.OpenStep(); for each shard: lane.StepShard(shard); lane.SendStep(send);
//     ... until lane.Ready() ...
//     lane.CloseStep();
//   }
#ifndef LAWINE_ENGINE_SPREAD_LANE_H_
#define LAWINE_ENGINE_SPREAD_LANE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_progress.h"
#include "engine/spread/run_spec.h"
#include "engine/spread/shard_process.h"
#include "engine/spread/step_inbox.h"

namespace lawine {

// One thread at a time, but for StepShard.
class Lane {
 public:
  using Send = std::function<void(std::string frame)>;
  using Inboxes = std::vector<std::shared_ptr<StepInbox>>;

  // What a closed step was for one message.
  struct Closed {
    std::uint32_t message = 0;
    StepCounts counts;
  };

  // `spec` and the images must outlive the lane.
  Lane(const RunSpec& spec, const std::vector<const ShardImage*>& shards);

  // Starts a replica; `inboxes` are by message. Without a ModelSpec everybody knows who received at step 0,
  // so that it needs no exchange and is closed.
  void Begin(std::uint32_t replica, Inboxes inboxes);
  // Nothing is left to happen, or the last step is done.
  bool over() const;

  // Expects frames of the next step from now on. RESOURCE_EXHAUSTED when there are too many steps.
  absl::Status OpenStep();
  // Takes the open step on one shard. Different shards: any threads at the same time. Once each.
  // Fails as ShardProcess::Step does; the lane is then of no use.
  absl::Status StepShard(std::size_t shard);
  // When all shards have taken the step: hands what the others need to `send`, events before their marker.
  void SendStep(const Send& send);
  // Everybody's part of the open step is here.
  bool Ready() const;
  // Adds up everybody's counters; the next step tries the links of everybody who acts. REQUIRES: Ready().
  absl::Status CloseStep();
  // A checkpoint is of a step that all shards have taken and that is not closed: what the others sent is not
  // kept, they send it again. Before OpenStep: the step should be one, here and everywhere. Not of the last,
  // when everything has happened.
  void AskCheckpoint() { checkpoint_asked_ = !telling(); }
  // Whether anybody asked for one of the open step. REQUIRES: Ready().
  bool CheckpointAsked() const;
  // Appends one shard's state, and which messages the open step happens for. Different shards: any threads.
  void SaveTo(std::size_t shard, StateWriter& out) const;
  // What is the same at all shards and workers: steps closed, by message those that happened.
  using Rows = std::vector<std::vector<StepCounts>>;
  // Makes a lane that has just begun what it was with `step` open: closed are `rows` and what Begin closed.
  // Then LoadFrom for each shard; what is wrong shows in `in`, and the lane is of no use until Begin.
  void Reopen(std::uint32_t step, const Rows& rows);
  void LoadFrom(std::size_t shard, StateReader& in);
  std::uint32_t open_step() const { return next_step_; }

  // The step closed last: messages for which it happened.
  std::span<const Closed> closed() const { return closed_; }

  std::uint32_t replica() const { return replica_; }
  // Members whose links the next step tries.
  std::uint64_t frontier_count() const { return frontier_count_; }
  // Final values of one message. REQUIRES: over().
  LaneOutcome Outcome(std::uint32_t message) const;
  // Of one shard; see RunSpec::record_receipts.
  const Receipts& receipts(std::size_t shard, std::uint32_t message) const {
    return shards_[shard]->process->ReceiptsOf(message);
  }
  // Of the worker's shards: what came of a message by group. REQUIRES: over(), and the spec asks.
  std::vector<GroupRow> Groups(std::uint32_t message) const;
  // Of the worker's shards: members that the spec's target has.
  std::uint64_t TargetMembers() const;
  std::uint64_t events_sent() const { return events_sent_; }  // of all replicas
  std::uint64_t links_touched() const;                        // of all replicas

 private:
  struct LocalShard {
    const ShardImage& image;
    std::unique_ptr<ShardProcess> process;
    std::vector<MessageStep> last;  // of the step closed last, while the open one reads who acts
    std::vector<MessageStep> open;
    MemberSet target;  // only where the spec has one
  };
  struct MessagePart {
    std::shared_ptr<StepInbox> inbox;
    std::vector<ShardStep> remote;                    // remote shards' events of the step closed last
    std::vector<std::span<const MemberId>> frontier;  // everybody who acted at it
    std::uint32_t next_step = 0;                      // the next one that happens for the message
    LaneOutcome outcome;
    std::vector<ReachAt> reach;  // steps with first receipts, ascending
  };
  // Nothing is left but to tell each other which accounts were reached, where people are counted.
  bool telling() const { return NothingLeft() && !told_; }
  bool NothingLeft() const;
  void CloseKnownStart();
  void AddClosed(std::uint32_t message, const StepCounts& counts);
  absl::Status CloseTelling();
  absl::StatusOr<StepCounts> CloseMessage(std::uint32_t message);
  void SendShard(const LocalShard& shard, std::uint32_t message, const Send& send);
  // Frames name a message of a replica by one number.
  StepKey OpenKey(std::uint32_t message) const {
    return {.replica = replica_ * MessagesOf(spec_) + message,
            .step = telling() ? last_step_ + 1 : next_step_};
  }

  const RunSpec& spec_;
  std::vector<std::unique_ptr<LocalShard>> shards_;
  std::vector<MessagePart> messages_;
  std::uint32_t replica_ = 0;
  RunProgress progress_;
  std::uint32_t next_step_ = kNoStep;  // to be opened, or open; kNoStep: nothing is left to happen
  std::uint32_t last_step_ = 0;        // closed
  bool told_ = true;               // who was reached; there is nothing to tell where people are not counted
  bool checkpoint_asked_ = false;  // by this worker, of the open step
  std::vector<Closed> closed_;
  std::uint64_t frontier_count_ = 0;
  std::uint64_t events_sent_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LANE_H_
