// Replicas seen together: how their counts are spread. Counts are exact integers; only means, deviations and
// shares are not.
#ifndef LAWINE_SERVICES_COORDINATOR_STATISTICS_ENSEMBLE_H_
#define LAWINE_SERVICES_COORDINATOR_STATISTICS_ENSEMBLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/spread/outcome.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine {

// What no replica has more of.
enum class MeasureBound : std::uint8_t {
  kNone,
  kMembers,
  kMembersOnce,  // members, where each does it at most once
  kMillion,
};

// What is counted of each replica: the fields of lawine.v1.EnsembleMeasures.
struct Measure {
  const char* name;
  std::uint64_t (*value_of)(const LaneOutcome& lane) = nullptr;
  // Only told where this is so of some replica; null: always.
  bool (*is_told)(const LaneOutcome& lane) = nullptr;
  // In place of value_of: a step that may never come, which is kNoStep.
  std::uint32_t LaneOutcome::*step = nullptr;
  // Where it is not told there is no value, not even 0: two ensembles differ in it only where both tell it.
  bool of_both = false;
  // Of a ratio: what value_of is divided by. Its mean is the ratio of the means, since the mean of the
  // replicas' ratios is ruled by those that reach few.
  std::uint64_t (*over)(const LaneOutcome& lane) = nullptr;
  MeasureBound bound = MeasureBound::kNone;
};
std::span<const Measure> Measures();
// The name is a measure's. INVALID_ARGUMENT for `path` with what may have been meant.
absl::Status CheckMeasure(const std::string& path, const std::string& measure);
// REQUIRES: there is one of this name.
const Measure& MeasureOf(std::string_view name);
// Whether there is something to tell of it.
bool IsTold(std::span<const LaneOutcome> lanes, const Measure& measure);

// What stands for a step that never came: the step after the last one of all replicas that are compared. More
// than any that came, and the same for all, so that who ends early does not come first.
std::uint64_t NeverOf(std::span<const LaneOutcome> lanes);
// Replicas in which the measure's step never came.
std::uint32_t NeverCount(std::span<const LaneOutcome> lanes, const Measure& measure);
// Whether there is a mean: not of a ratio over nothing.
bool HasMean(std::span<const LaneOutcome> lanes, const Measure& measure);
// By replica, for statistics of means; of a ratio linearised (LinearisedRatio).
std::vector<double> ValuesOf(std::span<const LaneOutcome> lanes, const Measure& measure, std::uint64_t never);
// The same of replicas that are compared with no others.
std::vector<double> ValuesOf(std::span<const LaneOutcome> lanes, const Measure& measure);
// By replica, to set one against the other: of a ratio the replica's own, infinite where it is over nothing.
std::vector<double> SingleValuesOf(std::span<const LaneOutcome> lanes, const Measure& measure,
                                   std::uint64_t never);

// `first_audience`: seed members and their audiences together; `coins`: replicas may differ. REQUIRES: at
// least two replicas, on a graph of `members_count` members.
lawine::v1::Ensemble MakeEnsemble(std::span<const LaneOutcome> lanes, std::uint32_t members_count,
                                  std::uint64_t first_audience = 0, bool coins = false);

// Adds what replicas were like by step, from the steps that were kept of each: ascending, some left out.
// REQUIRES: at least two replicas.
void AddSteps(std::span<const std::vector<StepCounts>> kept_steps, lawine::v1::Ensemble& ensemble);

// Mean of a measure; 0 where it is not told. REQUIRES: there is one of this name.
double MeanOf(const lawine::v1::Ensemble& ensemble, const std::string& measure);

// REQUIRES: at least two values, ascending.
lawine::v1::Distribution DistributionOf(std::span<const std::uint64_t> sorted);
// REQUIRES: at least one value, ascending.
std::vector<lawine::v1::HistogramBin> HistogramOf(std::span<const std::uint64_t> sorted);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_STATISTICS_ENSEMBLE_H_
