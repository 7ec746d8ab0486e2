#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/follow_run.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/connection/connection.h"
#include "services/cli/connection/exit_code.h"
#include "services/cli/files/output_file.h"
#include "services/cli/files/receipt_table.h"
#include "services/cli/files/receipts_file.h"
#include "services/cli/text/result_text.h"
#include "services/cli/text/run_text.h"
#include "services/common/json/result_json.h"

namespace lawine::cli {
namespace {

using v1::SimulationService;

absl::StatusOr<std::vector<v1::Run>> FetchRuns(Connection& connection, std::uint32_t limit) {
  constexpr std::uint32_t kPageMax = 1000;
  std::vector<v1::Run> runs;
  v1::ListRunsRequest request;
  do {
    request.set_page_size(std::min(kPageMax, limit - static_cast<std::uint32_t>(runs.size())));
    v1::ListRunsResponse response;
    LAWINE_RETURN_IF_ERROR(
        connection.Call(connection.simulations(), &SimulationService::Stub::ListRuns, request, response));
    for (v1::Run& run : *response.mutable_runs()) runs.push_back(std::move(run));
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty() && runs.size() < limit);
  return runs;
}

absl::Status ListRuns(Session& session, std::uint32_t limit) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const std::vector<v1::Run> runs, FetchRuns(*connection, limit));
  if (!session.options.json) {
    Print(RunsText(runs, session.options.color));
    return absl::OkStatus();
  }
  Json list = Json::array();
  for (const v1::Run& run : runs) list.push_back(MessageToJson(run, /*empty_lists=*/false));
  Print(JsonText({{"runs", std::move(list)}}));
  return absl::OkStatus();
}

void PrintRun(const Session& session, const v1::Run& run) {
  Print(session.options.json ? JsonText({{"run", MessageToJson(run, /*empty_lists=*/false)}}) : RunText(run));
}

absl::Status GetRun(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::GetRunRequest request;
  request.set_name(name);
  v1::GetRunResponse response;
  LAWINE_RETURN_IF_ERROR(
      connection->Call(connection->simulations(), &SimulationService::Stub::GetRun, request, response));
  PrintRun(session, response.run());
  return absl::OkStatus();
}

Json ProgressJson(const v1::WatchRunResponse& response) {
  if (response.has_replicas_done()) return {{"replicas_done", response.replicas_done()}};
  return {{"replica", response.replica()}, {"step", MessageToJson(response.step())}};
}

// JSON is one line an event, for programs that read along.
absl::Status WatchRun(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::Scenario scenario;
  const auto on_progress = [&](const v1::WatchRunResponse& response) {
    if (response.has_run()) scenario = response.run().scenario();
    if (!response.has_step() && !response.has_replicas_done()) return;
    Print(session.options.json ? JsonLine(ProgressJson(response)) : ProgressText(response, scenario));
    std::fflush(stdout);
  };
  // The steps themselves are the progress.
  Session quiet{session.options, session.interrupt};
  quiet.options.quiet = true;
  LAWINE_ASSIGN_OR_RETURN(const v1::Run run, FollowRun(quiet, *connection, name, on_progress));
  Print(session.options.json ? JsonLine({{"run", MessageToJson(run, /*empty_lists=*/false)}})
                             : absl::StrCat("\n", RunText(run)));
  return EndOf(run);
}

absl::Status ShowResult(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const v1::RunResult result, GetResult(*connection, name));
  Print(session.options.json ? JsonText(ResultToJson(result))
                             : Report(result, session.options.color, !session.options.quiet));
  return absl::OkStatus();
}

// Asks something of one run and prints how it is then.
template <class Request, class Response>
absl::Status AskRun(Session& session, const Request& request,
                    grpc::Status (SimulationService::Stub::*call)(grpc::ClientContext*, const Request&,
                                                                  Response*)) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  Response response;
  LAWINE_RETURN_IF_ERROR(connection->Call(connection->simulations(), call, request, response));
  PrintRun(session, response.run());
  return absl::OkStatus();
}

absl::Status CancelRun(Session& session, const std::string& name) {
  v1::CancelRunRequest request;
  request.set_name(name);
  return AskRun(session, request, &SimulationService::Stub::CancelRun);
}

absl::Status PauseRun(Session& session, const std::string& name) {
  v1::PauseRunRequest request;
  request.set_name(name);
  return AskRun(session, request, &SimulationService::Stub::PauseRun);
}

// Without a cluster the run goes on in this process, which stays with it.
absl::Status ResumeRun(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::ResumeRunRequest request;
  request.set_name(name);
  v1::ResumeRunResponse response;
  LAWINE_RETURN_IF_ERROR(
      connection->Call(connection->simulations(), &SimulationService::Stub::ResumeRun, request, response));
  if (connection->embedded()) {
    LAWINE_ASSIGN_OR_RETURN(*response.mutable_run(),
                            FollowRun(session, *connection, name, [](const v1::WatchRunResponse&) {}));
  }
  PrintRun(session, response.run());
  return connection->embedded() ? EndOf(response.run()) : absl::OkStatus();
}

absl::Status PinRun(Session& session, const std::string& name) {
  v1::PinRunRequest request;
  request.set_name(name);
  request.set_pinned(true);
  return AskRun(session, request, &SimulationService::Stub::PinRun);
}

absl::Status UnpinRun(Session& session, const std::string& name) {
  v1::PinRunRequest request;
  request.set_name(name);
  return AskRun(session, request, &SimulationService::Stub::PinRun);
}

