#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status_macros.h"
#include "services/cli/commands/command_line.h"
#include "services/cli/commands/integer_flag.h"
#include "services/cli/commands/simulate_flags.h"
#include "services/cli/commands/what_if_call.h"
#include "services/cli/files/output_file.h"
#include "services/cli/page/what_if_page.h"

namespace lawine::cli {
namespace {

using Align = Table::Align;

struct MarginalFlags {
  SimulateFlags scenario;
  bool incremental = false;
  std::string csv;
  std::string report;
  bool estimate = false;
};

std::string Signed(double value) { return absl::StrCat(value > 0 ? "+" : "", Decimal(value, 1)); }

std::string MarginalReport(const v1::MarginalReachResult& result, bool color) {
  const bool incremental = result.order() == v1::MARGINAL_ORDER_INCREMENTAL;
  Table table({{"seed member", Align::kLeft},
               {"audience", Align::kRight},
               {incremental ? "adds" : "is worth", Align::kRight},
               {"95% interval", Align::kRight},
               {incremental ? "reach with it" : "reach without it", Align::kRight}});
  for (const v1::SeedMarginal& member : result.members()) {
    const v1::MeasureDifference& marginal = member.marginal();
    table.AddRow({member.member().id(), Thousands(member.member().audience()), Signed(marginal.mean()),
                  absl::StrCat(Decimal(marginal.ci95().low(), 1), " to ", Decimal(marginal.ci95().high(), 1)),
                  Decimal(member.mean_reach(), 1)});
  }
  std::string text = absl::StrCat(Wrap(result.answer()), "\n\n", table.Render(color), "\n",
                                  Facts({{"graph", result.scenario().graph()},
                                         {"replicas of each", Thousands(result.scenario().replicas())},
                                         {"run seed", absl::StrCat(result.scenario().run_seed())},
                                         {"time", Duration(result.timing().makespan_seconds())}}),
                                  "\n");
  for (const std::string& warning : result.warnings()) {
    absl::StrAppend(&text, Wrap(absl::StrCat("warning: ", warning), 9), "\n");
  }
  return text;
}

absl::Status WriteMarginals(const v1::MarginalReachResult& result, OutputFile& file) {
  LAWINE_RETURN_IF_ERROR(file.Write("member,audience,marginal,low,high,more,less,same,mean_reach\n"));
  for (const v1::SeedMarginal& member : result.members()) {
    const v1::MeasureDifference& marginal = member.marginal();
    LAWINE_RETURN_IF_ERROR(file.Write(absl::StrCat(
        CsvField(member.member().id()), ",", member.member().audience(), ",",
        absl::StrFormat("%.17g,%.17g,%.17g", marginal.mean(), marginal.ci95().low(), marginal.ci95().high()),
        ",", marginal.more(), ",", marginal.less(), ",", marginal.same(), ",",
        absl::StrFormat("%.17g", member.mean_reach()), "\n")));
  }
  return file.Finish();
}

absl::Status Marginal(Session& session, const MarginalFlags& flags) {
  v1::MarginalReachRequest request;
  LAWINE_ASSIGN_OR_RETURN(*request.mutable_scenario(), BuildScenario(flags.scenario));
  if (flags.incremental) request.set_order(v1::MARGINAL_ORDER_INCREMENTAL);
  request.set_validate_only(flags.estimate);
  LAWINE_RETURN_IF_ERROR(CheckDistinct({{"--csv", flags.csv}, {"--report", flags.report}}));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> csv, OutputFile::CreateIfNamed(flags.csv));
  LAWINE_ASSIGN_OR_RETURN(std::optional<OutputFile> report, OutputFile::CreateIfNamed(flags.report));
  LAWINE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(session));
  LAWINE_ASSIGN_OR_RETURN(const v1::MarginalReachResponse last,
                          CallWhatIf(session, *connection, request.scenario().graph(),
                                     &v1::WhatIfService::Stub::MarginalReach, request));
  if (last.has_estimate()) {
    Print(EstimateText(last.estimate(), session.options.json));
    return absl::OkStatus();
  }
  if (csv.has_value()) LAWINE_RETURN_IF_ERROR(WriteMarginals(last.result(), *csv));
  if (report.has_value()) LAWINE_RETURN_IF_ERROR(WritePage(MarginalPage(last.result()), *report));
  Print(session.options.json ? JsonText(MessageToJson(last.result(), /*empty=*/false))
                             : MarginalReport(last.result(), session.options.color));
  return absl::OkStatus();
}

}  // namespace

void AddMarginalCommand(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<MarginalFlags>();
  CLI::App& command =
      AddCommand(app, "marginal", "What each seed member is worth: the same luck with and without it",
                 "lawine marginal hyves --highest-audience 10 --forward 0.004\n"
                 "lawine marginal hyves --core 20 --forward 0.004 --incremental\n"
                 "lawine marginal hyves --seed-members 17,42,99 --csv worth.csv --report worth.html");
  AddScenarioFlags(command, flags->scenario);
  AddInteger(command, "--replicas", flags->scenario.replicas, "N",
             "Realisations of chance for each (default: 100)");
  command.add_flag("--incremental", flags->incremental,
                   "What each adds to those before it, instead of what would be lost without it");
  command.add_option("--csv", flags->csv, "Write a line for each member, as CSV")->type_name("FILE");
  command.add_option("--report", flags->report, "Write a report: one page of HTML with plots")
      ->type_name("FILE");
  command.add_flag("--estimate", flags->estimate, "Check and say what it would take; run nothing");
  command.callback(
      [flags, &action] { action = [flags](Session& session) { return Marginal(session, *flags); }; });
}

}  // namespace lawine::cli
