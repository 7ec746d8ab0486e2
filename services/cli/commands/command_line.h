// The words of the command line: nouns, verbs, flags, examples. Knows how each is written, not what it does.
#ifndef LAWINE_SERVICES_CLI_COMMANDS_COMMAND_LINE_H_
#define LAWINE_SERVICES_CLI_COMMANDS_COMMAND_LINE_H_

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "services/cli/connection/session.h"

namespace lawine::cli {

struct ParsedCommand {
  GlobalOptions options;
  Action action;
};

class CommandLine {
 public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // INVALID_ARGUMENT for wrong usage. An action is empty when help was asked for: it has been printed.
  absl::StatusOr<ParsedCommand> Parse(int count, const char* const* arguments);

  // A script for bash that completes every command and flag there is.
  std::string BashCompletion() const;

 private:
  void AddGlobalOptions();
  void AddCompletion();
  absl::Status UsageError(const CLI::ParseError& error) const;

  CLI::App app_;
  GlobalOptions options_;
  std::string output_ = "table";
  Action action_;
};

// For the modules that add commands: a command with its examples, each a whole line without the prompt.
CLI::App& AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples);

void AddClusterCommands(CLI::App& app, Action& action);        // up, down, cluster status
void AddRebalanceCommands(CLI::App& cluster, Action& action);  // cluster rebalance ...
void AddBackupCommands(CLI::App& graph, Action& action);       // graph backup, restore
void AddChangeCommands(CLI::App& graph, Action& action);  // graph change, follow, unfollow, add-member, fold
void AddGraphCommands(CLI::App& app, Action& action);     // graph ..., member
void AddSimulateCommand(CLI::App& app, Action& action);   // simulate
void AddTrafficCommand(CLI::App& app, Action& action);    // traffic
void AddCompareCommand(CLI::App& app, Action& action);    // compare
void AddSweepCommand(CLI::App& app, Action& action);      // sweep
void AddMarginalCommand(CLI::App& app, Action& action);   // marginal
void AddRunCommands(CLI::App& app, Action& action);       // run ...
void AddTraceCommand(CLI::App& run, Action& action);      // run trace
void AddReportCommand(CLI::App& app, Action& action);     // report
void AddScenarioCommands(CLI::App& app, Action& action);  // scenario ...
void AddTokenCommands(CLI::App& app, Action& action);     // token create

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_COMMANDS_COMMAND_LINE_H_
