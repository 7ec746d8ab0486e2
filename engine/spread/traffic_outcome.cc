#include "engine/spread/traffic_outcome.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace lawine {
namespace {

template <class Int>
void AddEach(const std::vector<Int>& part, std::vector<Int>& whole) {
  for (std::size_t i = 0; i < part.size(); ++i) whole[i] = static_cast<Int>(whole[i] + part[i]);
}

void AddShards(const std::vector<ShardTraffic>& part, std::vector<ShardTraffic>& whole) {
  for (const ShardTraffic& add : part) {
    const auto place = std::lower_bound(whole.begin(), whole.end(), add.shard,
                                        [](const ShardTraffic& s, std::uint32_t n) { return s.shard < n; });
    if (place != whole.end() && place->shard == add.shard) {
      place->deliveries += add.deliveries;
    } else {
      whole.insert(place, add);
    }
  }
}

}  // namespace

absl::Status MergeWave(const WaveOutcome& part, WaveOutcome& whole) {
  const std::size_t count = part.forwards.size();
  if (part.reach.size() != count || part.deliveries.size() != count || part.groups.size() != count ||
      part.wave != whole.wave || part.messages.first_message != whole.messages.first_message ||
      part.forwards != whole.forwards || part.last_steps != whole.last_steps ||
      part.undelivered != whole.undelivered) {
    return absl::DataLossError(absl::StrCat("workers report different counts for the ", count,
                                            " messages from number ", part.messages.first_message,
                                            ": the result cannot be trusted"));
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
