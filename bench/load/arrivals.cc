#include "bench/load/arrivals.h"

namespace lawine::bench {

ArrivalTimes::ArrivalTimes(Arrivals arrivals, double calls_per_second, std::uint64_t seed)
    : arrivals_(arrivals), calls_per_second_(calls_per_second), random_(seed) {}

std::uint64_t ArrivalTimes::Next() {
  if (arrivals_ == Arrivals::kConstant) {
    seconds_ = static_cast<double>(calls_++) / calls_per_second_;
  } else {
    seconds_ += std::exponential_distribution<double>(calls_per_second_)(random_);
  }
  return static_cast<std::uint64_t>(seconds_ * 1e9);
}

}  // namespace lawine::bench
