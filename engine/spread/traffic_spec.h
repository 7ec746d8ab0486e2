// What traffic is: many messages, each from a member of its own, all at once. Every message is a single run
// of the `forward` model with replica 0; engine/README.md, "Traffic, exactly".
#ifndef LAWINE_ENGINE_SPREAD_TRAFFIC_SPEC_H_
#define LAWINE_ENGINE_SPREAD_TRAFFIC_SPEC_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/probability.h"

namespace lawine {

// Groups of the largest senders: the members whose audience is at least a threshold. Three groups, each
// inside the one before.
inline constexpr std::size_t kSenderGroups = 3;

struct TrafficSpec {
  std::uint64_t run_id = 0;   // names the traffic's frames; no part of its luck
  std::uint32_t attempt = 1;  // frames of other attempts are dropped
  // Waves before it are over. REQUIRES for others than 0: messages are generated.
  std::uint32_t first_wave = 0;
  std::uint64_t run_seed = 1;
  Threshold forward = {};
  std::optional<std::uint32_t> max_steps = {};  // as in a run, of each message
  // Messages of a wave at most, the same at every worker; no part of the luck.
  std::uint32_t wave_messages = limits::kWaveMessages;
  // Ascending; a sender belongs to as many groups as thresholds its audience reaches.
  std::array<std::uint32_t, kSenderGroups> group_audiences = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF};
};

// A message in step with its sender: a day has this many seconds, and a hop takes a minute.
inline constexpr std::uint32_t kDaySeconds = 86'400;
inline constexpr std::uint32_t kHopSeconds = 60;
inline constexpr std::uint32_t kDayHours = 24;

// Messages with consecutive numbers that are propagated together. Their places in it are called offsets.
struct Wave {
  std::uint64_t first_message = 0;
  std::vector<MemberId> senders;
  std::vector<std::uint32_t> starts;  // second of the day, parallel to senders; no part of any transition
};

// INVALID_ARGUMENT names the field, what was expected and what was found.
absl::Status CheckTrafficSpec(const TrafficSpec& spec);
absl::Status CheckWave(const Wave& wave, const TrafficSpec& spec, std::uint32_t members_count);

// How many messages a wave has: the most there may be, but few where messages may reach a good part of the
// graph. `branching` is how many of a forwarder's followers forward in turn, on average.
std::uint32_t WaveMessagesFor(std::uint32_t members_count, double branching);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_TRAFFIC_SPEC_H_
