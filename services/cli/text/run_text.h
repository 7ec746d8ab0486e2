// Runs in tables.
#ifndef LAWINE_SERVICES_CLI_TEXT_RUN_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_RUN_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "lawine/v1/simulation.pb.h"

namespace lawine::cli {

std::string RunText(const v1::Run& run);
std::string RunsText(const std::vector<v1::Run>& runs, bool color);
// One line for a step, or for replicas done, that is being watched.
std::string ProgressText(const v1::WatchRunResponse& response, const v1::Scenario& scenario);
// "hop 3: 120 deliveries, 4,000 members reached": a step, and how many it and those before have reached.
std::string ReachedText(const v1::StepCounts& step, std::uint64_t reached, const v1::Scenario& scenario);

// "audience 300", "members 17, 42", "2 at random".
std::string SeedRuleText(const v1::Scenario& scenario);
// That seed members at random are one draw for all replicas; empty where none are, or there is one replica.
// `whose` says of which scenarios, such as " of 'base'". REQUIRES: the scenario is complete.
std::string SeedDrawSentence(const v1::Scenario& scenario, const std::string& whose = "");

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_RUN_TEXT_H_
