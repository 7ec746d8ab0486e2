// Rates that a scenario gives by counts: what is known of them, and what each replica draws. How a draw is
// made stands in engine/README.md ("Counted rates, exactly").
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_COUNTED_RATES_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_COUNTED_RATES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/spread/outcome.h"
#include "engine/spread/run_spec.h"
#include "lawine/v1/simulation.pb.h"

namespace lawine {

// One rate, wherever it stands: messages that have the first one's model have its rates.
struct CountedRate {
  std::string field;  // path of the rate, such as model.forward.probability
  lawine::v1::RateCounts counts;
};

// What replicas of a run drew of one rate.
struct RateDraws {
  CountedRate rate;
  std::uint32_t first_replica = 0;
  std::vector<double> by_replica;

  double Of(std::uint32_t replica) const { return by_replica[replica - first_replica]; }
};

// INVALID_ARGUMENT, with the field's path, for counts that are none, and beside a number for the same rate.
// `message`: a scenario, or a part of one that is at `path`.
absl::Status CheckCounts(const google::protobuf::Message& message, const std::string& path = "");

// The scenario with the mean of what is known in place of counts.
lawine::v1::Scenario WithMeanRates(const lawine::v1::Scenario& scenario);
// Puts counts back into a scenario that was completed with means in their place.
void RestoreCounts(const lawine::v1::Scenario& given, lawine::v1::Scenario& completed);

// In order of their paths' declaration, each once.
std::vector<CountedRate> CountedRatesOf(const lawine::v1::Scenario& scenario);
// INVALID_ARGUMENT, with the field's path, for more rates, or draws, than are drawn within a call. REQUIRES:
// the scenario is complete.
absl::Status CheckCountedRates(const lawine::v1::Scenario& scenario);
// What a replica draws. Nine digits.
double DrawRate(const CountedRate& rate, std::uint64_t run_seed, std::uint32_t replica);
// No draws of more replicas than there may be, which are refused.
std::vector<RateDraws> DrawRates(const lawine::v1::Scenario& scenario);

// To find where rates went in a run's rules: the scenario with a number for each counted rate that stands for
// it, and the places of those numbers among `rates`, which are then set to the means.
lawine::v1::Scenario WithMarkedRates(const lawine::v1::Scenario& scenario);
std::vector<DrawnRate> TakeMarkedRates(const std::vector<RateDraws>& draws,
                                       std::span<Threshold* const> rates);

// For people.
lawine::v1::CountedRate ToPublic(const CountedRate& rate);

// Luck and ignorance in a measure's values, one a replica of `lanes`. Nothing where there are too few, or no
// draws.
std::optional<lawine::v1::LuckAndIgnorance> LuckAndIgnoranceIn(std::span<const double> values,
                                                               const std::string& measure,
                                                               std::span<const LaneOutcome> lanes,
                                                               std::span<const RateDraws> draws);

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_COUNTED_RATES_H_
