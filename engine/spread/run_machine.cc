#include "engine/spread/run_machine.h"

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/event_codec.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

std::vector<bool> RemoteShards(const PartitionMap& partition, const std::vector<const ShardImage*>& local) {
  std::vector<bool> remote(partition.shards_count(), true);
  for (const ShardImage* image : local) remote[image->manifest().shard.value] = false;
  return remote;
}

}  // namespace

RunMachine::RunMachine(RunSpec spec, PartitionMap partition, std::vector<const ShardImage*> shards, Send send)
    : spec_(std::move(spec)),
      partition_(std::move(partition)),
      send_(std::move(send)),
      inbox_(partition_, RemoteShards(partition_, shards), spec_.run_id, spec_.attempt) {
  LAWINE_CHECK(CheckRunSpec(spec_, partition_.members_count()).ok());
  has_peers_ = shards.size() < partition_.shards_count();
  for (const ShardImage* image : shards) {
    LAWINE_CHECK(image->graph().partition == partition_);
    shards_.push_back(std::make_unique<LocalShard>(*image));
  }
}

absl::Status RunMachine::Start(Executor& executor) {
  BeginLane(0);
  return Continue(executor);
}

absl::Status RunMachine::Advance(Executor& executor) {
  LAWINE_CHECK(Ready());
  LAWINE_RETURN_IF_ERROR(CloseStep());
  return Continue(executor);
}

// From a closed step: ends the replica if it is over, begins the next, and takes the next step.
absl::Status RunMachine::Continue(Executor& executor) {
  while (LaneOver()) {
    CloseLane();
    if (lanes_.size() == spec_.replicas) {
      done_ = true;
      return absl::OkStatus();
    }
    BeginLane(static_cast<std::uint32_t>(lanes_.size()));
  }
  return TakeStep(executor);
}

// Everybody knows the seed members, so step 0 needs no exchange.
void RunMachine::BeginLane(std::uint32_t replica) {
  for (const auto& shard : shards_) shard->state.Begin(spec_, replica);
  const std::uint64_t seeds = spec_.seed_members.size();
  LaneOutcome lane;
  lane.replica = replica;
  lane.steps.push_back({.step = 0, .deliveries = 0, .first_receipts = seeds, .forwards = seeds});
  lanes_.push_back(std::move(lane));
  frontier_.assign(1, spec_.seed_members);
}

bool RunMachine::LaneOver() const {
  const StepCounts& last = lanes_.back().steps.back();
  return last.forwards == 0 || (spec_.max_steps.has_value() && last.step >= *spec_.max_steps);
}

void RunMachine::CloseLane() {
  LaneOutcome& lane = lanes_.back();
  lane.stop = lane.steps.back().forwards == 0 ? StopReason::kNothingPending : StopReason::kMaxSteps;
  for (const auto& shard : shards_) {
    lane.digest += shard->state.digest();
    lane.unreached_without_followees += shard->state.UnreachedWithoutFollowees();
  }
}

absl::Status RunMachine::TakeStep(Executor& executor) {
  const LaneOutcome& lane = lanes_.back();
  const StepKey key{.replica = lane.replica, .step = lane.steps.back().step + 1};
  if (key.step > limits::kStepsMax) {
    return absl::OutOfRangeError(absl::StrCat("expected a run of at most ", limits::kStepsMax,
                                              " steps, and more are pending: set stop.max_steps"));
  }
  LAWINE_RETURN_IF_ERROR(inbox_.Await(key));
  std::vector<std::vector<MemberId>> forwards(shards_.size());
  executor.ParallelFor(shards_.size(), [&](std::size_t i) {
    shards_[i]->counts = shards_[i]->state.Step(spec_, key.step, frontier_, forwards[i]);
  });
  // The frontier may point into the old forwards, so they are replaced only when every shard is done.
  for (std::size_t i = 0; i < shards_.size(); ++i) shards_[i]->forwards = std::move(forwards[i]);
  for (const auto& shard : shards_) {
    if (has_peers_) SendStep(*shard, key);
  }
  return absl::OkStatus();
}

void RunMachine::SendStep(const LocalShard& shard, StepKey key) {
  FrameHeader header{.kind = FrameKind::kEvents,
                     .run = spec_.run_id,
                     .attempt = spec_.attempt,
                     .key = key,
                     .from = shard.image.manifest().shard};
  const auto send = [&](std::string_view payload) {
    std::string frame = EncodeFrame(header, payload);
    frame_bytes_sent_ += frame.size();
    send_(std::move(frame));
  };
  for (const EventPayload& payload : EncodeEvents(shard.forwards, shard.image.range())) {
    header.events_count = payload.events_count;
    send(payload.bytes);
    ++header.sequence;
  }
  header.kind = FrameKind::kMarker;
  header.events_count = 0;
  send(EncodeMarkerPayload({.deliveries = shard.counts.deliveries,
                            .first_receipts = shard.counts.first_receipts,
                            .forwards = shard.counts.forwards,
                            .events_sent = shard.forwards.size(),
                            .next_pending_step = shard.forwards.empty() ? kNoStep : key.step}));
  events_sent_ += shard.forwards.size();
}

// Adds up everybody's counters; the frontier becomes everybody's forwards.
absl::Status RunMachine::CloseStep() {
  std::vector<StepCounts>& steps = lanes_.back().steps;
  StepCounts total{.step = steps.back().step + 1};
  const auto add = [&total](const auto& counts) {
    total.deliveries += counts.deliveries;
    total.first_receipts += counts.first_receipts;
    total.forwards += counts.forwards;
  };
  remote_ = inbox_.Take();
  frontier_.clear();
  for (const auto& shard : shards_) {
    add(shard->counts);
    frontier_.push_back(shard->forwards);
  }
  std::uint64_t applied = 0;
  for (const ShardStep& shard : remote_) {
    if (!shard.marker.has_value()) continue;
    add(*shard.marker);
    frontier_.push_back(shard.events);
  }
  for (const auto part : frontier_) applied += part.size();
  steps.push_back(total);
  if (applied == total.forwards) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("step ", total.step, ": ", total.forwards, " members forwarded, ",
                                          applied, " forward events are here"));
}

}  // namespace lawine
