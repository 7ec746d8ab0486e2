#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/names.h"
#include "services/cli/commands/progress.h"
#include "services/cli/commands/rate_flag.h"
#include "services/cli/connection/connection.h"
#include "services/cli/files/input_file.h"
#include "services/cli/files/output_file.h"
#include "services/cli/text/traffic_text.h"
#include "services/common/json/traffic_json.h"

namespace lawine::cli {
namespace {

struct TrafficFlags {
  std::string graph;
  std::string scenario_file;
  std::optional<std::uint64_t> messages;
  std::optional<std::string> forward;
  std::optional<std::string> senders;
  bool daily_rhythm = false;
  std::optional<std::uint64_t> run_seed;
  std::optional<std::uint32_t> max_steps;
  std::string rows;
};

// Flags override the file.
absl::StatusOr<v1::TrafficSpec> SpecOf(const TrafficFlags& flags) {
  v1::TrafficSpec spec;
  if (!flags.scenario_file.empty()) {
    LAWINE_ASSIGN_OR_RETURN(const std::string text, ReadInput(flags.scenario_file));
    LAWINE_ASSIGN_OR_RETURN(spec, InFile("traffic", flags.scenario_file, ParseTrafficJson(text)));
  }
  if (!flags.graph.empty()) spec.set_graph(flags.graph);
  if (spec.graph().empty()) {
    return absl::InvalidArgumentError("graph: expected the name of a graph, as NAME or in the scenario file");
  }
  if (flags.forward) {
    LAWINE_RETURN_IF_ERROR(SetProbability("--forward", *flags.forward, *spec.mutable_forward()));
  }
  if (flags.run_seed) spec.set_run_seed(*flags.run_seed);
  if (flags.max_steps) spec.set_max_steps(*flags.max_steps);
  v1::GeneratedMessages& generated = *spec.mutable_generated();
  if (flags.messages) generated.set_messages(*flags.messages);
  if (generated.messages() == 0) {
    return absl::InvalidArgumentError("expected how many messages, as --messages or in the scenario file");
  }
  if (flags.senders) {
    generated.set_senders(*flags.senders == "uniform" ? v1::SENDER_DISTRIBUTION_UNIFORM
                                                      : v1::SENDER_DISTRIBUTION_HEAVY_TAILED);
  }
  if (generated.senders() == v1::SENDER_DISTRIBUTION_UNSPECIFIED) {
    generated.set_senders(v1::SENDER_DISTRIBUTION_UNIFORM);
  }
  if (flags.daily_rhythm) generated.set_daily_rhythm(true);
  spec.set_rows(!flags.rows.empty());
  if (!spec.rows()) spec.set_request_id(NewRequestId());
  return spec;
}

// Sends the spec and reads until the result, if there is one.
absl::StatusOr<grpc::Status> CallOnce(Connection& connection, const v1::TrafficSpec& spec, OutputFile* rows,
                                      Progress& progress, std::optional<v1::TrafficResult>& result,
                                      absl::Time& heard) {
  CallScope call(connection.interrupt(), kStreamTimeout);
  const auto stream = connection.traffic().RunTraffic(&call.context());
  v1::RunTrafficRequest request;
  *request.mutable_spec() = spec;
  stream->Write(request);  // a failure shows at the end
  stream->WritesDone();
  absl::Status wrong;
  v1::RunTrafficResponse response;
  while (stream->Read(&response)) {
    heard = absl::Now();
    if (response.has_progress()) {
      progress.Show(TrafficProgressText(response.progress()), response.progress().totals().messages(),
                    spec.generated().messages());
    }
    if (response.has_rows() && rows != nullptr) wrong.Update(WriteTrafficRows(response.rows(), *rows));
    if (!wrong.ok()) call.context().TryCancel();
    if (response.has_result()) result = std::move(*response.mutable_result());
  }
  grpc::Status status = stream->Finish();
  LAWINE_RETURN_IF_ERROR(wrong);
  return status;
}

// The same spec and request id go on where a coordinator that is gone has left off.
absl::StatusOr<v1::TrafficResult> RunTraffic(Session& session, Connection& connection,
                                             const v1::TrafficSpec& spec, OutputFile* rows) {
  constexpr absl::Duration kPatience = absl::Minutes(2);
  Progress progress(session);
  std::optional<v1::TrafficResult> result;
  for (absl::Time heard = absl::InfinitePast();; session.interrupt.Sleep(absl::Milliseconds(500))) {
    LAWINE_ASSIGN_OR_RETURN(const grpc::Status status,
                            CallOnce(connection, spec, rows, progress, result, heard));
    if (result.has_value()) return *std::move(result);
    const bool gone = status.error_code() == grpc::StatusCode::UNAVAILABLE && status.error_details().empty();
    const bool again = gone && !spec.request_id().empty() && !connection.embedded() &&
                       absl::Now() - heard < kPatience && !session.interrupt.raised();
    if (again) continue;
    LAWINE_RETURN_IF_ERROR(SuggestGraph(connection.Explain(status), connection, spec.graph()));
    return absl::InternalError("the cluster ended the traffic without a result");
  }
}

absl::Status Traffic(Session& session, const TrafficFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const v1::TrafficSpec spec, SpecOf(flags));
  std::optional<OutputFile> rows;
  if (!flags.rows.empty()) {
    LAWINE_ASSIGN_OR_RETURN(rows, OutputFile::Create(flags.rows));
    LAWINE_RETURN_IF_ERROR(rows->Write(kTrafficRowsTitle));
  }
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const v1::TrafficResult result,
                          RunTraffic(session, *connection, spec, rows.has_value() ? &*rows : nullptr));
  if (rows.has_value()) LAWINE_RETURN_IF_ERROR(rows->Finish());
  Print(session.options.json ? JsonText(TrafficToJson(result))
                             : TrafficReport(result, session.options.color));
  return absl::OkStatus();
}

}  // namespace

void AddTrafficCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<TrafficFlags>();
  CLI::App& command = AddCommand(
      app, "traffic", "A day of messages, each from a member of its own, all spreading at once",
      "lawine traffic hyves --messages 1000000 --forward 0.003\n"
      "lawine traffic hyves --messages 1000000 --forward 0.003 --senders heavy-tailed --daily-rhythm\n"
      "lawine traffic hyves --messages 30000000 --forward 0.001 -o json\n"
      "lawine traffic hyves --messages 1000 --forward 0.003 --rows messages.csv\n"
      "lawine traffic --scenario everyday");
  command.add_option("NAME", flags->graph, "Name of the graph (default: the scenario's)");
  command
      .add_option(
          "--scenario", flags->scenario_file,
          "Traffic file, or the name of one of 'lawine scenario list'; flags override it ('-': standard "
          "input)")
      ->type_name("FILE");
  AddInteger(command, "--messages", flags->messages, "N", "How many messages", 1);
  command.add_option("--forward", flags->forward, "Probability that a member forwards (default: 0.1)")
      ->type_name("P|SHARES/RECEIPTS")
      ->check(RateProblem);
  command
      .add_option("--senders", flags->senders,
                  "Who sends: uniform, everyone alike (default), or heavy-tailed, few send most")
      ->type_name("WHO")
      ->check(CLI::IsMember({"uniform", "heavy-tailed"}));
  command.add_flag("--daily-rhythm", flags->daily_rhythm,
                   "Start messages by an assumed rhythm of the day, not evenly");
  AddInteger(command, "--run-seed", flags->run_seed, "S", "Key of the luck (default: 1)");
  AddInteger(command, "--max-steps", flags->max_steps, "T", "Stop each message after this many hops");
  command
      .add_option("--rows", flags->rows,
                  "Write a line for each message, as CSV, in the order in which they end; sort by the first "
                  "column for "
                  "that of their numbers")
      ->type_name("FILE");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return Traffic(session, *flags); }; });
}

}  // namespace lawine::cli
