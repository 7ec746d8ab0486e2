// What became of a wave of messages, and of many: exact counts and digests.
#ifndef LAWINE_ENGINE_SPREAD_TRAFFIC_OUTCOME_H_
#define LAWINE_ENGINE_SPREAD_TRAFFIC_OUTCOME_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/spread/outcome.h"
#include "engine/spread/traffic_shard.h"

namespace lawine {

// Deliveries of one shard.
struct ShardTraffic {
  std::uint32_t shard = 0;
  std::uint64_t deliveries = 0;
  friend bool operator==(const ShardTraffic&, const ShardTraffic&) = default;
};

// One wave. What a single worker says holds its own shards' part of reach, deliveries, groups, hours, shards
// and digest; forwards, last steps, undelivered and steps are the whole graph's wherever they come from.
struct WaveOutcome {
  std::uint32_t wave = 0;  // they count from 0
  Wave messages;           // what was asked for
  // Parallel, by offset.
  std::vector<std::uint32_t> reach;  // members with at least one receipt, the sender included
  std::vector<std::uint64_t> deliveries;
  std::vector<std::uint32_t> forwards;    // the sender's included
  std::vector<std::uint32_t> last_steps;  // as in a single run: the last one taken
  std::vector<std::uint8_t> groups;       // how many of TrafficSpec::group_audiences the sender reaches

  std::uint64_t undelivered = 0;  // messages whose last forwards max_steps cut off
  HourCounts hours = {};
  std::vector<ShardTraffic> shards;  // ascending
  Digest digest;
};

// What every worker's part of a wave must be: columns of one length, steps and seconds that there are, each
// shard once. DATA_LOSS for others. A part may leave out senders and starts.
absl::Status CheckWaveOutcome(const WaveOutcome& part);

// Adds another worker's part; one of them says senders and starts. DATA_LOSS when what all workers know
// differs, and when both tell of the same shard. REQUIRES of both: CheckWaveOutcome.
absl::Status MergeWave(const WaveOutcome& part, WaveOutcome& whole);

// Sums over whole waves.
struct TrafficOutcome {
  static constexpr std::size_t kReachBins = 33;

  std::uint64_t waves = 0;
  std::uint64_t messages = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t reach = 0;  // receipts: first receipts are these without the senders
  std::uint64_t forwards = 0;
  std::uint64_t undelivered = 0;
  std::uint32_t reach_max = 0;
  std::uint32_t last_step = 0;
  // Messages whose reach is 2^bin .. 2^(bin+1) - 1.
  std::array<std::uint64_t, kReachBins> reach_bins = {};
  std::vector<std::uint64_t> by_last_step;
  HourCounts messages_by_hour = {};
  HourCounts deliveries_by_hour = {};
  // Messages and deliveries of senders that reach at least so many groups, 1 and up.
  std::array<std::uint64_t, kSenderGroups> group_messages = {};
  std::array<std::uint64_t, kSenderGroups> group_deliveries = {};
  std::vector<ShardTraffic> shards;
  Digest digest;

  std::uint64_t first_receipts() const { return reach - messages; }
  std::uint64_t duplicates() const { return deliveries - first_receipts(); }

  // REQUIRES: `wave` is whole, with senders and starts, and CheckWaveOutcome accepts it.
  void Add(const WaveOutcome& wave);
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_TRAFFIC_OUTCOME_H_
