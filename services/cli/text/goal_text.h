// What a result says of the goal: whom it was meant for, what it cost, who saw it first, whom it missed most.
#ifndef LAWINE_SERVICES_CLI_TEXT_GOAL_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_GOAL_TEXT_H_

#include <string>
#include <vector>

#include "lawine/v1/simulation.pb.h"
#include "services/cli/text/answer.h"

namespace lawine::cli {

// A sentence for each question that the scenario asks, and no other.
std::vector<Answer> GoalAnswers(const v1::RunResult& result);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_GOAL_TEXT_H_
