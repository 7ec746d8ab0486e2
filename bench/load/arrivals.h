// When calls are due: fixed beforehand, whatever the answers.
#ifndef LAWINE_BENCH_LOAD_ARRIVALS_H_
#define LAWINE_BENCH_LOAD_ARRIVALS_H_

#include <cstdint>
#include <random>

namespace lawine::bench {

enum class Arrivals { kConstant, kPoisson };

// Nanoseconds from the start at which call 0, 1, 2, ... is due. Poisson arrivals are what many independent
// callers make: mostly alone, sometimes many at once. The same seed gives the same times.
class ArrivalTimes {
 public:
  // REQUIRES: calls_per_second > 0.
  ArrivalTimes(Arrivals arrivals, double calls_per_second, std::uint64_t seed);
  std::uint64_t Next();

 private:
  const Arrivals arrivals_;
  const double calls_per_second_;
  std::mt19937_64 random_;
  std::uint64_t calls_ = 0;
  double seconds_ = 0;
};

}  // namespace lawine::bench

#endif  // LAWINE_BENCH_LOAD_ARRIVALS_H_
