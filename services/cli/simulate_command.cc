#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/cli/command_line.h"
#include "services/cli/connection.h"
#include "services/cli/ensemble_text.h"
#include "services/cli/follow_run.h"
#include "services/cli/names.h"
#include "services/cli/output_file.h"
#include "services/cli/receipts_file.h"
#include "services/cli/report.h"
#include "services/cli/simulate_flags.h"
#include "services/cli/text.h"
#include "services/common/json/result_json.h"

namespace lawine::cli {
namespace {

using v1::SimulationService;

absl::StatusOr<std::string> StartRun(Connection& connection, const v1::Scenario& scenario,
                                     bool record_receipts) {
  v1::CreateRunRequest request;
  *request.mutable_scenario() = scenario;
  request.set_record_receipts(record_receipts);
  request.set_request_id(NewRequestId());
  v1::CreateRunResponse response;
  const absl::Status status =
      connection.Call(connection.simulations(), &SimulationService::Stub::CreateRun, request, response);
  LAWINE_RETURN_IF_ERROR(SuggestGraph(status, connection, scenario.graph()));
  return response.run().name();
}

absl::Status Simulate(Session& session, const SimulateFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const v1::Scenario scenario, BuildScenario(flags));
  std::optional<OutputFile> receipts;
  std::optional<OutputFile> replicas;
  if (!flags.receipts.empty()) {
    LAWINE_ASSIGN_OR_RETURN(receipts, OutputFile::Create(flags.receipts));
  }
  if (!flags.per_replica.empty()) {
    LAWINE_ASSIGN_OR_RETURN(replicas, OutputFile::Create(flags.per_replica));
  }
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const std::string name, StartRun(*connection, scenario, receipts.has_value()));
  LAWINE_ASSIGN_OR_RETURN(const v1::Run run,
                          FollowRun(session, *connection, name, [](const v1::WatchRunResponse&) {}));
  LAWINE_RETURN_IF_ERROR(EndOf(run));
  LAWINE_ASSIGN_OR_RETURN(const v1::RunResult result, GetResult(*connection, name));
  if (receipts.has_value()) LAWINE_RETURN_IF_ERROR(WriteReceipts(*connection, name, *receipts));
  if (replicas.has_value()) LAWINE_RETURN_IF_ERROR(WriteReplicas(result, *replicas));
  if (session.options.json) {
    Print(JsonText(ResultToJson(result)));
  } else if (flags.summary) {
    Print(Wrap(absl::StrCat(Sentence(result), " ", Summary(result))) + "\n");
  } else {
    Print(Report(result, session.options.color));
  }
  return absl::OkStatus();
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
      "lawine simulate hyves --until-precision measure=reach,half_width=1%\n"
      "lawine simulate --scenario news.json -o json");
  AddScenarioFlags(command, *flags);
  CLI::Option* const replicas =
      command.add_option("--replicas", flags->replicas, "Realisations of chance (default: 1)")
          ->type_name("N");
  command
      .add_option("--until-precision", flags->until_precision,
                  "As many realisations as it takes, at most --replicas (default: 10,000), such as "
                  "measure=reach,half_width=1%")
      ->type_name("HOW");
  command.add_option("--replica", flags->replica, "Only the realisation of this number, from 0")
      ->type_name("I")
      ->excludes(replicas);
  command.add_option("--per-replica", flags->per_replica, "Write what each realisation came to, as CSV")
      ->type_name("FILE");
  command.add_option("--receipts", flags->receipts, "Write who received and forwarded when, as CSV")
      ->type_name("FILE");
  command.add_flag("--summary", flags->summary, "Print two sentences instead of tables");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return Simulate(session, *flags); }; });
}

}  // namespace lawine::cli
