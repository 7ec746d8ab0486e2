#include "engine/spread/traffic_spec.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lawine {

absl::Status CheckTrafficSpec(const TrafficSpec& spec) {
  if (spec.wave_messages < 1 || spec.wave_messages > limits::kWaveMessages) {
    return absl::InvalidArgumentError(
        absl::StrCat("wave_messages: expected 1 to ", limits::kWaveMessages, ", found ", spec.wave_messages));
  }
  if (spec.max_steps.value_or(0) > limits::kStepsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("max_steps: expected at most ", limits::kStepsMax, ", found ", *spec.max_steps));
  }
  if (!std::is_sorted(spec.group_audiences.begin(), spec.group_audiences.end())) {
    return absl::InvalidArgumentError("group_audiences: expected ascending thresholds");
  }
  return absl::OkStatus();
}

absl::Status CheckWave(const Wave& wave, const TrafficSpec& spec, std::uint32_t members_count) {
  if (wave.senders.empty() || wave.senders.size() > spec.wave_messages) {
    return absl::InvalidArgumentError(absl::StrCat("seed_members: expected 1 to ", spec.wave_messages,
                                                   " messages at a time, found ", wave.senders.size()));
  }
  if (wave.starts.size() != wave.senders.size()) {
    return absl::InvalidArgumentError(absl::StrCat("start_seconds: expected one for each of ",
                                                   wave.senders.size(), " messages, found ",
                                                   wave.starts.size()));
  }
  const auto sender = std::max_element(wave.senders.begin(), wave.senders.end());
  if (sender->value >= members_count) {
    return absl::InvalidArgumentError(absl::StrCat("seed_members: the graph has ", members_count,
                                                   " members, found dense id ", sender->value));
  }
  const auto start = std::max_element(wave.starts.begin(), wave.starts.end());
  if (*start >= kDaySeconds) {
    return absl::InvalidArgumentError(
        absl::StrCat("start_seconds: expected less than ", kDaySeconds, ", found ", *start));
  }
  return absl::OkStatus();
}

// Memory of a wave is its forwards'. Below the critical point they are a few a message; above it they can be
// all members for each, and more than kWaveEventsMax are refused.
std::uint32_t WaveMessagesFor(std::uint32_t members_count, double branching) {
  constexpr double kSurelyDies = 0.9;
  if (branching <= kSurelyDies) return limits::kWaveMessages;
  const std::uint64_t affordable = limits::kWaveEventsMax / std::max(members_count, 1u);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(affordable, 1, limits::kWaveMessages));
}

}  // namespace lawine
