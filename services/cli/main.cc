// lawine: the command line.
#include <grpc/support/log.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>

#include "services/cli/commands/command_line.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/connection/interrupt.h"
#include "services/cli/connection/session.h"

namespace {

using lawine::cli::ExitCode;

// What goes wrong is told once, as the command's error: of what servers of this process and gRPC log, only
// errors of the former are for the terminal. Not by the environment: kept servers would inherit that.
void LogErrorsOnly() {
  spdlog::set_default_logger(spdlog::stderr_color_mt("lawine"));
  spdlog::set_level(spdlog::level::err);
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
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
  LogErrorsOnly();
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
