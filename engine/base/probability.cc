#include "engine/base/probability.h"

#include <bit>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lawine {

absl::StatusOr<Threshold> Threshold::FromProbability(double p) {
  if (!(p >= 0.0 && p <= 1.0)) {
    return absl::InvalidArgumentError(absl::StrCat("expected a probability between 0 and 1, found ", p));
  }
  const auto bits = std::bit_cast<std::uint64_t>(p);
  const int exponent = static_cast<int>((bits >> 52) & 0x7FF);
  // Subnormal numbers are below 2^-1022: far below half a unit of 2^-63, so they round to zero like 0.
  if (exponent == 0) return Threshold(0);
  const std::uint64_t significand = (bits & ((1ull << 52) - 1)) | (1ull << 52);
  // p = significand * 2^(exponent - 1075), so p * 2^63 = significand * 2^(exponent - 1012).
  const int shift = exponent - 1012;
  if (shift >= 0) return Threshold(significand << shift);
  if (shift < -53) return Threshold(0);
  return Threshold((significand + (1ull << (-shift - 1))) >> -shift);
}

}  // namespace lawine
