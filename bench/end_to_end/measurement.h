// Timing of repeated runs, and the form in which the measured programs report them: JSON, seconds and bytes.
#ifndef LAWINE_BENCH_END_TO_END_MEASUREMENT_H_
#define LAWINE_BENCH_END_TO_END_MEASUREMENT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/digest.h"
#include "nlohmann/json.hpp"

namespace lawine::bench {

using Json = nlohmann::ordered_json;

// Wall clock, and CPU time of all threads, of this process.
struct Clock {
  double wall_seconds = 0;
  double cpu_seconds = 0;
};
Clock ReadClock();
double SecondsSince(const Clock& start);
// The most this process has had in memory so far.
std::uint64_t PeakResidentBytes();

// Exact counts of one step, as every program of the bench reports them.
struct MeasuredStep {
  std::uint32_t step = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t first_receipts = 0;
  std::uint64_t forwards = 0;
  friend bool operator==(const MeasuredStep&, const MeasuredStep&) = default;
};

struct Measured {
  std::vector<MeasuredStep> steps;
  Digest digest;
  std::uint64_t links_touched = 0;  // links really read; 0 where nobody counts
  friend bool operator==(const Measured&, const Measured&) = default;
};

// The same cascade, several times. INTERNAL as soon as one run differs from the first.
class Repeated {
 public:
  absl::Status Add(const Clock& start, Measured measured);

  // {threads, first_seconds, processing_seconds {median, min, max, runs}, cpu_seconds (likewise), deliveries,
  // links_touched (null where nobody counts), digest, steps}. The first run warms caches and stands apart.
  // REQUIRES: two runs.
  Json ToJson(std::uint32_t threads) const;

 private:
  std::vector<double> seconds_;
  std::vector<double> cpu_seconds_;
  Measured first_;
};

// What was built, and how: {compiler, assertions}.
Json BuildJson();
// Prints `json`, or `status` on standard error. The exit code.
int Report(const absl::Status& status, const Json& json);

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_END_TO_END_MEASUREMENT_H_
