#include "engine/spread/traffic_machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"

namespace lawine {
namespace {

std::uint32_t LargestRange(const std::vector<const ShardImage*>& shards) {
  std::uint32_t largest = 0;
  for (const ShardImage* image : shards) largest = std::max(largest, image->range().count);
  return largest;
}

}  // namespace

TrafficMachine::TrafficMachine(const TrafficSpec& spec, PartitionMap partition,
                               std::vector<const ShardImage*> shards, WaveSource& waves, Send send,
                               Report report)
    : spec_(spec),
      partition_(std::move(partition)),
      shards_count_(shards.size()),
      has_peers_(shards.size() < partition_.shards_count()),
      waves_(waves),
      send_([this, send = std::move(send)](std::string frame) {
        frame_bytes_sent_ += frame.size();
        send(std::move(frame));
      }),
      report_(std::move(report)),
      sets_(LargestRange(shards)),
      inboxes_({.run = spec_.run_id,
                .attempt = spec_.attempt,
                .first = spec_.first_wave,
                .end = 0xFFFFFFFF,
                .lanes = limits::kWavesInFlight},
               partition_, RemoteShards(partition_, shards)),
      waves_begun_(spec_.first_wave) {
  LAWINE_CHECK(CheckTrafficSpec(spec_).ok());
  for (const ShardImage* image : shards) LAWINE_CHECK(image->graph().partition == partition_);
  for (std::uint32_t i = 0; i < limits::kWavesInFlight; ++i) {
    lanes_.push_back(std::make_unique<TrafficWave>(spec_, shards));
    idle_.push_back(lanes_.back().get());
  }
}

bool TrafficMachine::Ready() const {
  if (!idle_.empty() && waves_.HasNext()) return true;
  return std::any_of(waiting_.begin(), waiting_.end(), [](const TrafficWave* wave) { return wave->Ready(); });
}

absl::Status TrafficMachine::Advance(Executor& executor) {
  std::vector<TrafficWave*> turn;
  LAWINE_RETURN_IF_ERROR(CloseSteps(turn));
  LAWINE_RETURN_IF_ERROR(BeginWaves(turn));
  return TakeSteps(turn, executor);
}

// Of the waves that are ready the one that waits longest, and more while there is little to do: what is sent
// then shares messages, while the others need not wait for a large step.
absl::Status TrafficMachine::CloseSteps(std::vector<TrafficWave*>& turn) {
  std::size_t lists = 0;
  for (std::size_t i = 0; i < waiting_.size();) {
    TrafficWave* const wave = waiting_[i];
    if (!wave->Ready() || (lists > 0 && lists + wave->lists_count() > limits::kTurnEventsMax)) {
      ++i;
      continue;
    }
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    LAWINE_RETURN_IF_ERROR(wave->CloseStep());
    if (wave->over()) {
      inboxes_.End(wave->index());
      report_(wave->TakeOutcome());
      idle_.push_back(wave);
      continue;
    }
    turn.push_back(wave);
    lists += wave->lists_count();
  }
  return absl::OkStatus();
}

// No more than may be in flight, so that turns end where waves are over at once.
absl::Status TrafficMachine::BeginWaves(std::vector<TrafficWave*>& turn) {
  for (std::uint32_t begun = 0; begun < limits::kWavesInFlight; ++begun) {
    if (idle_.empty() || !waves_.HasNext()) break;
    Wave next = waves_.Next();
    LAWINE_RETURN_IF_ERROR(CheckWave(next, spec_, partition_.members_count()));
    TrafficWave* const wave = idle_.back();
    const std::uint32_t index = waves_begun_++;
    wave->Begin(index, std::move(next), inboxes_.Begin(index));
    if (wave->over()) {
      inboxes_.End(index);
      report_(wave->TakeOutcome());
      continue;
    }
    idle_.pop_back();
    turn.push_back(wave);
  }
  return absl::OkStatus();
}

absl::Status TrafficMachine::TakeSteps(const std::vector<TrafficWave*>& turn, Executor& executor) {
  constexpr std::size_t kPartsPerThread = 4;  // so that threads end at about the same time
  const std::size_t parts = kPartsPerThread * executor.parallelism() / shards_count_ + 1;
  std::vector<std::pair<TrafficWave*, std::size_t>> tasks;
  for (TrafficWave* wave : turn) {
    LAWINE_ASSIGN_OR_RETURN(const std::size_t count, wave->OpenStep(parts, executor));
    for (std::size_t part = 0; part < count; ++part) tasks.push_back({wave, part});
  }
  executor.ParallelFor(tasks.size(),
                       [&](std::size_t i) { tasks[i].first->StepPart(tasks[i].second, sets_); });
  for (TrafficWave* wave : turn) {
    LAWINE_RETURN_IF_ERROR(wave->FinishStep(has_peers_ ? send_ : nullptr));
    waiting_.push_back(wave);
  }
  return absl::OkStatus();
}

std::uint64_t TrafficMachine::events_sent() const {
  std::uint64_t events = 0;
  for (const auto& lane : lanes_) events += lane->events_sent();
  return events;
}

}  // namespace lawine
