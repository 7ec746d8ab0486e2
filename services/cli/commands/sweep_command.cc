#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/rate_flag.h"
#include "services/cli/commands/simulate_flags.h"
#include "services/cli/commands/what_if_call.h"
#include "services/cli/files/output_file.h"
#include "services/cli/page/what_if_page.h"
#include "services/cli/text/sweep_text.h"

namespace lawine::cli {
namespace {

struct SweepFlags {
  SimulateFlags scenario;
  std::string field;
  std::optional<double> from;
  std::optional<double> to;
  std::string counts;
  std::optional<std::uint32_t> points;
  std::string scale;
  std::string measure;
  std::string csv;
  std::string report;
  bool estimate = false;
};

absl::StatusOr<v1::SweepRequest> RequestOf(const SweepFlags& flags) {
  v1::SweepRequest request;
  v1::Sweep& sweep = *request.mutable_sweep();
  LAWINE_ASSIGN_OR_RETURN(*sweep.mutable_scenario(), BuildScenario(flags.scenario));
  sweep.set_field(flags.field);
  if (!flags.counts.empty()) {
    const std::optional<v1::RateCounts> counts = ParseCounts(flags.counts);
    if (!counts.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--counts: expected so many of so many, like 37/1000, found '", flags.counts, "'"));
    }
    sweep.mutable_counts()->set_successes(counts->shares());
    sweep.mutable_counts()->set_trials(counts->receipts());
  } else if (!flags.from.has_value() || !flags.to.has_value()) {
    return absl::InvalidArgumentError("expected --from and --to, or --counts");
  }
  if (flags.from) sweep.set_from(*flags.from);
  if (flags.to) sweep.set_to(*flags.to);
  if (flags.points.has_value() && *flags.points == 0) {
    return absl::InvalidArgumentError("--points: expected 2 to 200, found 0");
  }
  if (flags.points) sweep.set_points(*flags.points);
  if (flags.scale == "log") sweep.set_scale(v1::SWEEP_SCALE_LOG);
  if (flags.scale == "linear") sweep.set_scale(v1::SWEEP_SCALE_LINEAR);
  sweep.set_measure(flags.measure);
  request.set_validate_only(flags.estimate);
  return request;
}

absl::Status Sweep(Session& session, const SweepFlags& flags) {
  LAWINE_ASSIGN_OR_RETURN(const v1::SweepRequest request, RequestOf(flags));
  LAWINE_RETURN_IF_ERROR(CheckDistinct({{"--csv", flags.csv}, {"--report", flags.report}}));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> csv, OutputFile::CreateIfNamed(flags.csv));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> report, OutputFile::CreateIfNamed(flags.report));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const v1::SweepResponse last,
                          CallWhatIf(session, *connection, request.sweep().scenario().graph(),
                                     &v1::WhatIfService::Stub::Sweep, request));
  if (last.has_estimate()) {
    Print(EstimateText(last.estimate(), session.options.json));
    return absl::OkStatus();
  }
  if (csv.has_value()) LAWINE_RETURN_IF_ERROR(WriteSweep(last.result(), *csv));
  if (report.has_value()) LAWINE_RETURN_IF_ERROR(WritePage(SweepPage(last.result()), *report));
  Print(session.options.json ? JsonText(MessageToJson(last.result(), /*empty=*/false))
                             : SweepReport(last.result(), session.options.color));
  return absl::OkStatus();
}

}  // namespace

void AddSweepCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<SweepFlags>();
  CLI::App& command = AddCommand(
      app, "sweep", "What if: a scenario at every value of a field, and where messages stop dying out",
      "lawine sweep hyves --field model.forward.probability --from 0.0005 --to 0.02\n"
      "lawine sweep hyves --field model.forward.probability --from 0.0005 --to 0.5 --scale log --csv "
      "sweep.csv --report sweep.html\n"
      "lawine sweep hyves --field seed_members.count --from 1 --to 100 --random 1 --forward 0.005\n"
      "lawine sweep hyves --field model.forward.probability --counts 37/1000   # what is known of a rate\n"
      "lawine sweep --scenario news.json --field stop.max_steps --from 1 --to 12 --points 12");
  AddScenarioFlags(command, flags->scenario);
  command.add_option("--field", flags->field, "Path of a numeric field of the scenario")
      ->type_name("PATH")
      ->required();
  command.add_option("--from", flags->from, "First value")->type_name("A");
  command.add_option("--to", flags->to, "Last value")->type_name("B");
  command
      .add_option("--counts", flags->counts,
                  "Instead: the rate was counted, so many of so many; luck and not knowing it are told apart")
      ->type_name("K/N");
  AddInteger(command, "--points", flags->points, "N", "How many values (default: 20)");
  command.add_option("--scale", flags->scale, "Spacing: linear (default) or log")
      ->type_name("HOW")
      ->check(CLI::IsMember({"linear", "log"}));
  AddInteger(command, "--replicas", flags->scenario.replicas, "N",
             "Realisations of chance at each value (default: 100)");
  command
      .add_option(
          "--until-precision", flags->scenario.until_precision,
          "As many realisations as it takes, at most --replicas (default: 1,000), until every value's "
          "mean is known so well, such as measure=reach,half_width=1%")
      ->type_name("HOW");
  command.add_option("--measure", flags->measure, "What the answer is about (default: reach)")
      ->type_name("WHAT");
  command.add_option("--csv", flags->csv, "Write a line for each value, as CSV")->type_name("FILE");
  command.add_option("--report", flags->report, "Write a report: one page of HTML with plots")
      ->type_name("FILE");
  command.add_flag("--estimate", flags->estimate, "Check and say what it would take; run nothing");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return Sweep(session, *flags); }; });
}

}  // namespace lawine::cli
