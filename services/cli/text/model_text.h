// Models of scenarios in words.
#ifndef LAWINE_SERVICES_CLI_TEXT_MODEL_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_MODEL_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lawine/v1/simulation.pb.h"

namespace lawine::cli {

// For a cell: "10%", "5% a link", "SIR 1%, 20%", "threshold 2".
std::string ModelText(const v1::Model& model);

// For a sentence: "Forwarding rate 10%", or "Model SIR: infection 1% a try, recovery 20% a step".
std::string ModelSentence(const v1::Model& model);

// What else the scenario says of how messages spread, a sentence each; empty for a plain one.
std::vector<std::string> RulesOf(const v1::Scenario& scenario);
std::string RulesText(const v1::Scenario& scenario);

// What RulesOf says of persons where the scenario does not.
inline constexpr char kOneDecisionRule[] = "A person decides once for all accounts.";

// " (186 of them accepted it)" where who has a message is not yet who counts: it may not be enough to be
// accepted, or not be seen ("passed it on"). Else empty.
std::string OfThemAccepted(const v1::Model& model, const std::string& forwards);
// The column of forwards: "accepted" of threshold models, else "forwards".
std::string ForwardsWord(const v1::Scenario& scenario);

// Whether steps are more than hops: something takes time, or will.
bool HasTime(const v1::Scenario& scenario);
// Whether members may have the first message otherwise than by the graph's links from its seed members:
// injections, cross-posting, and a network that changes.
bool HasOtherWays(const v1::Scenario& scenario);
// The last step that is allowed, after what changes later.
std::optional<std::uint32_t> MaxSteps(const v1::Scenario& scenario);
// "hop" or "step".
std::string StepWord(const v1::Scenario& scenario);
// "hops" or "steps".
std::string StepsWord(const v1::Scenario& scenario);

// What became of each message of several; empty for one.
std::string MessagesTable(const v1::RunResult& result, bool color);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_MODEL_TEXT_H_
