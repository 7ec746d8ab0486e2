// Rates that are not the same in all replicas: whoever knows a rate only by counts has every replica draw its
// own.
#ifndef LAWINE_ENGINE_SPREAD_DRAWN_RATES_H_
#define LAWINE_ENGINE_SPREAD_DRAWN_RATES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/probability.h"
#include "engine/spread/message_spec.h"

namespace lawine {

// One draw a replica, for every place where the rate stands.
struct DrawnRate {
  std::vector<std::uint32_t> places;  // ascending, at least one: in the list of rates
  std::uint32_t first_replica = 0;
  std::vector<Threshold> by_replica;  // of replica first_replica + i
};

// Every rate in a model's rules, in an order that depends on their shape alone.
std::vector<Threshold*> RatesOf(ModelSpec& model);

// Sets what a replica draws. REQUIRES: CheckDrawnRates.
void SetDrawnRates(const std::vector<DrawnRate>& drawn, std::uint32_t replica,
                   std::span<Threshold* const> rates);

// INVALID_ARGUMENT unless all places are among `rates_count`, and all replicas have draws.
absl::Status CheckDrawnRates(const std::vector<DrawnRate>& drawn, std::size_t rates_count,
                             std::uint32_t first_replica, std::uint32_t replicas);

}  // namespace lawine

#endif  // LAWINE_ENGINE_SPREAD_DRAWN_RATES_H_
