#include "engine/base/factor.h"

#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lawine {

absl::StatusOr<Factor> Factor::FromDouble(double value) {
  constexpr double kLargest = 1 << 30;
  if (!(value >= 0 && value <= kLargest)) {
    return absl::InvalidArgumentError(absl::StrCat("expected a factor between 0 and 2^30, found ", value));
  }
  // Scaling by a power of two is exact, and so are the integer part and what is left of it: at or above 2^52
  // there is nothing left.
  const double scaled = std::ldexp(value, 32);
  const double whole = std::floor(scaled);
  return Factor(static_cast<std::uint64_t>(whole) + (scaled - whole >= 0.5 ? 1 : 0));
}

}  // namespace lawine
