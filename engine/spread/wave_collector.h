// Puts the workers' parts of waves together, in whatever order they come, and adds whole waves up.
#ifndef LAWINE_ENGINE_SPREAD_WAVE_COLLECTOR_H_
#define LAWINE_ENGINE_SPREAD_WAVE_COLLECTOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "engine/base/status_macros.h"
#include "engine/spread/traffic_outcome.h"

namespace lawine {

// One thread at a time. Holds parts of as many waves as workers are apart: kWavesInFlight, twice.
class WaveCollector {
 public:
  // Gets every whole wave, in any order, before it is added up. May fill in what parts do not say.
  using WhenWhole = std::function<void(WaveOutcome& wave)>;

  explicit WaveCollector(std::uint32_t workers_count, WhenWhole when_whole = nullptr)
      : workers_count_(workers_count), when_whole_(std::move(when_whole)) {}

  absl::Status Add(WaveOutcome part) {
    const std::uint32_t number = part.wave;
    auto& [wave, parts_count] = open_[number];
    if (parts_count++ == 0) {
      wave = std::move(part);
    } else {
      LAWINE_RETURN_IF_ERROR(MergeWave(part, wave));
    }
    if (parts_count < workers_count_) return absl::OkStatus();
    if (when_whole_ != nullptr) when_whole_(wave);
    outcome_.Add(wave);
    open_.erase(number);
    return absl::OkStatus();
  }

  // Over all whole waves so far.
  const TrafficOutcome& outcome() const { return outcome_; }
  bool all_whole() const { return open_.empty(); }

 private:
  const std::uint32_t workers_count_;
  const WhenWhole when_whole_;
  std::map<std::uint32_t, std::pair<WaveOutcome, std::uint32_t>> open_;
  TrafficOutcome outcome_;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_WAVE_COLLECTOR_H_
