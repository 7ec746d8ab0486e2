// Factors on probabilities, in fixed point: 2^32 is 1. Products of factors may exceed 1; what they are
// applied to stays a probability.
#ifndef LAWINE_ENGINE_BASE_FACTOR_H_
#define LAWINE_ENGINE_BASE_FACTOR_H_

#include <algorithm>
#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/base/probability.h"

namespace lawine {

class Factor {
 public:
  static constexpr std::uint64_t kOne = 1ull << 32;
  static constexpr std::uint64_t kMax = 1ull << 62;  // products stop here

  constexpr Factor() = default;
  // The multiple of 2^-32 nearest to the double, halves up, computed exactly. Fails unless 0 <= value <=
  // 2^30.
  static absl::StatusOr<Factor> FromDouble(double value);
  // REQUIRES: fixed <= kMax.
  static constexpr Factor FromFixed(std::uint64_t fixed) { return Factor(fixed); }

  constexpr std::uint64_t fixed() const { return value_; }
  // For printing only.
  double ToDouble() const { return static_cast<double>(value_) / static_cast<double>(kOne); }

  // (a * b + 2^31) >> 32, at most kMax.
  friend constexpr Factor operator*(Factor a, Factor b) { return Factor(Rounded(a.value_, b.value_, kMax)); }
  // (T * f + 2^31) >> 32, at most 1.
  friend constexpr Threshold operator*(Threshold threshold, Factor factor) {
    return Threshold::FromFixed(Rounded(threshold.fixed(), factor.value_, Threshold::kOne));
  }
  friend constexpr auto operator<=>(Factor, Factor) = default;

 private:
  constexpr explicit Factor(std::uint64_t value) : value_(value) {}
  static constexpr std::uint64_t Rounded(std::uint64_t a, std::uint64_t b, std::uint64_t most) {
    const auto product = (static_cast<unsigned __int128>(a) * b + (kOne >> 1)) >> 32;
    return static_cast<std::uint64_t>(std::min<unsigned __int128>(product, most));
  }
  std::uint64_t value_ = kOne;
};

}  // namespace lawine

#endif  // LAWINE_ENGINE_BASE_FACTOR_H_
