// lawine graph import: streams edge lists to the cluster.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_IMPORT_COMMAND_H_
#define LAWINE_SERVICES_CLI_COMMANDS_IMPORT_COMMAND_H_

#include "CLI/CLI.hpp"
#include "lawine/v1/graph.pb.h"
#include "services/cli/commands/progress.h"
#include "services/cli/connection/session.h"

namespace lawine::cli {

void AddImportCommand(CLI::App& graph, Action& action);

// What every load shows: the phase, and links done of those expected.
void ShowLoad(const v1::LoadProgress& load, Progress& progress);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_IMPORT_COMMAND_H_
