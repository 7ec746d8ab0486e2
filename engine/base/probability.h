// Probabilities as 64-bit integers, so that no floating point decides anything.
//
// A Threshold T stands for the probability T / 2^63. A coin c passes when (c >> 1) < T:
// T = 0 never passes, T = 2^63 always does, and both need no special case.
#ifndef LAWINE_ENGINE_BASE_PROBABILITY_H_
#define LAWINE_ENGINE_BASE_PROBABILITY_H_

#include <cstdint>

#include "absl/status/statusor.h"

namespace lawine {

class Threshold {
 public:
  static constexpr std::uint64_t kOne = 1ull << 63;

  constexpr Threshold() = default;

  // The one written rounding: the nearest multiple of 2^-63, halves up, computed in integers from the bits
  // of `p`. Fails unless 0 <= p <= 1 (NaN fails too).
  static absl::StatusOr<Threshold> FromProbability(double p);
  // REQUIRES: value <= kOne.
  static constexpr Threshold FromFixed(std::uint64_t value) { return Threshold(value); }

  constexpr std::uint64_t fixed() const { return value_; }
  constexpr bool Passes(std::uint64_t coin) const { return (coin >> 1) < value_; }
  // For printing only.
  double ToDouble() const { return static_cast<double>(value_) / static_cast<double>(kOne); }

  // Product in fixed point: (a * b + 2^62) >> 63. One is neutral, zero absorbs.
  friend constexpr Threshold operator*(Threshold a, Threshold b) {
    const auto product = static_cast<unsigned __int128>(a.value_) * b.value_;
    return Threshold(static_cast<std::uint64_t>((product + (kOne >> 1)) >> 63));
  }
  friend constexpr auto operator<=>(Threshold, Threshold) = default;

 private:
  constexpr explicit Threshold(std::uint64_t value) : value_(value) {}
  std::uint64_t value_ = 0;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_PROBABILITY_H_
