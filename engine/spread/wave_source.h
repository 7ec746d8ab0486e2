// Where waves of messages come from: made by every worker from the run seed, or given by a caller.
#ifndef LAWINE_ENGINE_SPREAD_WAVE_SOURCE_H_
#define LAWINE_ENGINE_SPREAD_WAVE_SOURCE_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/mutex.h"
#include "engine/spread/traffic_source.h"
#include "engine/spread/traffic_spec.h"

namespace lawine {

// Waves in order of their messages. All workers' sources must give the same ones.
class WaveSource {
 public:
  virtual ~WaveSource() = default;
  // A wave is here.
  virtual bool HasNext() const = 0;
  // No wave is here and none will come.
  virtual bool AtEnd() const = 0;
  // REQUIRES: HasNext().
  virtual Wave Next() = 0;
};

// One thread at a time.
class GeneratedWaves final : public WaveSource {
 public:
  GeneratedWaves(const GeneratedTraffic& traffic, const TrafficSpec& spec, std::uint32_t members_count)
      : generator_(traffic, spec.run_seed, members_count),
        messages_(traffic.messages),
        wave_messages_(spec.wave_messages),
        made_(std::min(messages_, std::uint64_t{spec.first_wave} * spec.wave_messages)) {}

  bool HasNext() const override { return made_ < messages_; }
  bool AtEnd() const override { return made_ == messages_; }
  Wave Next() override {
    const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(wave_messages_, messages_ - made_));
    return generator_.MakeWave(std::exchange(made_, made_ + count), count);
  }

 private:
  const TrafficGenerator generator_;
  const std::uint64_t messages_;
  const std::uint32_t wave_messages_;
  std::uint64_t made_;
};

// Thread-safe. Whoever adds waves bounds how many wait: `waiting()` says how many do.
class QueuedWaves final : public WaveSource {
 public:
  void Add(Wave wave) {
    MutexLock lock(mutex_);
    LAWINE_CHECK(!ended_);
    waves_.push_back(std::move(wave));
  }
  void End() {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  std::size_t waiting() const {
    MutexLock lock(mutex_);
    return waves_.size();
  }

  bool HasNext() const override {
    MutexLock lock(mutex_);
    return !waves_.empty();
  }
  bool AtEnd() const override {
    MutexLock lock(mutex_);
    return ended_ && waves_.empty();
  }
  Wave Next() override {
    MutexLock lock(mutex_);
    LAWINE_CHECK(!waves_.empty());
    Wave wave = std::move(waves_.front());
    waves_.pop_front();
    return wave;
  }

 private:
  mutable Mutex mutex_;
  std::deque<Wave> waves_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_WAVE_SOURCE_H_
