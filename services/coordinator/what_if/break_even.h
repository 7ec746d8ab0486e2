// The value of a field at which a variant does as well as the base.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_BREAK_EVEN_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_BREAK_EVEN_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "lawine/v1/comparison.pb.h"
#include "services/coordinator/statistics/statistics.h"

namespace lawine {

// Values that are tried at most: both ends, and halvings for the change of sign and each end of its interval.
std::uint32_t BreakEvenTrialsMax(const lawine::v1::BreakEven& wanted, bool whole);

// How the variant differs from the base when the field has this value. Asked once for each value.
using DifferenceAt = std::function<absl::StatusOr<DifferenceEstimate>(double value)>;

// Looks for the value at which the difference changes its sign, by bisection; `whole`: among whole numbers.
// Everything of the result but the answer.
absl::StatusOr<lawine::v1::BreakEvenResult> FindBreakEven(const lawine::v1::BreakEven& wanted, bool whole,
                                                          const DifferenceAt& difference_at);

// One sentence.
std::string BreakEvenAnswer(const lawine::v1::BreakEvenResult& result, const std::string& base_name,
                            const std::string& measure);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_BREAK_EVEN_H_
