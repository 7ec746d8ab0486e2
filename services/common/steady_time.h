// Moments for waits, and for how long ago something was: clocks of the day are set, this one is not.
#ifndef LAWINE_SERVICES_COMMON_STEADY_TIME_H_
#define LAWINE_SERVICES_COMMON_STEADY_TIME_H_

#include <chrono>
#include <compare>

#include "absl/time/time.h"

namespace lawine {

// A moment of this process; to others it says nothing.
class SteadyTime {
 public:
  // Before all others.
  constexpr SteadyTime() = default;
  static constexpr SteadyTime Never() { return SteadyTime(absl::InfiniteDuration()); }

  friend SteadyTime operator+(SteadyTime time, absl::Duration by) { return SteadyTime(time.since_ + by); }
  friend SteadyTime operator-(SteadyTime time, absl::Duration by) { return SteadyTime(time.since_ - by); }
  friend absl::Duration operator-(SteadyTime later, SteadyTime earlier) {
    return later.since_ - earlier.since_;
  }
  friend bool operator==(SteadyTime, SteadyTime) = default;
  friend std::strong_ordering operator<=>(SteadyTime, SteadyTime) = default;

 private:
  friend SteadyTime SteadyNow();
  explicit constexpr SteadyTime(absl::Duration since) : since_(since) {}

  absl::Duration since_ = -absl::InfiniteDuration();
};

inline SteadyTime SteadyNow() {
  return SteadyTime(absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_STEADY_TIME_H_
