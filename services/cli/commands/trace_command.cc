#include <memory>
#include <optional>
#include <string>

#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/follow_run.h"
#include "services/cli/connection/connection.h"
#include "services/cli/files/output_file.h"
#include "services/cli/text/run_trace.h"

namespace lawine::cli {
namespace {

struct TraceFlags {
  std::string run;
  std::string chrome;
};

absl::Status ShowTrace(Session& session, const TraceFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> chrome, OutputFile::CreateIfNamed(flags.chrome));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::GetRunTraceRequest request;
  request.set_name(RunName(flags.run));
  v1::GetRunTraceResponse trace;
  LAWINE_RETURN_IF_ERROR(
      connection->Call(connection->simulations(), &v1::SimulationService::Stub::GetRunTrace, request, trace));
  if (chrome.has_value()) {
    LAWINE_RETURN_IF_ERROR(chrome->Write(ChromeTrace(request.name(), trace).dump() + "\n"));
    LAWINE_RETURN_IF_ERROR(chrome->Finish());
  }
  Print(session.options.json ? JsonText(MessageToJson(trace))
                             : TraceText(request.name(), trace, session.options.color));
  return absl::OkStatus();
}

}  // namespace

void AddTraceCommand(CLI::App& run, Action& action) {
  const auto flags = std::make_shared<TraceFlags>();
  CLI::App& command =
      AddCommand(run, "trace", "Show when its workers worked, and when they waited for each other",
                 "lawine run trace runs/17\n"
                 "lawine run trace runs/17 --chrome trace.json    for ui.perfetto.dev");
  command.add_option("RUN", flags->run, "Name of a run that succeeded, with or without runs/")->required();
  command.add_option("--chrome", flags->chrome, "Also write it in Chrome's trace event format")
      ->type_name("FILE");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return ShowTrace(session, *flags); }; });
}

}  // namespace lawine::cli
