#include "engine/spread/lane.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/event_codec.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {

Lane::Lane(const RunSpec& spec, const std::vector<const ShardImage*>& shards) : spec_(spec) {
  for (const ShardImage* image : shards) shards_.push_back(std::make_unique<LocalShard>(*image));
}

const StepCounts& Lane::Begin(std::uint32_t replica, std::shared_ptr<StepInbox> inbox) {
  for (const auto& shard : shards_) shard->state.Begin(spec_, replica);
  inbox_ = std::move(inbox);
  const std::uint64_t seeds = spec_.seed_members.size();
  last_ = {.step = 0, .deliveries = 0, .first_receipts = seeds, .forwards = seeds};
  outcome_ = LaneOutcome();
  outcome_.replica = replica;
  outcome_.Add(last_);
  frontier_.assign(1, spec_.seed_members);
  return last_;
}

bool Lane::over() const {
  return last_.forwards == 0 || (spec_.max_steps.has_value() && last_.step >= *spec_.max_steps);
}

absl::Status Lane::OpenStep() {
  if (last_.step >= limits::kStepsMax) {
    return absl::OutOfRangeError(absl::StrCat("expected a run of at most ", limits::kStepsMax,
                                              " steps, and more are pending: set stop.max_steps"));
  }
  return inbox_->Await(OpenKey());
}

absl::Status Lane::StepShard(std::size_t shard) {
  LocalShard& local = *shards_[shard];
  local.counts = local.state.Step(spec_, last_.step + 1, frontier_, local.next_forwards);
  return local.counts.status();
}

void Lane::SendStep(const Send& send) {
  for (const auto& shard : shards_) SendShard(*shard, send);
}

void Lane::SendShard(const LocalShard& shard, const Send& send) {
  FrameHeader header{.kind = FrameKind::kEvents,
                     .run = spec_.run_id,
                     .attempt = spec_.attempt,
                     .key = OpenKey(),
                     .from = shard.image.manifest().shard};
  const std::vector<MemberId>& forwards = shard.next_forwards;
  for (const EventPayload& payload : EncodeEvents(forwards, shard.image.range())) {
    header.events_count = payload.events_count;
    send(EncodeFrame(header, payload.bytes));
    ++header.sequence;
  }
  header.kind = FrameKind::kMarker;
  header.events_count = 0;
  send(EncodeFrame(header, EncodeMarkerPayload(MarkerOf(*shard.counts))));
  events_sent_ += forwards.size();
}

absl::StatusOr<StepCounts> Lane::CloseStep() {
  StepCounts total{.step = last_.step + 1};
  const auto add = [&total](const auto& counts) {
    total.deliveries += counts.deliveries;
    total.first_receipts += counts.first_receipts;
    total.forwards += counts.forwards;
  };
  remote_ = inbox_->Take();
  frontier_.clear();
  for (const auto& shard : shards_) {
    shard->forwards.swap(shard->next_forwards);
    add(*shard->counts);
    frontier_.push_back(shard->forwards);
  }
  for (const ShardStep& shard : remote_) {
    if (!shard.marker.has_value()) continue;
    add(*shard.marker);
    frontier_.push_back(shard.events);
  }
  std::uint64_t applied = 0;
  for (const auto part : frontier_) applied += part.size();
  if (applied != total.forwards) {
    return absl::DataLossError(absl::StrCat("replica ", replica(), ", step ", total.step, ": ",
                                            total.forwards, " members forwarded, ", applied,
                                            " forward events are here"));
  }
  last_ = total;
  outcome_.Add(total);
  return total;
}

std::uint64_t Lane::links_touched() const {
  std::uint64_t touched = 0;
  for (const auto& shard : shards_) touched += shard->state.links_touched();
  return touched;
}

LaneOutcome Lane::Outcome() const {
  LAWINE_CHECK(over());
  LaneOutcome outcome = outcome_;
  outcome.stop = last_.forwards == 0 ? StopReason::kNothingPending : StopReason::kMaxSteps;
  for (const auto& shard : shards_) {
    outcome.digest += shard->state.digest();
    outcome.unreached_without_followees += shard->state.UnreachedWithoutFollowees();
  }
  return outcome;
}

}  // namespace lawine