absl::Status DeleteRun(Session& session, const std::string& name) {
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::DeleteRunRequest request;
  request.set_name(name);
  v1::DeleteRunResponse response;
  LAWINE_RETURN_IF_ERROR(
      connection->Call(connection->simulations(), &SimulationService::Stub::DeleteRun, request, response));
  Print(session.options.json ? JsonText({{"deleted", name}}) : absl::StrCat(name, " is deleted\n"));
  return absl::OkStatus();
}

struct ReceiptsFlags {
  std::string run;
  std::string csv;
  std::string graphml;
  std::uint32_t members = 100'000;
  std::string message;
};

absl::Status SaveReceipts(Session& session, const ReceiptsFlags& flags) {
  if (flags.csv.empty() && flags.graphml.empty()) {
    return absl::InvalidArgumentError("expected --csv FILE or --graphml FILE, or both");
  }
  LAWINE_RETURN_IF_ERROR(CheckDistinct({{"--csv", flags.csv}, {"--graphml", flags.graphml}}));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> csv, OutputFile::CreateIfNamed(flags.csv));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> graphml, OutputFile::CreateIfNamed(flags.graphml));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  v1::GetRunRequest request;
  request.set_name(RunName(flags.run));
  v1::GetRunResponse response;
  LAWINE_RETURN_IF_ERROR(
      connection->Call(connection->simulations(), &SimulationService::Stub::GetRun, request, response));
  const bool first = flags.message.empty() || flags.message == response.run().scenario().message().kind();
  if (!first && graphml.has_value()) {
    return absl::InvalidArgumentError("--graphml: who brought it to whom is kept of the first message only");
  }
  if (!first || (!response.run().record_attribution() && !graphml.has_value())) {
    return WriteReceipts(*connection, request.name(), flags.message, *csv);
  }
  LAWINE_ASSIGN_OR_RETURN(const std::vector<ReceiptRow> table,
                          FetchReceiptTable(*connection, request.name()));
  if (csv.has_value()) LAWINE_RETURN_IF_ERROR(WriteReceiptTable(table, *csv));
  return graphml.has_value() ? WriteGraphMl(table, flags.members, *graphml) : absl::OkStatus();
}

void AddReceipts(CLI::App& run, Action& action) {
  const auto flags = std::make_shared<ReceiptsFlags>();
  CLI::App& command = AddCommand(run, "receipts", "Write who received when, and who brought it to whom",
                                 "lawine run receipts runs/17 --csv who.csv\n"
                                 "lawine run receipts runs/17 --csv answer.csv --message correction\n"
                                 "lawine run receipts runs/17 --graphml cascade.graphml --members 5000");
  command.add_option("RUN", flags->run, "Name of a run that kept receipts, with or without runs/")
      ->required();
  command.add_option("--csv", flags->csv, "As CSV")->type_name("FILE");
  command.add_option("--graphml", flags->graphml, "As GraphML, of a run with --attribution")
      ->type_name("FILE");
  AddInteger(command, "--members", flags->members, "N",
             "The first N members reached, in GraphML (default: 100,000)");
  command.add_option("--message", flags->message, "Of which message (default: the first)")->type_name("NAME");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return SaveReceipts(session, *flags); }; });
}

void AddRunVerb(CLI::App& run, Action& action, const std::string& verb, const std::string& description,
                absl::Status (*command_action)(Session&, const std::string&)) {
  const auto name = std::make_shared<std::string>();
  CLI::App& command = AddCommand(run, verb, description, absl::StrCat("lawine run ", verb, " runs/17"));
  command.add_option("RUN", *name, "Name of the run, with or without runs/")->required();
  command.callback(
      [=, &action] { action = [=](Session& session) { return command_action(session, RunName(*name)); }; });
}

}  // namespace

void AddRunCommands(CLI::App& app, Action& action) {
  CLI::App& run = AddCommand(app, "run", "List, watch, read, pause, resume, cancel and delete runs",
                             "lawine run list\n"
                             "lawine run watch runs/17\n"
                             "lawine run result runs/17 -o json");
  run.require_subcommand(1);
  const auto limit = std::make_shared<std::uint32_t>(100);
  CLI::App& list =
      AddCommand(run, "list", "List runs, latest first", "lawine run list\nlawine run list --limit 5");
  AddInteger(list, "--limit", *limit, "N", "At most this many (default: 100)", 1, 1'000'000);
  list.callback([=, &action] { action = [=](Session& session) { return ListRuns(session, *limit); }; });
  AddRunVerb(run, action, "get", "Show where a run is", GetRun);
  AddRunVerb(run, action, "watch", "Show steps, or replicas done, as they happen", WatchRun);
  AddRunVerb(run, action, "result", "Print the result of a run that has ended", ShowResult);
  AddRunVerb(run, action, "pause", "Ask a run to rest until it is resumed", PauseRun);
  AddRunVerb(run, action, "resume", "Let a paused run go on", ResumeRun);
  AddReceipts(run, action);
  AddTraceCommand(run, action);
  AddRunVerb(run, action, "cancel", "Ask a run to stop", CancelRun);
  AddRunVerb(run, action, "pin", "Keep an ended run and its result until it is deleted", PinRun);
  AddRunVerb(run, action, "unpin", "Let an ended run be forgotten when its time comes", UnpinRun);
  AddRunVerb(run, action, "delete", "Forget an ended run and its result", DeleteRun);
}

}  // namespace lawine::cli
