// How much a coordinator begins.
#ifndef LAWINE_SERVICES_COORDINATOR_PLAN_DELIVERIES_LIMIT_H_
#define LAWINE_SERVICES_COORDINATOR_PLAN_DELIVERIES_LIMIT_H_

#include <cstdint>

namespace lawine {

// Expected of a run, of all runs of one call, and of traffic: they end within hours or are not begun.
inline constexpr std::uint64_t kDeliveriesExpectedMax = 10'000'000'000'000;

}  // namespace lawine

#endif  // LAWINE_SERVICES_COORDINATOR_PLAN_DELIVERIES_LIMIT_H_
