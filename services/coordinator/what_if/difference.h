// How two ensembles differ, in numbers and in words.
#ifndef LAWINE_SERVICES_COORDINATOR_WHAT_IF_DIFFERENCE_H_
#define LAWINE_SERVICES_COORDINATOR_WHAT_IF_DIFFERENCE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/spread/outcome.h"
#include "lawine/v1/comparison.pb.h"
#include "services/coordinator/statistics/statistics.h"

namespace lawine {

// What is compared: all replicas of one scenario.
struct ComparedRun {
  std::string name;
  std::string graph_digest;        // of the graph as it was made: versions of a graph share members
  std::vector<LaneOutcome> lanes;  // by replica
  std::vector<std::vector<StepCounts>>
      kept_steps;  // by replica, the first ones, ascending; some may be left out
};

// On versions of the same graph replica i meets the same luck.
bool IsPaired(const ComparedRun& of, const ComparedRun& against);

// Of one measure alone. `never`: NeverOf all that is compared, as below.
DifferenceEstimate EstimateDifference(std::span<const LaneOutcome> of, std::span<const LaneOutcome> against,
                                      const std::string& measure, bool paired, std::uint64_t never);

// All but what differs by step. REQUIRES: equally many replicas, at least two; `measure` is the one that the
// answer is about, and both tell it.
lawine::v1::Difference MakeDifference(const ComparedRun& of, const ComparedRun& against,
                                      const std::string& measure, std::uint64_t never);
// What differs by step; nothing unless steps of both were kept.
void AddStepDifferences(const ComparedRun& of, const ComparedRun& against,
                        lawine::v1::Difference& difference);

// Why the measure does not rank them: a step never came in more replicas of one than of another, or a cost is
// that of reaching nobody. Empty where it does. REQUIRES: at least one, equally many replicas of each.
std::string UnrankedText(std::span<const ComparedRun* const> runs, const std::string& measure);

// "B never starts: ..."; empty where it starts in some replica.
std::string NeverStartsText(const ComparedRun& run);

// "B reaches more than A in 97 of 100 paired replicas, A in 2: +1,234 members [1,100 to 1,370]."
std::string AnswerOf(const lawine::v1::Difference& difference, const std::string& measure);
// Verb and noun of a measure: {"reaches more", "reaches fewer", "reaches most", "reaches fewest", "members"}.
// The noun is that of a difference, where a mean's is another (MeanWithUnit).
struct MeasureWords {
  const char* more;
  const char* less;
  const char* most;
  const char* least;
  const char* unit;
};
MeasureWords WordsOf(const std::string& measure);
// Whether less of it is better, where nobody says.
bool LessIsBetter(const std::string& measure);
// REQUIRES: there is a measure of this name.
const lawine::v1::MeasureDifference& DifferenceIn(const lawine::v1::Difference& difference,
                                                  const std::string& measure);
// A mean, with no more decimals than it needs: "1,234", "12.3".
std::string MeanText(double mean);
// What people read for a measure's value: shares, which are counted in millionths, are told in percent.
double ShownOf(const std::string& measure, double value);
// A mean of that measure, as people read it: "1,234", "93.0%", "0.345"; with its unit: "1,234 members".
std::string MeanText(const std::string& measure, double mean);
std::string MeanWithUnit(const std::string& measure, double mean);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_WHAT_IF_DIFFERENCE_H_
