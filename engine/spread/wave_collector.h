// Puts the workers' parts of waves together, in whatever order they come, and adds whole waves up.
#ifndef LAWINE_ENGINE_SPREAD_WAVE_COLLECTOR_H_
#define LAWINE_ENGINE_SPREAD_WAVE_COLLECTOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/spread/traffic_outcome.h"

namespace lawine {

// One thread at a time. Holds parts of as many waves as workers are apart: kWavesInFlight, twice.
class WaveCollector {
 public:
  // Gets every whole wave, in any order, before it is added up. When it fails, so does Add, and the wave is
  // not added.
  using WhenWhole = std::function<absl::Status(WaveOutcome& wave)>;

  explicit WaveCollector(std::uint32_t workers_count, WhenWhole when_whole = nullptr)
      : workers_count_(workers_count), when_whole_(std::move(when_whole)) {}
  // Goes on after waves that are over: `before` are those numbered below `next_wave`.
  WaveCollector(TrafficOutcome before, std::uint32_t next_wave)
      : outcome_(std::move(before)), next_wave_(next_wave) {}

  // Another attempt: waves that are not whole come again, from next_wave() on.
  void BeginAttempt(std::uint32_t workers_count, WhenWhole when_whole) {
    workers_count_ = workers_count;
    when_whole_ = std::move(when_whole);
    open_.clear();
  }

  // DATA_LOSS for a part that is none, or does not go with the others of its wave.
  absl::Status Add(WaveOutcome part) {
    LAWINE_RETURN_IF_ERROR(CheckWaveOutcome(part));
    const std::uint32_t number = part.wave;
    if (number < next_wave_ || whole_.contains(number)) return absl::OkStatus();  // of an earlier attempt
    auto& [wave, parts_count] = open_[number];
    if (parts_count++ == 0) {
      wave = std::move(part);
    } else {
      LAWINE_RETURN_IF_ERROR(MergeWave(part, wave));
    }
    if (parts_count < workers_count_) return absl::OkStatus();
    if (wave.messages.starts.empty()) {
      return absl::DataLossError(absl::StrCat("wave ", number, ": expected one worker to say its messages, ",
                                              "found none that did: the result cannot be trusted"));
    }
    if (when_whole_ != nullptr) LAWINE_RETURN_IF_ERROR(when_whole_(wave));
    outcome_.Add(wave);
    open_.erase(number);
    whole_.insert(number);
    while (whole_.erase(next_wave_) > 0) ++next_wave_;
    return absl::OkStatus();
  }

  // Over all whole waves so far.
  const TrafficOutcome& outcome() const { return outcome_; }
  // All waves before it are whole; `ahead()`: others are too.
  std::uint32_t next_wave() const { return next_wave_; }
  bool ahead() const { return !whole_.empty(); }
  bool all_whole() const { return open_.empty() && !ahead(); }

 private:
  std::uint32_t workers_count_ = 1;
  WhenWhole when_whole_;
  std::map<std::uint32_t, std::pair<WaveOutcome, std::uint32_t>> open_;
  TrafficOutcome outcome_;
  std::uint32_t next_wave_ = 0;
  std::set<std::uint32_t> whole_;  // after it: at most those in flight at once
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_WAVE_COLLECTOR_H_
