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
#include "services/cli/commands/names.h"
#include "services/cli/commands/simulate_flags.h"
#include "services/cli/connection/connection.h"
#include "services/cli/files/output_file.h"
#include "services/cli/files/receipt_table.h"
#include "services/cli/files/receipts_file.h"
#include "services/cli/files/steps_file.h"
#include "services/cli/page/run_page.h"
#include "services/cli/text/ensemble_text.h"
#include "services/cli/text/result_text.h"
#include "services/cli/text/text.h"
#include "services/common/json/result_json.h"

namespace lawine::cli {
namespace {

using v1::SimulationService;

// Files asked for, opened before the run.
struct Outputs {
  std::optional<OutputFile> receipts;
  std::optional<OutputFile> graphml;
  std::optional<OutputFile> replicas;
  std::optional<OutputFile> csv;
  std::optional<OutputFile> report;
};

absl::StatusOr<Outputs> OpenOutputs(const SimulateFlags& flags) {
  LAWINE_RETURN_IF_ERROR(CheckDistinct({{"--receipts", flags.receipts},
                                        {"--graphml", flags.graphml},
                                        {"--per-replica", flags.per_replica},
                                        {"--csv", flags.csv},
                                        {"--report", flags.report}}));
  Outputs outputs;
  LAWINE_ASSIGN_OR_RETURN(outputs.receipts, OutputFile::CreateIfNamed(flags.receipts));
  LAWINE_ASSIGN_OR_RETURN(outputs.graphml, OutputFile::CreateIfNamed(flags.graphml));
  LAWINE_ASSIGN_OR_RETURN(outputs.replicas, OutputFile::CreateIfNamed(flags.per_replica));
  LAWINE_ASSIGN_OR_RETURN(outputs.csv, OutputFile::CreateIfNamed(flags.csv));
  LAWINE_ASSIGN_OR_RETURN(outputs.report, OutputFile::CreateIfNamed(flags.report));
  return outputs;
}

absl::StatusOr<std::string> StartRun(Connection& connection, const v1::Scenario& scenario,
                                     const SimulateFlags& flags) {
  v1::CreateRunRequest request;
  *request.mutable_scenario() = scenario;
  if (!flags.from.empty()) {
    LAWINE_ASSIGN_OR_RETURN(*request.mutable_branch_of(), ParseBranchPoint(flags.from));
  }
  request.set_record_receipts(!flags.receipts.empty());
  request.set_record_attribution(flags.attribution || !flags.graphml.empty());
  request.set_request_id(NewRequestId());
  v1::CreateRunResponse response;
  const absl::Status status =
      connection.Call(connection.simulations(), &SimulationService::Stub::CreateRun, request, response);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, connection, scenario.graph()));
  return response.run().name();
}

absl::Status WriteOutputs(Connection& connection, const v1::RunResult& result, const SimulateFlags& flags,
                          Outputs& outputs) {
  const std::string& run = result.manifest().run();
  if (result.has_attribution() && (outputs.receipts.has_value() || outputs.graphml.has_value())) {
    LAWINE_ASSIGN_OR_RETURN(const std::vector<ReceiptRow> table, FetchReceiptTable(connection, run));
    if (outputs.receipts.has_value()) LAWINE_RETURN_IF_ERROR(WriteReceiptTable(table, *outputs.receipts));
    if (outputs.graphml.has_value()) {
      LAWINE_RETURN_IF_ERROR(WriteGraphMl(table, flags.graphml_members, *outputs.graphml));
    }
  } else if (outputs.receipts.has_value()) {
    LAWINE_RETURN_IF_ERROR(WriteReceipts(connection, run, "", *outputs.receipts));
  }
  if (outputs.replicas.has_value()) LAWINE_RETURN_IF_ERROR(WriteReplicas(result, *outputs.replicas));
  if (outputs.csv.has_value()) LAWINE_RETURN_IF_ERROR(WriteSteps(result, *outputs.csv));
  return outputs.report.has_value() ? WritePage(RunsPage({&result, 1}), *outputs.report) : absl::OkStatus();
}

