#include "engine/spread/traffic_wave.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/status_macros.h"
#include "engine/spread/send_part.h"

namespace lawine {

TrafficWave::TrafficWave(const TrafficSpec& spec, const std::vector<const ShardImage*>& shards)
    : spec_(spec) {
  for (const ShardImage* image : shards) shards_.push_back(std::make_unique<LocalShard>(spec, *image));
}

void TrafficWave::Begin(std::uint32_t index, Wave wave, std::shared_ptr<WaveInbox> inbox) {
  wave_ = std::move(wave);
  inbox_ = std::move(inbox);
  last_step_ = 0;
  const auto count = static_cast<std::uint32_t>(wave_.senders.size());
  outcome_ = WaveOutcome();
  outcome_.wave = index;
  outcome_.forwards.assign(count, 1);
  outcome_.last_steps.assign(count, 0);
  forwards_of_.assign(count, 0);
  walk_.members = wave_.senders;
  walk_.messages.clear();
  for (std::uint32_t offset = 0; offset < count; ++offset) {
    walk_.messages.push_back({.offset = offset, .begin = offset, .split = offset, .end = offset + 1});
  }
  for (const auto& shard : shards_) shard->state.Begin(wave_);
}

bool TrafficWave::over() const {
  return walk_.messages.empty() || (spec_.max_steps.has_value() && last_step_ >= *spec_.max_steps);
}

absl::StatusOr<std::size_t> TrafficWave::OpenStep(std::size_t parts_count, Executor& executor) {
  if (last_step_ >= limits::kStepsMax) {
    return absl::ResourceExhaustedError(absl::StrCat("expected messages to take at most ", limits::kStepsMax,
                                                     " steps, and more are pending: set max_steps"));
  }
  LAWINE_RETURN_IF_ERROR(inbox_->Await(OpenKey()));
  MakeLanes(executor);
  parts_.clear();
  for (std::size_t s = 0; s < shards_.size(); ++s) {
    const std::size_t count = shards_[s]->state.Open(last_step_ + 1, walk_, parts_count);
    for (std::size_t part = 0; part < count; ++part) parts_.push_back({s, part});
  }
  for (const Walk::Message& message : walk_.messages) outcome_.last_steps[message.offset] = last_step_ + 1;
  return parts_.size();
}

// Once for all shards: with short lists this hashing costs as much as the deliveries.
void TrafficWave::MakeLanes(Executor& executor) {
  constexpr std::size_t kBlock = 4096;
  const DecisionLanes none{DecisionKey()};
  walk_.lanes.resize(walk_.messages.size(), none);
  executor.ParallelFor((walk_.messages.size() + kBlock - 1) / kBlock, [this](std::size_t block) {
    const std::size_t end = std::min((block + 1) * kBlock, walk_.messages.size());
    for (std::size_t m = block * kBlock; m < end; ++m) {
      const std::uint64_t message = wave_.first_message + walk_.messages[m].offset;
      walk_.lanes[m] =
          DecisionLanes({.coin = {spec_.run_seed, message, 0}, .step = last_step_ + 1, .forward = {}});
    }
  });
}

void TrafficWave::StepPart(std::size_t part, ScratchSets& sets) {
  const auto [shard, part_of_shard] = parts_[part];
  shards_[shard]->state.RunPart(part_of_shard, sets);
}

absl::Status TrafficWave::FinishStep(const Lane::Send& send) {
  for (const auto& shard : shards_) {
    LAWINE_ASSIGN_OR_RETURN(shard->counts, shard->state.Close(shard->forwards));
    if (send != nullptr) SendShard(*shard, send);
  }
  return absl::OkStatus();
}

void TrafficWave::SendShard(const LocalShard& shard, const Lane::Send& send) {
  const FrameHeader header{.kind = FrameKind::kMessageEvents,
                           .run = spec_.run_id,
                           .attempt = spec_.attempt,
                           .key = OpenKey(),
                           .from = shard.image.manifest().shard};
  SendPart(header, MessageEvents::Encode(shard.forwards, shard.image.range()), MarkerOf(shard.counts), send);
  events_sent_ += shard.forwards.size();
}

absl::Status TrafficWave::CloseStep() {
  const auto remote = inbox_->Take();
  std::vector<std::span<const MessageForward>> frontier(remote.size());
  std::uint64_t forwards = 0;
  for (std::size_t s = 0; s < remote.size(); ++s) {
    if (!remote[s].marker.has_value()) continue;
    frontier[s] = remote[s].events;
    forwards += remote[s].marker->forwards;
  }
  for (const auto& shard : shards_) {
    frontier[shard->image.manifest().shard.value] = shard->forwards;
    forwards += shard->counts.forwards;
  }
  ++last_step_;
  return NextWalk(frontier, forwards);
}

// A counting sort of forwards by message. Shards come in order, so members of a message do too. What is
// remembered of messages that nobody has forwarded is dropped.
absl::Status TrafficWave::NextWalk(Frontier frontier, std::uint64_t forwards) {
  std::uint64_t applied = 0;
  for (const auto part : frontier) {
    for (const MessageForward& event : part) {
      if (event.offset >= forwards_of_.size()) {
        return absl::DataLossError(absl::StrCat("wave ", index(), " has ", forwards_of_.size(),
                                                " messages, a member forwards number ", event.offset));
      }
      ++forwards_of_[event.offset];
    }
    applied += part.size();
  }
  next_walk_.messages.clear();
  next_walk_.members.clear();
  std::uint64_t alive = 0;
  for (const Walk::Message& old : walk_.messages) {
    std::uint32_t& count = forwards_of_[old.offset];
    if (count == 0) continue;
    alive += count;
    const std::uint64_t begin = next_walk_.members.size();
    const std::uint64_t split = begin + (old.end - old.begin);
    if (split + count > limits::kWaveEventsMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("expected at most ", limits::kWaveEventsMax, " forwards of ", wave_.senders.size(),
                       " messages at a time, found more: lower the forward probability or set max_steps"));
    }
    next_walk_.members.insert(next_walk_.members.end(), walk_.members.begin() + old.begin,
                              walk_.members.begin() + old.end);
    next_walk_.members.resize(split + count);
    next_walk_.messages.push_back({.offset = old.offset,
                                   .begin = static_cast<std::uint32_t>(begin),
                                   .split = static_cast<std::uint32_t>(split),
                                   .end = static_cast<std::uint32_t>(split + count)});
    outcome_.forwards[old.offset] += count;
    count = static_cast<std::uint32_t>(split);  // from now on the place of the message's next member
  }
  if (applied != forwards || alive != forwards) {
    return absl::DataLossError(absl::StrCat("wave ", index(), ", step ", last_step_, ": ", forwards,
                                            " forwards announced, ", applied, " are here, ", alive,
                                            " of them of messages on their way"));
  }
  for (const auto part : frontier) {
    for (const MessageForward& event : part) next_walk_.members[forwards_of_[event.offset]++] = event.member;
  }
  for (const Walk::Message& message : next_walk_.messages) forwards_of_[message.offset] = 0;
  std::swap(walk_, next_walk_);
  return absl::OkStatus();
}

