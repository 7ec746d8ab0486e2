// One replica of a run on one worker's shards: a state machine that takes a step, waits for the other
// workers' part of it, closes it, and so on until it is over. Then it can begin another replica.
//
//   lane.Begin(spec, replica, inbox);
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
#include "engine/spread/run_spec.h"
#include "engine/spread/shard_state.h"
#include "engine/spread/step_inbox.h"

namespace lawine {

// One thread at a time, but for StepShard.
class Lane {
 public:
  using Send = std::function<void(std::string frame)>;

  // `spec` and the images must outlive the lane.
  Lane(const RunSpec& spec, const std::vector<const ShardImage*>& shards);

  // Seed members receive; everybody knows them, so step 0 needs no exchange. Returns its counts.
  const StepCounts& Begin(std::uint32_t replica, std::shared_ptr<StepInbox> inbox);
  // Nothing is left to deliver, or the last step is done.
  bool over() const;

  // Expects frames of the next step from now on. OUT_OF_RANGE when there are too many steps.
  absl::Status OpenStep();
  // Takes the open step on one shard. Different shards: any threads at the same time. Once each.
  // Fails as ShardState::Step does; the lane is then of no use.
  absl::Status StepShard(std::size_t shard);
  // When all shards have taken the step: hands what the others need to `send`, events before their marker.
  void SendStep(const Send& send);
  // Everybody's part of the open step is here.
  bool Ready() const { return inbox_->Complete(); }
  // Adds up everybody's counters; the next step delivers everybody's forwards. REQUIRES: Ready().
  absl::StatusOr<StepCounts> CloseStep();

  std::uint32_t replica() const { return outcome_.replica; }
  // Members whose forwards the next step delivers.
  std::uint64_t frontier_count() const { return last_.forwards; }
  // Final values. REQUIRES: over().
  LaneOutcome Outcome() const;
  // Of one shard; see RunSpec::record_receipts.
  const Receipts& receipts(std::size_t shard) const { return shards_[shard]->state.receipts(); }
  std::uint64_t events_sent() const { return events_sent_; }  // of all replicas
  std::uint64_t links_touched() const;                        // of all replicas

 private:
  struct LocalShard {
    explicit LocalShard(const ShardImage& shard_image) : image(shard_image), state(shard_image) {}
    const ShardImage& image;
    ShardState state;
    std::vector<MemberId> forwards;       // of the step closed last, while the open one reads them
    std::vector<MemberId> next_forwards;  // of the open step
    absl::StatusOr<StepCounts> counts;    // of the open step
  };
  void SendShard(const LocalShard& shard, const Send& send);
  StepKey OpenKey() const { return {.replica = outcome_.replica, .step = last_.step + 1}; }

  const RunSpec& spec_;
  std::vector<std::unique_ptr<LocalShard>> shards_;
  std::shared_ptr<StepInbox> inbox_;
  StepCounts last_;  // the step closed last
  LaneOutcome outcome_;
  std::vector<ShardStep> remote_;                    // remote shards' events of that step
  std::vector<std::span<const MemberId>> frontier_;  // everybody's forwards of that step
  std::uint64_t events_sent_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_LANE_H_
