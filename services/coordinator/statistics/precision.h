// Ensembles that grow until a mean is known well enough.
#ifndef LAWINE_SERVICES_COORDINATOR_STATISTICS_PRECISION_H_
#define LAWINE_SERVICES_COORDINATOR_STATISTICS_PRECISION_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "engine/spread/outcome.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine {

// It is looked at after so many replicas at the earliest.
inline constexpr std::uint32_t kFirstLook = 32;

// Fills the defaults of until_precision, if it is there, and of replicas beside it. INVALID_ARGUMENT with the
// field's path.
absl::Status CompletePrecision(lawine::v1::Scenario& scenario);

// How well the mean is known. `coins`: replicas may differ. REQUIRES: at least two replicas; `wanted` is
// complete.
lawine::v1::EnsemblePrecision PrecisionOf(std::span<const LaneOutcome> lanes,
                                          const lawine::v1::UntilPrecision& wanted, bool coins = true);

// Whether half an interval is as narrow as was asked for; `mean` is what a part of it is a part of. Replicas
// that are all alike say only that another outcome is rarer than 3 in `replicas`, with 95% confidence (the
// rule of three: Hanley and Lippman-Hand 1983); that, too, has to be as small a part.
bool IsPrecise(double half_width, double mean, std::uint32_t replicas, bool coins,
               const lawine::v1::UntilPrecision& wanted);
// The same as a sentence.
std::string AlikeText(std::uint32_t replicas);

// The next number of replicas, above `replicas`, after which it is looked at: 32, 64, 128, ..., `most`.
std::uint32_t NextLook(std::uint32_t replicas, std::uint32_t most);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_STATISTICS_PRECISION_H_
