#include "engine/spread/run_machine.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {

RunMachine::RunMachine(RunSpec spec, PartitionMap partition, std::vector<const ShardImage*> shards, Send send)
    : spec_(std::move(spec)),
      partition_(std::move(partition)),
      shards_(std::move(shards)),
      has_peers_(shards_.size() < partition_.shards_count()),
      has_first_shard_(!shards_.empty() && shards_[0]->manifest().shard == ShardIndex(0)),
      send_([this, send = std::move(send)](std::string frame) {
        frame_bytes_sent_ += frame.size();
        send(std::move(frame));
      }),
      inboxes_({.run = spec_.run_id,
                .attempt = spec_.attempt,
                .first = spec_.first_replica * MessagesOf(spec_),
                .end = (spec_.first_replica + spec_.replicas) * MessagesOf(spec_),
                .lanes = spec_.lanes * MessagesOf(spec_)},
               partition_, RemoteShards(partition_, shards_)),
      steps_(MessagesOf(spec_)),
      outcomes_(std::size_t{spec_.replicas} * MessagesOf(spec_)),
      groups_(MessagesOf(spec_)),
      kept_steps_(spec_.keep_steps ? spec_.replicas : 0),
      happened_(spec_.replicas == 1 ? MessagesOf(spec_) : 0) {
  LAWINE_CHECK(CheckRunSpec(spec_, partition_.members_count()).ok());
  for (const ShardImage* image : shards_) LAWINE_CHECK(image->graph().partition == partition_);
  for (std::uint32_t i = 0; i < std::min(spec_.lanes, spec_.replicas); ++i) {
    lanes_.push_back(std::make_unique<Lane>(spec_, shards_));
    waiting_.push_back(lanes_.back().get());
  }
}

absl::Status RunMachine::Start(Executor& executor) {
  if (loaded_) {
    if (std::exchange(checkpoint_wanted_, false)) lanes_[0]->AskCheckpoint();
    if (has_peers_) lanes_[0]->SendStep(send_);
    return absl::OkStatus();
  }
  for (const auto& lane : lanes_) BeginReplica(*lane);
  return TakeSteps(waiting_, executor);
}

bool RunMachine::Ready() const {
  return std::any_of(waiting_.begin(), waiting_.end(), [this](const Lane* lane) { return LaneReady(*lane); });
}

absl::Status RunMachine::Advance(Executor& executor) {
  const std::vector<Lane*> turn = NextTurn(executor);
  LAWINE_CHECK(!turn.empty());
  for (Lane* lane : turn) {
    if (spec_.replicas == 1 && lane->CheckpointAsked()) MakeCheckpoint(*lane, executor);
    LAWINE_RETURN_IF_ERROR(lane->CloseStep());
    AddClosed(*lane);
    if (!lane->over()) continue;
    EndReplica(*lane);
    BeginReplica(*lane);
  }
  return TakeSteps(turn, executor);
}

// Lanes that are ready, longest waiting first: enough for all threads, and more while steps are small, so
// that what is sent shares messages. A large step is sent before the next one is taken, because the others
// wait for it.
std::vector<Lane*> RunMachine::NextTurn(const Executor& executor) {
  std::vector<Lane*> turn;
  std::uint64_t events = 0;
  for (Lane* lane : waiting_) {
    const bool threads_busy = turn.size() * shards_.size() >= executor.parallelism();
    if (!LaneReady(*lane)) continue;
    if (threads_busy && events + lane->frontier_count() > limits::kTurnEventsMax) continue;
    turn.push_back(lane);
    events += lane->frontier_count();
  }
  std::stable_partition(waiting_.begin(), waiting_.end(), [&turn](const Lane* lane) {
    return std::find(turn.begin(), turn.end(), lane) == turn.end();
  });
  return turn;
}

// The next replica that has something to do; the lane stays over when there is none.
void RunMachine::BeginReplica(Lane& lane) {
  while (replicas_begun_ < spec_.replicas) {
    const std::uint32_t replica = spec_.first_replica + replicas_begun_++;
    Lane::Inboxes inboxes;
    for (std::uint32_t m = 0; m < steps_.size(); ++m) {
      inboxes.push_back(inboxes_.Begin(replica * MessagesOf(spec_) + m));
    }
    lane.Begin(replica, std::move(inboxes));
    AddClosed(lane);
    if (!lane.over()) return;
    EndReplica(lane);
  }
}

void RunMachine::AddClosed(const Lane& lane) {
  for (const Lane::Closed& closed : lane.closed()) {
    AddTo(closed.counts, steps_[closed.message]);
    if (!happened_.empty()) {
      happened_[closed.message].resize(steps_[closed.message].size());
      happened_[closed.message].back() = true;
    }
    if (!spec_.keep_steps || closed.message != 0 || closed.counts.step >= limits::kKeptStepsMax) continue;
    AddTo(closed.counts, kept_steps_[lane.replica() - spec_.first_replica]);
  }
}

void RunMachine::EndReplica(const Lane& lane) {
  for (std::uint32_t m = 0; m < steps_.size(); ++m) {
    inboxes_.End(lane.replica() * MessagesOf(spec_) + m);
    outcomes_[std::size_t{lane.replica() - spec_.first_replica} * steps_.size() + m] = lane.Outcome(m);
    AddTo(lane.Groups(m), groups_[m]);
  }
  ++replicas_done_;
}

absl::Status RunMachine::TakeSteps(std::span<Lane* const> turn, Executor& executor) {
  std::vector<Lane*> open;
  for (Lane* lane : turn) {
    if (lane->over()) continue;
    if (std::exchange(checkpoint_wanted_, false)) lane->AskCheckpoint();
    LAWINE_RETURN_IF_ERROR(lane->OpenStep());
    open.push_back(lane);
  }
  std::vector<absl::Status> statuses(open.size() * shards_.size());
  executor.ParallelFor(statuses.size(), [&](std::size_t i) {
    statuses[i] = open[i / shards_.size()]->StepShard(i % shards_.size());
  });
  for (const absl::Status& status : statuses) LAWINE_RETURN_IF_ERROR(status);
  sent_before_step_ = {.frame_bytes = frame_bytes_sent_, .events = events_sent()};
  for (Lane* lane : open) {
    if (has_peers_) lane->SendStep(send_);
  }
  return absl::OkStatus();
}

std::uint64_t RunMachine::events_sent() const {
  std::uint64_t events = events_before_;
  for (const auto& lane : lanes_) events += lane->events_sent();
  return events;
}

std::uint64_t RunMachine::links_touched() const {
  std::uint64_t touched = 0;
  for (const auto& lane : lanes_) touched += lane->links_touched();
  return touched;
}

}  // namespace lawine