absl::Status Simulate(Session& session, const SimulateFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const v1::Scenario scenario, BuildScenario(flags));
  LAWINE_ASSIGN_OR_RETURN(Outputs outputs, OpenOutputs(flags));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const std::string name, StartRun(*connection, scenario, flags));
  LAWINE_ASSIGN_OR_RETURN(const v1::Run run,
                          FollowRun(session, *connection, name, [](const v1::WatchRunResponse&) {}));
  LAWINE_RETURN_IF_ERROR(EndOf(run));
  LAWINE_ASSIGN_OR_RETURN(const v1::RunResult result, GetResult(*connection, name));
  LAWINE_RETURN_IF_ERROR(WriteOutputs(*connection, result, flags, outputs));
  if (session.options.json) {
    Print(JsonText(ResultToJson(result)));
  } else if (flags.summary) {
    Print(Wrap(absl::StrCat(Sentence(result), " ", Summary(result))) + "\n");
  } else {
    Print(Report(result, session.options.color, !session.options.quiet));
  }
  return absl::OkStatus();
}

void AddOutputFlags(CLI::App& command, SimulateFlags& flags) {
  const auto file = [&command](const char* flag, std::string& path, const char* what) {
    command.add_option(flag, path, what)->type_name("FILE")->group("Files to write");
  };
  file("--report", flags.report, "A report: one page of HTML with plots");
  file("--csv", flags.csv, "Counts by step, as CSV");
  file("--per-replica", flags.per_replica, "What each realisation came to, as CSV");
  file("--receipts", flags.receipts, "Who received and forwarded when, as CSV");
  file("--graphml", flags.graphml, "Who brought it to whom, as GraphML (opens in Gephi)");
  AddInteger(command, "--graphml-members", flags.graphml_members, "N",
             "In it the first N members reached (default: 100,000)")
      ->group("Files to write");
  command.add_flag("--attribution", flags.attribution,
                   "Work out who brought it to whom: how deep and wide, and senders in --receipts (slower)");
  command.add_flag("--summary", flags.summary, "Print two sentences instead of tables");
}

}  // namespace

void AddSimulateCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<SimulateFlags>();
  CLI::App& command = AddCommand(
      app, "simulate", "Spread a message: the article's, unless flags or a scenario file say otherwise",
      "lawine simulate hyves\n"
      "lawine simulate hyves --audience 300 --forward 0.1\n"
      "lawine simulate hyves --seed-members 17,42 --receipts who.csv\n"
      "lawine simulate hyves --forward 0.002 --replicas 100 --per-replica replicas.csv\n"
      "lawine simulate hyves --forward 0.002 --replica 17\n"
      "lawine simulate hyves --forward 0.002 --graphml cascade.graphml\n"
      "lawine simulate hyves --replicas 100 --report hyves.html\n"
      "lawine simulate hyves --until-precision measure=reach,half_width=1%\n"
      "lawine simulate --from 17@3 --forward 0.02\n"
      "lawine simulate --scenario news.json -o json");
  AddScenarioFlags(command, *flags);
  CLI::Option* const replicas =
      AddInteger(command, "--replicas", flags->replicas, "N", "Realisations of chance (default: 1)");
  command
      .add_option("--until-precision", flags->until_precision,
                  "As many realisations as it takes, at most --replicas (default: 10,000), such as "
                  "measure=reach,half_width=1%")
      ->type_name("HOW");
  AddInteger(command, "--replica", flags->replica, "I", "Only the realisation of this number, from 0")
      ->excludes(replicas);
  command
      .add_option("--from", flags->from,
                  "Branch a run: it is run again, and what flags and scenario say changes after this step")
      ->type_name("RUN@STEP");
  AddOutputFlags(command, *flags);
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return Simulate(session, *flags); }; });
}

}  // namespace lawine::cli
