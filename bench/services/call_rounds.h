// Calls at times that are fixed beforehand, and what came of them. What a call is, is the caller's: nothing
// here knows the network.
#ifndef LAWINE_BENCH_SERVICES_CALL_ROUNDS_H_
#define LAWINE_BENCH_SERVICES_CALL_ROUNDS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lawine::bench {

struct CallAnswer {
  absl::Status status = {};  // RESOURCE_EXHAUSTED: the cluster had no room for the call
  std::uint64_t deliveries = 0;
  std::string digest = {};
};

// Begins a call and returns. `done` is to be called once, on any thread, also before this returns.
using BeginCall = std::function<void(std::function<void(const CallAnswer&)> done)>;

struct CallTimes {
  std::chrono::steady_clock::time_point first;
  std::chrono::milliseconds interval{20};
  std::uint32_t count = 200;
};

// What one caller saw.
struct CallerRecord {
  std::vector<double> seconds = {};  // of calls that were answered, from the time each had
  std::size_t refused = 0;
  // Of the answers, which must all be the same; empty when every call was refused.
  std::uint64_t deliveries = 0;
  std::string digest = {};
  absl::Status status = {};  // why calls failed, or differed; no further ones were begun
};

// Open loop: a call is begun at its time whether or not those before it were answered. Returns when all were.
CallerRecord CallInRounds(const CallTimes& times, const BeginCall& begin);

// All callers' together; latencies ascend. RESOURCE_EXHAUSTED when every call of every caller was refused,
// INTERNAL when callers had different answers, or why calls of one failed.
absl::StatusOr<CallerRecord> Together(const std::vector<CallerRecord>& callers);

// REQUIRES: `sorted` is not empty.
double Quantile(const std::vector<double>& sorted, double q);

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_SERVICES_CALL_ROUNDS_H_
