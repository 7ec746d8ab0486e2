// Rebalances for people to read.
#ifndef LAWINE_SERVICES_CLI_TEXT_PLACEMENT_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_PLACEMENT_TEXT_H_

#include <string>

#include "lawine/v1/placement.pb.h"

namespace lawine::cli {

// What would move, and workers before and after.
std::string PlanText(const v1::PlanRebalanceResponse& plan, bool color);
// How far it is.
std::string RebalanceText(const v1::Rebalance& rebalance, bool color);
// "2 of 3 shards moved, 12.0 MiB of 20.0 MiB copied"
std::string RebalanceProgress(const v1::Rebalance& rebalance);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_PLACEMENT_TEXT_H_
