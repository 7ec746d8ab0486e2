#include "engine/spread/traffic_outcome.h"

#include <algorithm>
#include <bit>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace lawine {
namespace {

template <class Int>
void AddEach(const std::vector<Int>& part, std::vector<Int>& whole) {
  for (std::size_t i = 0; i < part.size(); ++i) whole[i] = static_cast<Int>(whole[i] + part[i]);
}

bool Before(const ShardTraffic& a, const ShardTraffic& b) { return a.shard < b.shard; }

void AddShards(const std::vector<ShardTraffic>& part, std::vector<ShardTraffic>& whole) {
  for (const ShardTraffic& add : part) {
    const auto place = std::lower_bound(whole.begin(), whole.end(), add, Before);
    if (place != whole.end() && place->shard == add.shard) {
      place->deliveries += add.deliveries;
    } else {
      whole.insert(place, add);
    }
  }
}

}  // namespace

absl::Status CheckWaveOutcome(const WaveOutcome& part) {
  const std::size_t count = part.reach.size();
  const auto refuse = [&part](const std::string& what) {
    return absl::DataLossError(absl::StrCat("a worker's report of wave ", part.wave, ": expected ", what,
                                            ": the result cannot be trusted"));
  };
  if (count < 1 || count > limits::kWaveMessages) {
    return refuse(absl::StrCat("1 to ", limits::kWaveMessages, " messages, found ", count));
  }
  for (const std::size_t size :
       {part.deliveries.size(), part.forwards.size(), part.last_steps.size(), part.groups.size()}) {
    if (size != count) return refuse(absl::StrCat("columns of ", count, " messages, found one of ", size));
  }
  const std::uint32_t step = *std::max_element(part.last_steps.begin(), part.last_steps.end());
  if (step > limits::kStepsMax) {
    return refuse(absl::StrCat("at most ", limits::kStepsMax, " steps, found ", step));
  }
  const auto not_before = [](const ShardTraffic& a, const ShardTraffic& b) { return !Before(a, b); };
  if (std::adjacent_find(part.shards.begin(), part.shards.end(), not_before) != part.shards.end()) {
    return refuse("each shard once, in ascending order, found others");
  }
  const std::vector<std::uint32_t>& starts = part.messages.starts;
  if (starts.size() != part.messages.senders.size() || (!starts.empty() && starts.size() != count)) {
    return refuse(absl::StrCat("senders and starts of ", count, " messages or none, found ",
                               part.messages.senders.size(), " and ", starts.size()));
  }
  if (starts.empty() || *std::max_element(starts.begin(), starts.end()) < kDaySeconds)
    return absl::OkStatus();
  return refuse(absl::StrCat("starts before second ", kDaySeconds, ", found a later one"));
}

absl::Status MergeWave(const WaveOutcome& part, WaveOutcome& whole) {
  const std::size_t count = part.reach.size();
  if (part.wave != whole.wave || part.messages.first_message != whole.messages.first_message ||
      part.forwards != whole.forwards || part.last_steps != whole.last_steps ||
      part.undelivered != whole.undelivered) {
    return absl::DataLossError(absl::StrCat("workers report different counts for the ", count,
                                            " messages from number ", part.messages.first_message,
                                            ": the result cannot be trusted"));
  }
  for (const ShardTraffic& shard : part.shards) {
    if (!std::binary_search(whole.shards.begin(), whole.shards.end(), shard, Before)) continue;
    return absl::DataLossError(absl::StrCat("wave ", part.wave, ": expected one report of shard ",
                                            shard.shard, ", found two: the result cannot be trusted"));
  }
  if (whole.messages.senders.empty()) whole.messages = part.messages;
  AddEach(part.reach, whole.reach);
  AddEach(part.deliveries, whole.deliveries);
  AddEach(part.groups, whole.groups);
  for (std::size_t h = 0; h < part.hours.size(); ++h) whole.hours[h] += part.hours[h];
  AddShards(part.shards, whole.shards);
  whole.digest += part.digest;
  return absl::OkStatus();
}

void TrafficOutcome::Add(const WaveOutcome& wave) {
  const std::vector<std::uint32_t>& starts = wave.messages.starts;
  LAWINE_CHECK(starts.size() == wave.reach.size());
  ++waves;
  messages += wave.reach.size();
  undelivered += wave.undelivered;
  for (std::size_t i = 0; i < wave.reach.size(); ++i) {
    const std::uint32_t step = wave.last_steps[i];
    deliveries += wave.deliveries[i];
    reach += wave.reach[i];
    forwards += wave.forwards[i];
    reach_max = std::max(reach_max, wave.reach[i]);
    last_step = std::max(last_step, step);
    ++reach_bins[static_cast<std::size_t>(std::bit_width(std::max(wave.reach[i], 1u))) - 1];
    if (by_last_step.size() <= step) by_last_step.resize(step + 1);
    ++by_last_step[step];
    ++messages_by_hour[starts[i] / 3600];
    for (std::size_t g = 0; g < std::min<std::size_t>(wave.groups[i], kSenderGroups); ++g) {
      ++group_messages[g];
      group_deliveries[g] += wave.deliveries[i];
    }
  }
  for (std::size_t h = 0; h < wave.hours.size(); ++h) deliveries_by_hour[h] += wave.hours[h];
  AddShards(wave.shards, shards);
  digest += wave.digest;
}

}  // namespace lawine