WaveOutcome TrafficWave::TakeOutcome() {
  LAWINE_CHECK(over());
  WaveOutcome outcome = std::exchange(outcome_, {});
  const std::size_t count = wave_.senders.size();
  outcome.undelivered = walk_.messages.size();
  outcome.reach.assign(count, 0);
  outcome.deliveries.assign(count, 0);
  outcome.groups.assign(count, 0);
  for (const auto& shard : shards_) {
    const TrafficShard& state = shard->state;
    const MemberRange range = shard->image.range();
    for (std::size_t i = 0; i < count; ++i) {
      outcome.reach[i] += state.receipts()[i];
      outcome.deliveries[i] += state.deliveries()[i];
      if (!range.Contains(wave_.senders[i])) continue;
      const std::uint32_t audience =
          shard->image.members().audience()[wave_.senders[i].value - range.first.value];
      for (const std::uint32_t threshold : spec_.group_audiences) outcome.groups[i] += audience >= threshold;
    }
    for (std::size_t h = 0; h < outcome.hours.size(); ++h) outcome.hours[h] += state.hours()[h];
    const std::uint64_t deliveries =
        std::accumulate(state.deliveries().begin(), state.deliveries().end(), std::uint64_t{0});
    outcome.shards.push_back({.shard = shard->image.manifest().shard.value, .deliveries = deliveries});
    outcome.digest += state.digest();
  }
  outcome.messages = std::move(wave_);
  walk_.messages.clear();
  return outcome;
}

}  // namespace lawine
