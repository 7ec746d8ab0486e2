// lawine: the command line.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "services/cli/commands/command_line.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/connection/interrupt.h"
#include "services/cli/connection/session.h"

namespace {

using lawine::cli::ExitCode;

// Standard output is for results: what servers of this process log goes to standard error, if it matters.
void LogWarningsOnly() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("lawine"));
  spdlog::set_level(spdlog::level::warn);
}

int Run(const lawine::cli::ParsedCommand& command, lawine::cli::Interrupt& interrupt) {
  lawine::cli::Session session{command.options, interrupt};
  const absl::Status status = command.action(session);
  lawine::cli::PrintError(status);
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!written) std::fprintf(stderr, "error: the result could not be written to standard output\n");
  const ExitCode code = lawine::cli::ExitCodeOf(status);
  return static_cast<int>(written || code != ExitCode::kOk ? code : ExitCode::kFailed);
}

}  // namespace

int main(int argc, char** argv) {
  LogWarningsOnly();
  lawine::cli::CommandLine command_line;
  const auto command = command_line.Parse(argc, argv);
  if (!command.ok()) {
    lawine::cli::PrintError(command.status());
    return static_cast<int>(lawine::cli::ExitCodeOf(command.status()));
  }
  if (command->action == nullptr) return static_cast<int>(ExitCode::kOk);
  lawine::cli::Interrupt interrupt;
  return Run(*command, interrupt);
}
