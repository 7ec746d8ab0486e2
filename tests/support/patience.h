// How long tests wait for processes.
#ifndef LAWINE_TESTS_SUPPORT_PATIENCE_H_
#define LAWINE_TESTS_SUPPORT_PATIENCE_H_

#include <cstdint>
#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace lawine {

// Instrumented processes are as much slower: what takes a while is divided by it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::uint32_t kSlowdown = 4;
#else
inline constexpr std::uint32_t kSlowdown = 1;
#endif

// Machines are busy with other tests.
inline constexpr int kWaitFactor = 4;

// True as soon as `condition` is; false when it is not within `timeout`, or kWaitFactor times that.
inline bool Eventually(absl::Duration timeout, const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + kWaitFactor * timeout;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return true;
}

}  // namespace lawine

#endif  // LAWINE_TESTS_SUPPORT_PATIENCE_H_
